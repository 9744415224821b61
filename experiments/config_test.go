package experiments

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite docs/configuration.md's table of keys")

func TestDefaultsAreValidAndDocumented(t *testing.T) {
	for _, experiment := range All() {
		t.Run(experiment.Name, func(t *testing.T) {
			cfg := experiment.Default()
			if err := cfg.Validate(); err != nil {
				t.Errorf("default config: %v", err)
			}
			seen := map[string]bool{}
			for _, key := range Keys(cfg) {
				if key.Doc == "" {
					t.Errorf("%s has no doc tag", key.Path)
				}
				if seen[key.Path] {
					t.Errorf("%s stands twice", key.Path)
				}
				seen[key.Path] = true
			}
			for _, path := range []string{"seed", "train.steps", "train.batch", "train.checkpoint_every", "data.size", "data.frames", "data.classes"} {
				if !seen[path] {
					t.Errorf("%s is missing: every experiment has it", path)
				}
			}
			for _, path := range []string{"gen.temporal.frames", "dis.channels", "gan.Batch"} {
				if seen[path] {
					t.Errorf("%s follows from other settings and is none itself", path)
				}
			}
		})
	}
}

func TestWriteTOMLReadsBack(t *testing.T) {
	for _, experiment := range All() {
		cfg := experiment.Default()
		cfg.Shared().Seed = math.MaxInt64
		cfg.Shared().Data.Classes = []string{"Archery", `a "quoted" one`}
		cfg.Shared().Eval.Curves = []string{"svc.npy"}
		var text strings.Builder
		if err := WriteTOML(&text, cfg); err != nil {
			t.Fatal(err)
		}
		back := experiment.Default()
		if err := decode(back, text.String()); err != nil {
			t.Fatalf("%s: %v in\n%s", experiment.Name, err, text.String())
		}
		if diff := cmp.Diff(cfg, back); diff != "" {
			t.Errorf("%s: written and read (-, +):\n%s", experiment.Name, diff)
		}
	}
}

func TestSet(t *testing.T) {
	tests := []struct{ assignment, path, want, reason string }{
		{"train.steps=12", "train.steps", "12", "a whole number"},
		{"train.minutes=8", "train.minutes", "8.0", "a whole number where a fraction is possible"},
		{"gan.r1.gamma=1e-3", "gan.r1.gamma", "0.001", "an exponent"},
		{"gan.loss=hinge", "gan.loss", `"hinge"`, "a name without quotes"},
		{`gan.loss="hinge"`, "gan.loss", `"hinge"`, "a name in quotes"},
		{"data.classes=Archery,HorseRace", "data.classes", `["Archery", "HorseRace"]`, "a list without brackets"},
		{`data.classes=["Archery"]`, "data.classes", `["Archery"]`, "a list as TOML writes it"},
		{"data.classes=", "data.classes", "[]", "an empty list"},
		{"gen.temporal.channels=8,4", "gen.temporal.channels", "[8, 4]", "a list of numbers"},
		{`data.root=C:\x "y"`, "data.root", `"C:\\x \"y\""`, "characters that TOML escapes"},
		{"data.root=a=b", "data.root", `"a=b"`, "only the first = divides"},
		{"seed=9223372036854775807", "seed", "9223372036854775807", "the largest seed"},
		{" seed = 7 ", "seed", "7", "spaces"},
	}
	for _, test := range tests {
		cfg := tganSmall()
		cfg.Shared().Data.Classes = []string{"X"}
		if err := Set(cfg, test.assignment); err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		for _, key := range Keys(cfg) {
			if value, err := key.Value(); key.Path == test.path && (err != nil || value != test.want) {
				t.Errorf("%s: %s is %s (%v), want %s", test.reason, test.path, value, err, test.want)
			}
		}
	}
}

