package gan

// Metric is one named number of a step; docs/metrics.md explains every name.
type Metric struct {
	Name  string
	Value float64
}

// Metrics are a step's numbers in a fixed order.
type Metrics []Metric

// Get returns the metric called name; ok is false when the step has none.
func (m Metrics) Get(name string) (value float64, ok bool) {
	for _, metric := range m {
		if metric.Name == name {
			return metric.Value, true
		}
	}
	return 0, false
}
