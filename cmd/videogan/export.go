package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
	"videogan/gan"
)

func newExport(c *console) *cobra.Command {
	var out, note string
	var half bool
	cmd := &cobra.Command{
		Use:   "export RUN --out FILE.safetensors",
		Short: "Write a run's averaged generator to a file of its own",
		Long: `Write the averaged generator of a run's newest checkpoint to a safetensors file with its config,
without what only training needs. 'videogan sample FILE' reads it.`,
		Example: "  videogan export runs/digits --out digits.safetensors --half",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usageError{fmt.Errorf("--out: name the file to write, for example --out generator.safetensors")}
			}
			precision := gan.Float32
			if half {
				precision = gan.Float16
			}
			notes := map[string]string{}
			if note != "" {
				notes["note"] = note
			}
			step, err := experiments.Export(experiments.Folder(args[0]), out, precision, notes)
			if err != nil {
				return err
			}
			c.logger.Info("exported", "step", step, "file", out)
			fmt.Fprintln(c.out, out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write")
	cmd.Flags().StringVar(&note, "note", "", "text to keep in the file, for example who trained it on what")
	cmd.Flags().BoolVar(&half, "half", false, "store weights in 16 bits, half the size")
	return cmd
}
