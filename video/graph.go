package video

import (
	"fmt"

	"github.com/asticode/go-astiav"
)

// graph is a chain of FFmpeg's filters between pictures of one size and format that go in
// and pictures that come out.
type graph struct {
	filters      *astiav.FilterGraph
	source, sink *astiav.FilterContext
	out          *astiav.Frame
}

// picture is what frames must share to go through one graph.
type picture struct {
	width, height int
	format        astiav.PixelFormat
}

func pictureOf(f *astiav.Frame) picture {
	return picture{f.Width(), f.Height(), f.PixelFormat()}
}

// newGraph builds the filters of description, in the ffmpeg command's notation. Times pass in
// units of timeBase.
func newGraph(description string, in picture, timeBase astiav.Rational) (*graph, error) {
	g := &graph{filters: astiav.AllocFilterGraph(), out: astiav.AllocFrame()}
	if g.filters == nil || g.out == nil {
		g.close()
		return nil, errNoMemory
	}
	if err := g.build(description, in, timeBase); err != nil {
		g.close()
		return nil, fmt.Errorf("set up filters %q for %d×%d %s: %w", description, in.width, in.height, in.format, err)
	}
	return g, nil
}

func (g *graph) build(description string, in picture, timeBase astiav.Rational) (err error) {
	// Clips are decoded in parallel, each in one thread. Filters take the number when they are made.
	g.filters.SetThreadCount(1)
	g.source, err = g.filters.NewFilterContext(astiav.FindFilterByName("buffer"), "in", astiav.FilterArgs{
		"video_size": fmt.Sprintf("%dx%d", in.width, in.height),
		"pix_fmt":    fmt.Sprint(int(in.format)),
		"time_base":  fmt.Sprintf("%d/%d", timeBase.Num(), timeBase.Den()),
	})
	if err != nil {
		return err
	}
	g.sink, err = g.filters.NewFilterContext(astiav.FindFilterByName("buffersink"), "out", nil)
	if err != nil {
		return err
	}
	// Named from outside: what the description takes from is the output of "in".
	from, to := astiav.AllocFilterInOut(), astiav.AllocFilterInOut()
	defer from.Free()
	defer to.Free()
	from.SetName("in")
	from.SetFilterContext(g.source)
	to.SetName("out")
	to.SetFilterContext(g.sink)
	if err := g.filters.Parse(description, to, from); err != nil {
		return err
	}
	return g.filters.Configure()
}

// push hands a frame in, which the caller keeps; nil says that there are no more.
func (g *graph) push(f *astiav.Frame) error {
	return g.source.BuffersrcAddFrame(f, astiav.NewBuffersrcFlags(astiav.BuffersrcFlagKeepRef))
}

// pull returns the next frame, valid until the next call. ErrEagain: push first; ErrEof: that was the last.
func (g *graph) pull() (*astiav.Frame, error) {
	g.out.Unref()
	if err := g.sink.BuffersinkGetFrame(g.out, astiav.NewBuffersinkFlags()); err != nil {
		return nil, err
	}
	return g.out, nil
}

func (g *graph) close() {
	if g.out != nil {
		g.out.Free()
	}
	if g.sink != nil {
		g.sink.Free()
	}
	if g.source != nil {
		g.source.Free()
	}
	if g.filters != nil {
		g.filters.Free()
	}
}
