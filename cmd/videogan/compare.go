package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"videogan/eval"
)

func newCompare(c *console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compare RUN...",
		Short: "Print the scores of runs side by side, one protocol a column",
		Long: `Print the scores of run folders (their scores/*.json) side by side. Two numbers stand in one
column only if they were measured by one protocol: the same classifier, input, number of samples,
splits, ε and real clips. Where a measure was taken in several ways it has several columns, and
the lines below the table say in which fields they differ.`,
		Example: `  videogan compare runs/digits runs/digits-sn
  videogan compare runs/* --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
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
	return cmd
}
