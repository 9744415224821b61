package datasets

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"videogan/datasets/mnist"
)

// Lanczos' filter gives what Pillow gives; its fixed-point arithmetic may round to the other side.
func TestLanczosAgreesWithPillow(t *testing.T) {
	set, err := mnist.Load("", mnist.Test)
	if err != nil {
		t.Fatal(err)
	}
	for size, file := range map[int]string{20: "testdata/lanczos-20.npy", 40: "testdata/lanczos-40.npy"} {
		want, err := mapNPY(file)
		if err != nil {
			t.Fatal(err)
		}
		resize := newLanczos(mnist.Side, size)
		got, digit := make([]byte, size*size), make([]byte, mnist.Side*mnist.Side)
		for i := range want.shape[0] {
			if err := set.Digit(digit, i); err != nil {
				t.Fatal(err)
			}
			resize.grey(got, digit)
			for p := range got {
				if d := int(got[p]) - int(want.data[i*size*size+p]); d < -1 || d > 1 {
					t.Fatalf("digit %d at %d pixels, pixel %d: got %d, Pillow has %d", i, size, p, got[p], want.data[i*size*size+p])
				}
			}
		}
		if err := want.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLanczosKeepsFlatImages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from, to := rapid.IntRange(1, 40).Draw(rt, "from"), rapid.IntRange(1, 40).Draw(rt, "to")
		v := rapid.Byte().Draw(rt, "value")
		dst := make([]byte, to*to)
		newLanczos(from, to).grey(dst, bytes.Repeat([]byte{v}, from*from))
		if !bytes.Equal(dst, bytes.Repeat([]byte{v}, to*to)) {
			rt.Fatalf("a flat image of %d became %v", v, dst)
		}
	})
}

func TestBounce(t *testing.T) {
	for _, row := range []struct {
		reason       string
		p, v, top    float64
		wantP, wantV float64
	}{
		{"inside", 5, 2, 12, 5, 2},
		{"at the border", 12, 2, 12, 12, 2},
		{"over the upper border", 13.5, 2, 12, 10.5, -2},
		{"over the lower border", -0.5, -2, 12, 0.5, 2},
		{"two borders at once", 3, 2.5, 2, 1, -2.5},
		{"three borders at once", 5, 4, 2, 1, 4},
		{"no room to move", 3, 3, 0, 0, 3},
	} {
		if p, v := bounce(row.p, row.v, row.top); p != row.wantP || v != row.wantV {
			t.Errorf("%s: got %g with speed %g, want %g with %g", row.reason, p, v, row.wantP, row.wantV)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.Float64Range(-1e6, 1e6).Draw(rt, "position")
		v := rapid.Float64Range(-100, 100).Draw(rt, "speed")
		top := rapid.Float64Range(0.5, 50).Draw(rt, "top")
		got, speed := bounce(p, v, top)
		// The triangle wave of period 2·top is the closed form.
		want := math.Abs(math.Mod(math.Mod(p, 2*top)+2*top, 2*top))
		if want > top {
			want = 2*top - want
		}
		if got < 0 || got > top || math.Abs(got-want) > 1e-6 || math.Abs(speed) != math.Abs(v) {
			rt.Fatalf("got %g with speed %g, want %g", got, speed, want)
		}
	})
}

