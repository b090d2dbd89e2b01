// helm-chart does what `helm lint --strict` and `helm template` do, by Helm's own packages, without what talks to
// clusters and registries, which takes longer to build.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
)

const usage = "Usage: helm-chart lint|template [--namespace NAME] [--values FILE]... [--set KEY=VALUE]... CHART"

// several is an option that may be repeated.
type several []string

func (s *several) String() string         { return strings.Join(*s, ",") }
func (s *several) Set(value string) error { *s = append(*s, value); return nil }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf(usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	namespace := flags.String("namespace", "default", "")
	var files, set several
	flags.Var(&files, "values", "")
	flags.Var(&set, "set", "")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() != 1 {
		return fmt.Errorf(usage)
	}
	options := values.Options{ValueFiles: files, Values: set}
	given, err := options.MergeValues(getter.Providers{})
	if err != nil {
		return err
	}
	switch args[0] {
	case "lint":
		return lintChart(flags.Arg(0), given, *namespace)
	case "template":
		return template(flags.Arg(0), given, *namespace)
	}
	return fmt.Errorf(usage)
}

// lintChart takes warnings for errors. Hints are shown.
func lintChart(path string, given map[string]any, namespace string) error {
	result := lint.All(path, given, namespace, true)
	for _, message := range result.Messages {
		fmt.Println(message)
	}
	if result.HighestSeverity >= support.WarningSev {
		return fmt.Errorf("the chart is not as Helm wants it")
	}
	return nil
}

// template writes the manifests in the order of their names, as for an installation named sark.
func template(path string, given map[string]any, namespace string) error {
	chart, err := loader.Load(path)
	if err != nil {
		return err
	}
	if err := chartutil.ProcessDependencies(chart, given); err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: "sark", Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, given, release, chartutil.DefaultCapabilities)
	if err != nil {
		return err
	}
	rendered, err := engine.Engine{Strict: true}.Render(chart, all)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(rendered))
	for name, text := range rendered {
		if filepath.Base(name) != "NOTES.txt" && strings.TrimSpace(text) != "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Printf("---\n# Source: %s\n%s\n", name, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rendered[name]), "---")))
	}
	return nil
}
