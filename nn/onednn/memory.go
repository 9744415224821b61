package onednn

// #define _GNU_SOURCE
// #include <sys/mman.h>
// #include <errno.h>
// static void *vg_map(size_t n) {
// 	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
// 	if (p == MAP_FAILED) return NULL;
// 	madvise(p, n, MADV_HUGEPAGE);
// 	return p;
// }
import "C"

import (
	"fmt"
	"unsafe"
)

// hugePage is the size to which addresses are aligned, so that the kernel can
// back the arena by huge pages.
const hugePage = 2 << 20

// Arena is one mapping of memory for all intermediate values. Address space is
// reserved at once; a page costs memory only after its first use.
type Arena struct {
	mapping unsafe.Pointer
	base    unsafe.Pointer
	size    int
}

// NewArena reserves size bytes, advised to huge pages.
func NewArena(size int) (*Arena, error) {
	p := C.vg_map(C.size_t(size + hugePage))
	if p == nil {
		return nil, fmt.Errorf("onednn: reserve %d MiB of address space: refused by the system; raise ulimit -v", size>>20)
	}
	skip := (hugePage - int(uintptr(p)%hugePage)) % hugePage
	return &Arena{mapping: p, base: unsafe.Add(p, skip), size: size}, nil
}

// Size is the number of bytes reserved.
func (a *Arena) Size() int { return a.size }

// At is the address of a byte offset.
func (a *Arena) At(offset int) unsafe.Pointer { return unsafe.Add(a.base, offset) }

// Release gives the physical memory back and keeps the address space.
func (a *Arena) Release() { C.madvise(a.base, C.size_t(a.size), C.MADV_DONTNEED) }

// Close unmaps the arena.
func (a *Arena) Close() { C.munmap(a.mapping, C.size_t(a.size+hugePage)) }
