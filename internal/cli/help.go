package cli

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

func runHelp(a *app, _ *options, args []string) (int, error) {
	switch len(args) {
	case 0:
		a.usage(a.Out)
		return exitDone, nil
	case 1:
	default:
		return exitWrong, errors.New("tplproxy help: one command at a time, please")
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		return exitWrong, fmt.Errorf("tplproxy help: there is no command %s%s", args[0], didYouMean(args[0], names()))
	}
	a.help(a.Out, all[i])
	return exitDone, nil
}

func (a *app) usage(w io.Writer) {
	fmt.Fprint(w, `tplproxy sends the downloads of a Tutor environment's Dockerfiles through
pull-through cache proxies, and takes that back.

Usage: tplproxy COMMAND [FLAGS] [ARGUMENTS]

Commands:
`)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-26s %s\n", c.name+" "+c.args, c.about)
	}
	fmt.Fprint(w, "\nRun tplproxy help COMMAND for its flags.\nExit codes: 0 done; 1 --check or --fail-on found something; 2 wrong use or bad input.\n")
}

func (a *app) help(w io.Writer, c command) {
	fs := flagSet(c, &options{})
	usage := "tplproxy " + c.name
	if fs.HasFlags() {
		usage += " [FLAGS]"
	}
	fmt.Fprintf(w, "%s\n\nUsage: %s\n", c.about, strings.TrimSpace(usage+" "+c.args))
	if fs.HasFlags() {
		fmt.Fprintf(w, "\nFlags:\n%s", strings.ReplaceAll(fs.FlagUsages(), "[=true|false]", strings.Repeat(" ", len("[=true|false]"))))
	}
}

func runVersion(a *app, _ *options, args []string) (int, error) {
	if len(args) > 0 {
		return exitWrong, errors.New("tplproxy version: it takes no arguments")
	}
	fmt.Fprintf(a.Out, "tplproxy %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return exitDone, nil
}

// version names the release, or the commit that it was built from.
func version() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			version = v
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && version == "devel" {
				version += "-" + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return version
}
