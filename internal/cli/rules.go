package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/rules"
)

func runRules(a *app, o *options, args []string) (int, error) {
	if len(args) > 1 {
		return exitWrong, errors.New("tplproxy rules: one rule at a time, please")
	}
	// The rules have no path of their own: the settings are those of the
	// working directory.
	rw, settings, err := a.rewriter(o, []string{"."})
	if err != nil {
		return exitWrong, err
	}
	if len(args) == 1 {
		var names []string
		for _, r := range rw.Rules() {
			if r.Name == args[0] {
				a.printRule(r, settings)
				return exitDone, nil
			}
			names = append(names, r.Name)
		}
		return exitWrong, fmt.Errorf("tplproxy rules: %w", rules.Unknown("rule", args[0], names))
	}
	width := 0
	for _, r := range rw.Rules() {
		width = max(width, len(r.Name))
	}
	for _, r := range rw.Rules() {
		state := a.colour(yellow, "off") + " " + r.Off
		if r.On {
			state = a.colour(green, "on ") + " " + r.Setting + "=" + rules.Mask(r.URL)
		}
		fmt.Fprintf(a.Out, "%-*s  %s\n%*s  %s\n", width, r.Name, state, width, "", r.About)
	}
	return exitDone, nil
}

func (a *app) printRule(r *rules.Resolved, settings rules.Settings) {
	print := func(format string, args ...any) { fmt.Fprintf(a.Out, format, args...) }
	print("%s: %s\n\n", a.bold(r.Name), r.About)
	if r.On {
		print("setting    %s=%s\n           from %s\n", r.Setting, rules.Mask(r.URL), settings[r.Setting].Source)
	} else {
		print("setting    off: %s\n", r.Off)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Defaults)) {
		if s, ok := settings[name]; ok && s.Value != "" {
			print("           %s=%s\n           from %s\n", name, rules.Mask(s.Value), s.Source)
		} else {
			print("           %s=%s\n           the default\n", name, r.Defaults[name])
		}
	}
	if r.Upstream != "" {
		print("upstream   %s\n", r.Upstream)
	}
	for _, list := range []struct {
		title   string
		entries []string
	}{{"commands", r.Commands}, {"flags", r.Flags}, {"offline", r.Offline}, {"variables", r.Variables}} {
		title := list.title
		for _, e := range list.entries {
			print("%-10s %s\n", title, e)
			title = ""
		}
	}
	title := "sets"
	for _, name := range slices.Sorted(maps.Keys(r.Rule.Env)) {
		value := r.Rule.Env[name].Value.String()
		if r.On {
			value = r.Env[name]
		}
		print("%-10s %s=%s%s\n", title, name, rules.Mask(value), forPrograms(r.Rule.Env[name].Programs))
		title = ""
	}
	title = "writes"
	for _, name := range slices.Sorted(maps.Keys(r.Rule.Files)) {
		content := r.Rule.Files[name].Content.String()
		if r.On {
			content = r.Files[name]
		}
		print("%-10s %s%s\n", title, name, forPrograms(r.Rule.Files[name].Programs))
		for line := range strings.Lines(rules.Mask(content)) {
			print("             %s\n", strings.TrimRight(line, "\n"))
		}
		title = ""
	}
}

func forPrograms(programs []string) string {
	if len(programs) == 0 {
		return ""
	}
	return " (for " + strings.Join(programs, ", ") + ")"
}
