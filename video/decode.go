package video

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/asticode/go-astiav"
)

// DecodeOptions choose what Decode returns. The zero value is every frame at its own size.
type DecodeOptions struct {
	// Width and Height are the size to scale to, in pixels. Both 0: as displayed. One 0: it follows the other,
	// keeping the frame's proportions.
	Width, Height int
	Scaling       Scaling
	// FPS shows the clip at this constant rate: at time n/FPS, the latest frame whose time, rounded to the nearest
	// 1/FPS, has come, as FFmpeg's fps filter does. 0: every stored frame once, whatever its time.
	FPS float64
	// Start and Frames are the window in frames, after the rate conversion. Frames 0: to the end.
	Start, Frames int
	// AllowTruncated returns the frames before a damaged place instead of an error.
	AllowTruncated bool
}

// Decode reads the video of any file that FFmpeg reads, turned as the container's display matrix says.
//
// A window that does not start at frame 0 is decoded from the key frame before it where the packets tell which frame
// is which, and from the start of the file otherwise; the result is the same.
//
// It reports ErrFormat for what is no video and, naming the frame, for a damaged or cut one; ErrUnsupported for a
// file without video; ErrShort for a window beyond the end; fs.ErrNotExist; and the context's error. One call uses one
// thread: decode many files in as many goroutines.
func Decode(ctx context.Context, path string, o DecodeOptions) (*Clip, error) {
	c, err := decode(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("video: decode %s: %w", path, err)
	}
	return c, nil
}

func (o DecodeOptions) check() error {
	switch {
	case o.Width < 0 || o.Height < 0 || o.Width > maxSide || o.Height > maxSide:
		return fmt.Errorf("scale to %d×%d: sides must be in [0, %d]: %w", o.Width, o.Height, maxSide, ErrShape)
	case o.Start < 0 || o.Frames < 0:
		return fmt.Errorf("window of %d frames from frame %d: both must be 0 or more: %w", o.Frames, o.Start, ErrShape)
	case o.FPS < 0 || o.FPS > 1000 || math.IsNaN(o.FPS):
		return fmt.Errorf("%g frames a second: want 0 to 1000: %w", o.FPS, ErrShape)
	}
	return o.Scaling.check()
}

func decode(ctx context.Context, path string, o DecodeOptions) (*Clip, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	defer enterFFmpeg()()
	if o.Start > 0 {
		c, err := decodeBySeeking(ctx, path, o)
		if !errors.Is(err, errNoIndex) {
			return c, err
		}
	}
	return decodeFromStart(ctx, path, o)
}

func decodeFromStart(ctx context.Context, path string, o DecodeOptions) (*Clip, error) {
	d, err := newDecoding(path, o)
	if err != nil {
		return nil, err
	}
	defer d.close()
	return d.run(ctx)
}

// decodeBySeeking returns errNoIndex where it is not certain to give what decodeFromStart does.
func decodeBySeeking(ctx context.Context, path string, o DecodeOptions) (*Clip, error) {
	d, err := newDecoding(path, o)
	if err != nil {
		return nil, err
	}
	defer d.close()
	ix, err := d.in.readIndex(ctx)
	if err != nil {
		return nil, err
	}
	frame, frames := o.Start, len(ix.times)
	if o.FPS > 0 {
		d.rate.origin = ix.times[0]
		frame, frames = ix.source(&d.rate, o.Start)
	}
	if o.Start >= frames || o.Frames > frames-o.Start {
		return nil, d.short(frames)
	}
	if err := d.startAt(ix, frame); err != nil {
		return nil, err
	}
	c, err := d.run(ctx)
	if errors.Is(err, ErrFormat) {
		return nil, errNoIndex // let the other way count the frames before the damage
	}
	return c, err
}

// decoding makes a clip from an input.
type decoding struct {
	in   *input
	o    DecodeOptions
	rgb  rgbConverter
	clip *Clip

	position int // of the next frame to show, after the rate conversion
	rate     rateConverter
	latest   *astiav.Frame // at a constant rate: the frame that is shown until the next
	started  bool          // a frame was decoded
	time     int64         // of the latest frame
	length   int64         // how long it is shown if none follows

	index *index // when seeking: every frame must appear at its time
	frame int    // number by the index of the next frame
}

func newDecoding(path string, o DecodeOptions) (*decoding, error) {
	in, err := openInput(path)
	if err != nil {
		return nil, err
	}
	if err := in.openDecoder(); err != nil {
		in.close()
		return nil, err
	}
	d := &decoding{in: in, o: o, latest: astiav.AllocFrame(), clip: &Clip{FPS: o.FPS}}
	if d.latest == nil {
		in.close()
		return nil, errNoMemory
	}
	if o.FPS == 0 {
		d.clip.FPS = in.rate()
	}
	d.rgb = rgbConverter{width: o.Width, height: o.Height, scaling: o.Scaling, orientation: in.orientation()}
	base := in.stream.TimeBase()
	d.rate = rateConverter{rate: o.FPS, num: float64(base.Num()), den: float64(base.Den())}
	return d, nil
}