func TestBadSettings(t *testing.T) {
	tests := []struct{ assignment, want, reason string }{
		{"steps", `--set "steps": invalid config: want path=value, for example train.steps=1000`, "no ="},
		{"train.stepz=1", `--set train.stepz=1: invalid config: unknown key "train.stepz", did you mean "train.steps"?`, "a slip"},
		{"lr=1", `--set lr=1: invalid config: unknown key "lr", did you mean "seed"?`, ""},
		{"completely.different.thing=1", `--set completely.different.thing=1: invalid config: unknown key "completely.different.thing" ('videogan show EXPERIMENT' lists them all)`, "nothing is near"},
		{"gen.temporal.frames=8", `--set gen.temporal.frames=8: invalid config: unknown key "gen.temporal.frames", did you mean "gen.temporal.no_beta"?`, ""},
		{"train=1", `--set train=1: invalid config: unknown key "train", did you mean "train.steps"?`, ""},
		{"train.steps=many", `--set train.steps=many: invalid config: train.steps takes a whole number`, "a text for a number"},
		{"train.steps=1.5", `--set train.steps=1.5: invalid config: train.steps takes a whole number`, "a fraction"},
		{"dis.batch_norm=maybe", `--set dis.batch_norm=maybe: invalid config: dis.batch_norm takes true or false`, "neither"},
		{"gen.temporal.channels=a,b", `--set gen.temporal.channels=a,b: invalid config: gen.temporal.channels takes a list, each a whole number`, "texts for numbers"},
		{"gan.loss=sigmoid", `--set gan.loss=sigmoid: invalid config: gan: "sigmoid" is no loss: want non_saturating, minimax, wasserstein, hinge, least_squares`, "a name that there is not"},
	}
	for _, test := range tests {
		err := Set(tganSmall(), test.assignment)
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v is no ErrConfig", test.assignment, err)
			continue
		}
		if got := strings.TrimPrefix(err.Error(), "experiments: "); test.reason != "" && got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.reason, got, test.want)
		}
	}
}

func TestLoad(t *testing.T) {
	tests := []struct{ text, want, reason string }{
		{"seed = 3\n[train]\nminutes = 8\n", "", "a whole number of minutes"},
		{"[run]\nexperiment = \"tgan-small\"\nanything = 1\n", "", "the table of a run folder's config is passed over"},
		{"[train]\nstep = 3\n", `invalid config: unknown key "train.step", did you mean "train.steps"?`, "an unknown key"},
		{"[trian]\nsteps = 3\n", `invalid config: unknown key "trian", did you mean "train.steps"?`, ""},
		{"[dis]\nframes = 3\n", `invalid config: unknown key "dis.frames"`, "a setting that follows from another"},
		{"[train]\nsteps = \"3\"\n", "train.steps", "a text for a number names the key"},
		{"[gan]\nloss = \"sigmoid\"\n", "\"sigmoid\" is no loss", "a choice that there is not"},
		{"[train\n", "line 2", "no TOML names the line"},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "my.toml")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Load(tganSmall(), path)
		switch {
		case test.want == "" && test.reason != "" && err != nil:
			t.Errorf("%s: %v", test.reason, err)
		case test.want != "" && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), path)):
			t.Errorf("%s: %v: want an ErrConfig that names %s", test.reason, err, path)
		case test.want != "" && test.reason != "" && !strings.Contains(err.Error(), test.want):
			t.Errorf("%s: %v: want %q in it", test.reason, err, test.want)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := []struct{ set, want, reason string }{
		{"seed=-1", "invalid config: seed = -1: want 0 or more", "a negative seed"},
		{"train.steps=0", "invalid config: train.steps = 0: want 1 or more", "no steps"},
		{"train.keep_newest=1", "invalid config: train.keep_newest = 1: want 2 or more", "no second checkpoint"},
		{"train.minutes=-1", "invalid config: train.minutes = -1: want 0 (no limit) or more", "time runs forward"},
		{"data.source=mnist", "invalid config: data.source = mnist: want one of moving-mnist, mnist-sequences, ucf101, golf, folder, strips", "no such source"},
		{"data.frames=10", "invalid config: data.frames = 10: the 3 hidden layers of gen.temporal double the length each: want a multiple of 8, or another number of gen.temporal.channels", "frames that G₀ cannot make"},
		{"data.size=48", "invalid config: data.size = 48: want 8, 16, 32, 64, 128 or another power of two", "a size that is no 4·2ⁿ"},
		{"data.channels=3", "invalid config: data.channels = 3: clips of moving-mnist have 1; 0 takes what there is", "colour where there is none"},
		{"data.split=4", "invalid config: data.split = 4: want 1, 2 or 3, or 0 for all clips", "UCF101 has three"},
		{"data.digit_size=40", "invalid config: data.digit_size = 40: want at most data.size = 32", "a digit larger than the frame"},
		{"data.classes=3", "invalid config: data.classes = [3]: only ucf101 and folder can be narrowed to classes", "Moving MNIST has no classes to choose"},
		{"gan.critic=0", "critic = 0: want 1 or more", "the game's own settings"},
		{"gan.r1.every=0", "r1.every = 0: want 1 or more", "likewise"},
		{"dis.slope=2", "slope = 2", "the networks' own settings"},
	}
	for _, test := range tests {
		cfg := tganSmall()
		if err := Set(cfg, test.set); err != nil {
			t.Fatal(err)
		}
		err := cfg.Validate()
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an ErrConfig with %q", test.reason, err, test.want)
		}
	}
}

