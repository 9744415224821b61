package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// newTestSet is a set of clips of one pixel a frame, each frame of clip i holding i; clips for which bad is true fail.
func newTestSet(clips int, bad func(i int) bool) *clipSet {
	s := &clipSet{info: Info{Name: "test", Clips: clips, Channels: 1, Frames: 1, Size: 1}, ledger: newLedger(nil, clips)}
	for i := range clips {
		s.clips = append(s.clips, Clip{Name: fmt.Sprintf("clip%02d", i), Label: i, Frames: 10})
	}
	s.read = func(_ context.Context, i int, at pick, dst []byte) error {
		if bad(i) {
			return fmt.Errorf("clip %d: %w", i, errTest)
		}
		dst[0] = byte(i)
		return nil
	}
	return s
}

func TestDrawPassesOverBadClips(t *testing.T) {
	bad := func(i int) bool { return i == 3 || i == 5 }
	s := newTestSet(8, bad)
	dst := make([]byte, 1)
	rng := testRNG(1)
	count := make([]int, 8)
	for range 4000 {
		label, err := s.Draw(t.Context(), rng, dst)
		if err != nil {
			t.Fatal(err)
		}
		if int(dst[0]) != label || bad(label) {
			t.Fatalf("drew clip %d with label %d", dst[0], label)
		}
		count[label]++
	}
	for i, n := range count {
		if want := 4000 / 6.; !bad(i) && math.Abs(float64(n)-want) > 5*math.Sqrt(want) {
			t.Errorf("clip %d drawn %d times, want about %.0f", i, n, want)
		}
	}
	skipped := s.Info().Skipped
	if len(skipped) != 2 {
		t.Fatalf("skipped %v, want clip03 and clip05 once each", skipped)
	}
	for _, skip := range skipped {
		if skip.Clip != "clip03" && skip.Clip != "clip05" || !strings.Contains(skip.Reason, errTest.Error()) {
			t.Errorf("skipped %+v", skip)
		}
	}
}

// What a draw returns must not depend on which bad clips were met before.
func TestDrawHasNoMemory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		bad := func(i int) bool { return i%3 == 0 }
		seed := rapid.Uint64().Draw(rt, "seed")
		before := rapid.IntRange(0, 50).Draw(rt, "draws before")
		fresh, used := newTestSet(9, bad), newTestSet(9, bad)
		dst := make([]byte, 1)
		warm := testRNG(seed + 1)
		for range before {
			if _, err := used.Draw(t.Context(), warm, dst); err != nil {
				rt.Fatal(err)
			}
		}
		a, b := testRNG(seed), testRNG(seed)
		for range 20 {
			want, err := fresh.Draw(t.Context(), a, dst)
			if err != nil {
				rt.Fatal(err)
			}
			got, err := used.Draw(t.Context(), b, dst)
			if err != nil || got != want {
				rt.Fatalf("got clip %d, %v, want %d", got, err, want)
			}
		}
	})
}

func TestMoreThanHalfBadIsAnError(t *testing.T) {
	s := newTestSet(8, func(i int) bool { return i < 5 })
	dst, rng := make([]byte, 1), testRNG(1)
	for range 1000 {
		if _, err := s.Draw(t.Context(), rng, dst); err != nil {
			if !errors.Is(err, ErrNoClips) || !errors.Is(err, errTest) || !strings.Contains(err.Error(), "5 of 8 clips") {
				t.Errorf("got %v", err)
			}
			return
		}
	}
	t.Error("1000 draws from a set with 5 of 8 clips bad gave no error")
}

func TestDrawGivesUpWhenNothingCanBeRead(t *testing.T) {
	s := newTestSet(1000, func(int) bool { return true })
	if _, err := s.Draw(t.Context(), testRNG(1), make([]byte, 1)); !errors.Is(err, errTest) || !strings.Contains(err.Error(), "64 clips in a row") {
		t.Errorf("got %v", err)
	}
}

func TestDrawEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var reads atomic.Int32
	s := newTestSet(4, func(int) bool { reads.Add(1); cancel(); return true })
	if _, err := s.Draw(ctx, testRNG(1), make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := len(s.Info().Skipped); n != 0 || reads.Load() != 1 {
		t.Errorf("a draw that was interrupted skipped %d clips after %d reads", n, reads.Load())
	}
}

func TestReadChecksItsArguments(t *testing.T) {
	s := newTestSet(2, func(int) bool { return false })
	for _, row := range []struct {
		reason   string
		i, start int
		dst      int
	}{
		{"no such clip", 2, 0, 1},
		{"negative clip", -1, 0, 1},
		{"negative start", 0, -1, 1},
		{"destination too long", 0, 0, 2},
		{"destination too short", 0, 0, 0},
	} {
		if err := s.Read(t.Context(), row.i, row.start, make([]byte, row.dst)); !errors.Is(err, ErrShape) {
			t.Errorf("%s: got %v", row.reason, err)
		}
	}
}

func TestWindowStart(t *testing.T) {
	for _, row := range []struct {
		reason         string
		length, window int
		skipLast       bool
		want           map[int]bool // every start that can be drawn; nil: an error
	}{
		{"all positions, the last included", 5, 3, false, map[int]bool{0: true, 1: true, 2: true}},
		{"as randint(length - window), without the last", 5, 3, true, map[int]bool{0: true, 1: true}},
		{"the only position", 3, 3, false, map[int]bool{0: true}},
		{"the only position, which TGAN's release takes, too", 3, 3, true, map[int]bool{0: true}},
		{"two positions of which one is never drawn", 4, 3, true, map[int]bool{0: true}},
		{"too short", 2, 3, false, nil},
	} {
		got := map[int]bool{}
		rng := testRNG(3)
		for range 300 {
			start, err := pick{random: rng.Uint64()}.in(row.length, row.window, row.skipLast)
			if (err != nil) != (row.want == nil) {
				t.Fatalf("%s: error %v", row.reason, err)
			}
			if err != nil {
				if !errors.Is(err, ErrShape) {
					t.Errorf("%s: got %v", row.reason, err)
				}
				break
			}
			got[start] = true
		}
		for start := range row.length + 1 {
			if got[start] != row.want[start] {
				t.Errorf("%s: start %d drawn: %t, want %t", row.reason, start, got[start], row.want[start])
			}
		}
	}
}
