package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	xdraw "golang.org/x/image/draw"
)

// maxPixels bounds the images that are decoded: a header may promise any size. It is 512 frames of 360×360.
const maxPixels = 1 << 26

// axis is the direction in which frames follow each other in an image.
type axis int

const (
	longer   axis = iota // along the image's longer side
	downward             // one below the other
	across               // side by side
)

// stackLayout says how frames lie in an image.
type stackLayout struct {
	axis   axis
	extent int // a frame's size along the axis; 0: frames are square
}

// frames returns the number of frames in an image of width×height pixels and the size of one.
func (l stackLayout) frames(width, height int) (count, frameWidth, frameHeight int, downwards bool, err error) {
	downwards = l.axis == downward || l.axis == longer && height > width
	side, along := height, width
	if downwards {
		side, along = width, height
	}
	extent := l.extent
	if extent == 0 {
		extent = side
	}
	if extent < 1 || along < extent || along%extent != 0 {
		return 0, 0, 0, false, fmt.Errorf("an image of %d×%d pixels cannot be divided into frames of %d pixels: %w", width, height, extent, ErrFormat)
	}
	if downwards {
		return along / extent, width, extent, true, nil
	}
	return along / extent, extent, height, false, nil
}

// frameStack is a decoded image of frames.
type frameStack struct {
	image         *image.RGBA
	count         int
	width, height int // of a frame
	downwards     bool
}

// codec is how an image's header and pixels are read.
type codec struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// codecOf recognises JPEG and PNG by their first bytes.
func codecOf(data []byte) (codec, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		return codec{jpeg.DecodeConfig, jpeg.Decode}, nil
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		return codec{png.DecodeConfig, png.Decode}, nil
	case len(data) == 0:
		return codec{}, fmt.Errorf("the file is empty: %w", ErrFormat)
	}
	return codec{}, fmt.Errorf("it is neither JPEG nor PNG: %w", ErrFormat)
}

// imageSize reads width and height from the beginning of an image file.
func imageSize(r io.Reader) (width, height int, err error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, 0, err
	}
	c, err := codecOf(head[:n])
	if err != nil {
		return 0, 0, err
	}
	config, err := c.config(io.MultiReader(bytes.NewReader(head[:n]), r))
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %w", err, ErrFormat)
	}
	if config.Width < 1 || config.Height < 1 || int64(config.Width)*int64(config.Height) > maxPixels {
		return 0, 0, fmt.Errorf("an image of %d×%d pixels: want at most %d pixels: %w", config.Width, config.Height, maxPixels, ErrFormat)
	}
	return config.Width, config.Height, nil
}

// decodeStack decodes an image of frames. The size is checked before memory is taken for it.
func decodeStack(data []byte, layout stackLayout) (*frameStack, error) {
	width, height, err := imageSize(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	s := &frameStack{}
	if s.count, s.width, s.height, s.downwards, err = layout.frames(width, height); err != nil {
		return nil, err
	}
	c, err := codecOf(data)
	if err != nil {
		return nil, err
	}
	decoded, err := c.decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrFormat)
	}
	s.image = image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(s.image, s.image.Bounds(), decoded, decoded.Bounds().Min, draw.Src)
	return s, nil
}

func readStack(name string, layout stackLayout) (*frameStack, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return decodeStack(data, layout)
}

// write scales the middle square of frames start, start+1, … to size×size and writes them to dst (T×size×size×3) until
// it is full. Behind the last frame it is repeated.
func (s *frameStack) write(dst []byte, start, size int, scaler xdraw.Scaler) {
	scaled := image.NewRGBA(image.Rect(0, 0, size, size))
	bytesPerFrame := size * size * 3
	for t := range len(dst) / bytesPerFrame {
		frame := dst[t*bytesPerFrame : (t+1)*bytesPerFrame]
		if start+t >= s.count && t > 0 {
			copy(frame, dst[(t-1)*bytesPerFrame:])
			continue
		}
		from := s.square(start + t)
		if from.Dx() == size {
			draw.Draw(scaled, scaled.Bounds(), s.image, from.Min, draw.Src)
		} else {
			scaler.Scale(scaled, scaled.Bounds(), s.image, from, xdraw.Src, nil)
		}
		for p, q := 0, 0; q < len(frame); p, q = p+4, q+3 {
			frame[q], frame[q+1], frame[q+2] = scaled.Pix[p], scaled.Pix[p+1], scaled.Pix[p+2]
		}
	}
}

// square is the middle square of frame t.
func (s *frameStack) square(t int) image.Rectangle {
	side := min(s.width, s.height)
	corner := image.Pt((s.width-side)/2, (s.height-side)/2)
	if s.downwards {
		corner.Y += t * s.height
	} else {
		corner.X += t * s.width
	}
	return image.Rectangle{Min: corner, Max: corner.Add(image.Pt(side, side))}
}

// scaler returns the filter for images: nearest neighbour as in TGAN's release, or a triangle as wide as the reduction,
// which averages over the source pixels.
func (p Preprocessing) scaler() xdraw.Scaler {
	if p == TGAN {
		return xdraw.NearestNeighbor
	}
	return xdraw.BiLinear
}
