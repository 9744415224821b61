package spatial

import "fmt"

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
