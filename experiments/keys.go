package experiments

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Key is one setting of a config: a leaf of the struct, named by its path.
type Key struct {
	Path string // "train.steps", as --set takes it
	Doc  string // one sentence: what it does, its unit, its special values

	value reflect.Value
}

// Value returns the setting as TOML, "0.5" or "[\"Archery\"]".
func (k Key) Value() (string, error) {
	if k.value.Kind() == reflect.Slice && k.value.Len() == 0 {
		return "[]", nil // toml leaves out a nil one
	}
	text, err := toml.Marshal(map[string]any{"k": k.value.Interface()})
	if err != nil {
		return "", fmt.Errorf("experiments: write key %s: %w", k.Path, err)
	}
	_, value, _ := strings.Cut(strings.TrimSpace(string(text)), "=")
	return strings.TrimSpace(value), nil
}

// Keys lists every setting of cfg in the order of its struct fields; those of the
// top level come before those of tables.
func Keys(cfg Config) []Key {
	return keysOf("", reflect.ValueOf(cfg).Elem(), nil)
}

// keysOf lists the settings below v but for those in derived. A field's derived tag names
// settings of the struct that it holds which follow from other settings, such as the number
// of frames that a network makes: they are no settings of the experiment.
func keysOf(prefix string, v reflect.Value, derived []string) []Key {
	var keys, tables []Key
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if field.Anonymous {
			for _, key := range keysOf(prefix, v.Field(i), nil) {
				if strings.Contains(strings.TrimPrefix(key.Path, prefix), ".") {
					tables = append(tables, key)
				} else {
					keys = append(keys, key)
				}
			}
			continue
		}
		name := field.Tag.Get("toml")
		if name == "-" || slices.Contains(derived, name) {
			continue
		}
		path := prefix + name
		if isTable(v.Field(i)) {
			tables = append(tables, keysOf(path+".", v.Field(i), strings.Fields(field.Tag.Get("derived")))...)
			continue
		}
		keys = append(keys, Key{Path: path, Doc: field.Tag.Get("doc"), value: v.Field(i)})
	}
	return append(keys, tables...)
}

// isTable says whether a field is written as a TOML table of its own. A struct that
// knows its own text is a value.
func isTable(v reflect.Value) bool {
	if v.Kind() != reflect.Struct {
		return false
	}
	_, text := v.Addr().Interface().(encoding.TextUnmarshaler)
	return !text
}

// WriteTOML writes every setting of cfg as TOML, each below a comment that says what it is.
func WriteTOML(w io.Writer, cfg Config) error {
	table := ""
	for _, key := range Keys(cfg) {
		name := key.Path
		if dot := strings.LastIndexByte(key.Path, '.'); dot >= 0 {
			name = key.Path[dot+1:]
			if key.Path[:dot] != table {
				table = key.Path[:dot]
				if _, err := fmt.Fprintf(w, "\n[%s]\n", table); err != nil {
					return fmt.Errorf("experiments: write config: %w", err)
				}
			}
		}
		value, err := key.Value()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "# %s\n%s = %s\n", key.Doc, name, value); err != nil {
			return fmt.Errorf("experiments: write config: %w", err)
		}
	}
	return nil
}

// Difference names the first setting in which two configs of one experiment differ and
// both its values, leaving out the paths in except; ok is false when there is none.
func Difference(a, b Config, except ...string) (path, inA, inB string, ok bool) {
	skip := make(map[string]bool, len(except))
	for _, path := range except {
		skip[path] = true
	}
	left, right := Keys(a), Keys(b)
	for i := range min(len(left), len(right)) {
		if skip[left[i].Path] {
			continue
		}
		x, errX := left[i].Value()
		y, errY := right[i].Value()
		if errX != nil || errY != nil || x != y {
			return left[i].Path, x, y, true
		}
	}
	return "", "", "", false
}
