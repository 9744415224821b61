package eval

import "errors"

// Errors that callers may want to tell apart with errors.Is; ErrShape is the third.
var (
	// ErrValue marks numbers that a measure is not defined on: not finite, no probabilities, an option out of range.
	ErrValue = errors.New("bad value")
	// ErrFormat marks a file of scores or features that is not what it should be.
	ErrFormat = errors.New("bad format")
)
