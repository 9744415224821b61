package eval

import (
	"fmt"
	"math"
)

// Modes says over how many classes samples spread, and how evenly.
type Modes struct {
	Histogram []int   // samples a class
	Covered   int     // classes with at least one sample
	KL        float64 // Σ p·log(p·K) in nats, of the histogram from uniform: 0 when even, log K when all are of one class
}

// CountModes counts samples by class: labels are what a classifier takes each for, from 0 to classes-1. A generator of
// Moving MNIST that lost digits shows here. Few samples of many classes look uneven by chance alone: the KL of N even ones
// is about (K-1)/(2N). ErrShape: no labels. ErrValue: a label that is no class.
//
// Source: Che et al., "Mode regularized generative adversarial networks", ICLR 2017, Sec. 4; Metz et al., "Unrolled
// generative adversarial networks", ICLR 2017, Sec. 3.3.1 (number of modes and KL).
func CountModes(labels []int, classes int) (Modes, error) {
	if len(labels) == 0 || classes < 1 {
		return Modes{}, fmt.Errorf("eval: count modes: %w: %d labels of %d classes", ErrShape, len(labels), classes)
	}
	m := Modes{Histogram: make([]int, classes)}
	for i, label := range labels {
		if label < 0 || label >= classes {
			return Modes{}, fmt.Errorf("eval: count modes: %w: sample %d has the label %d of %d classes", ErrValue, i, label, classes)
		}
		m.Histogram[label]++
	}
	for _, n := range m.Histogram {
		if n > 0 {
			m.Covered++
			p := float64(n) / float64(len(labels))
			m.KL += p * math.Log(p*float64(classes))
		}
	}
	m.KL = max(m.KL, 0) // a sum of both signs, rounded
	return m, nil
}

// Labels are the most probable class of each row; of equal ones the first.
func Labels(p Features) []int {
	labels := make([]int, p.Rows)
	for i := range labels {
		row := p.Row(i)
		for k, v := range row {
			if v > row[labels[i]] {
				labels[i] = k
			}
		}
	}
	return labels
}
