package gan

import (
	"errors"
	"fmt"

	"videogan/nn/exec"
)

var (
	// ErrNonFinite is wrapped by errors about numbers that became NaN or infinite;
	// NonFiniteError tells where in training.
	ErrNonFinite = exec.ErrNonFinite
	// ErrFormat is wrapped by errors about files that are no whole checkpoint.
	ErrFormat = errors.New("not a whole checkpoint")
	// ErrArchitecture is wrapped by errors about checkpoints of other networks.
	ErrArchitecture = errors.New("checkpoint of another architecture")
)

// NonFiniteError is a loss that became NaN or infinite. The parameters are still
// those before the step; a checkpoint of before it is good.
type NonFiniteError struct {
	Step  int    // number of steps made before the one that failed
	Loss  string // "loss/d", "loss/g", "r1" or "gp"
	Value float64
	Layer string  // layer of the largest gradient
	Norm  float64 // of its gradient
}

// Error names the step, the loss and the layer.
func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("gan: step %d: %s is %v; the largest gradient is that of %s, of norm %.3g: resume from the last checkpoint with a smaller learning rate or a stronger constraint",
		e.Step+1, e.Loss, e.Value, e.Layer, e.Norm)
}

// Unwrap is ErrNonFinite.
func (e *NonFiniteError) Unwrap() error { return ErrNonFinite }
