package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newReport(c *console) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "report RUN... [--out FILE.html]",
		Short: "Draw a run, or several side by side, on one page, and print the page's path",
		Long: `Redraw the plots of a run folder and its report.html: the run on one page that needs no
network and no other file, for a screen of any width, light or dark. While the run goes on, it
redraws the page itself, and a page that is open follows.

Of several runs (--out names the page) it shows what each made, their curves in common plots, their
scores in one table, a protocol a column, and the settings in which they differ. Runs that differ in
their seed alone are drawn as their mean in a band of ± one standard deviation.

The path of the page goes to standard output.`,
		Example: `  videogan report runs/digits
  videogan report runs/sn-seed1 runs/sn-seed2 runs/svc-seed1 --out study.html`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			folders := runFolders(args)
			switch {
			case out == "" && len(folders) > 1:
				return usageError{fmt.Errorf("--out: name the page of %d runs, for example --out report.html", len(folders))}
			case out == "":
				out = folders[0].Report()
				if err := experiments.Report(folders[0]); err != nil {
					return err
				}
			default:
				if err := experiments.ReportRuns(folders, out); err != nil {
					return err
				}
			}
			fmt.Fprintln(c.out, out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file of the page (default: report.html of the run)")
	return cmd
}

func runFolders(args []string) []experiments.Folder {
	folders := make([]experiments.Folder, len(args))
	for i, arg := range args {
		folders[i] = experiments.Folder(arg)
	}
	return folders
}
