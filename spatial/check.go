package spatial

import (
	"fmt"
	"slices"

	"videogan/nn"
)

// setting is a number of a config that must be positive.
type setting struct {
	name  string
	value int
}

func positive(network string, settings []setting) error {
	for _, s := range settings {
		if s.value < 1 {
			return fmt.Errorf("%s: %s = %d: want 1 or more", network, s.name, s.value)
		}
	}
	return nil
}

// accepts fails the scope when the config is invalid or the input has not the
// wanted shape, where -1 is any size.
func accepts(s *nn.Scope, config error, x *nn.Node, want ...int) bool {
	if config != nil {
		s.Fail(config)
	}
	if s.Err() != nil {
		return false
	}
	if x == nil {
		s.Fail(fmt.Errorf("the input is nil"))
		return false
	}
	fits := slices.EqualFunc(x.Shape(), want, func(got, want int) bool { return want < 0 || got == want })
	if !fits {
		s.Fail(fmt.Errorf("input of shape %v, want %v (-1: any): %w", x.Shape(), want, nn.ErrShape))
	}
	return fits
}
