package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"videogan/datasets"
	"videogan/experiments"
	"videogan/nn/exec"
	"videogan/video"
)

// finding is one line of the doctor's report.
type finding struct {
	name, value string
	remedy      string // empty: as it should be
	needed      bool   // without it the program cannot do its work
}

func newDoctor(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine has and lacks, each lack with its remedy",
		Long: `Say what this machine has: versions, CPU, threads, huge pages, the measured peak, encoders. Every
lack comes with its remedy. The exit status is 1 when something is missing that the program needs.`,
		Example: "  videogan doctor",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return report(c.out, examine())
		},
	}
}

// report prints the findings, and fails when something needed is missing.
func report(w io.Writer, findings []finding) error {
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var missing []string
	for _, f := range findings {
		mark := "ok"
		switch {
		case f.remedy != "" && f.needed:
			mark = "MISSING"
			missing = append(missing, f.name)
		case f.remedy != "":
			mark = "could be better"
		}
		fmt.Fprintf(rows, "%s\t%s\t%s\n", f.name, f.value, mark)
		if f.remedy != "" {
			fmt.Fprintf(rows, "\t→ %s\t\n", f.remedy)
		}
	}
	if err := rows.Flush(); err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("doctor: missing: %s", strings.Join(missing, ", "))
	}
	return nil
}

// examine looks at everything that training and sampling use.
func examine() []finding {
	machine := exec.ReadMachine()
	findings := []finding{{name: "videogan", value: experiments.Version() + ", " + runtime.Version()}}
	for _, library := range experiments.Libraries() {
		name, version, _ := strings.Cut(library, " ")
		findings = append(findings, finding{name: name, value: version})
	}
	return append(findings,
		finding{name: "machine", value: machine.String()},
		vectors(machine), hugePages(machine.HugePages), memory(machine.MemoryBytes), peak(), digits(),
		encoder("H.264 encoder", ".mp4", video.EncodeMP4), encoder("GIF encoder", ".gif", video.EncodeGIF), ffmpegCommand(),
	)
}

func vectors(machine exec.Machine) finding {
	f := finding{name: "vector units", value: strings.Join(machine.Features, " ")}
	if !machine.Has("avx2") {
		f.value += " (no avx2)"
		f.remedy = "a CPU with AVX2 (most since 2015) trains several times faster; in a virtual machine, pass the host's CPU through"
	}
	return f
}

func hugePages(choice string) finding {
	f := finding{name: "huge pages", value: choice}
	if choice != "always" && choice != "madvise" {
		f.value = "off or unknown " + choice
		f.remedy = "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (page faults cost more than arithmetic)"
	}
	return f
}

// fewBytes is what a run of tgan-small and its data fit in with room to spare.
const fewBytes = 2 << 30

func memory(bytes int64) finding {
	f := finding{name: "memory", value: fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))}
	if bytes > 0 && bytes < fewBytes {
		f.remedy = "2 GiB or more; until then a smaller train.batch ('videogan list' shows what a plan takes)"
	}
	return f
}

// peak measures what the kernels reach, which also shows that oneDNN works.
func peak() finding {
	f := finding{name: "peak", needed: true}
	gflops, threads, err := measurePeak()
	if err != nil {
		f.value, f.remedy = err.Error(), "reinstall oneDNN 2: apt-get install libdnnl2 (Debian 12), or see docs/install.md"
		return f
	}
	f.value = fmt.Sprintf("%.0f GFLOP/s in float32 on %d threads, a 2048×2048 matrix product", gflops, threads)
	return f
}

func measurePeak() (gflops float64, threads int, err error) {
	device, err := exec.NewDevice(exec.DeviceOptions{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	gflops, err = device.PeakGFLOPS()
	return gflops, device.Threads(), err
}

func digits() finding {
	f := finding{name: "Moving MNIST", needed: true}
	source, err := datasets.NewMovingMNIST(datasets.MovingMNISTOptions{Frames: 1, Size: 32})
	if err != nil {
		f.value, f.remedy = err.Error(), "rebuild: make build"
		return f
	}
	f.value = source.Info().Summary
	if source.Info().Clips < 60_000 {
		f.needed, f.remedy = false, "'make build' puts all 60,000 digits into the program; 'go build' alone has a subset"
	}
	return f
}

// encoder writes two frames to see whether a format can be written here.
func encoder(name, ending string, encode func(string, *video.Clip) error) finding {
	f := finding{name: name, value: "works", needed: true}
	dir, err := os.MkdirTemp("", "videogan-doctor-")
	if err == nil {
		err = errors.Join(encode(filepath.Join(dir, "clip"+ending), video.NewClip(2, 32, 32, 8)), os.RemoveAll(dir))
	}
	if err != nil {
		f.value, f.remedy = err.Error(), "FFmpeg libraries with this encoder: apt-get install libavcodec59 (Debian 12), or see docs/install.md"
	}
	return f
}

func ffmpegCommand() finding {
	path, err := osexec.LookPath("ffmpeg")
	if err != nil {
		return finding{name: "ffmpeg command", value: "not found", remedy: "only 'bench decode' and some tests use it: apt-get install ffmpeg"}
	}
	return finding{name: "ffmpeg command", value: path}
}
