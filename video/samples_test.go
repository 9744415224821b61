package video

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// sample is a file that the ffmpeg command makes.
type sample struct {
	name   string // with the extension
	reason string
	args   string // of the ffmpeg command, between -y and the name
	again  string // of a second one that reads the first's file as IN, if not empty
	seeks  bool   // windows are reached without decoding from the start
}

const pattern = "-f lavfi -i testsrc=d=3:r=25:s=160x120 "

var samples = []sample{
	{"b.mp4", "B-frames: decoding order is not display order", pattern + "-c:v libx264 -g 12 -bf 3", "", true},
	{"open.mp4", "open GOPs: the decoder is not sure of what follows a key frame", pattern + "-c:v libx264 -g 12 -bf 3 -x264-params open-gop=1", "", false},
	{"b.mkv", "Matroska's times are milliseconds", pattern + "-c:v libx264 -g 12 -bf 3", "", true},
	{"ucf.avi", "as UCF101 has it: Xvid with MP3 sound", pattern + "-f lavfi -i sine=d=3 -c:v mpeg4 -vtag xvid -g 20 -c:a libmp3lame", "", true},
	{"bframes.avi", "AVI has no presentation times", pattern + "-c:v mpeg4 -bf 2 -g 20", "", false},
	{"h264.avi", "no presentation times, and long delays", pattern + "-c:v libx264 -g 12", "", false},
	{"motion.avi", "every frame is a key frame", pattern + "-c:v mjpeg -q:v 3", "", true},
	{"gaps.mkv", "variable frame rate", pattern + "-vf select='not(mod(n\\,3))+gt(n\\,40)' -fps_mode vfr -c:v libx264 -g 9", "", true},
	{"gaps.mp4", "variable frame rate", pattern + "-vf select='not(mod(n\\,4))+gt(n\\,50)' -fps_mode vfr -c:v mpeg4 -g 9", "", true},
	{"turned90.mp4", "a phone held upright", pattern + "-c:v libx264", "-i IN -c copy -metadata:s:v:0 rotate=90", true},
	{"turned180.mp4", "a phone upside down", pattern + "-c:v libx264", "-i IN -c copy -metadata:s:v:0 rotate=180", true},
	{"turned270.mp4", "a phone held upright", pattern + "-c:v libx264", "-i IN -c copy -metadata:s:v:0 rotate=270", true},
	{"turned30.mp4", "any angle", pattern + "-c:v libx264", "-i IN -c copy -metadata:s:v:0 rotate=30", true},
	{"odd.mkv", "odd sizes with subsampled colour", "-f lavfi -i testsrc=d=1:r=25:s=157x83 -c:v ffv1 -pix_fmt yuv420p", "", true},
	{"hd.mp4", "BT.709 colours, said in the stream", pattern + "-vf scale=out_color_matrix=bt709 -colorspace bt709 -color_primaries bt709 -color_trc bt709 -c:v libx264", "", true},
	{"full.mp4", "full-range colours", pattern + "-vf scale=out_range=full -color_range pc -c:v libx264", "", true},
	{"deep.mkv", "10 bits a channel, 4:2:2", pattern + "-c:v libx264 -pix_fmt yuv422p10le", "", true},
	{"hidden.webm", "VP8 has packets that show nothing", pattern + "-c:v libvpx -b:v 100k -auto-alt-ref 1 -lag-in-frames 16 -arnr-maxframes 5 -g 25", "", false},
	{"stream.ts", "a stream without an index, starting late", pattern + "-c:v mpeg2video -g 10 -bf 2", "", false},
	{"raw.h264", "a bare stream without times", pattern + "-c:v libx264 -g 12 -bf 2", "", false},
	{"few.gif", "a palette", "-f lavfi -i testsrc=d=1:r=10:s=64x48", "", false},
	{"edited.mp4", "an edit list hides the first pictures", pattern + "-c:v libx264 -g 12", "-ss 1.3 -i IN -c copy", false},
	{"fragments.mp4", "no count of frames in the header", pattern + "-c:v libx264 -g 12 -movflags +frag_keyframe+empty_moov", "", true},
	{"cropped.mp4", "the coded size is larger than the frame", "-f lavfi -i testsrc=d=1:r=25:s=100x70 -c:v libx264", "", true},
	{"sheared.mp4", "pixels that are not square count as square", pattern + "-vf setsar=2 -c:v libx264", "", true},
}

