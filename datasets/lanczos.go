package datasets

import "math"

// lanczos scales square grey images with Lanczos' filter of three lobes, widened by the factor of a reduction so that
// it averages over the source pixels, as Pillow's LANCZOS does.
type lanczos struct {
	from, to int
	taps     [][]float64 // for each target pixel the weights of first, first+1, …
	first    []int
	rows     []float64 // from×to: scaled along rows only
}

func newLanczos(from, to int) *lanczos {
	l := &lanczos{from: from, to: to, rows: make([]float64, from*to)}
	scale := float64(from) / float64(to)
	widen := math.Max(scale, 1)
	for i := range to {
		centre := (float64(i) + 0.5) * scale
		first := max(0, int(centre-3*widen+0.5))
		end := min(from, int(centre+3*widen+0.5))
		weights := make([]float64, end-first)
		sum := 0.0
		for j := range weights {
			weights[j] = lanczos3((float64(first+j) + 0.5 - centre) / widen)
			sum += weights[j]
		}
		for j := range weights {
			weights[j] /= sum
		}
		l.first, l.taps = append(l.first, first), append(l.taps, weights)
	}
	return l
}

// lanczos3 is sinc(x)·sinc(x/3) for |x| < 3, else 0.
func lanczos3(x float64) float64 {
	if x == 0 {
		return 1
	}
	if math.Abs(x) >= 3 {
		return 0
	}
	a := math.Pi * x
	return 3 * math.Sin(a) * math.Sin(a/3) / (a * a)
}

// grey scales src (from×from) to dst (to×to).
func (l *lanczos) grey(dst, src []byte) {
	for y := range l.from {
		for x, weights := range l.taps {
			sum := 0.0
			for j, w := range weights {
				sum += w * float64(src[y*l.from+l.first[x]+j])
			}
			l.rows[y*l.to+x] = math.Min(math.Max(math.Round(sum), 0), 255) // eight bits between the passes, as Pillow
		}
	}
	for y, weights := range l.taps {
		for x := range l.to {
			sum := 0.0
			for j, w := range weights {
				sum += w * l.rows[(l.first[y]+j)*l.to+x]
			}
			dst[y*l.to+x] = byte(math.Min(math.Max(math.Round(sum), 0), 255))
		}
	}
}
