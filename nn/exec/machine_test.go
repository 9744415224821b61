package exec

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	zen3 = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nstepping\t: 1\n" +
		"\nprocessor\t: 1\nmodel name\t: another\n"
	cooperLake = "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) Processor\nstepping\t: 11\n"
	unknownCPU = "vendor_id\t: HygonGenuine\ncpu family\t: 24\nmodel\t\t: 1\nmodel name\t: Hygon C86\nstepping\t: 1\n"
	memory     = "MemTotal:       24684036 kB\nMemFree:        24000000 kB\n"
)

func TestReadMachine(t *testing.T) {
	const memoryBytes = 24684036 << 10
	tests := []struct {
		name   string
		files  map[string]string
		want   Machine
		reason string
	}{
		{"virtual Zen 3", map[string]string{
			"proc/cpuinfo": zen3, "proc/meminfo": memory,
			"sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
			"sys/fs/cgroup/memory.max":                   "max\n",
		}, Machine{CPU: "AMD EPYC", Design: "Zen 3", MemoryBytes: memoryBytes, HugePages: "madvise"},
			"the first processor counts, and \"max\" is no limit"},
		{"container", map[string]string{
			"proc/cpuinfo": cooperLake, "proc/meminfo": memory,
			"sys/fs/cgroup/memory.max": "4294967296\n",
		}, Machine{CPU: "Intel(R) Xeon(R) Processor", Design: "Cooper Lake", MemoryBytes: 4 << 30},
			"a container's limit is what can be used; model 85 needs the stepping"},
		{"cgroup v1", map[string]string{
			"proc/meminfo": memory,
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, Machine{MemoryBytes: memoryBytes}, "version 1 writes a huge number for no limit"},
		{"unknown design", map[string]string{"proc/cpuinfo": unknownCPU}, Machine{CPU: "Hygon C86"},
			"an unknown vendor has a name but no design"},
		{"no files", nil, Machine{}, "a system without /proc and /sys is no error"},
		{"damaged files", map[string]string{
			"proc/cpuinfo": "model name", "proc/meminfo": "MemTotal: many kB\n",
			"sys/kernel/mm/transparent_hugepage/enabled": "always [madvise",
		}, Machine{}, "what does not parse is unknown"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, readMachine(fileSystem(test.files))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestMachineString(t *testing.T) {
	tests := []struct {
		machine Machine
		want    string
	}{
		{Machine{CPU: "AMD EPYC", Design: "Zen 3", Features: []string{"avx2", "fma"}, CPUs: 2, MemoryBytes: 24684036 << 10, HugePages: "madvise"},
			"AMD EPYC (Zen 3), 2 threads, AVX2, huge pages madvise, 24 GiB"},
		{Machine{CPU: "Intel(R) Xeon(R) Processor", Design: "Cooper Lake", Features: []string{"avx2", "avx512f", "avx512_bf16"}, CPUs: 1, MemoryBytes: 100 << 20, HugePages: "always"},
			"Intel(R) Xeon(R) Processor (Cooper Lake), 1 thread, AVX-512 with bfloat16, huge pages always, 1 GiB"},
		{Machine{CPU: "Xeon", Features: []string{"avx512f"}, CPUs: 4}, "Xeon, 4 threads, AVX-512, huge pages unknown, unknown memory"},
		{Machine{CPU: "Xeon", Features: []string{"avx512f", "avx512_bf16", "amx_bf16"}, CPUs: 4}, "Xeon, 4 threads, AVX-512 with AMX, huge pages unknown, unknown memory"},
		{Machine{}, "unknown CPU, 0 threads, no AVX2, huge pages unknown, unknown memory"},
	}
	for _, test := range tests {
		if got := test.machine.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestDesign(t *testing.T) {
	tests := []struct {
		vendor                  string
		family, model, stepping int
		want, reason            string
	}{
		{"AuthenticAMD", 0x17, 0x01, 2, "Zen", "Naples"},
		{"AuthenticAMD", 0x17, 0x31, 0, "Zen 2", "Rome"},
		{"AuthenticAMD", 0x19, 0x01, 1, "Zen 3", "Milan"},
		{"AuthenticAMD", 0x19, 0x50, 0, "Zen 3", "Cezanne, a laptop"},
		{"AuthenticAMD", 0x19, 0x11, 1, "Zen 4", "Genoa"},
		{"AuthenticAMD", 0x19, 0x61, 2, "Zen 4", "Raphael, a desktop"},
		{"AuthenticAMD", 0x1a, 0x02, 1, "Zen 5", "Turin"},
		{"AuthenticAMD", 0x15, 0x02, 0, "", "older than this project cares for"},
		{"GenuineIntel", 6, 0x55, 4, "Skylake-SP", "first of three that share model 85"},
		{"GenuineIntel", 6, 0x55, 7, "Cascade Lake", "second"},
		{"GenuineIntel", 6, 0x55, 11, "Cooper Lake", "third, the first with bfloat16"},
		{"GenuineIntel", 6, 0x8f, 8, "Sapphire Rapids", "the first with AMX"},
		{"GenuineIntel", 15, 0x8f, 8, "", "family 15 was the Pentium 4"},
		{"GenuineIntel", 6, 0xff, 0, "", "not known yet"},
	}
	for _, test := range tests {
		if got := design(test.vendor, test.family, test.model, test.stepping); got != test.want {
			t.Errorf("%s family %#x model %#x stepping %d: got %q, want %q: %s",
				test.vendor, test.family, test.model, test.stepping, got, test.want, test.reason)
		}
	}
}

func TestReadProcessMemory(t *testing.T) {
	got := readProcessMemory(fileSystem(map[string]string{"proc/self/status": "VmHWM:\t    2120 kB\nVmRSS:\t    2000 kB\n"}))
	want := ProcessMemory{ResidentBytes: 2000 << 10, PeakBytes: 2120 << 10}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := readProcessMemory(fileSystem(nil)); got != (ProcessMemory{}) {
		t.Errorf("without /proc: got %+v, want zeros", got)
	}
	for _, s := range []string{"", "12", "-1 kB", "99999999999999999999 kB", "9223372036854775807 kB"} {
		if got := kibibytes(s); got != 0 {
			t.Errorf("kibibytes(%q) = %d, want 0", s, got)
		}
	}
}

// TestThisMachine holds the real files to what Go's runtime and the kernel's
// other reports say.
func TestThisMachine(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("needs Linux's /proc")
	}
	m := ReadMachine()
	t.Log(m)
	if m.CPU == "" && runtime.GOARCH == "amd64" {
		t.Error("no CPU name")
	}
	if m.CPUs < 1 || m.CPUs > runtime.NumCPU() {
		t.Errorf("%d processors, Go sees %d", m.CPUs, runtime.NumCPU())
	}
	if m.MemoryBytes < 64<<20 {
		t.Errorf("%d bytes of memory", m.MemoryBytes)
	}
	info := readFile(os.DirFS("/"), "proc/cpuinfo")
	for _, f := range m.Features {
		if !strings.Contains(info, " "+f) {
			t.Errorf("feature %s is not in /proc/cpuinfo", f)
		}
	}

	before := ReadProcessMemory()
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	after := ReadProcessMemory()
	runtime.KeepAlive(block)
	if grown := after.ResidentBytes - before.ResidentBytes; grown < 32<<20 {
		t.Errorf("64 MiB more in use: resident grew by %d bytes", grown)
	}
	if after.PeakBytes < after.ResidentBytes {
		t.Errorf("peak %d below the present %d", after.PeakBytes, after.ResidentBytes)
	}
}

func fileSystem(files map[string]string) fstest.MapFS {
	system := fstest.MapFS{}
	for path, text := range files {
		system[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return system
}
