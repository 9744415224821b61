package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newBenchGrowth(c *console) *cobra.Command {
	var o experiments.GrowthOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "growth",
		Short: "Measure how step time and memory grow",
		Long: `Measure the steps of a narrow TGAN and a narrow VGAN over batch, frames, resolution and threads, each
point in a process of its own, and write growth.json and one page of plots (growth.svg, growth.png).
What growth.json holds already is not measured again: move it away after a change of the program.`,
		Example: "  videogan bench growth --out runs/growth",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Program, err = os.Executable(); err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			o.Log = func(message string, args ...any) { c.logger.Info(message, args...) }
			g, err := experiments.MeasureGrowth(cmd.Context(), o)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(g)
			}
			if left := g.Left(); left > 0 {
				fmt.Fprintf(c.out, "%d points are left: run it again\n", left)
				return nil
			}
			fmt.Fprintf(c.out, "narrow networks on %s\n", g.CPU)
			table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "experiment\taxis\tvalue\tstep s\tGFLOP/s\tarena MiB\tprocess MiB")
			for _, axis := range g.Axes {
				for _, p := range axis.Points {
					fmt.Fprintf(table, "%s\t%s\t%d\t%.4f\t%.0f\t%.0f\t%.0f\n", axis.Experiment, axis.Name, p.Value, p.StepSeconds, p.GFLOPS, p.ArenaMiB, p.MemoryMiB)
				}
			}
			return table.Flush()
		},
	}
	cmd.Flags().StringVar(&o.Folder, "out", "runs/growth", "folder for growth.json and the plots")
	cmd.Flags().IntVar(&o.Steps, "steps", 11, "steps to measure for each point")
	cmd.Flags().IntVar(&o.Points, "points", 0, "points to measure in this call; 0: all that are left")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
