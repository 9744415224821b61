package datasets

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"videogan/datasets/mnist"
)

// MovingMNISTOptions says how digits move.
type MovingMNISTOptions struct {
	Dir  string     // folder with the IDX files of MNIST; empty: the digits embedded in the program
	Part mnist.Part // Train, or Test to measure on digits that were never trained on

	Digits    int // 1 or 2 a clip; 0: 1
	DigitSize int // pixels; 0: 28 as they are, in a frame smaller than 45 five eighths of it (20 in 32)

	// Each digit goes straight on at a constant speed, uniform between these, pixels a frame. Both 0: 0.75 to 2.25 in
	// a frame of 32, in proportion in others (1.5 to 4.5 in 64).
	MinSpeed, MaxSpeed float64

	Frames int // length of a clip
	Size   int // height and width, 32 and 64 are usual

	Logger *slog.Logger // nil: silent
}

// withDefaults fills in what is zero.
func (o MovingMNISTOptions) withDefaults() MovingMNISTOptions {
	if o.Digits == 0 {
		o.Digits = 1
	}
	if o.DigitSize == 0 {
		o.DigitSize = max(1, min(mnist.Side, o.Size*5/8))
	}
	if o.MinSpeed == 0 && o.MaxSpeed == 0 {
		o.MinSpeed, o.MaxSpeed = 0.75*float64(o.Size)/32, 2.25*float64(o.Size)/32
	}
	return o
}

// Validate reports the first option that makes no sense.
func (o MovingMNISTOptions) Validate() error {
	o = o.withDefaults()
	if err := checkWindow(o.Frames, o.Size); err != nil {
		return err
	}
	if o.Digits < 1 || o.Digits > 2 {
		return fmt.Errorf("datasets: moving mnist: %d digits: want 1 or 2: %w", o.Digits, ErrShape)
	}
	if o.DigitSize < 1 || o.DigitSize > o.Size {
		return fmt.Errorf("datasets: moving mnist: digits of %d pixels in frames of %d: want 1 to %d: %w", o.DigitSize, o.Size, o.Size, ErrShape)
	}
	if !(o.MinSpeed >= 0 && o.MinSpeed <= o.MaxSpeed && o.MaxSpeed <= 1e6) {
		return fmt.Errorf("datasets: moving mnist: speed from %g to %g pixels a frame: want 0 ≤ from ≤ to: %w", o.MinSpeed, o.MaxSpeed, ErrShape)
	}
	return nil
}

// MovingMNIST makes clips of handwritten digits that bounce in a frame, each at random from the real digits of MNIST
// (after Srivastava, Mansimov, Salakhutdinov 2015). There is no end to the clips; the seed is the loader's.
//
// Position and direction of each digit are uniform, the position is kept with fractions and rounded when the digit is
// drawn, and a digit that would leave the frame is reflected at its border. Where two digits overlap the brighter
// pixel wins. The label is the class of the first digit.
type MovingMNIST struct {
	o      MovingMNISTOptions
	set    *mnist.Set
	info   Info
	digits []byte        // N×DigitSize×DigitSize, each made when it is first drawn
	made   []atomic.Bool // N

	making sync.Mutex // of what follows
	resize *lanczos   // nil where digits are drawn as they are
	whole  []byte     // a digit as it is
}

var _ Source = (*MovingMNIST)(nil)

// NewMovingMNIST loads the digits; each is scaled with Lanczos' filter when it is first drawn. The digits are all 60,000 (Part Test: 10,000) or a
// subset of them, according to how the program was built: Info().Summary and the log tell.
func NewMovingMNIST(o MovingMNISTOptions) (*MovingMNIST, error) {
	o = o.withDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	set, err := mnist.Load(o.Dir, o.Part)
	if err != nil {
		return nil, fmt.Errorf("datasets: moving mnist: loading digits: %w", err)
	}
	m := &MovingMNIST{o: o, set: set, digits: make([]byte, set.Len()*o.DigitSize*o.DigitSize), made: make([]atomic.Bool, set.Len()),
		whole: make([]byte, mnist.Side*mnist.Side)}
	if o.DigitSize != mnist.Side {
		m.resize = newLanczos(mnist.Side, o.DigitSize)
	}
	m.info = Info{Name: "moving-mnist", Summary: set.Origin, Clips: set.Len(), Channels: 1, Frames: o.Frames, Size: o.Size,
		Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}
	orDiscard(o.Logger).Info("moving mnist", "digits", set.Origin, "a_clip", o.Digits, "digit_px", o.DigitSize,
		"frame_px", o.Size, "min_speed", o.MinSpeed, "max_speed", o.MaxSpeed)
	return m, nil
}

