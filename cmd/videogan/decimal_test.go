package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// integerFlags are the integer flags of a command and of those below it, by the command's path and their name.
func integerFlags(cmd *cobra.Command) map[string]*pflag.Flag {
	found := make(map[string]*pflag.Flag)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Value.Type(), "int") || strings.HasPrefix(f.Value.Type(), "uint") {
			found[cmd.CommandPath()+" --"+f.Name] = f
		}
	})
	for _, child := range cmd.Commands() {
		for path, f := range integerFlags(child) {
			found[path] = f
		}
	}
	return found
}

func TestIntegerFlagsAreDecimal(t *testing.T) {
	tests := []struct{ given, want, reason string }{
		{"000150", "150", "as in a checkpoint's name"},
		{"0089", "89", "no octal number at all"},
		{"150", "150", "no zeros"},
		{"000", "0", "nothing but zeros"},
		{"0x10", "16", "hexadecimal, as pflag reads it"},
	}
	flags := integerFlags(newRoot(&console{out: io.Discard, err: io.Discard}))
	for _, command := range []string{"videogan score --step", "videogan study --step", "videogan score --seed", "videogan train --out"} {
		if _, ok := flags[command]; ok == strings.HasSuffix(command, "--out") {
			t.Errorf("%s: found among the integer flags: %v", command, ok)
		}
	}
	for path, flag := range flags {
		for _, test := range tests {
			if strings.Contains(flag.Value.Type(), "Slice") && test.given == "0x10" {
				continue // a list of numbers knows base 10 alone
			}
			if err := flag.Value.Set(test.given); err != nil {
				t.Errorf("%s %s: %v: %s", path, test.given, err, test.reason)
			} else if got := strings.Trim(flag.Value.String(), "[]"); got != test.want && !strings.HasSuffix(got, ","+test.want) {
				t.Errorf("%s %s is %s, want %s: %s", path, test.given, got, test.want, test.reason)
			}
		}
		for _, wrong := range []string{"", "+", "12a", "1.5"} {
			if err := flag.Value.Set(wrong); err == nil {
				t.Errorf("%s %q was taken for %s", path, wrong, flag.Value)
			}
		}
	}
}

func TestNegativeDecimal(t *testing.T) {
	var n int
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	set.IntVar(&n, "step", 0, "")
	if err := (decimal{set.Lookup("step").Value}).Set("-007"); err != nil || n != -7 {
		t.Errorf("-007 is %d (%v), want -7", n, err)
	}
}
