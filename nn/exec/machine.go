package exec

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/cpu"

	"videogan/nn/onednn"
)

// Machine is what decides how fast a program runs here. A fact that the system
// does not tell is zero: an empty string, no processors, no bytes.
type Machine struct {
	CPU      string   // the processor's own name: "AMD EPYC"
	Design   string   // its microarchitecture, where known: "Zen 3"
	Features []string // vector extensions that kernels choose by, as /proc/cpuinfo spells them: avx2, fma, avx512f, avx512_bf16, amx_tile, amx_bf16
	// CPUs is the number of processors that this process may use: those of its
	// affinity mask, fewer under a container's quota or GOMAXPROCS.
	CPUs        int
	MemoryBytes int64  // the machine's memory, or the container's limit where that is less
	HugePages   string // transparent huge pages: "always", "madvise" or "never"
}

// ReadMachine asks the running system. It cannot fail: what cannot be read is
// left zero.
func ReadMachine() Machine {
	m := readMachine(os.DirFS("/"))
	m.Features = features()
	m.CPUs = min(runtime.NumCPU(), runtime.GOMAXPROCS(0))
	return m
}

// readMachine takes the facts that stand in files below root.
func readMachine(root fs.FS) Machine {
	var m Machine
	if info := readFile(root, "proc/cpuinfo"); info != "" {
		m.CPU = field(info, "model name")
		m.Design = design(field(info, "vendor_id"), number(field(info, "cpu family")),
			number(field(info, "model")), number(field(info, "stepping")))
	}
	m.MemoryBytes = kibibytes(field(readFile(root, "proc/meminfo"), "MemTotal"))
	// The first path is cgroup v2's, the second v1's; without a limit the file
	// says "max" or a number near 2⁶³.
	for _, path := range []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		limit, err := strconv.ParseInt(strings.TrimSpace(readFile(root, path)), 10, 64)
		if err == nil && limit > 0 && m.MemoryBytes > 0 {
			m.MemoryBytes = min(m.MemoryBytes, limit)
		}
	}
	m.HugePages = bracketed(readFile(root, "sys/kernel/mm/transparent_hugepage/enabled"))
	return m
}

// Has reports whether the processor, and the system under it, offer a feature.
func (m Machine) Has(feature string) bool {
	return slices.Contains(m.Features, feature)
}

// String is the line that stands beside every measured figure:
// "AMD EPYC (Zen 3), 2 threads, AVX2, huge pages madvise, 24 GiB".
func (m Machine) String() string {
	name := orUnknown(m.CPU, "unknown CPU")
	if m.Design != "" && !strings.Contains(name, m.Design) {
		name += " (" + m.Design + ")"
	}
	threads := fmt.Sprintf("%d threads", m.CPUs)
	if m.CPUs == 1 {
		threads = "1 thread"
	}
	memory := "unknown memory"
	if m.MemoryBytes > 0 {
		memory = fmt.Sprintf("%.0f GiB", math.Max(1, float64(m.MemoryBytes)/(1<<30)))
	}
	return strings.Join([]string{name, threads, m.vectors(), "huge pages " + orUnknown(m.HugePages, "unknown"), memory}, ", ")
}

// vectors names the widest vector unit, the one that sets the peak.
func (m Machine) vectors() string {
	switch {
	case m.Has("amx_bf16"):
		return "AVX-512 with AMX"
	case m.Has("avx512_bf16"):
		return "AVX-512 with bfloat16"
	case m.Has("avx512f"):
		return "AVX-512"
	case m.Has("avx2"):
		return "AVX2"
	}
	return "no AVX2"
}

// ProcessMemory is the physical memory that this process holds.
type ProcessMemory struct {
	ResidentBytes int64 // now
	PeakBytes     int64 // the most since the process began
}

// ReadProcessMemory asks the kernel; both numbers are 0 where it does not tell.
func ReadProcessMemory() ProcessMemory { return readProcessMemory(os.DirFS("/")) }

