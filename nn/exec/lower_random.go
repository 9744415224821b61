package exec

import (
	"videogan/nn"
)

// random draws anew in every run, from the state's counter at that time.
func (c *compiler) random(n *nn.Node, op *nn.RandomOp) error {
	y := c.produce(n, describe(n))
	size := n.Shape().TotalSize()
	c.emit(&step{kernel: "random " + op.Kind.String(), writes: []*buffer{y}, run: func() error {
		op.Draw(floats(y.pointer(), size))
		return nil
	}})
	return nil
}
