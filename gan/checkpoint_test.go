package gan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"videogan/nn"
)

// What is wrong with a checkpoint is said, with what to do, and changes nothing.
func TestLoadReports(t *testing.T) {
	nets, shape := clipNetworks(false)
	trainer := newTrainer(t, nets, shape, plain(), 1)
	run(t, trainer, 1)
	dir := t.TempDir()
	good := filepath.Join(dir, "good.safetensors")
	save(t, trainer, good)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	header := int(binary.LittleEndian.Uint64(whole)) + 8
	write := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	other := func(name string, edit func(c *Config, n *Networks), seed uint64) string {
		c := plain()
		n, _ := clipNetworks(false)
		edit(&c, &n)
		o := newTrainer(t, n, shape, c, seed)
		save(t, o, filepath.Join(dir, name))
		return filepath.Join(dir, name)
	}
	generator := filepath.Join(dir, "generator.safetensors")
	if err := trainer.SaveGenerator(generator, Float32, nil); err != nil {
		t.Fatal(err)
	}
	before := snapshot(trainer.params)
	for _, row := range []struct {
		reason, file, want string
		is                 error
	}{
		{"no file", filepath.Join(dir, "none"), "none", os.ErrNotExist},
		{"a folder", dir, "no regular file", ErrFormat},
		{"empty", write("empty", nil), "it has 0 bytes", ErrFormat},
		{"text", write("text", []byte("this is a letter and no checkpoint")), "no safetensors file", ErrFormat},
		{"cut in the header", write("header", whole[:header/2]), "truncated in its header", ErrFormat},
		{"cut in a tensor", write("cut", whole[:len(whole)-10]), "it is truncated", ErrFormat},
		{"bytes after the end", write("long", append(bytes.Clone(whole), 0)), "not a whole checkpoint", ErrFormat},
		{"only a generator", generator, "holds only a generator", ErrFormat},
		{"wider generator", other("wide", func(_ *Config, n *Networks) {
			wide, _ := clipNetworks(false)
			wide.Generator = func(s *nn.Scope, in Input) Output {
				h := s.In("in").Linear(in.Latent, 6*2*4*4, nn.LayerOptions{NoBias: true})
				h = s.ReLU(s.In("in").BatchNorm(s.Reshape(h, -1, 6, 2, 4, 4), nn.BatchNormOptions{}))
				return Output{Clips: s.Tanh(s.In("out").ConvTranspose(h, 2, nn.Cube(3, 4, 2, 1), nn.LayerOptions{}))}
			}
			*n = wide
		}, 1), "param/gen/in/weight is 192×5 there and 128×5 here", ErrArchitecture},
		{"more networks", other("frames", func(c *Config, _ *Networks) { c.Frame.Frames = 1 }, 1), "framedis/c0/weight (3) has no place here", ErrArchitecture},
		{"no average", other("plain", func(c *Config, _ *Networks) { c.EMA = 0 }, 1), "it has no ema/param/gen/in/weight (128×5 here)", ErrArchitecture},
		{"other optimizer", other("sgd", func(c *Config, _ *Networks) { c.Generator = DefaultRMSprop() }, 1), "optimizer/gen/gen/in/weight/exp_avg", ErrArchitecture},
		{"other seed", other("seed", func(*Config, *Networks) {}, 2), "set the seed to 2", nil},
	} {
		t.Run(row.reason, func(t *testing.T) {
			err := trainer.Load(row.file)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), row.want) || row.is != nil && !errors.Is(err, row.is) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q: want %q and %v", err, row.want, row.is)
			}
			if trainer.Steps() != 1 {
				t.Errorf("%d steps, want 1", trainer.Steps())
			}
			for name, values := range snapshot(trainer.params) {
				if !bytes.Equal(toBytes(values), toBytes(before[name])) {
					t.Errorf("%s changed", name)
				}
			}
		})
	}
}

func toBytes(values []float32) []byte {
	v := view{array: array{values: values}, scratch: new([]byte)}
	return v.Data()
}

