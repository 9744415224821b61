package nn

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const hugePage = 2 << 20

// fewBytes is the size below which memory is not worth a huge page.
const fewBytes = 256 << 10

// adviseHugePages asks the system to back new memory, of which nothing has been touched yet, by huge pages: the first
// touch of the parameters of a large network then costs hundreds of faults in place of a hundred thousand. The
// pages at both ends hold neighbours too, most often other parameters. A system that refuses goes on with small ones.
func adviseHugePages(values []float32) {
	bytes := uintptr(len(values)) * 4
	if bytes < fewBytes {
		return
	}
	first := uintptr(unsafe.Pointer(unsafe.SliceData(values)))
	from, to := first&^(hugePage-1), (first+bytes+hugePage-1)&^(hugePage-1)
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_HUGEPAGE)
}