// digit is the pixels of digit i at the size it is drawn.
func (m *MovingMNIST) digit(i int) ([]byte, error) {
	n := m.o.DigitSize * m.o.DigitSize
	digit := m.digits[i*n : (i+1)*n]
	if m.made[i].Load() {
		return digit, nil
	}
	return digit, m.scale(i, digit)
}

// scale makes digit i, once.
func (m *MovingMNIST) scale(i int, digit []byte) error {
	m.making.Lock()
	defer m.making.Unlock()
	if m.made[i].Load() {
		return nil
	}
	if err := m.set.Digit(m.whole, i); err != nil {
		return fmt.Errorf("datasets: moving mnist: %w", err)
	}
	if m.resize == nil {
		copy(digit, m.whole)
	} else {
		m.resize.grey(digit, m.whole)
	}
	m.made[i].Store(true)
	return nil
}

// Info implements Source.
func (m *MovingMNIST) Info() Info { return m.info }

// Close implements Source.
func (m *MovingMNIST) Close() error { return nil }

// Draw implements Source.
func (m *MovingMNIST) Draw(_ context.Context, rng *rand.Rand, dst []byte) (int, error) {
	if len(dst) != m.info.Bytes() {
		return 0, fmt.Errorf("datasets: moving mnist: destination has %d bytes, want %d: %w", len(dst), m.info.Bytes(), ErrShape)
	}
	clear(dst)
	label := 0
	for d := range m.o.Digits {
		i := rng.IntN(m.set.Len())
		if d == 0 {
			label = int(m.set.Labels[i])
		}
		digit, err := m.digit(i)
		if err != nil {
			return 0, err
		}
		m.move(rng, digit, dst)
	}
	return label, nil
}

// move draws one digit on its way through all frames.
func (m *MovingMNIST) move(rng *rand.Rand, digit, dst []byte) {
	top := float64(m.o.Size - m.o.DigitSize)
	y, x := rng.Float64()*top, rng.Float64()*top
	speed := m.o.MinSpeed + rng.Float64()*(m.o.MaxSpeed-m.o.MinSpeed)
	angle := rng.Float64() * 2 * math.Pi
	dy, dx := speed*math.Cos(angle), speed*math.Sin(angle)
	frame := m.o.Size * m.o.Size
	for t := range m.o.Frames {
		m.paint(digit, dst[t*frame:(t+1)*frame], int(math.RoundToEven(y)), int(math.RoundToEven(x)))
		y, dy = bounce(y+dy, dy, top)
		x, dx = bounce(x+dx, dx, top)
	}
}

// paint lays the digit over the frame with its corner at row, column.
func (m *MovingMNIST) paint(digit, frame []byte, row, column int) {
	d := m.o.DigitSize
	for r := range d {
		line := frame[(row+r)*m.o.Size+column:][:d]
		for c, ink := range digit[r*d : (r+1)*d] {
			line[c] = max(line[c], ink)
		}
	}
}

// bounce reflects a position at 0 and at top until it lies between, and turns the speed around each time.
func bounce(p, speed, top float64) (float64, float64) {
	if top == 0 {
		return 0, speed
	}
	if p < -2*top || p > 3*top { // more than a whole way there and back in one frame: the reflections repeat
		p = math.Mod(p, 2*top)
	}
	for p < 0 || p > top {
		if p < 0 {
			p = -p
		} else {
			p = 2*top - p
		}
		speed = -speed
	}
	return p, speed
}
