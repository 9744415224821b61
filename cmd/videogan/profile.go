package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newProfile(c *console) *cobra.Command {
	var settings settingsFlags
	var o experiments.ProfileOptions
	var batch int
	var trace, roofline string
	var asJSON, kernels bool
	cmd := &cobra.Command{
		Use:   "profile EXPERIMENT",
		Short: "Show where the time of a training step goes",
		Long: `Measure training steps layer by layer and phase by phase: time, rate against the machine's
measured peak, bytes against its measured copies, kernels, changes of layout; and the whole step
against what its convolutions take alone. --trace writes a timeline for chrome://tracing or
ui.perfetto.dev, --roofline a plot (.svg and .png).

Data that lies nowhere (no --data) is replaced by random bytes of the same shape.`,
		Example: `  videogan profile tgan-small --trace step.json
  videogan profile vgan-ucf101 --batch 16 --roofline roofline`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeExperiments,
		RunE: func(cmd *cobra.Command, args []string) error {
			experiment, cfg, err := settings.lookup(args[0])
			if err != nil {
				return err
			}
			if batch != 0 {
				cfg.Shared().Train.Batch = batch
			}
			bar := newLazyProgress(c, "measuring")
			o.Logger, o.Step = c.logger, bar.update
			p, err := experiments.ProfileSteps(cmd.Context(), experiment, cfg, o)
			bar.stop()
			if err != nil {
				return err
			}
			if trace != "" {
				if err := p.WriteTrace(trace); err != nil {
					return err
				}
			}
			if roofline != "" {
				if err := p.WriteRoofline(roofline); err != nil {
					return err
				}
			}
			if asJSON {
				return json.NewEncoder(c.out).Encode(p)
			}
			return printProfile(c.out, p, kernels)
		},
	}
	settings.register(cmd)
	flags := cmd.Flags()
	flags.IntVar(&batch, "batch", 0, "clips in a batch; 0: the experiment's")
	flags.IntVar(&o.Steps, "steps", 0, "steps to measure, rounded up to the intervals of penalty and clipping; 0: five")
	flags.BoolVar(&o.Limit, "limit", true, "measure every convolution alone")
	flags.BoolVar(&kernels, "kernels", false, "list every kernel, not every layer")
	flags.StringVar(&trace, "trace", "", "file for the timeline of one step (Chrome trace events)")
	flags.StringVar(&roofline, "roofline", "", "files for the roofline plot, without ending")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// printProfile writes the tables for a person.
func printProfile(w io.Writer, p experiments.Profile, kernels bool) error {
	fmt.Fprintf(w, "%s, batch %d, on %s\nstep %.4f s (mean of %d), %.1f GFLOP, %.0f GFLOP/s: %.0f %% of %.0f measured; copies %.1f GB/s\n",
		p.Experiment, p.Batch, p.CPU, p.StepSeconds, p.Steps, p.GFLOPPerStep, p.GFLOPS(), percent(p.GFLOPS(), p.PeakGFLOPS), p.PeakGFLOPS, p.CopyGBs)
	for _, phase := range p.Phases {
		fmt.Fprintf(w, "\nphase %s, %g a step: %.2f ms\n", phase.Name, phase.Share, 1e3*phase.Seconds)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		if kernels {
			printKernels(table, p, phase)
		} else {
			printLayers(table, p, phase)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\noutside the programs\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, part := range p.Outside {
		fmt.Fprintf(table, "  %s\t%.2f ms\t%.1f %%\n", part.Name, 1e3*part.Seconds, percent(part.Seconds, p.StepSeconds))
	}
	fmt.Fprintf(table, "changes of layout, %.4g a step\t%.2f ms\t%.1f %%\n", p.Layouts.Count, 1e3*p.Layouts.Seconds, percent(p.Layouts.Seconds, p.StepSeconds))
	if err := table.Flush(); err != nil || len(p.Limit.Convolutions) == 0 {
		return err
	}
	fmt.Fprintf(w, "\nagainst the limit: convolutions alone, the faster of oneDNN's best form and the plan's kernel\n")
	table = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  layer\tmap\tx ∗ weight / stride\ta step\tin the plan ms\talone ms\tform\tkernel\tGFLOP/s")
	for _, l := range p.Limit.Convolutions {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%.3g\t%.3f\t%.3f\t%s\t%s\t%.0f\n", l.Layer, l.Map, l.Shape, l.Count, 1e3*l.InPlanSeconds, 1e3*l.AloneSeconds,
			l.Form, l.Implementation, l.GFLOP/l.BestSeconds)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "sum of the convolutions %.4f s / step %.4f s = %.2f; of oneDNN's alone %.4f s, %.2f\n",
		p.Limit.Seconds, p.StepSeconds, p.Limit.Ratio, p.Limit.AloneSeconds, p.Limit.AloneRatio)
	return err
}

func printLayers(table io.Writer, p experiments.Profile, phase experiments.PhaseProfile) {
	fmt.Fprintln(table, "  layer\tms\tconvolutions ms\tGFLOP/s\tof peak\tMB\tof copies\tlayout ms\tkernels")
	for _, l := range phase.Layers {
		name := l.Layer
		if name == "" {
			name = "(none)"
		}
		fmt.Fprintf(table, "  %s\t%.3f\t%.3f\t%.0f\t%.0f %%\t%.1f\t%.0f %%\t%.3f (%d)\t%s\n", name, 1e3*l.Seconds, 1e3*l.WorkSeconds, l.GFLOPS(),
			percent(l.GFLOPS(), p.PeakGFLOPS), float64(l.Bytes)/1e6, percent(float64(l.Bytes)/l.Seconds/1e9, p.CopyGBs),
			1e3*l.LayoutSeconds, l.LayoutCount, strings.Join(l.Kernels, "; "))
	}
}

func printKernels(table io.Writer, p experiments.Profile, phase experiments.PhaseProfile) {
	fmt.Fprintln(table, "  layer\tkernel\tms\tGFLOP/s\tof peak\tMB\tof copies")
	for _, k := range phase.Kernels {
		fmt.Fprintf(table, "  %s\t%s\t%.3f\t%.0f\t%.0f %%\t%.1f\t%.0f %%\n", k.Layer, k.Kernel, 1e3*k.Seconds, k.GFLOP/k.Seconds,
			percent(k.GFLOP/k.Seconds, p.PeakGFLOPS), float64(k.Bytes)/1e6, percent(float64(k.Bytes)/k.Seconds/1e9, p.CopyGBs))
	}
}

func percent(part, whole float64) float64 { return 100 * part / whole }
