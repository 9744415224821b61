package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newList(c *console) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the experiments: parameters, work and memory of a step",
		Example: "  videogan list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(rows, "EXPERIMENT\tPARAMETERS G/D\tGFLOP A STEP\tPLAN\tWHAT")
			for _, experiment := range experiments.All() {
				cost, err := experiments.Measure(experiment.Default())
				if err != nil {
					return fmt.Errorf("list %s: %w", experiment.Name, err)
				}
				fmt.Fprintf(rows, "%s\t%s/%s\t%.1f\t%.0f MiB\t%s\n", experiment.Name,
					millions(cost.GeneratorParameters), millions(cost.DiscriminatorParameters), cost.FLOPs/1e9,
					float64(cost.ArenaBytes)/(1<<20), experiment.Summary)
			}
			return rows.Flush()
		},
	}
}

// millions writes a number of parameters: "11.03 M".
func millions(n int) string { return fmt.Sprintf("%.2f M", float64(n)/1e6) }
