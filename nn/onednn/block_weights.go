package onednn

// #include "recording.h"
import "C"

import "unsafe"

// WeightBlocks is the way from plain float32 weights into the layout of BlockedWeights in blocks of 16.
type WeightBlocks struct {
	outputs, channels, taps, byInput int
	half                             bool
}

// WeightBlocksOf is the way to d; ok is false where d is another layout or its blocks are not full.
func WeightBlocksOf(d Descriptor) (b WeightBlocks, ok bool) {
	sizes := d.Sizes()
	if len(sizes) < 4 || sizes[0]%16 != 0 || sizes[1]%16 != 0 || product(sizes[2:])%8 != 0 {
		return b, false
	}
	b = WeightBlocks{outputs: sizes[0], channels: sizes[1], taps: product(sizes[2:]), half: d.IsBF16()}
	switch {
	case d.Equal(BlockedWeights(Forward, 16, b.half, sizes...)):
		return b, true
	case d.Equal(BlockedWeights(BackwardData, 16, b.half, sizes...)):
		b.byInput = 1
		return b, true
	default:
		return b, false
	}
}

// Reorder moves the weights.
func (b WeightBlocks) Reorder(w, out unsafe.Pointer) {
	k, c, taps, byInput := C.int64_t(b.outputs), C.int64_t(b.channels), C.int64_t(b.taps), C.int(b.byInput)
	if b.half {
		C.vg_call_block_weights_bf16(f32(w), k, c, taps, byInput, bf16(out))
		return
	}
	C.vg_call_block_weights(f32(w), k, c, taps, byInput, f32(out))
}
