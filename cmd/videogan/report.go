package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newReport(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "report RUN",
		Short: "Redraw a run's plots and its report.html, and print the report's path",
		Long: `Redraw the plots of a run folder and its report.html: the run on one page that needs no
network and no other file. The path of the page goes to standard output.`,
		Example: "  videogan report runs/digits",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			folder := experiments.Folder(args[0])
			if err := experiments.Report(folder); err != nil {
				return err
			}
			fmt.Fprintln(c.out, folder.Report())
			return nil
		},
	}
}
