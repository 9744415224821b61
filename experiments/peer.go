package experiments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	nnexec "videogan/nn/exec"
)

// Side is a program that a row of the comparison measures.
type Side string

// The sides, in the order in which a round runs them.
const (
	Ours  Side = "videogan"
	Best  Side = "PyTorch best"  // transposed convolutions through oneDNN
	Stock Side = "PyTorch stock" // torch.nn's own, with OpenBLAS and huge pages
)

// PeerRow is one line of the comparison with PyTorch: the same work on every side.
type PeerRow struct {
	Name       string
	What       string            // for the table
	Experiment string            // ours
	Settings   []string          // path=value, which make the work the same
	Bench      []string          // arguments of 'videogan bench'
	Peers      map[Side][]string // arguments of peer.py
	Target     map[Side]float64  // ours / theirs at most
	Steps      bool              // it measures training steps, and so also memory and the first step
}

// vganSettings and tganSettings make the step that of peer.py: no average of the weights, no
// biases that batch normalization undoes.
var (
	vganSettings = []string{"gan.ema=0", "gen.bias_before_norm=false", "dis.bias_before_norm=false", "dis.logits=1"}
	tganSettings = []string{"gan.ema=0", "gan.order=usual", "gan.loss=hinge", "gan.constraint.kind=spectral_norm",
		"gan.generator.optimizer=adam", "gan.discriminator.optimizer=adam", "dis.bias_before_norm=false", "dis.no_beta=false",
		"gen.temporal.no_beta=false", "gen.temporal.bias_before_norm=false"}
)

// PeerRows are the lines of the comparison, with the aims for this machine's kind of vector
// unit; the rows in bfloat16 only where the machine has it.
func PeerRows() []PeerRow { return peerRows(nnexec.ReadMachine()) }

func peerRows(machine nnexec.Machine) []PeerRow {
	step := func(name, what, experiment, model string, settings []string, batch, steps int, best, stock float64) PeerRow {
		args := []string{"step", "--model", model, "--batch", strconv.Itoa(batch), "--steps", strconv.Itoa(steps)}
		row := PeerRow{Name: name, What: what, Experiment: experiment, Settings: settings, Steps: true,
			Bench:  []string{experiment, "--batch", strconv.Itoa(batch), "--steps", strconv.Itoa(steps), "--json"},
			Peers:  map[Side][]string{Best: append([]string{"--onednn"}, args...), Stock: args},
			Target: map[Side]float64{Best: best, Stock: stock}}
		if stock == 0 {
			delete(row.Target, Stock)
		}
		return row
	}
	sample := func(name, what, experiment, model string, settings []string) PeerRow {
		args := []string{"sample", "--model", model, "--batch", strconv.Itoa(sampleBatch), "--clips", "64"}
		return PeerRow{Name: name, What: what, Experiment: experiment, Settings: settings,
			Bench:  []string{"sample", experiment, "--clips", "64", "--json"},
			Peers:  map[Side][]string{Best: append([]string{"--onednn"}, args...), Stock: args},
			Target: map[Side]float64{Best: 0.7, Stock: 0.45}}
	}
	const vgan, tgan = "vgan-ucf101", "tgan-ucf101"
	aims := [4]float64{0.6, 0.6, 0.75, 0.55}
	if machine.Has("avx512f") {
		aims = [4]float64{0.75, 0.45, 0.75, 0.4}
	}
	rows := []PeerRow{
		step("vgan-16", "VGAN step, 32×64×64, batch 16", vgan, "vgan", vganSettings, 16, 1, aims[0], aims[1]),
		step("tgan-sn-32", "TGAN-SN step, 16×64×64, batch 32", tgan, "tgan-sn", tganSettings, 32, 1, aims[2], aims[3]),
		step("vgan-4", "VGAN step, batch 4", vgan, "vgan", vganSettings, 4, 3, 0.8, 0.6),
		step("tgan-sn-4", "TGAN-SN step, batch 4", tgan, "tgan-sn", tganSettings, 4, 3, 0.8, 0.6),
		step("tgan-small", "tgan-small step, 8×32×32, batch 16, R1 every 4", "tgan-small", "tgan-small", []string{"gan.ema=0"}, 16, 12, 0.5, 0),
		{Name: "svc", What: "singular value clipping of all of TGAN's D; by Gram matrix (best) and by SVD (stock)", Experiment: tgan,
			Bench:    []string{"constraint", tgan, "--json"},
			Settings: []string{"dis.init_gain=0.93"}, // a quarter of them over 1, as at the second clip of a training
			Peers:    map[Side][]string{Best: {"clip", "--method", "gram"}, Stock: {"clip", "--method", "svd", "--runs", "1"}},
			Target:   map[Side]float64{Best: 0.5, Stock: 0.05}},
		sample("sample-vgan", "64 clips of VGAN, batches of 16", vgan, "vgan", vganSettings),
		sample("sample-tgan", "64 clips of TGAN, batches of 16", tgan, "tgan-sn", tganSettings),
	}
	if !machine.Has("avx512_bf16") {
		return rows
	}
	for _, row := range rows[:2] {
		row.Name, row.What = row.Name+"-bf16", row.What+", ours in bfloat16"
		row.Settings = append(slices.Clone(row.Settings), "train.precision="+BF16)
		row.Target = map[Side]float64{Best: 0.4, Stock: 0.25}
		rows = append(rows, row)
	}
	return rows
}

