package onednn

// #include "primitive.h"
import "C"

import (
	"fmt"
	"strings"
)

// Descriptor describes a tensor in memory, float32 unless BF16 made it: its logical sizes and the
// layout of its elements, as oneDNN's memory descriptor does.
type Descriptor struct{ md C.dnnl_memory_desc_t }

// MaxRank is the highest rank that a descriptor can have.
const MaxRank = int(C.DNNL_MAX_NDIMS)

// Dense describes a tensor in plain row-major order. Sizes that oneDNN cannot
// describe (more than MaxRank, or one that is not positive) give the zero
// Descriptor, which every primitive refuses.
func Dense(sizes ...int) Descriptor {
	strides := make([]int, len(sizes))
	n := 1
	for i := len(sizes) - 1; i >= 0; i-- {
		strides[i] = n
		n *= sizes[i]
	}
	return Strided(sizes, strides)
}

// Strided describes a tensor by the distance, in elements, between neighbours
// along each axis. What oneDNN cannot describe gives the zero Descriptor.
func Strided(sizes, strides []int) Descriptor {
	var d Descriptor
	s := C.dnnl_memory_desc_init_by_strides(&d.md, C.int(len(sizes)), dims(sizes), C.dnnl_f32, dims(strides))
	if s != C.dnnl_success {
		return Descriptor{}
	}
	return d
}

// Blocked describes a tensor N×C×spatial whose channels lie in blocks of 8 or
// 16, each block next to its position, the last one filled up with zeros; any
// other block gives the plain layout.
func Blocked(block int, sizes ...int) Descriptor {
	tags := map[int][]C.dnnl_format_tag_t{
		8:  {C.dnnl_aBc8b, C.dnnl_aBcd8b, C.dnnl_aBcde8b},
		16: {C.dnnl_aBc16b, C.dnnl_aBcd16b, C.dnnl_aBcde16b},
	}[block]
	if tags == nil || len(sizes) < 3 || len(sizes) > 5 {
		return Dense(sizes...)
	}
	var d Descriptor
	s := C.dnnl_memory_desc_init_by_tag(&d.md, C.int(len(sizes)), dims(sizes), C.dnnl_f32, tags[len(sizes)-3])
	if s != C.dnnl_success {
		return Descriptor{}
	}
	return d
}

// BlockedWeights describes weights (outputs × channels × kernel of two or three axes) as the kernels of Tiled take them for a
// direction: in blocks of 16 × 16, or 8 × 8, whose last axis is that of the result, over bfloat16 (16 × 16) in pairs of the other. Other
// ranks and blocks give the zero Descriptor.
func BlockedWeights(d Direction, block int, half bool, sizes ...int) Descriptor {
	type format struct {
		block int
		half  bool
	}
	tags := map[format][]C.dnnl_format_tag_t{
		{16, false}: {C.dnnl_ABcd16b16a, C.dnnl_ABcde16b16a, C.dnnl_ABcd16a16b, C.dnnl_ABcde16a16b},
		{16, true}:  {C.dnnl_ABcd8b16a2b, C.dnnl_ABcde8b16a2b, C.dnnl_ABcd8a16b2a, C.dnnl_ABcde8a16b2a},
		{8, false}:  {C.dnnl_ABcd8b8a, C.dnnl_ABcde8b8a, C.dnnl_ABcd8a8b, C.dnnl_ABcde8a8b},
	}[format{block, half}]
	at, element := len(sizes)-4, C.dnnl_data_type_t(C.dnnl_f32)
	if tags == nil || at != 0 && at != 1 {
		return Descriptor{}
	}
	if d == BackwardData {
		at += 2
	}
	if half {
		element = C.dnnl_bf16
	}
	var w Descriptor
	if C.dnnl_memory_desc_init_by_tag(&w.md, C.int(len(sizes)), dims(sizes), element, tags[at]) != C.dnnl_success {
		return Descriptor{}
	}
	return w
}

// dims converts sizes to oneDNN's fixed array.
func dims(v []int) *C.dnnl_dim_t {
	var a [MaxRank]C.dnnl_dim_t
	for i, n := range v[:min(len(v), MaxRank)] {
		a[i] = C.dnnl_dim_t(n)
	}
	return &a[0]
}

// Any is the descriptor of the same sizes whose layout a primitive may choose.
func (d Descriptor) Any() Descriptor {
	var a Descriptor
	C.dnnl_memory_desc_init_by_tag(&a.md, d.md.ndims, &d.md.dims[0], d.md.data_type, C.dnnl_format_tag_any)
	return a
}

// BF16 is the descriptor of the same layout whose elements are bfloat16.
func (d Descriptor) BF16() Descriptor {
	d.md.data_type = C.dnnl_bf16
	return d
}

// Float32 is the descriptor of the same layout whose elements are float32.
func (d Descriptor) Float32() Descriptor {
	d.md.data_type = C.dnnl_f32
	return d
}

// IsBF16 reports whether the elements are bfloat16.
func (d Descriptor) IsBF16() bool { return d.md.data_type == C.dnnl_bf16 }

// Plain is the descriptor of the same sizes in row-major order, float32.
func (d Descriptor) Plain() Descriptor { return Dense(d.Sizes()...) }

// Rank is the number of axes.
func (d Descriptor) Rank() int { return int(d.md.ndims) }

// Sizes are the logical sizes of the axes.
func (d Descriptor) Sizes() []int {
	v := make([]int, d.Rank())
	for i := range v {
		v[i] = int(d.md.dims[i])
	}
	return v
}

