package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newShow(c *console) *cobra.Command {
	var settings settingsFlags
	cmd := &cobra.Command{
		Use:   "show EXPERIMENT",
		Short: "Print an experiment's config, and its layers with shapes and parameters",
		Long: `Print an experiment's whole config as TOML, a comment on each key, and below it, as comments,
the networks' layers with output shapes and numbers of parameters. What is printed can be given
to 'train --config'.`,
		Example: `  videogan show tgan-small > my.toml
  videogan show tgan-small --set data.size=64 --set gen.spatial.width=128`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeExperiments,
		RunE: func(_ *cobra.Command, args []string) error {
			experiment, cfg, err := settings.lookup(args[0])
			if err != nil {
				return err
			}
			if err := cfg.Validate(); err != nil {
				return err
			}
			fmt.Fprintf(c.out, "# %s: %s\n\n", experiment.Name, experiment.Summary)
			if err := experiments.WriteTOML(c.out, cfg); err != nil {
				return err
			}
			return c.layers(cfg)
		},
	}
	settings.register(cmd)
	return cmd
}

// layers prints the networks as TOML comments.
func (c *console) layers(cfg experiments.Config) error {
	networks, err := experiments.Describe(cfg)
	if err != nil {
		return err
	}
	for _, network := range networks {
		fmt.Fprintf(c.out, "\n# %s: %d parameters\n", network.Name, network.Parameters)
		rows := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		for _, layer := range network.Layers {
			fmt.Fprintf(rows, "#   %s\t%s\t%s\t%d\n", layer.Name, layer.What, layer.Shape, layer.Parameters)
		}
		if err := rows.Flush(); err != nil {
			return err
		}
	}
	return nil
}
