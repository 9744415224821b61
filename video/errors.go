package video

import "errors"

var (
	// ErrFormat marks a file that is no video or a damaged one: empty, garbage, cut off.
	ErrFormat = errors.New("not a whole video")
	// ErrUnsupported marks a valid file that holds nothing to decode here: audio only, text, an unknown codec.
	ErrUnsupported = errors.New("unsupported")
	// ErrShort marks a clip that ends before the wanted window does.
	ErrShort = errors.New("clip too short")
	// ErrShape marks sizes that do not fit: of a clip, a buffer, a cut, or an option.
	ErrShape = errors.New("shape mismatch")
)
