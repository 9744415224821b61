package experiments

import (
	"encoding"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// ErrConfig marks a config that cannot run: an unknown key, a wrong type, an impossible
// value. Nothing has been written when it is reported.
var ErrConfig = errors.New("invalid config")

// runTable is the table that a run folder's config.toml carries beside the settings.
const runTable = "run"

// Load overlays the settings in a TOML file on cfg. Settings that the file leaves out keep
// their value; an unknown key is an error that names the nearest known one. The [run] table
// of a run folder's config.toml is ignored, so that a run can be repeated from it.
func Load(cfg Config, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("experiments: read config: %w", err)
	}
	if err := decode(cfg, string(text)); err != nil {
		return fmt.Errorf("experiments: config %s: %w", path, err)
	}
	return nil
}

func decode(cfg Config, text string) error {
	meta, err := toml.Decode(text, cfg)
	if err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return fmt.Errorf("%w: line %d, key %q: %s", ErrConfig, syntax.Position.Line, syntax.LastKey, syntax.Message)
		}
		return fmt.Errorf("%w: %s", ErrConfig, strings.TrimPrefix(err.Error(), "toml: "))
	}
	keys := Keys(cfg)
	for _, key := range meta.Keys() {
		path := strings.Join(key, ".")
		known := func(k Key) bool { return k.Path == path || strings.HasPrefix(k.Path, path+".") }
		if key[0] != runTable && !slices.ContainsFunc(keys, known) {
			return unknownKey(cfg, path)
		}
	}
	return nil
}

// Set overlays one "path=value" on cfg, as --set gives it. The value is TOML, with two
// liberties for the shell: a string needs no quotes and a list no brackets
// (data.classes=Archery,HorseRace).
func Set(cfg Config, assignment string) error {
	path, value, ok := strings.Cut(assignment, "=")
	path, value = strings.TrimSpace(path), strings.TrimSpace(value)
	if !ok || path == "" {
		return fmt.Errorf("experiments: --set %q: %w: want path=value, for example train.steps=1000", assignment, ErrConfig)
	}
	keys := Keys(cfg)
	at := slices.IndexFunc(keys, func(k Key) bool { return k.Path == path })
	if at < 0 {
		return fmt.Errorf("experiments: --set %s: %w", assignment, unknownKey(cfg, path))
	}
	t := keys[at].value.Type()
	if choice, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if err := choice.UnmarshalText([]byte(strings.Trim(value, `"`))); err != nil {
			return fmt.Errorf("experiments: --set %s: %w: %w", assignment, ErrConfig, err)
		}
	}
	if _, err := toml.Decode(path+" = "+shellValue(t, value), cfg); err != nil {
		return fmt.Errorf("experiments: --set %s: %w: %s takes %s", assignment, ErrConfig, path, describe(t))
	}
	return nil
}

// shellValue turns a value from the command line into a TOML literal of type t.
func shellValue(t reflect.Type, value string) string {
	switch {
	case t.Kind() == reflect.Slice && !strings.HasPrefix(value, "["):
		var parts []string
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				parts = append(parts, shellValue(t.Elem(), part))
			}
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case isText(t) && !strings.HasPrefix(value, `"`):
		return quote(value)
	case t.Kind() == reflect.Float64 && !strings.ContainsAny(value, ".eE"):
		return value + ".0"
	}
	return value
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// isText says whether values of type t are strings in TOML.
func isText(t reflect.Type) bool {
	return t.Kind() == reflect.String || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// describe says in words what a setting of type t takes.
func describe(t reflect.Type) string {
	if isText(t) {
		return "a text"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "a list, each " + describe(t.Elem())
	}
	return "a " + t.String()
}

func unknownKey(cfg Config, path string) error {
	nearest, best := "", len(path)/2+2
	for _, key := range Keys(cfg) {
		if d := editDistance(path, key.Path); d < best {
			nearest, best = key.Path, d
		}
	}
	if nearest == "" {
		return fmt.Errorf("%w: unknown key %q ('videogan show EXPERIMENT' lists them all)", ErrConfig, path)
	}
	return fmt.Errorf("%w: unknown key %q, did you mean %q?", ErrConfig, path, nearest)
}

// editDistance counts the insertions, deletions and replacements between a and b (Levenshtein 1965).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
