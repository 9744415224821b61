package datasets

import "errors"

// Errors that callers may want to tell apart with errors.Is.
var (
	// ErrFormat is about a file that is not what its name or its header says.
	ErrFormat = errors.New("bad format")
	// ErrShape is about sizes that do not fit: a window longer than a clip, a destination of another size.
	ErrShape = errors.New("sizes do not fit")
	// ErrNoClips is about a dataset, a class or a split without a usable clip.
	ErrNoClips = errors.New("no clips")
	// ErrPrepared is about a prepared folder that is unfinished or was made with other options.
	ErrPrepared = errors.New("prepared folder does not fit")
)
