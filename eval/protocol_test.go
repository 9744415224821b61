package eval

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every value of the struct stands in the list of fields, under its JSON path: a field that is forgotten there would be
// compared nowhere.
func TestProtocolFieldsAreComplete(t *testing.T) {
	var want []string
	var walk func(prefix string, typ reflect.Type)
	walk = func(prefix string, typ reflect.Type) {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if typ.Field(i).Type.Kind() == reflect.Struct {
				walk(prefix+name+".", typ.Field(i).Type)
			} else {
				want = append(want, prefix+name)
			}
		}
	}
	walk("", reflect.TypeFor[Protocol]())
	var got []string
	for _, f := range (Protocol{}).fields() {
		got = append(got, f.name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-struct +fields:\n%s", diff)
	}
}

// Each field on its own changes the hash, and what is compared is found as the one difference.
func TestProtocolFieldsCount(t *testing.T) {
	notCompared := map[string]bool{"preset": true, "seed": true, "version": true, "subject.kind": true, "subject.checkpoint": true, "subject.step": true}
	base := Protocol{}
	var walk func(prefix string, changed *Protocol, v reflect.Value)
	walk = func(prefix string, changed *Protocol, v reflect.Value) {
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			name = prefix + name
			f := v.Field(i)
			switch f.Kind() {
			case reflect.Struct:
				walk(name+".", changed, f)
				continue
			case reflect.String:
				f.SetString("x")
			case reflect.Int:
				f.SetInt(7)
			case reflect.Uint64:
				f.SetUint(7)
			case reflect.Float64:
				f.SetFloat(1e-7)
			case reflect.Bool:
				f.SetBool(true)
			}
			differences := Differences(base, *changed)
			if notCompared[name] {
				if len(differences) != 0 {
					t.Errorf("%s keeps scores apart: %v", name, differences)
				}
			} else if len(differences) != 1 || differences[0].Field != name {
				t.Errorf("%s changed, differences are %v", name, differences)
			}
			if changed.Hash() == base.Hash() {
				t.Errorf("%s does not change the hash", name)
			}
			f.SetZero()
		}
	}
	changed := Protocol{}
	walk("", &changed, reflect.ValueOf(&changed).Elem())
	if changed.Hash() != base.Hash() {
		t.Error("equal protocols have different hashes")
	}
}

func TestDifferenceString(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	for want, d := range map[string]Difference{
		"samples: 2048 and 9984":                  {"samples", "2048", "9984"},
		"classifier.hash: 0123456789ab and none":  {"classifier.hash", hash, ""},
		"classifier.mode: eval and dropout":       {"classifier.mode", "eval", "dropout"},
		"input.mean_file: mean2.npz and mean.npz": {"input.mean_file", "mean2.npz", "mean.npz"},
	} {
		if got := d.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPresets(t *testing.T) {
	for _, preset := range Presets() {
		found, err := LookupPreset(preset.Name)
		if err != nil || found != preset {
			t.Errorf("%s is not found: %v", preset.Name, err)
		}
		p := preset.Protocol
		if p.Preset != preset.Name || p.Measure != MeasureInceptionScore || p.Classifier.Mode != ModeEval || p.Splits < 1 || p.Samples < p.Splits {
			t.Errorf("%s: %+v", preset.Name, p)
		}
		if _, err := InceptionScore(oneHot(101, 101), p.Inception()); err != nil {
			t.Errorf("%s: %v", preset.Name, err)
		}
		for _, other := range Presets() {
			if different := len(Differences(p, other.Protocol)) > 0; different != (preset.Name != other.Name) {
				t.Errorf("%s against %s: differences %v", preset.Name, other.Name, Differences(p, other.Protocol))
			}
		}
	}
	p, err := LookupPreset("tgan2017")
	if err != nil {
		t.Fatal(err)
	}
	if p.Protocol.Samples != 208*48 {
		t.Errorf("tgan2017 has %d samples: the program makes 10000//48 batches of 48", p.Protocol.Samples)
	}
	if _, err := LookupPreset("tgan2016"); !errors.Is(err, ErrValue) || !strings.Contains(fmt.Sprint(err), "tgan2017, tgan2020, stylegan-v, small") {
		t.Errorf("an unknown preset: %v", err)
	}
}

func TestWarnings(t *testing.T) {
	with := func(change func(*Protocol)) Protocol {
		p := Protocol{Samples: 2048, Splits: 1, Reference: Reference{Samples: 2048}}
		change(&p)
		return p
	}
	tests := []struct {
		reason string
		p      Protocol
		dims   int
		want   []string // parts of the warnings
	}{
		{"full rank", with(func(p *Protocol) { p.Measure = MeasureFrechetDistance }), 2048, nil},
		{"N below D, both", with(func(p *Protocol) { p.Measure = MeasureFrechetDistance }), 4096, []string{"2048 samples for 4096", "2048 real clips for 4096"}},
		{"N below D, real clips", with(func(p *Protocol) { p.Measure = MeasureFrechetDistance; p.Reference.Samples = 99 }), 100, []string{"99 real clips for 100"}},
		{"enough a class", with(func(p *Protocol) { p.Measure = MeasureInceptionScore }), 101, nil},
		{"205 clips on 101 classes", with(func(p *Protocol) { p.Measure = MeasureInceptionScore; p.Splits = 10 }), 101, []string{"204 samples a split for 101 classes"}},
		{"subset of all", with(func(p *Protocol) { p.Measure = MeasureKernelDistance; p.SubsetSize = 4000 }), 8, []string{"subsets of 4000 from 2048"}},
		{"unequal sets", with(func(p *Protocol) { p.Measure = MeasureRecall; p.Samples = 10 }), 8, []string{"10 generated and 2048 real"}},
		{"dropout", with(func(p *Protocol) { p.Measure = MeasureInceptionScore; p.Classifier.Mode = ModeDropout }), 5, []string{"dropout was active"}},
	}
	for _, test := range tests {
		got := Warnings(test.p, test.dims)
		if len(got) != len(test.want) {
			t.Errorf("%s: %q, want %d", test.reason, got, len(test.want))
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: %q, want %q in it", test.reason, got[i], want)
			}
		}
	}
}
