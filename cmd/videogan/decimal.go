package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// decimal reads an integer flag in base 10, also with leading zeros, as in the names of checkpoints: step 000150. pflag
// takes such for octal.
type decimal struct{ pflag.Value }

// Set reads the number. What is no plain decimal number is left to pflag, which reports it or knows its base (0x…).
func (d decimal) Set(text string) error {
	digits := strings.TrimLeft(text, "+-")
	if strings.Trim(digits, "0123456789") != "" {
		return d.Value.Set(text)
	}
	if plain := strings.TrimLeft(digits, "0"); plain != "" {
		return d.Value.Set(strings.TrimSuffix(text, digits) + plain)
	}
	return d.Value.Set(text)
}

// readDecimals makes the integer flags of every command decimal.
func readDecimals(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if kind := f.Value.Type(); kind == "int" || kind == "uint64" {
			f.Value = decimal{f.Value}
		}
	})
	for _, child := range cmd.Commands() {
		readDecimals(child)
	}
}
