package datasets

import "fmt"

// PixelRange is how a byte becomes a number.
type PixelRange int

const (
	// Symmetric maps 0…255 to -1…1: x·2/255 - 1. It is what tanh can reach and what VGAN does.
	Symmetric PixelRange = iota
	// TGANRange maps 0…255 to -1…0.9921875: (x - 128)/128, as TGAN's release does.
	TGANRange
)

// String returns the name used in configs.
func (r PixelRange) String() string {
	if r == TGANRange {
		return "tgan"
	}
	return "symmetric"
}

// MarshalText implements encoding.TextMarshaler.
func (r PixelRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: symmetric or tgan.
func (r *PixelRange) UnmarshalText(text []byte) error {
	switch string(text) {
	case "symmetric":
		*r = Symmetric
	case "tgan":
		*r = TGANRange
	default:
		return fmt.Errorf("datasets: pixel range %q: want symmetric or tgan", text)
	}
	return nil
}

// Table returns the number for each byte.
func (r PixelRange) Table() *[256]float32 {
	t := new([256]float32)
	for i := range t {
		if r == TGANRange {
			t[i] = (float32(i) - 128) / 128
		} else {
			t[i] = float32(i)*2/255 - 1
		}
	}
	return t
}

// convert maps one clip from T×H×W×C bytes to C×T×H×W numbers; positions is T·H·W.
func convert(dst []float32, src []byte, positions, channels int, table *[256]float32) {
	if channels == 1 {
		for i, v := range src[:positions] {
			dst[i] = table[v]
		}
		return
	}
	// Written out for colour: three running planes, no multiplication per pixel.
	red, green, blue := dst[:positions], dst[positions:2*positions], dst[2*positions:3*positions]
	src = src[:3*positions]
	for i := range red {
		p := src[3*i : 3*i+3 : 3*i+3]
		red[i], green[i], blue[i] = table[p[0]], table[p[1]], table[p[2]]
	}
}
