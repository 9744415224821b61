package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"videogan/eval"
	"videogan/experiments"
)

func newCompare(c *console) *cobra.Command {
	var asJSON bool
	var plots string
	cmd := &cobra.Command{
		Use:   "compare RUN...",
		Short: "Print the scores of runs side by side, one protocol a column",
		Long: `Print the scores of run folders (their scores/*.json) side by side. Two numbers stand in one
column only if they were measured by one protocol: the same classifier, input, number of samples,
splits, ε and real clips. Where a measure was taken in several ways it has several columns, and
the lines below the table say in which fields they differ.

--plot DIR draws instead: each metric over the step and each score by epoch, as SVG and PNG, and prints
the files. Runs that differ in their seed alone are one line, their mean, in a band of ± one
standard deviation.`,
		Example: `  videogan compare runs/digits runs/digits-sn
  videogan compare runs/* --json
  videogan compare runs/* --plot plots`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if plots != "" {
				files, err := experiments.ComparePlots(runFolders(args), plots)
				for _, file := range files {
					fmt.Fprintln(c.out, file+".svg")
				}
				return err
			}
			runs := make([]eval.Run, len(args))
			for i, folder := range args {
				results, err := eval.ReadResults(folder)
				if err != nil {
					return err
				}
				runs[i] = eval.Run{Name: folder, Results: results}
			}
			table, err := eval.Compare(runs)
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(c.out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(table)
			}
			return table.WriteText(c.out)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the table as JSON, for programs")
	cmd.Flags().StringVar(&plots, "plot", "", "folder to draw metrics and scores into, mean ± standard deviation over seeds")
	return cmd
}
