package video

import (
	"errors"
	"fmt"
	"math"

	"github.com/asticode/go-astiav"
)

// encoding is how pixels become a file.
type encoding struct {
	muxer, encoder string
	filters        string // from RGB to format
	format         astiav.PixelFormat
	options        map[string]string // of the encoder
	muxing         map[string]string // of the muxer
}

// EncodeMP4 writes H.264 (libx264, yuv420p, CRF 17) in MP4, which every browser plays. An odd width or height
// is made even by repeating the last column or row, for yuv420p has none: the file's frames are then one pixel larger.
// A clip of unknown rate gets 25 frames a second.
func EncodeMP4(path string, c *Clip) error {
	err := encode(path, c, encoding{
		muxer: "mp4", encoder: "libx264",
		filters: "scale=out_color_matrix=bt601:flags=bicubic+accurate_rnd+full_chroma_inp,format=yuv420p",
		format:  astiav.PixelFormatYuv420P,
		options: map[string]string{
			"crf": "17", "preset": "medium",
			"colorspace": "smpte170m", "color_range": "tv", // said, lest players guess by the size
		},
		muxing: map[string]string{"movflags": "+faststart"},
	})
	if err != nil {
		return fmt.Errorf("video: encode %s: %w", path, err)
	}
	return nil
}

// EncodeGIF writes a GIF that repeats for ever, with one palette of at most 256 colours made for the clip.
// GIF counts hundredths of a second: each frame's time is rounded to one, and more than 50 frames a second
// are shown at 50, because players slow down what is faster. A clip of unknown rate gets 25.
func EncodeGIF(path string, c *Clip) error {
	err := encode(path, c, encoding{
		muxer: "gif", encoder: "gif",
		filters: "split[a][b];[a]palettegen[palette];[b][palette]paletteuse",
		format:  astiav.PixelFormatPal8,
	})
	if err != nil {
		return fmt.Errorf("video: encode %s: %w", path, err)
	}
	return nil
}

func encode(path string, c *Clip, e encoding) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Width > maxSide || c.Height > maxSide {
		return fmt.Errorf("frames of %d×%d: sides must be at most %d: %w", c.Width, c.Height, maxSide, ErrShape)
	}
	rate, err := frameRate(c.FPS)
	if err != nil {
		return err
	}
	if e.muxer == "gif" && rate.Float64() > 50 {
		rate = astiav.NewRational(50, 1)
	}
	return writeAtomic(path, func(temporary string) error {
		defer enterFFmpeg()()
		o, err := newOutput(temporary, c, e, rate)
		if err != nil {
			return err
		}
		err = o.write(c)
		return errors.Join(err, o.close())
	})
}

// frameRate returns the fraction that is meant: 29.97 is 30000/1001.
func frameRate(fps float64) (astiav.Rational, error) {
	ntsc := math.Round(fps*1.001) * 1000
	switch {
	case fps == 0:
		return astiav.NewRational(25, 1), nil
	case !(fps > 0.01 && fps <= 1000):
		return astiav.Rational{}, fmt.Errorf("%g frames a second: want 0.01 to 1000, or 0 for unknown: %w", fps, ErrShape)
	case fps == math.Round(fps):
		return astiav.NewRational(int(fps), 1), nil
	case math.Abs(fps-ntsc/1001) < 0.005:
		return astiav.NewRational(int(ntsc), 1001), nil
	}
	return astiav.NewRational(int(math.Round(fps*1000)), 1000), nil
}

// output is a file being written: filters, encoder and muxer.
type output struct {
	width, height int // even where the format needs it
	rate          astiav.Rational
	graph         *graph
	encoder       *astiav.CodecContext
	format        *astiav.FormatContext
	stream        *astiav.Stream
	file          *astiav.IOContext
	frame         *astiav.Frame
	packet        *astiav.Packet
}

