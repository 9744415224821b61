package eval

import (
	"fmt"
	"math"
)

// Features are the outputs of one layer of a classifier, a clip a row: N×D numbers. Class probabilities are features
// with D classes.
type Features struct {
	Rows, Dims int
	Data       []float32 // row major, Rows·Dims long
}

// NewFeatures wraps data, rows of dims numbers, without a copy. ErrShape: data has no whole number of rows, or none.
func NewFeatures(dims int, data []float32) (Features, error) {
	if dims < 1 || len(data) == 0 || len(data)%dims != 0 {
		return Features{}, fmt.Errorf("eval: features: %w: %d numbers are not rows of %d", ErrShape, len(data), dims)
	}
	return Features{Rows: len(data) / dims, Dims: dims, Data: data}, nil
}

// Row is a view of the features of clip i.
func (f Features) Row(i int) []float32 { return f.Data[i*f.Dims : (i+1)*f.Dims] }

// Slice is a view of rows from to to-1.
func (f Features) Slice(from, to int) Features {
	return Features{Rows: to - from, Dims: f.Dims, Data: f.Data[from*f.Dims : to*f.Dims]}
}

// Select copies the rows of the given numbers, in their order.
func (f Features) Select(rows []int) Features {
	selected := Features{Rows: len(rows), Dims: f.Dims, Data: make([]float32, 0, len(rows)*f.Dims)}
	for _, i := range rows {
		selected.Data = append(selected.Data, f.Row(i)...)
	}
	return selected
}

// String writes the size as 2048×4096.
func (f Features) String() string { return fmt.Sprintf("%d×%d", f.Rows, f.Dims) }

// check reports ErrShape unless there are at least least rows, all complete, and ErrValue for a number that is not finite.
func (f Features) check(least int) error {
	if f.Dims < 1 || f.Rows < 0 || len(f.Data) != f.Rows*f.Dims {
		return fmt.Errorf("%w: %d numbers for features %v", ErrShape, len(f.Data), f)
	}
	if f.Rows < least {
		return fmt.Errorf("%w: features %v: want at least %d rows", ErrShape, f, least)
	}
	for i, v := range f.Data {
		if !finite(float64(v)) {
			return fmt.Errorf("%w: row %d, dimension %d is %v", ErrValue, i/f.Dims, i%f.Dims, v)
		}
	}
	return nil
}

// checkPair reports what check does for both, and ErrShape when their dimensions differ.
func checkPair(x, y Features, least int) error {
	if err := x.check(least); err != nil {
		return fmt.Errorf("first features: %w", err)
	}
	if err := y.check(least); err != nil {
		return fmt.Errorf("second features: %w", err)
	}
	if x.Dims != y.Dims {
		return fmt.Errorf("%w: features %v and %v: use one layer of one classifier for both", ErrShape, x, y)
	}
	return nil
}

// inDouble copies rows to float64, in which sums are taken.
func inDouble(f Features) []float64 {
	out := make([]float64, len(f.Data))
	for i, v := range f.Data {
		out[i] = float64(v)
	}
	return out
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