func needFFmpeg(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("needs the ffmpeg command: apt-get install ffmpeg")
	}
}

// command runs ffmpeg and returns what it writes to stdout.
func command(t testing.TB, arguments ...string) []byte {
	t.Helper()
	needFFmpeg(t)
	c := exec.Command("ffmpeg", append([]string{"-v", "error", "-nostdin", "-y"}, arguments...)...)
	var message bytes.Buffer
	c.Stderr = &message
	out, err := c.Output()
	if err != nil {
		t.Fatalf("ffmpeg %s: %v: %s", strings.Join(arguments, " "), err, message.String())
	}
	return out
}

// madeSamples are made once, in a folder that TestMain removes.
var madeSamples struct {
	folder string
	once   sync.Map // name → *sync.Once
}

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "video-samples-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	madeSamples.folder = folder
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// makeSample returns the sample's file, which no test may change.
func makeSample(t testing.TB, s sample) string {
	t.Helper()
	needFFmpeg(t)
	name := filepath.Join(madeSamples.folder, s.name)
	once, _ := madeSamples.once.LoadOrStore(s.name, new(sync.Once))
	once.(*sync.Once).Do(func() {
		first := name
		if s.again != "" {
			first = filepath.Join(madeSamples.folder, "first-"+s.name)
		}
		command(t, append(strings.Fields(s.args), first)...)
		if s.again != "" {
			command(t, append(strings.Fields(strings.ReplaceAll(s.again, "IN", first)), name)...)
		}
	})
	return name
}

func named(t testing.TB, name string) string {
	t.Helper()
	for _, s := range samples {
		if s.name == name {
			return makeSample(t, s)
		}
	}
	t.Fatalf("no sample %s", name)
	return ""
}

// reference decodes with the ffmpeg command, once for each chain of filters; "null" changes nothing.
func reference(t testing.TB, name string, filters ...string) [][]byte {
	t.Helper()
	folder := t.TempDir()
	output := func(i int) string { return filepath.Join(folder, fmt.Sprintf("%d.raw", i)) }
	arguments := []string{"-i", name}
	for i, f := range filters {
		arguments = append(arguments, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf", f, "-f", "rawvideo", "-pix_fmt", "rgb24", output(i))
	}
	command(t, arguments...)
	var pixels [][]byte
	for i := range filters {
		data, err := os.ReadFile(output(i))
		if err != nil {
			t.Fatal(err)
		}
		pixels = append(pixels, data)
	}
	return pixels
}

// moving returns a clip of smooth colours that move by one pixel a frame.
func moving(frames, height, width int) *Clip {
	c := NewClip(frames, height, width, 25)
	for t := range frames {
		f := c.Frame(t)
		for i := range height * width {
			y, x := float64(i/width), float64(i%width+t)
			f[3*i] = byte(128 + 100*math.Sin(x/9))
			f[3*i+1] = byte(128 + 100*math.Sin(y/11))
			f[3*i+2] = byte(128 + 100*math.Sin((x+y)/13))
		}
	}
	return c
}

// psnr returns the peak signal-to-noise ratio in decibels.
func psnr(a, b []byte) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/sum)
}

// checkEqual compares pixels and says where they differ first.
func checkEqual(t *testing.T, c *Clip, want []byte) {
	t.Helper()
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	if len(c.Pix) != len(want) {
		t.Fatalf("%d×%d×%d pixels are %d bytes, want %d (%.2f frames)", c.Frames, c.Height, c.Width, len(c.Pix), len(want), float64(len(want))/float64(c.frameSize()))
	}
	for frame := range c.Frames {
		got, want := c.Frame(frame), want[frame*c.frameSize():][:c.frameSize()]
		if !bytes.Equal(got, want) {
			t.Fatalf("frame %d differs: PSNR %.1f dB", frame, psnr(got, want))
		}
	}
}

func writeFile(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// leftovers lists a folder's files, so that tests see temporary ones.
func leftovers(t testing.TB, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return fmt.Sprint(names)
}
