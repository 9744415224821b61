package onednn_test

import (
	"errors"
	"slices"
	"testing"
	"time"
	"unsafe"

	"videogan/nn/onednn"
)

// record makes a recording of what calls does; it is closed with the test.
func record(t *testing.T, calls func() error) *onednn.Recording {
	t.Helper()
	r, err := onednn.NewRecording()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if err := r.Add(calls); err != nil {
		t.Fatal(err)
	}
	return r
}

// pinned is memory whose address a recording may keep.
func pinned(t *testing.T, n int) []float32 {
	t.Helper()
	arena, err := onednn.NewArena(4 * n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(arena.Close)
	return unsafe.Slice((*float32)(arena.At(0)), n)
}

// Every kernel, recorded, does nothing at first, and what it does at once each time when the recording runs.
func TestRecordedKernelsAreThoseCalled(t *testing.T) {
	for _, l := range layouts(4, 32, 64) {
		for _, k := range kernels(l) {
			if made[k.name] {
				continue
			}
			want := dirty(k.out)
			k.run(k.inputs, want)
			inputs := make([][]float32, len(k.inputs))
			for i, in := range k.inputs {
				inputs[i] = pinned(t, len(in))
				copy(inputs[i], in)
			}
			out := pinned(t, k.out)
			copy(out, dirty(k.out))
			r := record(t, func() error {
				k.run(inputs, out)
				return nil
			})
			if !slices.Equal(bits(out), bits(dirty(k.out))) {
				t.Errorf("%s of %s runs while it is recorded", k.name, describe(l))
			}
			if r.Len() != 1 {
				t.Fatalf("%s makes %d calls, want 1", k.name, r.Len())
			}
			for range 2 {
				copy(out, dirty(k.out))
				if _, err := r.Run(0, 1); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(bits(out), bits(want)) {
					t.Errorf("%s of %s differs when it is recorded", k.name, describe(l))
				}
			}
		}
	}
}

// made are kernels that no recording holds back.
var made = map[string]bool{"adam": true, "rmsprop": true, "sgd": true, "normal numbers": true, "bernoulli numbers": true}

// A recording reads what its addresses hold when it runs, in the order of its calls, and times each.
func TestRecordingRunsInOrder(t *testing.T) {
	v := pinned(t, 64)
	r := record(t, func() error {
		for _, factor := range []float64{2, 3} {
			onednn.Unary(onednn.UnaryScale, factor, at(v), at(v), len(v))
			onednn.Unary(onednn.UnaryShift, 1, at(v), at(v), len(v))
		}
		return nil
	})
	for _, c := range []struct {
		first, end int
		x, want    float32
	}{{0, 4, 1, 10}, {0, 4, 2, 16}, {1, 3, 1, 6}, {2, 2, 7, 7}} {
		for i := range v {
			v[i] = c.x
		}
		took, _, err := r.Time(c.first, c.end)
		if err != nil {
			t.Fatal(err)
		}
		if v[0] != c.want || v[63] != c.want {
			t.Errorf("calls %d to %d make %v of %v, want %v", c.first, c.end, v[0], c.x, c.want)
		}
		if len(took) != c.end-c.first || slices.ContainsFunc(took, func(d time.Duration) bool { return d < 0 }) {
			t.Errorf("calls %d to %d took %v", c.first, c.end, took)
		}
	}
	if _, err := r.Run(3, 5); err == nil {
		t.Error("a recording of 4 calls makes a fifth")
	}
}

// A primitive that fails ends the run, and the error says which it was.
func TestRecordingNamesTheCallThatFails(t *testing.T) {
	e, err := onednn.NewEngine(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m := onednn.Dense(4, 4)
	unbound, err := e.Reorder(m, m)
	if err != nil {
		t.Fatal(err)
	}
	defer unbound.Close()
	v := pinned(t, 16)
	r := record(t, func() error {
		onednn.Fill(at(v), 1, 16)
		err := unbound.Execute(e)
		onednn.Fill(at(v), 2, 16)
		return err
	})
	failed, err := r.Run(0, 3)
	if failed != 1 || !errors.Is(err, onednn.InvalidArguments) {
		t.Errorf("call %d fails with %v, want 1 with invalid arguments", failed, err)
	}
	if v[0] != 1 {
		t.Errorf("%v behind the call that failed, want 1", v[0])
	}
}

// What Add returns is what its calls did, and later kernels run at once again.
func TestRecordingEndsWithAdd(t *testing.T) {
	r, err := onednn.NewRecording()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	refused := errors.New("refused")
	if err := r.Add(func() error { return refused }); err != refused {
		t.Errorf("error %v, want %v", err, refused)
	}
	v := make([]float32, 8)
	onednn.Fill(at(v), 3, 8)
	if v[7] != 3 || r.Len() != 0 {
		t.Errorf("%v filled, %d calls recorded, want 3 and none", v[7], r.Len())
	}
}
