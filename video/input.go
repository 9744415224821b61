package video

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"syscall"

	"github.com/asticode/go-astiav"
)

// input is an open file: its demuxer, its best video stream, and that stream's decoder.
type input struct {
	format  *astiav.FormatContext
	streams []*astiav.Stream
	stream  *astiav.Stream       // one of them
	decoder *astiav.CodecContext // nil until openDecoder
	packet  *astiav.Packet
	frame   *astiav.Frame // the one that next decoded

	reached  float64 // seconds: end of the packets read so far, of all streams
	end      int64   // likewise of the video stream, in its time base
	packets  int     // of the video stream, read so far
	frames   int     // decoded so far
	draining bool    // the decoder was told that no packet follows
	damage   error   // why reading ended before the file's end
}

// openInput opens a file and finds its video stream. The errors say what is wrong with the file, not its name.
func openInput(path string) (*input, error) {
	if err := checkFile(path); err != nil {
		return nil, err
	}
	// A zero FormatContext is allocated by OpenInput, and freed by it when it fails.
	in := &input{format: new(astiav.FormatContext)}
	options, err := setOptions(map[string]string{
		"protocol_whitelist": "file", // a playlist or garbage must not open network connections
		"pattern_type":       "none", // a % in a picture's name is a %, not a series of files
	})
	if err != nil {
		return nil, err
	}
	defer options.Free()
	if err := in.format.OpenInput("file:"+path, nil, options); err != nil {
		return nil, badInput(explain(err))
	}
	if err := in.findStream(); err != nil {
		in.close()
		return nil, err
	}
	in.packet, in.frame = astiav.AllocPacket(), astiav.AllocFrame()
	if in.packet == nil || in.frame == nil {
		in.close()
		return nil, errNoMemory
	}
	return in, nil
}

func checkFile(path string) error {
	f, err := os.Open(path)
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err // the caller names the path
	} else if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("a folder, not a file: %w", ErrUnsupported)
	case !info.Mode().IsRegular():
		return fmt.Errorf("not a regular file: %w", ErrUnsupported)
	case info.Size() == 0:
		return fmt.Errorf("the file is empty: %w", ErrFormat)
	}
	return nil
}

