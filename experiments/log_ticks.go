package experiments

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// logTicks mark a logarithmic axis. None lies outside of it, since a plot keeps room for every label, seen or not. Over
// less than two powers of ten, twice and five times each have labels too.
type logTicks struct{}

// Ticks are those from low to high, both above 0.
func (logTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for digit := 1.0; digit < 10; digit++ {
			tick := plot.Tick{Value: digit * power}
			if tick.Value < low || tick.Value > high {
				continue
			}
			if digit == 1 || high < 100*low && (digit == 2 || digit == 5) {
				tick.Label = strconv.FormatFloat(tick.Value, 'g', 6, 64)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}