// PeerResult is what one side measured in one round.
type PeerResult struct {
	Row        string  `json:"row"`
	Side       Side    `json:"side"`
	Round      int     `json:"round"`
	CPU        string  `json:"cpu"`
	Seconds    float64 `json:"s"`                        // a step (mean), a clipping, all the clips
	FirstStep  float64 `json:"first_step_s,omitempty"`   // since the process started
	MemoryMiB  float64 `json:"rss_mib,omitempty"`        // the most that the process held
	GFLOP      float64 `json:"gflop_per_step,omitempty"` // nominal
	PeakGFLOPS float64 `json:"peak_gflops,omitempty"`    // ours only
	Parameters [2]int  `json:"parameters,omitzero"`      // of the generator and of the discriminator
	Busy       float64 `json:"other_load"`               // cores that other processes kept busy meanwhile
	At         string  `json:"at"`                       // when it began
}

// PeerOptions says what to compare.
type PeerOptions struct {
	Rows    []string // names; nil: all
	Pairs   int      // rounds of a row
	Program string   // ours
	Scripts string   // folder of peer.py
	Python  string   // with PyTorch; "" looks for one
	Folder  string   // for pairs.jsonl, from which an interrupted comparison goes on
	Log     func(message string, args ...any)
}

// ErrNoPeer says that PyTorch is missing.
var ErrNoPeer = errors.New("no Python with PyTorch here (Debian: apt-get install python3-torch libopenblas0-openmp)")

// FindPython returns a Python that imports torch.
func FindPython(ctx context.Context, python string) (string, error) {
	candidates := []string{python}
	if python == "" {
		candidates = []string{"python3", "/usr/bin/python3"}
	}
	for _, candidate := range candidates {
		if exec.CommandContext(ctx, candidate, "-c", "import torch").Run() == nil {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("experiments: compare: tried %s: %w", strings.Join(candidates, ", "), ErrNoPeer)
}

// ComparePeer runs the rows that are not complete yet, each in rounds of ours, best and
// stock, and returns all results of this machine in the folder. Rows of experiments that
// there are not are passed over with a message.
func ComparePeer(ctx context.Context, o PeerOptions) ([]PeerResult, error) {
	rows, err := chosenRows(o.Rows)
	if err != nil {
		return nil, err
	}
	if o.Pairs < 1 {
		return nil, fmt.Errorf("experiments: compare: %w: %d pairs: want 1 or more", ErrConfig, o.Pairs)
	}
	if o.Python, err = FindPython(ctx, o.Python); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Folder, 0o755); err != nil {
		return nil, fmt.Errorf("experiments: compare: %w", err)
	}
	path := filepath.Join(o.Folder, "pairs.jsonl")
	cpu := nnexec.ReadMachine().String()
	results, err := readPairs(path, cpu)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if _, err := Lookup(row.Experiment); err != nil {
			o.Log("row skipped: its experiment is not in this program", "row", row.Name, "experiment", row.Experiment)
			continue
		}
		for round := range o.Pairs {
			for _, side := range []Side{Ours, Best, Stock} {
				if hasResult(results, row.Name, side, round) {
					continue
				}
				r, err := o.measure(ctx, row, side)
				if err != nil {
					return results, err
				}
				r.Round, r.CPU = round, cpu
				if err := appendPair(path, r); err != nil {
					return results, err
				}
				results = append(results, r)
				o.Log("measured", "row", row.Name, "round", round+1, "of", o.Pairs, "side", string(side), "s", r.Seconds)
			}
		}
	}
	return results, nil
}

func chosenRows(names []string) ([]PeerRow, error) {
	if len(names) == 0 {
		return PeerRows(), nil
	}
	var rows []PeerRow
	var known []string
	for _, row := range PeerRows() {
		known = append(known, row.Name)
	}
	for _, name := range names {
		found := false
		for _, row := range PeerRows() {
			if row.Name == name {
				rows, found = append(rows, row), true
			}
		}
		if !found {
			return nil, fmt.Errorf("experiments: compare: %w: no row %q: there are %s", ErrConfig, name, strings.Join(known, ", "))
		}
	}
	return rows, nil
}

