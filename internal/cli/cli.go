// Package cli is the command line of tplproxy: one file a subcommand. It reads
// arguments, settings and files, leaves the work to package rewrite, and says
// what came out. Errors go to the standard error as "path:line: what is wrong".
package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tplproxy/tplproxy/rules"
)

// Exit codes.
const (
	exitDone  = 0
	exitFound = 1 // --check or --fail-on found something
	exitWrong = 2 // wrong use or bad input
)

// Streams are what a process reads and writes, and its environment.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Environ  []string // NAME=VALUE
	Terminal bool     // whether Out is a terminal
}

// A command is one subcommand.
type command struct {
	name  string
	args  string // as in its usage line
	about string
	flags func(*pflag.FlagSet, *options)
	run   func(*app, *options, []string) (int, error)
}

// commands lists the subcommands in the order in which help shows them.
func commands() []command {
	return []command{
		{"rewrite", "PATH…", "wrap every download, in place; PATH is a Tutor env dir, any directory, a Dockerfile, or - (stdin to stdout)", rewriteFlags, runRewrite},
		{"restore", "PATH…", "take every block out again, byte for byte", outputFlags, runRestore},
		{"scan", "PATH…", "what is downloaded, where from, and whether a proxy serves it", scanFlags, runScan},
		{"rules", "[NAME]", "the rules in force; one in full", settingFlags, runRules},
		{"version", "", "which tplproxy this is", nil, runVersion},
		{"help", "[COMMAND]", "what a command does, and its flags", nil, runHelp},
		{"completion", "bash|zsh|fish", "a completion script for a shell", nil, runCompletion},
	}
}

func names() []string {
	var list []string
	for _, c := range commands() {
		list = append(list, c.name)
	}
	return list
}

// options are the flags of all subcommands.
type options struct {
	check, diff bool
	output      string
	set         []string
	config      string
	rules       []string
	only, skip  []string
	format      string
	failOn      []string
}

func settingFlags(fs *pflag.FlagSet, o *options) {
	fs.StringArrayVarP(&o.set, "set", "s", nil, "a setting, as `NAME=VALUE`; wins over the environment and config.yml")
	fs.StringVarP(&o.config, "config", "c", "", "the YAML `FILE` with the settings, in place of the config.yml beside the env dir")
	fs.StringArrayVar(&o.rules, "rules", nil, "a rule file, or a directory of them (`FILE|DIR`), added to the built-in rules")
	fs.StringSliceVar(&o.only, "only", nil, "only these `RULE`s, with commas between")
	fs.StringSliceVar(&o.skip, "skip", nil, "all but these `RULE`s, with commas between")
}

func outputFlags(fs *pflag.FlagSet, o *options) {
	fs.BoolVar(&o.check, "check", false, "write nothing; exit 1 if anything would change")
	fs.BoolVar(&o.diff, "diff", false, "write nothing; print a unified diff")
	fs.StringVarP(&o.output, "output", "o", "", "write the results to `DIR`, same relative paths, and leave the sources alone")
}

func rewriteFlags(fs *pflag.FlagSet, o *options) {
	outputFlags(fs, o)
	settingFlags(fs, o)
}

func scanFlags(fs *pflag.FlagSet, o *options) {
	fs.StringVar(&o.format, "format", "table", "`FORMAT` of the report: table, json or sarif")
	fs.StringSliceVar(&o.failOn, "fail-on", nil, "exit 1 if a download has one of these `STATUS`es, with commas between: "+strings.Join(statusNames(), ", "))
	settingFlags(fs, o)
}

// An app is one run of the command line.
type app struct {
	Streams
	paint bool // whether to use colours
}

// Run carries out the arguments, without the program's name, and gives the exit
// code.
func Run(args []string, s Streams) int {
	a := &app{Streams: s, paint: s.Terminal && env(s.Environ, "NO_COLOR") == "" && env(s.Environ, "TERM") != "dumb"}
	out := &checked{Writer: s.Out}
	a.Out = out
	code, err := a.run(args)
	if out.err != nil && err == nil {
		code, err = exitWrong, fmt.Errorf("tplproxy: the output could not be written: %w", cause(out.err))
	}
	for _, e := range flatten(err) {
		fmt.Fprintln(a.Err, rules.Mask(e.Error()))
	}
	return code
}

// A checked writer keeps its first error: what is printed for a person is
// printed in many places.
type checked struct {
	io.Writer
	err error
}

func (c *checked) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

func (a *app) run(args []string) (int, error) {
	if len(args) == 0 {
		a.usage(a.Err)
		return exitWrong, nil
	}
	switch args[0] {
	case "-h", "--help":
		a.usage(a.Out)
		return exitDone, nil
	case "--version":
		return runVersion(a, nil, nil)
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		return exitWrong, fmt.Errorf("tplproxy: there is no command %s%s\ntplproxy help lists them", args[0], didYouMean(args[0], names()))
	}
	return a.runCommand(all[i], args[1:])
}

func (a *app) runCommand(c command, args []string) (int, error) {
	o := &options{}
	fs := flagSet(c, o)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		a.help(a.Out, c)
		return exitDone, nil
	case err != nil:
		return exitWrong, fmt.Errorf("tplproxy %s: %s\ntplproxy help %s lists its flags", c.name, flagError(fs, err), c.name)
	}
	code, err := c.run(a, o, fs.Args())
	if err != nil {
		code = exitWrong
	}
	return code, err
}

func flagSet(c command, o *options) *pflag.FlagSet {
	fs := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() {}
	fs.SetOutput(io.Discard)
	if c.flags != nil {
		c.flags(fs, o)
	}
	return fs
}

// flagError says what is wrong with a flag, and which one is like it.
func flagError(fs *pflag.FlagSet, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err.Error()
	}
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return fmt.Sprintf("there is no flag -%s", name)
	}
	var names []string
	fs.VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fmt.Sprintf("there is no flag --%s%s", name, didYouMean("--"+name, names))
}

func didYouMean(name string, names []string) string {
	if near := rules.Nearest(name, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// flatten lists joined errors.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, e := range joined.Unwrap() {
			list = append(list, flatten(e)...)
		}
		return list
	}
	return []error{err}
}

// env gives a variable of an environment; the last one counts.
func env(environ []string, name string) string {
	value := ""
	for _, e := range environ {
		if n, v, _ := strings.Cut(e, "="); n == name {
			value = v
		}
	}
	return value
}
