package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"videogan/eval"
	"videogan/experiments"
)

func newStudy(c *console) *cobra.Command {
	var out string
	var step int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "study RUN...",
		Short: "Set groups of runs side by side, mean ± deviation over their seeds",
		Long: `Gather the scores of runs (their scores/*.json) by group: runs whose names differ in -seedN at the
end are of one. The table gives for each group and protocol the mean over its runs, the standard
deviation between them (n-1) and their number, at the last step at which all groups were scored.

With --out the table (study.md) and a plot a score, by step, go into a folder. The scores of real
clips, where a folder has them, are the last row, and a dashed line where it is near.`,
		Example: `  videogan study runs/study/mnist-*
  videogan study runs/study/ucf-* runs/study/real-ucf --out runs/study/plots --step 600`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("step") && step < 0 {
				return usageError{fmt.Errorf("--step %d: want 0 or more", step)}
			}
			var runs []eval.Run
			for _, folder := range args {
				results, err := eval.ReadResults(folder)
				if err != nil {
					return err
				}
				runs = append(runs, eval.Run{Name: folder, Results: results})
			}
			study, err := eval.NewStudy(runs)
			if err != nil {
				return err
			}
			if out != "" {
				if err := experiments.WriteStudy(out, study, step); err != nil {
					return err
				}
				fmt.Fprintln(c.err, "written:", filepath.Join(out, "study.md"))
			}
			if asJSON {
				encoder := json.NewEncoder(c.out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(study)
			}
			return study.WriteMarkdown(c.out, step)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&out, "out", "", "folder for the table and the plots")
	flags.IntVar(&step, "step", -1, "step of the table (default: the last that all groups have)")
	cmd.Flags().Lookup("step").DefValue = "" // the text says it
	flags.BoolVar(&asJSON, "json", false, "print the study as JSON, for programs")
	return cmd
}