func hasResult(results []PeerResult, row string, side Side, round int) bool {
	for _, r := range results {
		if r.Row == row && r.Side == side && r.Round == round {
			return true
		}
	}
	return false
}

// readPairs reads what an earlier comparison measured on this machine. A last line that was
// cut off is passed over: its round runs again.
func readPairs(path, cpu string) ([]PeerResult, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("experiments: compare: %w", err)
	}
	var results []PeerResult
	for line := range bytes.Lines(data) {
		var r PeerResult
		if err := json.Unmarshal(line, &r); err == nil && r.CPU == cpu {
			results = append(results, r)
		}
	}
	return results, nil
}

func appendPair(path string, r PeerResult) (err error) {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("experiments: compare: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("experiments: compare: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// A process that was killed while it wrote leaves half a line.
	if info, statErr := f.Stat(); statErr == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	_, err = f.Write(append(line, '\n'))
	return err
}

// measured are the keys of both sides' output.
type measured struct {
	StepSeconds   float64 `json:"step_s"`
	ClipsPerClock float64 `json:"clips_s"`
	Batch         int     `json:"batch"`
	FirstStepAt   float64 `json:"first_step_at"`
	Memory        float64 `json:"rss_mib"`
	GFLOP         float64 `json:"gflop_per_step"`
	PeakGFLOPS    float64 `json:"peak_gflops"`
	Generator     int     `json:"generator_parameters"`
	Discriminator int     `json:"discriminator_parameters"`
	SampleSeconds float64 `json:"sample_s"`
	ClipSeconds   float64 `json:"clip_s"`
}

// measure runs one side once.
func (o PeerOptions) measure(ctx context.Context, row PeerRow, side Side) (r PeerResult, err error) {
	cmd := exec.CommandContext(ctx, o.Python, append([]string{filepath.Join(o.Scripts, "peer.py"),
		"--threads", strconv.Itoa(nnexec.ReadMachine().CPUs)}, row.Peers[side]...)...)
	cmd.Env = peerEnvironment(nnexec.ReadMachine())
	if side == Ours {
		args := append([]string{"bench"}, row.Bench...)
		for _, s := range row.Settings {
			args = append(args, "--set", s)
		}
		cmd = exec.CommandContext(ctx, o.Program, args...)
	}
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	r = PeerResult{Row: row.Name, Side: side, At: time.Now().UTC().Format(time.RFC3339)}
	begin, busy := time.Now(), busySeconds()
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("experiments: compare: row %s: %s: %w: %s", row.Name, side, err, lastLine(log.String()))
	}
	own := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	r.Busy = max(0, busySeconds()-busy-own) / time.Since(begin).Seconds()
	var m measured
	if err := json.Unmarshal(out.Bytes(), &m); err != nil {
		return r, fmt.Errorf("experiments: compare: row %s: %s: read its output: %w", row.Name, side, err)
	}
	r.Seconds = m.StepSeconds + m.SampleSeconds + m.ClipSeconds // one of the three is there
	if m.ClipsPerClock > 0 {
		r.Seconds = float64(m.Batch) / m.ClipsPerClock // the mean step: a median would pass over lazy penalties
	}
	r.MemoryMiB, r.GFLOP, r.PeakGFLOPS, r.Parameters = m.Memory, m.GFLOP, m.PeakGFLOPS, [2]int{m.Generator, m.Discriminator}
	if m.FirstStepAt > 0 {
		r.FirstStep = m.FirstStepAt - float64(begin.UnixNano())/1e9
	}
	return r, nil
}

// peerEnvironment is PyTorch's at its best: OpenBLAS with the kernels of this CPU, the heap
// on huge pages and never given back, a thread a core.
func peerEnvironment(m nnexec.Machine) []string {
	core := "Haswell"
	if m.Has("avx512f") {
		core = "SkylakeX"
	}
	return append(os.Environ(),
		"LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/openblas-openmp", "OPENBLAS_CORETYPE="+core,
		"OMP_NUM_THREADS="+strconv.Itoa(m.CPUs), "PYTHONDONTWRITEBYTECODE=1",
		"GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:"+
			"glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864")
}

// busySeconds is the time that all processors have worked since the machine started, 0
// where the system does not tell.
func busySeconds() float64 {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	const ticks = 100 // a second, on every Linux of this kind of machine
	sum := 0.0
	for i, field := range strings.Fields(line) {
		// user nice system idle iowait irq softirq steal, after the name
		if n, err := strconv.ParseFloat(field, 64); err == nil && i <= 8 && i != 4 && i != 5 {
			sum += n / ticks
		}
	}
	return sum
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