// badInput marks an error of FFmpeg as the file's fault, unless it is the machine's.
func badInput(err error) error {
	var code astiav.Error
	if errors.As(err, &code) {
		// ENOMEM is a size in the file that asks for too much.
		if errno := syscall.Errno(-code); errno == syscall.EMFILE || errno == syscall.ENFILE {
			return errno
		}
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}

// textFormats are demuxers that make pictures from text: a README among videos is none.
var textFormats = map[string]bool{"tty": true, "ffmetadata": true, "concat": true}

func (in *input) findStream() error {
	name := in.format.InputFormat().Name()
	if textFormats[name] {
		return fmt.Errorf("a text file (%s), not a video: %w", name, ErrUnsupported)
	}
	if err := in.format.FindStreamInfo(nil); err != nil {
		return badInput(explain(err))
	}
	var kinds []string
	in.streams = in.format.Streams()
	for _, s := range in.streams {
		kinds = append(kinds, s.CodecParameters().MediaType().String())
		if s.CodecParameters().MediaType() == astiav.MediaTypeVideo && (in.stream == nil || better(s, in.stream)) {
			in.stream = s
		}
	}
	switch {
	case len(kinds) == 0:
		return badInput(explain(errors.New("no stream found")))
	case in.stream == nil:
		return fmt.Errorf("no video among its streams (%s): %w", strings.Join(kinds, ", "), ErrUnsupported)
	case in.stream.AvgFrameRate().Num() == 0 && in.isPicture() && len(kinds) > 1:
		return fmt.Errorf("its only video is a cover picture: %w", ErrUnsupported)
	}
	if p := in.stream.CodecParameters(); p.Width() < 1 || p.Height() < 1 {
		return badInput(explain(fmt.Errorf("no picture size in the %s stream", p.CodecID().Name())))
	}
	return nil
}

// better prefers moving pictures to covers, then the larger picture.
func better(a, b *astiav.Stream) bool {
	if moves := a.AvgFrameRate().Num() > 0; moves != (b.AvgFrameRate().Num() > 0) {
		return moves
	}
	area := func(s *astiav.Stream) int { return s.CodecParameters().Width() * s.CodecParameters().Height() }
	return area(a) > area(b)
}

func (in *input) isPicture() bool {
	switch in.stream.CodecParameters().CodecID() {
	case astiav.CodecIDMjpeg, astiav.CodecIDPng, astiav.CodecIDBmp, astiav.CodecIDGif, astiav.CodecIDWebp, astiav.CodecIDTiff:
		return true
	}
	return false
}

// rate returns frames a second, 0 when the file does not tell.
func (in *input) rate() float64 {
	for _, r := range []astiav.Rational{in.stream.AvgFrameRate(), in.stream.RFrameRate()} {
		if r.Num() > 0 && r.Den() > 0 {
			return r.Float64()
		}
	}
	return 0
}

// length returns the duration of a frame in the stream's time base: its own where known, else the average.
func (in *input) length(own int64) int64 {
	rate := in.rate()
	if own > 0 || rate == 0 {
		return own
	}
	return int64(math.Round(1 / (rate * in.stream.TimeBase().Float64())))
}

func (in *input) openDecoder() error {
	parameters := in.stream.CodecParameters()
	codec := astiav.FindDecoder(parameters.CodecID())
	if codec == nil {
		return fmt.Errorf("FFmpeg has no decoder for %s: %w", parameters.CodecID().Name(), ErrUnsupported)
	}
	in.decoder = astiav.AllocCodecContext(codec)
	if in.decoder == nil {
		return errNoMemory
	}
	if err := parameters.ToCodecContext(in.decoder); err != nil {
		return badInput(explain(err))
	}
	in.decoder.SetThreadCount(1) // parallel over files, not within one
	options, err := setOptions(map[string]string{
		"max_pixels": fmt.Sprint(1 << 26), // twice 8K; garbage asks for more
		"err_detect": "explode",           // say so where a picture would be guessed
	})
	if err != nil {
		return err
	}
	defer options.Free()
	if err := in.decoder.Open(codec, options); err != nil {
		return badInput(explain(fmt.Errorf("open the %s decoder: %w", codec.Name(), err)))
	}
	return nil
}

// next decodes the next frame, in order of presentation, into in.frame. It returns io.EOF at the end, and
// a damageError once all frames before the damage were returned.
func (in *input) next(ctx context.Context) error {
	for {
		err := in.decoder.ReceiveFrame(in.frame)
		switch {
		case err == nil && frameDamaged(in.frame):
			return in.damaged(explain(errors.New("the decoder had to guess parts of the picture")))
		case err == nil:
			in.frames++
			return nil
		case errors.Is(err, astiav.ErrEof):
			if in.damage != nil {
				return in.damaged(in.damage)
			}
			return io.EOF
		case !errors.Is(err, astiav.ErrEagain):
			return in.damaged(explain(err))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := in.feed(ctx); err != nil {
			return err
		}
	}
}

// feed sends the decoder one packet, or the end.
func (in *input) feed(ctx context.Context) error {
	err := in.readPacket(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		err = in.decoder.SendPacket(in.packet)
		in.packet.Unref()
		if err == nil {
			return nil
		}
		in.damage = explain(err)
	case !errors.Is(err, io.EOF):
		in.damage = err
	}
	// What the decoder still holds comes before the damage.
	if in.draining {
		return in.damaged(in.damage)
	}
	in.draining = true
	if err := in.decoder.SendPacket(nil); err != nil && !errors.Is(err, astiav.ErrEof) {
		return in.damaged(explain(err))
	}
	return nil
}

// readPacket reads the video stream's next packet. It returns io.EOF at the end of a whole file.
func (in *input) readPacket(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		in.packet.Unref()
		err := in.format.ReadFrame(in.packet)
		switch {
		case errors.Is(err, astiav.ErrEof):
			return in.checkEnd()
		case err != nil:
			return explain(err)
		}
		in.reach()
		switch {
		case in.packet.StreamIndex() != in.stream.Index():
			continue
		case in.packet.Flags().Has(astiav.PacketFlagCorrupt):
			return explain(errors.New("the file ends within a frame"))
		}
		in.packets++
		return nil
	}
}

// reach keeps the time at which the packets read so far end.
func (in *input) reach() {
	time := in.packet.Pts()
	if time == noTime {
		time = in.packet.Dts()
	}
	if i := in.packet.StreamIndex(); time != noTime && i < len(in.streams) {
		in.reached = max(in.reached, float64(time+in.packet.Duration())*in.streams[i].TimeBase().Float64())
		if i == in.stream.Index() {
			in.end = max(in.end, time+in.packet.Duration())
		}
	}
}

// checkEnd tells a whole file from a cut one, about which most demuxers keep silent: it returns io.EOF for the former.
func (in *input) checkEnd() error {
	want := int(in.stream.NbFrames())
	fewer := in.packets < want
	switch name := in.format.InputFormat().Name(); {
	// A count alone proves nothing: AVI counts pictures that repeat the one before and are not stored, and MP4
	// those that an edit list hides. Only a cut file also ends too early.
	case name == "avi" && fewer && in.end < int64(want), // AVI's unit of time is the frame
		strings.HasPrefix(name, "mov,") && fewer && in.missing() > 1/max(in.rate(), 1):
		return fmt.Errorf("the file ends after %d of %d frames", in.packets, want)
	case strings.HasPrefix(name, "matroska,") && (in.missing() > 0.5 || strings.Contains(logged(), "ended prematurely")):
		return fmt.Errorf("the file ends %.2f seconds early", max(0, in.missing()))
	}
	return io.EOF
}

// missing returns the seconds between the last packet's end and the container's.
func (in *input) missing() float64 {
	return float64(in.format.StartTime()+in.format.Duration())/1e6 - in.reached
}

// damageError is where and why decoding stopped before the end.
type damageError struct {
	frame int
	err   error
}

func (e *damageError) Error() string {
	return fmt.Sprintf("frame %d: %v: %v", e.frame, ErrFormat, e.err)
}
func (e *damageError) Unwrap() []error { return []error{ErrFormat, e.err} }

func (in *input) damaged(err error) error { return &damageError{in.frames, err} }

func (in *input) close() {
	if in.frame != nil {
		in.frame.Free()
	}
	if in.packet != nil {
		in.packet.Free()
	}
	if in.decoder != nil {
		in.decoder.Free()
	}
	in.format.CloseInput()
}
