package onednn

// #include "recording.h"
import "C"

import "unsafe"

// ChannelSum sums every channel; out takes C numbers.
func ChannelSum(x unsafe.Pointer, l Layout, out unsafe.Pointer) {
	C.vg_call_channel_sum(f32(x), l.c(), f32(out))
}

// ChannelBinary sets y to f of x and v, one number for each of the C channels;
// vFirst makes v the first operand.
func ChannelBinary(f BinaryFunc, x unsafe.Pointer, l Layout, v unsafe.Pointer, vFirst bool, y unsafe.Pointer) {
	C.vg_call_channel_binary(C.int(f), f32(x), l.c(), f32(v), flag(vFirst), f32(y))
}

// BiasAct sets y = act(x + bias) with one bias a channel.
func BiasAct(x unsafe.Pointer, l Layout, bias unsafe.Pointer, act Activation, alpha float64, y unsafe.Pointer) {
	C.vg_call_bias_act(f32(x), l.c(), f32(bias), C.int(act), C.double(alpha), f32(y))
}
