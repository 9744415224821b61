package transfer

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Point is what one model reaches by one method, over its repeats.
type Point struct {
	Model   string  `json:"model"`
	Method  Method  `json:"method"`
	Labels  float64 `json:"labels"`  // share of the training videos
	Classes int     `json:"classes"` // number of classes
	Videos  float64 `json:"videos"`  // training videos with labels, mean over splits
	// Accuracy is of videos, a repeat each, mean over splits; Windows likewise of single windows.
	Accuracy Spread `json:"accuracy"`
	Windows  Spread `json:"windows"`
	Training Spread `json:"training"` // accuracy on training batches at the end, with dropout
	// Gain is the accuracy over that of MethodScratch with the same labels, a repeat each: how much the features save.
	Gain Spread `json:"gain"`
}

// Spread is a mean and a standard deviation (n - 1) over values. One value has the deviation 0.
type Spread struct {
	Mean   float64   `json:"mean"`
	Std    float64   `json:"std"`
	Values []float64 `json:"values"`
}

func spread(values []float64) Spread {
	s := Spread{Values: values}
	switch len(values) {
	case 0:
	case 1:
		s.Mean = values[0]
	default:
		s.Mean, s.Std = stat.MeanStdDev(values, nil)
	}
	return s
}

// Points sums the finished cells up, in the order of models, methods and cells. A repeat counts once all its splits are
// there; what has none is left out.
func (s *Study) Points() []Point {
	type key struct {
		model   string
		method  Method
		labels  float64
		classes int
	}
	type sums struct {
		splits                              int
		videos, accuracy, windows, training float64
	}
	cells := map[key]map[int]*sums{}
	var order []key
	for _, p := range s.plan {
		k := key{p.model, p.Method, p.Labels, p.Classes}
		if cells[k] == nil {
			cells[k] = map[int]*sums{}
			order = append(order, k)
		}
		r, ok := s.ledger.of[p.Cell]
		if !ok {
			continue
		}
		at := cells[k][p.repeat]
		if at == nil {
			at = &sums{}
			cells[k][p.repeat] = at
		}
		at.splits++
		n := float64(len(s.Data))
		at.videos += float64(r.Videos) / n
		at.accuracy += r.Test.VideoAccuracy / n
		at.windows += r.Test.ClipAccuracy / n
		at.training += r.TrainAccuracy / n
	}
	var points []Point
	for _, model := range s.models {
		for _, method := range s.Config.Methods {
			for _, k := range order {
				if k.model != model || k.method != method {
					continue
				}
				p := Point{Model: model, Method: method, Labels: k.labels, Classes: k.classes}
				var accuracy, windows, training, gain []float64
				for repeat := range s.repeats() {
					at := cells[k][repeat]
					if at == nil || at.splits < len(s.Data) {
						continue
					}
					p.Videos = at.videos
					accuracy, windows, training = append(accuracy, at.accuracy), append(windows, at.windows), append(training, at.training)
					scratch := cells[key{model, MethodScratch, k.labels, k.classes}][repeat]
					if scratch != nil && scratch.splits == len(s.Data) && scratch.accuracy > 0 {
						gain = append(gain, at.accuracy/scratch.accuracy)
					}
				}
				if len(accuracy) == 0 {
					continue
				}
				p.Accuracy, p.Windows, p.Training, p.Gain = spread(accuracy), spread(windows), spread(training), spread(gain)
				points = append(points, p)
			}
		}
	}
	return points
}

// rounded keeps four decimals.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }
