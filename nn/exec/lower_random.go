package exec

import (
	"videogan/nn"
	"videogan/nn/onednn"
)

// random draws anew in every run, from the state's counter at that time.
func (c *compiler) random(n *nn.Node, op *nn.RandomOp) error {
	y := c.produce(n, describe(n))
	size := n.Shape().TotalSize()
	c.emit(&step{kernel: "random " + op.Kind.String(), writes: []*buffer{y}, inGo: true, run: func() error {
		if key := op.State.Key(op.ID); op.Kind == nn.Bernoulli {
			onednn.PhiloxBernoulli(y.pointer(), size, key, op.State.Counter, op.P, 1)
		} else {
			onednn.PhiloxNormal(y.pointer(), size, key, op.State.Counter)
		}
		return nil
	}})
	return nil
}
