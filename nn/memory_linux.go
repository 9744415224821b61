package nn

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const hugePage = 2 << 20

// adviseHugePages asks the system to back new memory, of which nothing has been touched yet, by huge pages: the first
// touch of the parameters of a large network then costs hundreds of faults in place of a hundred thousand.
// A system that refuses goes on with small ones.
func adviseHugePages(values []float32) {
	const each = hugePage / 4
	address := uintptr(unsafe.Pointer(unsafe.SliceData(values)))
	skip := int((hugePage - address%hugePage) % hugePage / 4)
	if whole := (len(values) - skip) / each * each; whole > 0 {
		inside := unsafe.Slice((*byte)(unsafe.Pointer(&values[skip])), whole*4)
		_ = unix.Madvise(inside, unix.MADV_HUGEPAGE)
	}
}
