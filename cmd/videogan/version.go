package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newVersion(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and of its libraries",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(c.out, "videogan %s\n%s\n", experiments.Version(), runtime.Version())
			for _, library := range experiments.Libraries() {
				fmt.Fprintln(c.out, library)
			}
			return nil
		},
	}
}