func (d *decoding) close() {
	d.rgb.close()
	d.latest.Free()
	d.in.close()
}

// startAt seeks so that the next frame decoded is a key frame at or before frame k of the index.
func (d *decoding) startAt(ix *index, k int) error {
	first, err := d.in.seek(ix, k)
	if err != nil {
		return err
	}
	d.index, d.frame, d.position = ix, first, first
	if d.o.FPS > 0 {
		d.rate.shown = d.rate.tick(ix.times[first])
		d.position = d.rate.shown
	}
	return nil
}

// run decodes until the window is full or the file ends.
func (d *decoding) run(ctx context.Context) (*Clip, error) {
	for d.o.Frames == 0 || d.position-d.o.Start < d.o.Frames {
		err := d.in.next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return d.finish()
		case err != nil:
			var damage *damageError
			if d.o.AllowTruncated && errors.As(err, &damage) && d.index == nil && damage.frame > 0 {
				return d.finish()
			}
			return nil, err
		}
		if err := d.take(); err != nil {
			return nil, err
		}
	}
	return d.clip, nil
}

// take shows the frame just decoded, or at a constant rate the one before, as often as its time asks for.
func (d *decoding) take() error {
	time := frameTime(d.in.frame)
	if d.index != nil {
		switch expected := d.index.times[min(d.frame, len(d.index.times)-1)]; {
		case !d.started && time < expected:
			return nil // seeking went further back, or a picture before the key frame was in store
		case d.frame == len(d.index.times) || time != expected:
			return errNoIndex
		}
		d.frame++
	}
	if d.o.FPS == 0 {
		d.started = true
		return d.show(d.in.frame, 1)
	}
	if time == noTime {
		time = d.time + d.length // 0 for the first
	}
	if !d.started && d.index == nil {
		d.rate.origin = time
	}
	n := d.rate.until(time)
	if limit := int(3600*d.o.FPS) + 1; n > limit {
		return d.in.damaged(fmt.Errorf("its time is %d frames after the one before, more than an hour", n))
	}
	if d.started {
		if err := d.show(d.latest, n); err != nil {
			return err
		}
	}
	d.started, d.time, d.length = true, time, d.in.length(frameDuration(d.in.frame))
	d.latest.Unref()
	d.latest.MoveRef(d.in.frame)
	return nil
}

// show puts the part of n repetitions of a frame that lies in the window into the clip.
func (d *decoding) show(f *astiav.Frame, n int) error {
	from, to := max(d.position, d.o.Start), d.position+n
	if d.o.Frames > 0 && to-d.o.Start > d.o.Frames {
		to = d.o.Start + d.o.Frames
	}
	d.position += n
	if from >= to {
		return nil
	}
	if err := d.rgb.prepare(f); err != nil {
		return err
	}
	size := d.rgb.width * d.rgb.height * 3
	if d.clip.Pix == nil {
		d.clip.Width, d.clip.Height = d.rgb.width, d.rgb.height
		d.clip.Pix = make([]byte, 0, d.capacity(size))
	}
	pix, err := d.rgb.convert(f, d.clip.Pix)
	if err != nil {
		return fmt.Errorf("frame %d: %w", d.position-n, err)
	}
	for range to - from - 1 {
		pix = append(pix, pix[len(pix)-size:]...)
	}
	d.clip.Pix = pix
	d.clip.Frames += to - from
	return nil
}

// capacity guesses how many bytes the clip needs. Headers can lie, so that it is bounded.
func (d *decoding) capacity(frame int) int {
	frames := d.o.Frames
	if frames == 0 {
		seconds := d.in.duration().Seconds()
		frames = int(math.Ceil(min(seconds, 3600)*d.clip.FPS)) + 1 - d.o.Start
	}
	return min(max(frames, 1), max(1, 1<<28/frame)) * frame
}

// finish completes the clip at the end of the file.
func (d *decoding) finish() (*Clip, error) {
	if d.index != nil && d.frame != len(d.index.times) {
		return nil, errNoIndex
	}
	if !d.started {
		return nil, fmt.Errorf("no frame could be decoded: %w", explain(ErrFormat))
	}
	if d.o.FPS > 0 {
		if err := d.show(d.latest, d.rate.atEnd(d.time+d.length)); err != nil {
			return nil, err
		}
	}
	if d.clip.Frames < max(1, d.o.Frames) {
		return nil, d.short(d.position)
	}
	d.clip.Pix = slices.Clip(d.clip.Pix)
	return d.clip, nil
}

func (d *decoding) short(frames int) error {
	wanted := "the frames"
	if d.o.Frames > 0 {
		wanted = fmt.Sprintf("%d frames", d.o.Frames)
	}
	return fmt.Errorf("%s from frame %d on: the clip has %d: %w", wanted, d.o.Start, frames, ErrShort)
}
