package video

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/asticode/go-astiav"
)

// Info is what a file's headers say; nothing is decoded for it.
type Info struct {
	Path string
	// Width and Height are of frames as Decode returns them, after rotation. Pixels count as square.
	Width, Height int
	// Frames is the container's count, 0 where it has none (Matroska, MPEG streams).
	Frames int
	// FPS is the average rate; 0: unknown.
	FPS      float64
	Duration time.Duration // 0: unknown
	// Rotation turns the stored frames clockwise for display, in degrees of [0, 360).
	Rotation int
	Codec    string // FFmpeg's name: mpeg4, h264, …
}

// Probe reads a file's headers. It reports ErrFormat for what is no video or a damaged one,
// ErrUnsupported for a file without video, and fs.ErrNotExist for none.
func Probe(path string) (Info, error) {
	defer enterFFmpeg()()
	in, err := openInput(path)
	if err != nil {
		return Info{}, fmt.Errorf("video: probe %s: %w", path, err)
	}
	defer in.close()
	return in.info(path), nil
}

func (in *input) info(path string) Info {
	p := in.stream.CodecParameters()
	i := Info{
		Path: path, Codec: p.CodecID().Name(), Frames: int(in.stream.NbFrames()), FPS: in.rate(), Duration: in.duration(),
		Rotation: in.orientation().degrees,
	}
	i.Width, i.Height = in.orientation().size(p.Width(), p.Height())
	return i
}

func (in *input) duration() time.Duration {
	if d := in.stream.Duration(); d > 0 {
		return time.Duration(float64(d) * in.stream.TimeBase().Float64() * float64(time.Second))
	}
	if d := in.format.Duration(); d > 0 {
		return time.Duration(d) * time.Microsecond
	}
	return 0
}

// orientation is how stored frames are turned for display: the container's display matrix.
type orientation struct {
	degrees int // clockwise, in [0, 360)
	filters string
}

// orientation reads the display matrix as the ffmpeg command does (configure_input_video_filter).
func (in *input) orientation() orientation {
	data := in.stream.SideData(astiav.PacketSideDataTypeDisplaymatrix)
	matrix, err := astiav.NewDisplayMatrixFromBytes(data)
	if err != nil {
		return orientation{}
	}
	angle := matrix.Rotation()
	if math.IsNaN(angle) { // a singular matrix
		return orientation{}
	}
	o := orientation{degrees: (int(math.Round(angle))%360 + 360) % 360}
	negative := func(entry int) bool { return int32(binary.LittleEndian.Uint32(data[4*entry:])) < 0 }
	switch d := o.degrees; {
	case d <= 1 || d >= 359:
		if negative(4) {
			o.filters = "vflip,"
		}
	case d >= 89 && d <= 91:
		o.filters = "transpose=clock,"
		if !negative(3) {
			o.filters = "transpose=cclock_flip,"
		}
	case d >= 179 && d <= 181:
		if negative(0) {
			o.filters += "hflip,"
		}
		if negative(4) {
			o.filters += "vflip,"
		}
	case d >= 269 && d <= 271:
		o.filters = "transpose=cclock,"
		if negative(3) {
			o.filters = "transpose=clock_flip,"
		}
	default:
		o.filters = fmt.Sprintf("rotate=%d*PI/180,", d)
	}
	return o
}

// size returns the displayed size of a stored frame.
func (o orientation) size(width, height int) (int, int) {
	if o.degrees >= 89 && o.degrees <= 91 || o.degrees >= 269 && o.degrees <= 271 {
		return height, width
	}
	return width, height
}