func newTestMNIST(t testing.TB, o MovingMNISTOptions) *MovingMNIST {
	t.Helper()
	m, err := NewMovingMNIST(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// findDigit returns where the digit stands in the frame, if anywhere exactly.
func findDigit(m *MovingMNIST, frame, digit []byte) (row, column int, ok bool) {
	want := make([]byte, len(frame))
	for row := range m.o.Size - m.o.DigitSize + 1 {
		for column := range m.o.Size - m.o.DigitSize + 1 {
			clear(want)
			m.paint(digit, want, row, column)
			if bytes.Equal(want, frame) {
				return row, column, true
			}
		}
	}
	return 0, 0, false
}

// A clip is one real digit, whole in every frame, that moves by its speed between frames and bounces.
func TestMovingMNISTMoves(t *testing.T) {
	m := newTestMNIST(t, MovingMNISTOptions{Part: mnist.Test, Frames: 12, Size: 32})
	if m.o.DigitSize != 20 || m.o.MinSpeed != 0.75 || m.o.MaxSpeed != 2.25 || m.o.Digits != 1 {
		t.Errorf("defaults at 32×32: %+v", m.o)
	}
	dst := make([]byte, m.Info().Bytes())
	moved, bounced := 0, 0
	for clip := range uint64(30) {
		label, err := m.Draw(t.Context(), testRNG(clip), dst)
		if err != nil {
			t.Fatal(err)
		}
		which := testRNG(clip).IntN(m.Info().Clips)
		if int(m.set.Labels[which]) != label {
			t.Fatalf("clip %d: label %d, the digit's class is %d", clip, label, m.set.Labels[which])
		}
		digit, err := m.digit(which)
		if err != nil {
			t.Fatal(err)
		}
		var rows, columns []int
		for f := range m.o.Frames {
			row, column, ok := findDigit(m, dst[f*32*32:][:32*32], digit)
			if !ok {
				t.Fatalf("clip %d: frame %d does not hold digit %d as a whole", clip, f, which)
			}
			rows, columns = append(rows, row), append(columns, column)
		}
		turns := 0
		for f := 1; f < len(rows); f++ {
			dr, dc := rows[f]-rows[f-1], columns[f]-columns[f-1]
			if step := math.Hypot(float64(dr), float64(dc)); step > m.o.MaxSpeed+math.Sqrt2 {
				t.Errorf("clip %d: a step of %.1f pixels", clip, step)
			} else if step > 0 {
				moved++
			}
			if f > 1 && (dr*(rows[f-1]-rows[f-2]) < 0 || dc*(columns[f-1]-columns[f-2]) < 0) {
				turns++
			}
		}
		if turns > 0 {
			bounced++
		}
	}
	if moved < 250 || bounced < 10 {
		t.Errorf("of 330 steps %d moved, of 30 clips %d bounced", moved, bounced)
	}
}

func TestTwoDigitsCombineByMaximum(t *testing.T) {
	m := newTestMNIST(t, MovingMNISTOptions{Part: mnist.Test, Frames: 3, Size: 64, Digits: 2})
	if m.o.DigitSize != 28 || m.o.MinSpeed != 1.5 || m.o.MaxSpeed != 4.5 {
		t.Errorf("defaults at 64×64: %+v", m.o)
	}
	got, first, second := make([]byte, m.Info().Bytes()), make([]byte, m.Info().Bytes()), make([]byte, m.Info().Bytes())
	if _, err := m.Draw(t.Context(), testRNG(5), got); err != nil {
		t.Fatal(err)
	}
	rng := testRNG(5) // the same two digits, each on a canvas of its own
	for _, canvas := range [][]byte{first, second} {
		digit, err := m.digit(rng.IntN(m.Info().Clips))
		if err != nil {
			t.Fatal(err)
		}
		m.move(rng, digit, canvas)
	}
	for p := range got {
		if got[p] != max(first[p], second[p]) {
			t.Fatalf("pixel %d: got %d, want the larger of %d and %d", p, got[p], first[p], second[p])
		}
	}
	if bytes.Equal(got, first) || bytes.Equal(got, second) {
		t.Error("only one digit is seen")
	}
}

// Directions and speeds are uniform: the mean step has no direction and the mean speed is in the middle.
func TestMovingMNISTStatistics(t *testing.T) {
	m := newTestMNIST(t, MovingMNISTOptions{Part: mnist.Test, Frames: 2, Size: 64, DigitSize: 4, MinSpeed: 1, MaxSpeed: 3})
	rng := testRNG(1)
	const n = 20000
	digit := bytes.Repeat([]byte{255}, 16)
	var sumRow, sumColumn, sumSquare float64
	frames := make([]byte, m.Info().Bytes())
	corner := func(frame []byte) (float64, float64) {
		at := bytes.IndexByte(frame, 255)
		return float64(at / 64), float64(at % 64)
	}
	inside := 0
	for range n {
		clear(frames)
		m.move(rng, digit, frames)
		r0, c0 := corner(frames[:64*64])
		if r0 < 4 || r0 > 56 || c0 < 4 || c0 > 56 {
			continue // may bounce
		}
		inside++
		r1, c1 := corner(frames[64*64:])
		sumRow += r1 - r0
		sumColumn += c1 - c0
		sumSquare += (r1-r0)*(r1-r0) + (c1-c0)*(c1-c0)
	}
	k := float64(inside)
	// E|v|² = 13/3 for speeds uniform on [1, 3]; rounding both ends adds 1/12 four times.
	if meanSquare := sumSquare / k; math.Abs(meanSquare-13./3-4./12) > 0.15 {
		t.Errorf("mean square step %.3f, want about %.3f", meanSquare, 13./3+4./12)
	}
	if math.Abs(sumRow/k) > 0.06 || math.Abs(sumColumn/k) > 0.06 {
		t.Errorf("mean step (%.3f, %.3f), want about 0", sumRow/k, sumColumn/k)
	}
}

func TestMovingMNISTReportsItsDigits(t *testing.T) {
	var log strings.Builder
	m := newTestMNIST(t, MovingMNISTOptions{Frames: 1, Size: 28, Part: mnist.Test, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if !strings.Contains(log.String(), "of 10000 test digits") || !strings.Contains(m.Info().Summary, "of 10000 test digits") {
		t.Errorf("log %q, summary %q", log.String(), m.Info().Summary)
	}
}

func TestMovingMNISTOptions(t *testing.T) {
	for _, row := range []struct {
		reason string
		o      MovingMNISTOptions
	}{
		{"no frames", MovingMNISTOptions{Size: 32}},
		{"no size", MovingMNISTOptions{Frames: 8}},
		{"three digits", MovingMNISTOptions{Frames: 8, Size: 32, Digits: 3}},
		{"a digit larger than the frame", MovingMNISTOptions{Frames: 8, Size: 32, DigitSize: 33}},
		{"a negative digit", MovingMNISTOptions{Frames: 8, Size: 32, DigitSize: -1}},
		{"speeds in the wrong order", MovingMNISTOptions{Frames: 8, Size: 32, MinSpeed: 2, MaxSpeed: 1}},
		{"a negative speed", MovingMNISTOptions{Frames: 8, Size: 32, MinSpeed: -1, MaxSpeed: 1}},
		{"not a number", MovingMNISTOptions{Frames: 8, Size: 32, MaxSpeed: math.NaN()}},
		{"infinitely fast", MovingMNISTOptions{Frames: 8, Size: 32, MaxSpeed: math.Inf(1)}},
	} {
		if _, err := NewMovingMNIST(row.o); !errors.Is(err, ErrShape) {
			t.Errorf("%s: got %v", row.reason, err)
		}
	}
	if _, err := NewMovingMNIST(MovingMNISTOptions{Dir: t.TempDir(), Frames: 8, Size: 32}); err == nil {
		t.Error("a folder without digits gives no error")
	}
	m := newTestMNIST(t, MovingMNISTOptions{Frames: 2, Size: 28, Part: mnist.Test})
	if _, err := m.Draw(context.Background(), testRNG(1), make([]byte, 5)); !errors.Is(err, ErrShape) {
		t.Errorf("a short destination: got %v", err)
	}
}
