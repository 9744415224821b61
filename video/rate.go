package video

import "math"

// rateConverter chooses how often each frame is shown at a constant rate. As in FFmpeg's fps filter, a frame's
// time since the first is rounded to the nearest tick of that rate, and the frame is shown from there until the next.
type rateConverter struct {
	rate     float64 // ticks a second
	num, den float64 // times given are in units of num/den seconds
	origin   int64   // time of the clip's first frame
	shown    int     // ticks decided so far
}

// tick returns where a frame of that time appears.
func (r *rateConverter) tick(time int64) int {
	return int(math.Round(float64(time-r.origin) * r.num * r.rate / r.den))
}

// until returns how often the frame before is shown when the next one appears at that time.
func (r *rateConverter) until(time int64) int {
	n := max(0, r.tick(time)-r.shown)
	r.shown += n
	return n
}

// atEnd returns how often the last frame is shown when the clip ends at that time. A clip shows one frame at least.
func (r *rateConverter) atEnd(time int64) int {
	n := r.until(time)
	if r.shown == 0 {
		r.shown, n = 1, 1
	}
	return n
}