// Nothing is left behind when a checkpoint cannot be written, and an old one stays.
func TestSaveReports(t *testing.T) {
	nets, shape := pointNetworks(4)
	trainer := newTrainer(t, nets, shape, plain(), 1)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := trainer.Save(filepath.Join(file, "a.safetensors"), nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("below a file: error %v, want one that names it", err)
	}
	if err := trainer.Save(filepath.Join(dir, "b"), map[string]string{"step": "3"}); err == nil {
		t.Error("metadata of the caller's replaced the step")
	}
	if err := os.Mkdir(filepath.Join(dir, "c"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := trainer.Save(filepath.Join(dir, "c"), nil); err == nil {
		t.Error("a folder was replaced")
	}
	if err := os.Symlink("/dev/full", filepath.Join(dir, "d.tmp")); err != nil {
		t.Fatal(err)
	}
	if err := trainer.Save(filepath.Join(dir, "d"), nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: error %v, want ENOSPC", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v: want only the file and the folder", entries, err)
	}
}

// A generator's file makes the clips that the trainer's sampler makes: exactly in
// float32, nearly in float16.
func TestGeneratorFile(t *testing.T) {
	nets, shape := clipNetworks(false)
	trainer := newTrainer(t, nets, shape, plain(), 1)
	run(t, trainer, 4)
	sampler, err := trainer.Sampler(3, true)
	if err != nil {
		t.Fatal(err)
	}
	defer sampler.Close()
	clips, err := sampler.Sample(5)
	if err != nil {
		t.Fatal(err)
	}
	want := widen(clips)
	dir := t.TempDir()
	checkpoint := filepath.Join(dir, "checkpoint")
	save(t, trainer, checkpoint)
	sizes := map[Precision]int64{}
	for _, row := range []struct {
		name      string
		precision Precision
		tolerance float64
	}{{"float32", Float32, 0}, {"float16", Float16, 2e-3}, {"checkpoint", -1, 0}} {
		t.Run(row.name, func(t *testing.T) {
			file := checkpoint
			if row.precision >= 0 {
				file = filepath.Join(dir, row.name)
				if err := trainer.SaveGenerator(file, row.precision, map[string]string{"experiment": "tgan-small"}); err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(file)
				if err != nil {
					t.Fatal(err)
				}
				sizes[row.precision] = info.Size()
			}
			f, err := LoadGenerator(file)
			if err != nil {
				t.Fatal(err)
			}
			if f.Steps() != 4 || row.precision >= 0 && f.Metadata["experiment"] != "tgan-small" {
				t.Errorf("steps %d, metadata %v", f.Steps(), f.Metadata)
			}
			again, err := NewSampler(trainer.device, f.Params, nets, shape, 3)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			got, err := again.Sample(5)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "clips", widen(got), want, row.tolerance)
		})
	}
	if sizes[Float16] >= sizes[Float32] {
		t.Errorf("float16 takes %d bytes, float32 %d", sizes[Float16], sizes[Float32])
	}

	// Clip i of a seed does not depend on the batch.
	second := widen(clips[shape.Size() : 2*shape.Size()])
	single, err := trainer.Sampler(1, true)
	if err != nil {
		t.Fatal(err)
	}
	defer single.Close()
	alone, err := single.SampleFrom(5, 1)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "clip alone", widen(alone), second, 1e-5)

	// Another network is refused.
	f, err := LoadGenerator(filepath.Join(dir, "float32"))
	if err != nil {
		t.Fatal(err)
	}
	points, pointShape := pointNetworks(4)
	if _, err := NewSampler(trainer.device, f.Params, points, pointShape, 1); !errors.Is(err, ErrArchitecture) {
		t.Errorf("sampler of other networks: error %v, want ErrArchitecture", err)
	}
}

// Every float16 but NaN comes back as it was, and rounding is to the nearest.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		f := fromHalf(uint16(h))
		if f != f {
			if back := toHalf(f); back&0x7c00 != 0x7c00 || back&0x3ff == 0 {
				t.Fatalf("NaN %04x became %04x", h, back)
			}
			continue
		}
		if back := toHalf(f); back != uint16(h) {
			t.Fatalf("%04x is %v, which became %04x", h, f, back)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float32Range(-65504, 65504).Draw(t, "f")
		h := toHalf(f)
		distance := math.Abs(float64(fromHalf(h)) - float64(f))
		for _, neighbour := range []uint16{h - 1, h + 1} {
			g := float64(fromHalf(neighbour))
			if math.IsNaN(g) || neighbour&0x8000 != h&0x8000 {
				continue
			}
			other := math.Abs(g - float64(f))
			if other < distance || other == distance && h&1 == 1 {
				t.Fatalf("%v became %v, and %v is nearer or even", f, fromHalf(h), g)
			}
		}
	})
}

// The reader never panics, takes no memory beyond the file's size, and reads what
// the writer writes.
func FuzzDecodeTensors(f *testing.F) {
	var file bytes.Buffer
	arrays := []array{
		{name: "param/gen/a", shape: []int{2, 3}, values: []float32{1, 2, 3, 4, 5, 6}},
		{name: "param/gen/b", shape: []int{2}, values: []float32{1, 2}, half: true},
	}
	if err := encodeTensors(&file, arrays, map[string]string{"format": generatorVersion, "step": "1"}); err != nil {
		f.Fatal(err)
	}
	whole := file.Bytes()
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(whole[:20])
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"))
	for _, header := range []string{
		`{}`, `{"a":null}`, `{"__metadata__":{"format":1}}`,
		`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`,
		`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`,
		`{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}`,
		`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,18446744073709551615]}}`,
	} {
		f.Add(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := decodeTensors(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("error %v does not wrap ErrFormat", err)
			}
			return
		}
		var list []array
		total := 0
		for _, a := range c.arrays {
			list = append(list, a)
			total += 2 * len(a.values)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of tensors from %d", total, len(data))
		}
		var out bytes.Buffer
		if err := encodeTensors(&out, list, c.metadata); err != nil {
			t.Fatal(err)
		}
		if _, err := decodeTensors(out.Bytes()); err != nil {
			t.Fatalf("what was written does not read: %v", err)
		}
		if _, err := generatorOf(c); err != nil && !errors.Is(err, ErrFormat) {
			t.Fatalf("error %v does not wrap ErrFormat", err)
		}
	})
}