func readProcessMemory(root fs.FS) ProcessMemory {
	status := readFile(root, "proc/self/status")
	return ProcessMemory{
		ResidentBytes: kibibytes(field(status, "VmRSS")),
		PeakBytes:     kibibytes(field(status, "VmHWM")),
	}
}

// features lists the extensions that both the processor and the operating
// system support; /proc/cpuinfo would also show those that the system cannot
// save on a context switch, or that ONEDNN_MAX_CPU_ISA forbids.
func features() []string {
	var list []string
	wide, half := onednn.Uses(onednn.AVX512), onednn.Uses(onednn.AVX512BF16)
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2},
		{"fma", cpu.X86.HasFMA},
		{"avx512f", cpu.X86.HasAVX512F && wide},
		{"avx512_bf16", cpu.X86.HasAVX512BF16 && half},
		{"amx_tile", cpu.X86.HasAMXTile && half},
		{"amx_bf16", cpu.X86.HasAMXBF16 && half},
	} {
		if f.has {
			list = append(list, f.name)
		}
	}
	return list
}

// design names a microarchitecture by the vendor's CPUID numbers. Virtual
// machines often report a model name without a number, and a figure needs to
// say on which generation it was taken. It returns "" for one that it does not
// know.
//
// Source: AMD's processor programming references and Intel's Software
// Developer's Manual, vol. 4, table 2-1, as collected in Linux's
// arch/x86/include/asm/intel-family.h.
func design(vendor string, family, model, stepping int) string {
	switch {
	case vendor == "AuthenticAMD" && family == 0x17 && model < 0x30:
		return "Zen"
	case vendor == "AuthenticAMD" && family == 0x17:
		return "Zen 2"
	case vendor == "AuthenticAMD" && family == 0x19 && (model < 0x10 || model >= 0x20 && model < 0x60):
		return "Zen 3"
	case vendor == "AuthenticAMD" && family == 0x19:
		return "Zen 4"
	case vendor == "AuthenticAMD" && family == 0x1a:
		return "Zen 5"
	case vendor != "GenuineIntel" || family != 6:
		return ""
	}
	switch model {
	case 0x3c, 0x3f, 0x45, 0x46:
		return "Haswell"
	case 0x3d, 0x47, 0x4f, 0x56:
		return "Broadwell"
	case 0x4e, 0x5e, 0x8e, 0x9e, 0xa5, 0xa6:
		return "Skylake"
	case 0x55:
		switch {
		case stepping >= 10:
			return "Cooper Lake"
		case stepping >= 5:
			return "Cascade Lake"
		}
		return "Skylake-SP"
	case 0x6a, 0x6c, 0x7d, 0x7e:
		return "Ice Lake"
	case 0x8c, 0x8d:
		return "Tiger Lake"
	case 0x8f:
		return "Sapphire Rapids"
	case 0x97, 0x9a:
		return "Alder Lake"
	case 0xad, 0xae:
		return "Granite Rapids"
	case 0xb7, 0xba, 0xbf:
		return "Raptor Lake"
	case 0xcf:
		return "Emerald Rapids"
	}
	return ""
}

// readFile returns "" for a file that cannot be read.
func readFile(root fs.FS, path string) string {
	data, err := fs.ReadFile(root, path)
	if err != nil {
		return ""
	}
	return string(data)
}

// field returns the value of the first "name : value" line of text.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// number reads a decimal count, 0 when it is none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// kibibytes reads a size as /proc writes it, "24684036 kB", in bytes.
func kibibytes(s string) int64 {
	digits, found := strings.CutSuffix(s, " kB")
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if !found || err != nil || n < 0 || n > math.MaxInt64>>10 {
		return 0
	}
	return n << 10
}

// bracketed returns the choice that the kernel marks: "madvise" of
// "always [madvise] never".
func bracketed(s string) string {
	_, rest, found := strings.Cut(s, "[")
	choice, _, closed := strings.Cut(rest, "]")
	if !found || !closed {
		return ""
	}
	return choice
}

func orUnknown(s, unknown string) string {
	if s == "" {
		return unknown
	}
	return s
}
