package tensorboard

import (
	"testing"
	"time"
)

// What a logged step of 20 metrics costs.
func BenchmarkScalars(b *testing.B) {
	w, err := Create(b.TempDir(), 1)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	scalars := make([]Scalar, 20)
	for i := range scalars {
		scalars[i] = Scalar{Tag: "sigma_max/dis/c0", Value: float64(i)}
	}
	for b.Loop() {
		if err := w.Scalars(1, time.Now(), scalars); err != nil {
			b.Fatal(err)
		}
	}
}
