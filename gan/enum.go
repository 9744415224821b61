package gan

import (
	"fmt"
	"slices"
	"strings"
)

// nameOf is the text of a choice in config files.
func nameOf[T ~int](v T, names []string) string {
	if int(v) < 0 || int(v) >= len(names) {
		return fmt.Sprintf("%T(%d)", v, int(v))
	}
	return names[v]
}

// choose is the choice that a config file's text names.
func choose[T ~int](text []byte, names []string) (T, error) {
	if i := slices.Index(names, string(text)); i >= 0 {
		return T(i), nil
	}
	var zero T
	return zero, fmt.Errorf("gan: %q is no %s: want %s", text, strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", zero), "gan.")), strings.Join(names, ", "))
}

// checkChoice reports a number that stands for no choice.
func checkChoice[T ~int](v T, names []string) error {
	if int(v) < 0 || int(v) >= len(names) {
		return fmt.Errorf("gan: %s: want one of %s", nameOf(v, names), strings.Join(names, ", "))
	}
	return nil
}
