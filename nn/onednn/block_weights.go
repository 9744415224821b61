package onednn

// #include "block_weights.h"
import "C"

import "unsafe"

// BlockWeights moves plain float32 weights into the layout of BlockedWeights, which d is, and reports false, having done nothing,
// where d is another one or its blocks are not full.
func BlockWeights(w unsafe.Pointer, d Descriptor, out unsafe.Pointer) bool {
	direction, ok := d.blocksWeights()
	if !ok {
		return false
	}
	sizes := d.Sizes()
	k, c, taps, byInput := C.int64_t(sizes[0]), C.int64_t(sizes[1]), C.int64_t(product(sizes[2:])), C.int(0)
	if direction == BackwardData {
		byInput = 1
	}
	if d.IsBF16() {
		C.vg_block_weights_bf16(f32(w), k, c, taps, byInput, bf16(out))
	} else {
		C.vg_block_weights(f32(w), k, c, taps, byInput, f32(out))
	}
	return true
}

// BlocksWeights reports whether BlockWeights knows the way to d.
func (d Descriptor) BlocksWeights() bool {
	_, ok := d.blocksWeights()
	return ok
}

func (d Descriptor) blocksWeights() (Direction, bool) {
	sizes := d.Sizes()
	if len(sizes) < 4 || sizes[0]%16 != 0 || sizes[1]%16 != 0 || product(sizes[2:])%8 != 0 {
		return 0, false
	}
	for _, direction := range []Direction{Forward, BackwardData} {
		if d.Equal(BlockedWeights(direction, d.IsBF16(), sizes...)) {
			return direction, true
		}
	}
	return 0, false
}
