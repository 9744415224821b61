package nn

// forEachIndex visits every index of a tensor in C order; i counts them. The
// slice index is overwritten between calls.
func forEachIndex(shape []int, visit func(i int, index []int)) {
	index := make([]int, len(shape))
	for i := range size(shape) {
		visit(i, index)
		for axis := len(shape) - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
}

// strides are the C-order distances between neighbours along each axis.
func strides(shape []int) []int {
	s := make([]int, len(shape))
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = step
		step *= shape[i]
	}
	return s
}

// stretch are the strides by which an operand is read as if it had the shape
// out: 0 along the axes on which its single element is repeated.
func stretch(shape, out []int) []int {
	s := strides(shape)
	for i := range s {
		if shape[i] != out[i] {
			s[i] = 0
		}
	}
	return s
}

// dot is the position of an index in memory with the given strides.
func dot(index, strides []int) int {
	p := 0
	for i, n := range index {
		p += n * strides[i]
	}
	return p
}
