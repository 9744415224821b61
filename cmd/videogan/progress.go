package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// logEvery is the pause between progress lines where no bar can be drawn.
const logEvery = 15 * time.Second

// progress tells how far long work has got: a bar on a terminal, a log line now and then
// elsewhere. It belongs to one goroutine.
type progress struct {
	bar    *progressbar.ProgressBar // nil where output is no terminal
	out    io.Writer
	logger *slog.Logger
	what   string
	last   time.Time
}

// newProgress starts a bar of total units, of which done are done already; total -1 is unknown.
func newProgress(out io.Writer, logger *slog.Logger, what string, total, done int) *progress {
	p := &progress{out: out, logger: logger, what: what, last: time.Now()}
	if !isTerminal(out) {
		return p
	}
	p.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(what),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionFullWidth(),
		progressbar.OptionSetPredictTime(false), // it knows neither of train.minutes nor of the steps before a resume
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionShowCount(),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(out) }),
	)
	_ = p.bar.Set(done) // a bar that cannot be drawn must not stop the work
	return p
}

// update sets the units done, and what stands beside the bar or in the log line.
func (p *progress) update(done int, text string, attributes ...any) {
	if p.bar != nil {
		p.bar.Describe(p.what + " " + text)
		_ = p.bar.Set(done)
		return
	}
	if time.Since(p.last) >= logEvery {
		p.last = time.Now()
		p.logger.Info(p.what, attributes...)
	}
}

// stop ends the bar's line.
func (p *progress) stop() {
	if p.bar != nil && !p.bar.IsFinished() {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// lazyProgress starts its bar with the first update, for work that may not be needed at all.
type lazyProgress struct {
	console *console
	what    string
	started *progress
}

func newLazyProgress(c *console, what string) *lazyProgress {
	return &lazyProgress{console: c, what: what}
}

func (l *lazyProgress) update(done, total int) {
	if l.started == nil {
		l.started = newProgress(l.console.err, l.console.logger, l.what, total, done)
	}
	l.started.update(done, "", "done", done, "of", total)
}

func (l *lazyProgress) stop() {
	if l.started != nil {
		l.started.stop()
		l.started = nil
	}
}