func TestDifference(t *testing.T) {
	a, b := tganSmall(), tganSmall()
	if path, _, _, ok := Difference(a, b); ok {
		t.Errorf("equal configs differ in %s", path)
	}
	b.Shared().Train.Steps++
	if _, _, _, ok := Difference(a, b, "train.steps"); ok {
		t.Error("a setting that may differ is reported")
	}
	b.Shared().GAN.R1.Gamma = 7
	path, before, now, ok := Difference(a, b, "train.steps")
	if !ok || path != "gan.r1.gamma" || before != "0.5" || now != "7.0" {
		t.Errorf("got %s %s %s %v", path, before, now, ok)
	}
}

// The edit distance is a metric, and no more than the longer text.
func TestEditDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-c]{0,6}`)
		a, b, c := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c")
		ab, bc, ac := editDistance(a, b), editDistance(b, c), editDistance(a, c)
		if ab != editDistance(b, a) || (ab == 0) != (a == b) || ac > ab+bc || ab > max(len(a), len(b)) {
			t.Fatalf("%q %q %q: %d %d %d", a, b, c, ab, bc, ac)
		}
	})
	if got := editDistance("kitten", "sitting"); got != 3 {
		t.Errorf("kitten, sitting: %d, want 3", got)
	}
}

// docs/configuration.md lists every key; the table is made by -update.
func TestConfigurationIsDocumented(t *testing.T) {
	const path = "../docs/configuration.md"
	const begin, end = "<!-- keys: go test ./experiments -run Documented -update -->\n", "<!-- end of keys -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks of its table", path)
	}
	want := keyTable(t)
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("%s does not list the keys as they are (-want +got): go test ./experiments -run Documented -update\n%s", path, diff)
	}
}

// keyTable is a Markdown table of all keys with the experiments' defaults, for each kind of
// networks one.
func keyTable(t *testing.T) string {
	var kinds []reflect.Type
	experiments := map[reflect.Type][]Experiment{}
	for _, experiment := range All() {
		kind := reflect.TypeOf(experiment.Default()).Elem()
		if experiments[kind] == nil {
			kinds = append(kinds, kind)
		}
		experiments[kind] = append(experiments[kind], experiment)
	}
	var text strings.Builder
	for _, kind := range kinds {
		fmt.Fprintf(&text, "\n### %s\n", kind.Name())
		writeKeys(t, &text, experiments[kind])
	}
	return text.String() + "\n"
}

func writeKeys(t *testing.T, table *strings.Builder, experiments []Experiment) {
	head, rule := "\n| key |", "|---|"
	var columns [][]Key
	for _, experiment := range experiments {
		head += " " + experiment.Name + " |"
		rule += "---|"
		columns = append(columns, Keys(experiment.Default()))
	}
	fmt.Fprintf(table, "%s what it is |\n%s---|\n", head, rule)
	for i, key := range columns[0] {
		fmt.Fprintf(table, "| `%s` |", key.Path)
		for _, column := range columns {
			value, err := column[i].Value()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(table, " `%s` |", value)
		}
		fmt.Fprintf(table, " %s |\n", strings.ReplaceAll(key.Doc, "|", "\\|"))
	}
}
