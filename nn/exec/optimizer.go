package exec

import (
	"fmt"
	"unsafe"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"videogan/nn"
	"videogan/nn/onednn"
)

// Fused is opt with each parameter updated by one pass of a C kernel on the
// device's thread. It shares opt's settings and state, so that either may make
// the next step. Step takes *nn.Gradient values in float32; for an optimizer
// that has no kernel, Fused returns opt itself.
func (d *Device) Fused(opt nn.Optimizer) nn.Optimizer {
	f := &fused{Optimizer: opt, dev: d}
	switch o := opt.(type) {
	case *nn.Adam:
		f.update = func(p, g unsafe.Pointer, slots []nn.Slot, n int) {
			size, root := o.Corrections(o.Steps())
			onednn.Adam(p, g, address(slots[0].Value), address(slots[1].Value), n, size, o.Beta1, o.Beta2, o.Eps, root)
		}
	case *nn.RMSprop:
		f.update = func(p, g unsafe.Pointer, slots []nn.Slot, n int) {
			onednn.RMSprop(p, g, address(slots[0].Value), n, o.LR, o.Alpha, o.Eps, o.EpsInsideSqrt)
		}
	case *nn.SGD:
		f.update = func(p, g unsafe.Pointer, slots []nn.Slot, n int) {
			var buffer unsafe.Pointer
			if len(slots) > 0 {
				buffer = address(slots[0].Value)
			}
			onednn.SGD(p, g, buffer, n, o.LR, o.Momentum)
		}
	default:
		return opt
	}
	f.pass = f.all
	return f
}

type fused struct {
	nn.Optimizer
	dev    *Device
	update func(p, g unsafe.Pointer, slots []nn.Slot, n int)
	pass   func()
	list   []gorgonia.ValueGrad
	err    error
}

// Step updates every parameter of the list.
func (f *fused) Step(list []gorgonia.ValueGrad) error {
	if err := f.Validate(); err != nil {
		return err
	}
	f.list = list
	f.dev.Do(f.pass)
	return f.err
}

func (f *fused) all() {
	f.err = nil
	f.SetSteps(f.Steps() + 1)
	for _, vg := range f.list {
		g, ok := vg.(*nn.Gradient)
		if !ok || g.Tensor == nil || g.Tensor.Dtype() != tensor.Float32 || !g.Tensor.Shape().Eq(g.Param.Value.Shape()) {
			f.err = fmt.Errorf("exec: optimizer step: %T: want a float32 *nn.Gradient of its parameter's shape", vg)
			return
		}
		p := g.Param.Value
		f.update(address(p), address(g.Tensor), f.Slots(g.Param), p.DataSize())
	}
}

// address is where a float32 tensor's numbers begin.
func address(d *tensor.Dense) unsafe.Pointer { return unsafe.Pointer(&d.Float32s()[0]) }