func newOutput(path string, c *Clip, e encoding, rate astiav.Rational) (*output, error) {
	o := &output{width: c.Width, height: c.Height, rate: rate, frame: astiav.AllocFrame(), packet: astiav.AllocPacket()}
	if e.format == astiav.PixelFormatYuv420P {
		o.width, o.height = c.Width+c.Width%2, c.Height+c.Height%2
	}
	err := errNoMemory
	if o.frame != nil && o.packet != nil {
		err = o.open(path, e)
	}
	if err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

func (o *output) open(path string, e encoding) (err error) {
	tick := astiav.NewRational(o.rate.Den(), o.rate.Num())
	if o.graph, err = newGraph(e.filters, picture{o.width, o.height, astiav.PixelFormatRgb24}, tick); err != nil {
		return explain(err)
	}
	if o.format, err = astiav.AllocOutputFormatContext(nil, e.muxer, "file:"+path); err != nil {
		return explain(fmt.Errorf("set up the %s muxer: %w", e.muxer, err))
	}
	if err := o.openEncoder(e, tick); err != nil {
		return err
	}
	if o.stream = o.format.NewStream(nil); o.stream == nil {
		return errNoMemory
	}
	if err := o.encoder.ToCodecParameters(o.stream.CodecParameters()); err != nil {
		return explain(err)
	}
	o.stream.SetTimeBase(tick)
	o.stream.SetAvgFrameRate(o.rate)
	if o.file, err = astiav.OpenIOContext("file:"+path, astiav.NewIOContextFlags(astiav.IOContextFlagWrite)); err != nil {
		return explain(err)
	}
	o.format.SetPb(o.file)
	muxing, err := setOptions(e.muxing)
	if err != nil {
		return err
	}
	defer muxing.Free()
	if err := o.format.WriteHeader(muxing); err != nil {
		return explain(fmt.Errorf("write the header: %w", err))
	}
	return nil
}

func (o *output) openEncoder(e encoding, tick astiav.Rational) error {
	codec := astiav.FindEncoderByName(e.encoder)
	if codec == nil {
		return fmt.Errorf("this FFmpeg was built without the %s encoder: %w", e.encoder, ErrUnsupported)
	}
	if o.encoder = astiav.AllocCodecContext(codec); o.encoder == nil {
		return errNoMemory
	}
	o.encoder.SetWidth(o.width)
	o.encoder.SetHeight(o.height)
	o.encoder.SetPixelFormat(e.format)
	o.encoder.SetTimeBase(tick)
	o.encoder.SetFramerate(o.rate)
	o.encoder.SetThreadCount(1) // the same file on every machine
	if o.format.OutputFormat().Flags().Has(astiav.IOFormatFlagGlobalheader) {
		o.encoder.SetFlags(o.encoder.Flags().Add(astiav.CodecContextFlagGlobalHeader))
	}
	options, err := setOptions(e.options)
	if err != nil {
		return err
	}
	defer options.Free()
	if err := o.encoder.Open(codec, options); err != nil {
		return explain(fmt.Errorf("open the %s encoder for %d×%d: %w", e.encoder, o.width, o.height, err))
	}
	return nil
}

// write encodes all frames and completes the file.
func (o *output) write(c *Clip) error {
	for t := range c.Frames {
		if err := fillFrame(o.frame, astiav.PixelFormatRgb24, o.width, o.height, padded(c, t, o.width, o.height)); err != nil {
			return fmt.Errorf("frame %d: %w", t, err)
		}
		o.frame.SetPts(int64(t))
		if err := o.filter(o.frame); err != nil {
			return fmt.Errorf("frame %d: %w", t, explain(err))
		}
	}
	if err := o.filter(nil); err != nil {
		return explain(err)
	}
	if err := o.encode(nil); err != nil {
		return explain(err)
	}
	if err := o.format.WriteTrailer(); err != nil {
		return explain(fmt.Errorf("complete the file: %w", err))
	}
	return nil
}

// filter sends a frame, or nil at the end, through the filters and encodes what comes out.
func (o *output) filter(f *astiav.Frame) error {
	if err := o.graph.push(f); err != nil {
		return err
	}
	for {
		filtered, err := o.graph.pull()
		if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
			return nil
		} else if err != nil {
			return err
		}
		filtered.SetPictureType(astiav.PictureTypeNone) // the encoder's choice
		if err := o.encode(filtered); err != nil {
			return err
		}
	}
}

// encode sends a frame, or nil at the end, to the encoder and writes the packets that come out.
func (o *output) encode(f *astiav.Frame) error {
	if err := o.encoder.SendFrame(f); err != nil {
		return err
	}
	for {
		err := o.encoder.ReceivePacket(o.packet)
		if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
			return nil
		} else if err != nil {
			return err
		}
		o.packet.SetStreamIndex(o.stream.Index())
		o.packet.SetDuration(1) // of one frame: without it MP4 loses the last
		o.packet.RescaleTs(o.encoder.TimeBase(), o.stream.TimeBase())
		err = o.format.WriteInterleavedFrame(o.packet)
		o.packet.Unref()
		if err != nil {
			return err
		}
	}
}

// close frees everything and reports what the file's last bytes met.
func (o *output) close() error {
	if o.graph != nil {
		o.graph.close()
	}
	if o.encoder != nil {
		o.encoder.Free()
	}
	if o.frame != nil {
		o.frame.Free()
	}
	if o.packet != nil {
		o.packet.Free()
	}
	var err error
	if o.file != nil {
		err = o.file.Close()
	}
	if o.format != nil {
		o.format.Free()
	}
	return err
}

// padded returns frame t, larger where width×height is, by repeating its last column and row.
func padded(c *Clip, t, width, height int) []byte {
	frame := c.Frame(t)
	if width == c.Width && height == c.Height {
		return frame
	}
	out := make([]byte, 0, width*height*3)
	for y := range height {
		row := frame[min(y, c.Height-1)*c.Width*3:][:c.Width*3]
		out = append(out, row...)
		if width > c.Width {
			out = append(out, row[len(row)-3:]...)
		}
	}
	return out
}
