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
	// BySplit is each split by itself, where there are several.
	BySplit []SplitPoint `json:"by_split,omitempty"`
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

// SplitPoint is what a model reaches on one split, over its repeats.
type SplitPoint struct {
	Split    int    `json:"split"`
	Accuracy Spread `json:"accuracy"`
	Gain     Spread `json:"gain"`
}

// setting is what cells of one point have in common.
type setting struct {
	model   string
	method  Method
	labels  float64
	classes int
}

// finished are the cells of a setting that there are: by repeat, by split.
type finished map[int]map[int]record

// Points sums the finished cells up, in the order of models, methods and cells. A repeat counts once all its splits are
// there; what has none is left out.
func (s *Study) Points() []Point {
	cells := map[setting]finished{}
	var order []setting
	for _, p := range s.plan {
		at := setting{p.model, p.Method, p.Labels, p.Classes}
		if cells[at] == nil {
			cells[at] = finished{}
			order = append(order, at)
		}
		if r, ok := s.ledger.of[p.Cell]; ok {
			if cells[at][p.repeat] == nil {
				cells[at][p.repeat] = map[int]record{}
			}
			cells[at][p.repeat][p.Split] = r
		}
	}
	var points []Point
	for _, model := range s.models {
		for _, method := range s.Config.Methods {
			for _, at := range order {
				if at.model != model || at.method != method {
					continue
				}
				scratch := cells[setting{model, MethodScratch, at.labels, at.classes}]
				if p := s.point(at, cells[at], scratch); len(p.Accuracy.Values) > 0 {
					points = append(points, p)
				}
			}
		}
	}
	return points
}

// point sums the cells of one setting up, beside those that begin at random.
func (s *Study) point(at setting, of, scratch finished) Point {
	p := Point{Model: at.model, Method: at.method, Labels: at.labels, Classes: at.classes}
	var accuracy, windows, training, gain []float64
	n := float64(len(s.Data))
	for repeat := range s.repeats() {
		if len(of[repeat]) < len(s.Data) {
			continue
		}
		var videos, right, rightWindows, trained, random float64
		for _, d := range s.Data {
			r := of[repeat][d.Split]
			videos += float64(r.Videos) / n
			right += r.Test.VideoAccuracy / n
			rightWindows += r.Test.ClipAccuracy / n
			trained += r.TrainAccuracy / n
			random += scratch[repeat][d.Split].Test.VideoAccuracy / n
		}
		p.Videos = videos
		accuracy, windows, training = append(accuracy, right), append(windows, rightWindows), append(training, trained)
		if len(scratch[repeat]) == len(s.Data) && random > 0 {
			gain = append(gain, right/random)
		}
	}
	p.Accuracy, p.Windows, p.Training, p.Gain = spread(accuracy), spread(windows), spread(training), spread(gain)
	if len(s.Data) > 1 {
		for _, d := range s.Data {
			p.BySplit = append(p.BySplit, s.splitPoint(d.Split, of, scratch))
		}
	}
	return p
}

// splitPoint sums one split up.
func (s *Study) splitPoint(split int, of, scratch finished) SplitPoint {
	var accuracy, gain []float64
	for repeat := range s.repeats() {
		r, ok := of[repeat][split]
		if !ok {
			continue
		}
		accuracy = append(accuracy, r.Test.VideoAccuracy)
		if random := scratch[repeat][split].Test.VideoAccuracy; random > 0 {
			gain = append(gain, r.Test.VideoAccuracy/random)
		}
	}
	return SplitPoint{split, spread(accuracy), spread(gain)}
}

// rounded keeps four decimals.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }
