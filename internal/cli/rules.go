package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tplproxy/tplproxy/rules"
)

func runRules(a *app, o *options, args []string) (int, error) {
	if len(args) > 1 {
		return exitWrong, errors.New("tplproxy rules: one rule at a time, please")
	}
	// The rules have no path of their own: the settings are those of the
	// working directory.
	s, err := a.setup(o, []string{"."})
	if err != nil {
		return exitWrong, err
	}
	if len(args) == 1 {
		var names []string
		for _, r := range s.Rules() {
			if r.Name == args[0] {
				a.printRule(s, r)
				return exitDone, nil
			}
			names = append(names, r.Name)
		}
		return exitWrong, fmt.Errorf("tplproxy rules: %w", rules.Unknown("rule", args[0], names))
	}
	a.listRules(s)
	return exitDone, nil
}

// listRules prints each rule with the settings that turn it on, or why it is
// off, and what it is about.
func (a *app) listRules(s *setup) {
	width := 0
	for _, r := range s.Rules() {
		width = max(width, len(r.Name))
	}
	for _, r := range s.Rules() {
		state, reasons := a.colour(yellow, "off"), []string{r.Off}
		if r.On {
			state, reasons = a.colour(green, "on "), nil
			for _, name := range s.turnsOn(r) {
				reasons = append(reasons, name+"="+rules.Mask(s.value(name).text))
			}
		}
		fmt.Fprintf(a.Out, "%-*s  %s %s\n", width, r.Name, state, strings.Join(reasons, fmt.Sprintf("\n%*s", width+6, "")))
		fmt.Fprintf(a.Out, "%*s  %s\n", width, "", r.About)
	}
}