// Bytes is the memory that the tensor takes, padding included.
func (d Descriptor) Bytes() int { return int(C.dnnl_memory_desc_get_size(&d.md)) }

// Floats is Bytes in float32 elements.
func (d Descriptor) Floats() int { return d.Bytes() / 4 }

// Elements is the number of elements, padding included.
func (d Descriptor) Elements() int {
	if d.IsBF16() {
		return d.Bytes() / 2
	}
	return d.Floats()
}

// Equal reports whether two descriptors say the same.
func (d Descriptor) Equal(o Descriptor) bool { return C.dnnl_memory_desc_equal(&d.md, &o.md) != 0 }

// IsPlain reports whether elements lie in row-major order without gaps.
func (d Descriptor) IsPlain() bool { return d.Equal(d.Plain()) }

// Strides are the distances between neighbours along each axis, in elements; ok is false where an axis is blocked.
func (d Descriptor) Strides() (strides []int, ok bool) {
	if d.md.format_kind != C.dnnl_blocked || d.md.offset0 != 0 {
		return nil, false
	}
	blk := (*C.dnnl_blocking_desc_t)(ptrTo(&d.md.format_desc))
	strides = make([]int, d.Rank())
	for i := range strides {
		strides[i] = int(blk.strides[i])
	}
	return strides, blk.inner_nblks == 0
}

// Padded reports whether the layout rounds an axis up to whole blocks. The
// padding holds zeros, and every kernel must leave it so.
func (d Descriptor) Padded() bool {
	for i := range d.Rank() {
		if d.md.padded_dims[i] != d.md.dims[i] {
			return true
		}
	}
	return false
}

// Permute is the view with axis i of the result taken from axis order[i]; ok is
// false for layouts that cannot be viewed so.
func (d Descriptor) Permute(order []int) (view Descriptor, ok bool) {
	var p [MaxRank]C.int
	for i, from := range order {
		p[from] = C.int(i)
	}
	s := C.dnnl_memory_desc_permute_axes(&view.md, &d.md, &p[0])
	return view, s == C.dnnl_success
}

// Channels reads a tensor N×C×spatial as N × CB × S × B: channel c lies in
// block c/B at c%B, and S runs over the positions. Every layout that oneDNN
// chooses for activations has this form. Tensors of rank 1 are read as one
// sample of C channels; ok is false for any other layout.
func (d Descriptor) Channels() (l Layout, ok bool) {
	rank := d.Rank()
	if d.md.format_kind != C.dnnl_blocked || rank == 0 || d.md.offset0 != 0 {
		return Layout{}, false
	}
	blk := (*C.dnnl_blocking_desc_t)(ptrTo(&d.md.format_desc))
	sizes := d.Sizes()
	if rank == 1 {
		return Layout{N: 1, CB: sizes[0], S: 1, B: 1, C: sizes[0]}, blk.inner_nblks == 0 && blk.strides[0] == 1
	}
	spatial := 1
	for _, n := range sizes[2:] {
		spatial *= n
	}
	l = Layout{N: sizes[0], CB: sizes[1], S: spatial, B: 1, C: sizes[1]}
	switch {
	case blk.inner_nblks == 0:
		if blk.strides[1] == 1 && spatial > 1 { // channels last
			l.CB, l.B = 1, sizes[1]
		}
	case blk.inner_nblks == 1 && blk.inner_idxs[0] == 1:
		l.B = int(blk.inner_blks[0])
		l.CB = int(d.md.padded_dims[1]) / l.B
	default:
		return Layout{}, false
	}
	// The strides must be those of the form, without gaps.
	want := l.B
	for i := rank - 1; i >= 2; i-- {
		if sizes[i] > 1 && int(blk.strides[i]) != want {
			return Layout{}, false
		}
		want *= sizes[i]
	}
	if l.CB > 1 && int(blk.strides[1]) != want {
		return Layout{}, false
	}
	if sizes[0] > 1 && int(blk.strides[0]) != want*l.CB {
		return Layout{}, false
	}
	return l, true
}

// String names the layout as oneDNN does, such as aBcde8b 16×64×8×32×32: axes
// from the outermost, capital where the axis is blocked; bfloat16 as bf16:aBcde16b.
func (d Descriptor) String() string {
	sizes := strings.Trim(strings.ReplaceAll(fmt.Sprint(d.Sizes()), " ", "×"), "[]")
	return d.TypedTag() + " " + sizes
}

// TypedTag is Tag behind the type, unless that is float32.
func (d Descriptor) TypedTag() string {
	if d.IsBF16() {
		return "bf16:" + d.Tag()
	}
	return d.Tag()
}

// Tag is the name of the layout alone.
func (d Descriptor) Tag() string {
	if d.md.format_kind == C.dnnl_format_kind_any {
		return "any"
	}
	if d.md.format_kind != C.dnnl_blocked {
		return "opaque"
	}
	blk := (*C.dnnl_blocking_desc_t)(ptrTo(&d.md.format_desc))
	blocked := map[int]bool{}
	inner := ""
	for i := range int(blk.inner_nblks) {
		axis := int(blk.inner_idxs[i])
		blocked[axis] = true
		inner += fmt.Sprintf("%d%c", int(blk.inner_blks[i]), 'a'+axis)
	}
	order := make([]int, d.Rank())
	for i := range order {
		order[i] = i
		for j := i; j > 0 && blk.strides[order[j]] > blk.strides[order[j-1]]; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	outer := ""
	for _, axis := range order {
		c := rune('a' + axis)
		if blocked[axis] {
			c += 'A' - 'a'
		}
		outer += string(c)
	}
	return outer + inner
}
