package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/bits"
	"math/rand/v2"
	"sync"
	"syscall"
)

// maxRedraws bounds how many unreadable clips in a row one draw passes over. With half of the clips bad, the chance to
// meet so many is 2⁻⁶⁴.
const maxRedraws = 64

// windowReader reads clip i of a set into dst. The window's first frame follows from pick, a uniform random number,
// through windowStart, since some formats know a clip's length only when they have opened it.
type windowReader func(ctx context.Context, i int, pick pick, dst []byte) error

// clipSet is what the sources over a list of clips have in common: the choice of the clip, and the account of those
// that cannot be read.
type clipSet struct {
	info  Info // Skipped is kept in ledger
	clips []Clip
	read  windowReader
	close func() error
	*ledger
}

// checkUsable refuses a set without a usable clip, and one in which a class has files and none of them is usable.
func (s *clipSet) checkUsable(files []File, classes []string) error {
	if len(s.clips) == 0 {
		return fmt.Errorf("none of %d clips can be used%s: %w", s.total, s.example(), ErrNoClips)
	}
	used := make([]bool, len(classes))
	for _, clip := range s.clips {
		if clip.Label >= 0 {
			used[clip.Label] = true
		}
	}
	for _, file := range files {
		if file.Label >= 0 && !used[file.Label] {
			class := classes[file.Label]
			return fmt.Errorf("class %s has no clip that can be used%s: %w", class, s.example(), ErrNoClips)
		}
	}
	return nil
}

// Info implements Source.
func (s *clipSet) Info() Info {
	info := s.info
	info.Skipped = s.list()
	return info
}

// Clips implements ClipSource.
func (s *clipSet) Clips() []Clip { return append([]Clip(nil), s.clips...) }

// Close implements Source.
func (s *clipSet) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// Draw implements Source. Every clip has the same chance, whatever its length. An unreadable clip costs the same two
// random numbers each time it is met and is never taken off the list: what a batch holds must not depend on what was
// drawn before it.
func (s *clipSet) Draw(ctx context.Context, rng *rand.Rand, dst []byte) (int, error) {
	if err := s.check(dst); err != nil {
		return 0, err
	}
	var last error
	for range maxRedraws {
		i := rng.IntN(len(s.clips))
		start := pick{random: rng.Uint64()}
		err := s.read(ctx, i, start, dst)
		if err == nil {
			return s.clips[i].Label, nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if machineFault(err) {
			return 0, fmt.Errorf("datasets: drawing from %s: %s: %w", s.info.Name, s.clips[i].Name, err)
		}
		last = err
		if err := s.unreadable(s.clips[i].Name, err); err != nil {
			return 0, fmt.Errorf("datasets: drawing from %s: %w", s.info.Name, err)
		}
	}
	return 0, fmt.Errorf("datasets: drawing from %s: %d clips in a row cannot be read, the last because of: %w", s.info.Name, maxRedraws, last)
}

// Read implements ClipSource.
func (s *clipSet) Read(ctx context.Context, i, start int, dst []byte) error {
	if err := s.check(dst); err != nil {
		return err
	}
	if i < 0 || i >= len(s.clips) || start < 0 {
		return fmt.Errorf("datasets: reading clip %d from frame %d: the set has %d clips: %w", i, start, len(s.clips), ErrShape)
	}
	if err := s.read(ctx, i, pick{fixed: true, start: start}, dst); err != nil {
		return fmt.Errorf("datasets: reading %s: %w", s.clips[i].Name, err)
	}
	return nil
}

func (s *clipSet) check(dst []byte) error {
	if len(dst) != s.info.Bytes() {
		return fmt.Errorf("datasets: drawing from %s: destination has %d bytes, want %d×%d×%d×%d: %w", s.info.Name,
			len(dst), s.info.Frames, s.info.Size, s.info.Size, s.info.Channels, ErrShape)
	}
	return nil
}

// pick is where a window begins: at a given frame, or at random.
type pick struct {
	fixed  bool
	start  int
	random uint64
}

// in returns the first frame of a window in a clip of the given length. With skipLast the last position is never
// drawn, as in TGAN's release, whose randint(length-window) excludes its bound.
func (p pick) in(length, window int, skipLast bool) (int, error) {
	if p.fixed {
		if p.start+window > length {
			return 0, fmt.Errorf("it has %d frames, the window wants frames %d to %d: %w", length, p.start, p.start+window-1, ErrShape)
		}
		return p.start, nil
	}
	positions := length - window + 1
	if positions < 1 {
		return 0, tooShort(length, window)
	}
	if skipLast && positions > 1 {
		positions--
	}
	high, _ := bits.Mul64(p.random, uint64(positions)) // uniform over the positions, up to 2⁻⁶⁴ times their number
	return int(high), nil
}

// machineFault tells errors that say nothing about the clip: memory or file handles have run out.
func machineFault(err error) bool {
	return errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

func tooShort(length, window int) error {
	return fmt.Errorf("it has %d frames, the window is %d: %w", length, window, ErrShape)
}

// ledger is the account of the clips that cannot be used.
type ledger struct {
	log *slog.Logger

	mu      sync.Mutex
	total   int // clips that the set was made of
	bad     int // of them unreadable
	skipped []Skip
	known   map[string]bool
}

func newLedger(log *slog.Logger, total int) *ledger {
	return &ledger{log: orDiscard(log), total: total, known: map[string]bool{}}
}

// orDiscard returns a logger that may be used whatever the caller has handed in.
func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return log
}

// skip records a clip that is fine but of no use here, such as one shorter than the window.
func (l *ledger) skip(name, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(name, reason)
}

// unreadable records a clip that cannot be read. It returns an error when that makes more than half of all.
func (l *ledger) unreadable(name string, cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.add(name, cause.Error()) {
		return nil
	}
	l.bad++
	if 2*l.bad > l.total {
		return fmt.Errorf("%d of %d clips cannot be read, the last of them %s: %w: %w", l.bad, l.total, name, ErrNoClips, cause)
	}
	return nil
}

// add reports whether the clip is new to the account.
func (l *ledger) add(name, reason string) bool {
	if l.known[name] {
		return false
	}
	l.known[name] = true
	l.skipped = append(l.skipped, Skip{Clip: name, Reason: reason})
	l.log.Warn("clip skipped", "clip", name, "reason", reason)
	return true
}

// example is one of the reasons, to put into a message.
func (l *ledger) example() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.skipped) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", l.skipped[0].Clip, l.skipped[0].Reason)
}

func (l *ledger) list() []Skip {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Skip(nil), l.skipped...)
}
