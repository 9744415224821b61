package i3d

import "videogan/eval"

// tap is where a new pixel lies between two old ones.
type tap struct {
	low, high int
	weight    float32 // of high
}

// taps places n pixels over old ones as TensorFlow 1 did (neither corners nor centres aligned): pixel i at i·old/n.
func taps(old, n int) []tap {
	list := make([]tap, n)
	for i := range list {
		x := float32(i) * (float32(old) / float32(n))
		low := min(int(x), old-1)
		list[i] = tap{low, min(low+1, old-1), x - float32(low)}
	}
	return list
}

// resize fills dst (3×T×size×size) from a clip (C×T×H×W, grey or R G B), frame by frame.
func resize(dst, clip []float32, shape eval.Shape, size int) {
	rows, columns := taps(shape.Height, size), taps(shape.Width, size)
	plane := shape.Height * shape.Width
	for c := range 3 {
		from := min(c, shape.Channels-1)
		for t := range shape.Frames {
			source := clip[(from*shape.Frames+t)*plane:][:plane]
			out := dst[(c*shape.Frames+t)*size*size:][:size*size]
			for y, r := range rows {
				upper, lower := source[r.low*shape.Width:][:shape.Width], source[r.high*shape.Width:][:shape.Width]
				for x, k := range columns {
					top := upper[k.low] + k.weight*(upper[k.high]-upper[k.low])
					bottom := lower[k.low] + k.weight*(lower[k.high]-lower[k.low])
					out[y*size+x] = top + r.weight*(bottom-top)
				}
			}
		}
	}
}
