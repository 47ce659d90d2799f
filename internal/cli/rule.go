package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/rules"
)

// A sheet is what is printed of a rule: entries below one another, with a title
// beside the first of each kind.
type sheet struct {
	w     io.Writer
	title string // of the entry before
}

const titleWidth = 12

// entry prints one entry; the lines behind the first stand below it.
func (s *sheet) entry(title, text string) {
	shown := title
	if title == s.title {
		shown = ""
	}
	s.title = title
	for line := range strings.Lines(text) {
		line = fmt.Sprintf("%-*s%s", titleWidth, shown, strings.TrimRight(line, "\n"))
		fmt.Fprintln(s.w, strings.TrimRight(line, " "))
		shown = ""
	}
}

// masked prints an entry that may hold a password.
func (s *sheet) masked(title, text string) { s.entry(title, rules.Mask(text)) }

// wrapped prints an entry of words.
func (s *sheet) wrapped(title, text string) {
	s.entry(title, strings.Join(wrap(text, pageWidth-titleWidth), "\n"))
}

// block is a text of several lines below what it is about.
func block(head, text string) string {
	for line := range strings.Lines(text) {
		head += "\n  " + strings.TrimRight(line, "\n")
	}
	return head
}

// printRule prints a rule in full: with its values where it is in force, with
// its templates where it is not.
func (a *app) printRule(s *setup, r *rules.Resolved) {
	fmt.Fprintf(a.Out, "%s: %s\n\n", a.bold(r.Name), r.About)
	sheet := &sheet{w: a.Out}
	sheet.settings(s, r)
	sheet.scope(r)
	sheet.sets(r)
	sheet.references(r)
	sheet.limits(r)
}

// settings are those that turn the rule on, and those that it reads besides.
func (s *sheet) settings(of *setup, r *rules.Resolved) {
	if !r.On {
		s.entry("setting", "off: "+r.Off)
	}
	turnOn := r.TurnOn()
	on := of.turnsOn(r)
	for _, name := range r.Reads() {
		v := of.value(name)
		title := "reads"
		switch {
		case slices.Contains(on, name):
			title = "setting"
		case slices.Contains(turnOn, name) && !r.On && v.text == "":
			continue // that it is not set was said
		case slices.Contains(turnOn, name):
			title = "or"
		}
		if v.text == "" {
			s.entry(title, name+" is not set")
			continue
		}
		s.masked(title, name+"="+v.text+"\n"+v.source)
	}
}

// scope is what the rule is about.
func (s *sheet) scope(r *rules.Resolved) {
	if r.Upstream != "" {
		s.masked("upstream", r.Upstream)
	}
	for _, image := range slices.Sorted(maps.Keys(r.Hosts)) {
		s.entry("hosts", r.Hosts[image]+" for images named …"+image+"…")
	}
	if r.Only != "" {
		s.wrapped("only for", orAll(r.OnlyFor)+" ("+r.Only+")")
	}
	for _, c := range r.Commands {
		s.entry("commands", c)
	}
	for _, list := range []struct {
		title   string
		entries []string
	}{
		{"aliases", r.Aliases}, {"runs", r.Runs}, {"options", r.Options}, {"bundled", r.Bundled}, {"shortened", r.Shortened}, {"flags", r.Flags}, {"lists", r.Lists},
		{"secrets", r.Secrets}, {"offline", r.Offline}, {"variables", r.Variables},
	} {
		if len(list.entries) > 0 {
			between := ", "
			if slices.ContainsFunc(list.entries, func(e string) bool { return strings.Contains(e, " ") }) {
				between = "; "
			}
			s.wrapped(list.title, strings.Join(list.entries, between))
		}
	}
}

// inForce gives a value as it is rendered, or its template where the rule is off.
func inForce(r *rules.Resolved, rendered map[string]string, name string, template rules.Text) (text string, there bool) {
	if !r.On {
		return template.String(), true
	}
	text, there = rendered[name]
	return text, there
}

// sets is what the rule puts around an instruction, and into its commands.
func (s *sheet) sets(r *rules.Resolved) {
	for _, name := range slices.Sorted(maps.Keys(r.Rule.Env)) {
		v := r.Rule.Env[name]
		if value, there := inForce(r, r.Env, name, v.Value); there {
			more := ""
			if v.Append {
				more += "\n  an earlier value goes on behind it"
			}
			if v.Neutral != "" {
				more += "\n  afterwards, where nothing had set it: " + v.Neutral
			}
			s.masked("sets", name+"="+value+forPrograms(v.Programs)+more)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Rule.Files)) {
		f := r.Rule.Files[name]
		if content, there := inForce(r, r.Files, name, f.Content); there {
			s.masked("writes", block(name+forPrograms(f.Programs), content))
		}
	}
	for _, programs := range slices.Sorted(maps.Keys(r.Rule.Arguments)) {
		first, _, _ := strings.Cut(programs, "|")
		if text, there := inForce(r, r.Arguments, first, r.Rule.Arguments[programs]); there {
			s.masked("arguments", programs+" "+text)
		}
	}
	for _, name := range r.With {
		s.entry("with", "what the rule "+name+" sets, where it is on")
	}
	s.script("before", r, r.Before, r.Scripts.Before)
	s.script("behind", r, r.After, r.Scripts.After)
	for _, list := range []struct {
		what    string
		entries []string
	}{
		{"are given the directories behind ", r.Scripts.Directories},
		{"are not for a RUN that sets ", r.Scripts.Variables},
		{"are not for a RUN with a mount on ", r.Scripts.Hidden},
		{"are not for a RUN with what they are for and ", r.Scripts.Movers},
	} {
		if len(list.entries) > 0 {
			s.wrapped("scripts", list.what+strings.Join(list.entries, ", "))
		}
	}
}

// script is one that runs around an instruction. A pattern in it may look like a
// password; it is masked only where a setting has one.
func (s *sheet) script(title string, r *rules.Resolved, text string, template rules.Text) {
	if !r.On {
		text = template.String()
	}
	if text == "" {
		return
	}
	text = block("this script runs"+forPrograms(r.Scripts.Commands), text)
	if r.Password() {
		text = rules.Mask(text)
	}
	s.entry(title, text)
}

// references is what the rule changes in instructions.
func (s *sheet) references(r *rules.Resolved) {
	for _, kind := range slices.Sorted(maps.Keys(r.Rule.References)) {
		ref := r.References[kind]
		head := "of the kind " + kind
		if len(r.Instructions) > 0 {
			head += ", in " + strings.Join(r.Instructions, ", ")
		}
		if r.Rule.References[kind].Only != "" {
			head += ", for " + orAll(ref.Hosts) + " (" + ref.Of + ")"
		}
		if ref.Off != "" && r.On {
			s.masked("references", head+": "+ref.Off)
			continue
		}
		to := maps.Clone(ref.To)
		if !r.On {
			to = map[string]string{}
			for from, text := range r.Rule.References[kind].To {
				to[from] = text.String()
			}
		}
		for _, from := range slices.Sorted(maps.Keys(to)) {
			head += "\n  " + from + " becomes " + to[from]
		}
		s.masked("references", head)
	}
}

// limits is where the rule does not help, and what to know where it does.
func (s *sheet) limits(r *rules.Resolved) {
	for _, host := range slices.Sorted(maps.Keys(r.Besides)) {
		b := r.Besides[host]
		text := host
		if b.Of != "" {
			text += " where the command asks " + b.Of
		}
		text += ": " + b.Reason
		if b.Unless != "" {
			text += "; " + b.Unless + " changes that"
		}
		s.wrapped("besides", text+forPrograms(b.Programs))
	}
	decided := func(all map[string]rules.Deciding) map[string][]string {
		reasons := map[string]string{}
		for name, d := range all {
			if len(d.Unless) > 0 {
				name += " without " + strings.Join(d.Unless, ", ")
			}
			reasons[name+forPrograms(d.Programs)] = d.Reason
		}
		return inverse(reasons)
	}
	for _, list := range []struct {
		title    string
		byReason map[string][]string
	}{
		{"keeping", r.Keeping}, {"ignoring", r.Ignoring}, {"unsupported", decided(r.Unsupported)}, {"configured", decided(r.Configured)},
		{"deciding", decided(r.Deciding)}, {"images", decided(r.Images)}, {"notes", inverse(r.Notes)},
	} {
		for _, reason := range slices.Sorted(maps.Keys(list.byReason)) {
			s.wrapped(list.title, strings.Join(list.byReason[reason], ", ")+": "+reason)
		}
	}
}

// inverse gives what each reason is for.
func inverse(reasons map[string]string) map[string][]string {
	names := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		names[reasons[name]] = append(names[reasons[name]], name)
	}
	return names
}

func orAll(hosts []string) string {
	if len(hosts) == 0 {
		return "all hosts"
	}
	return strings.Join(hosts, ", ")
}

func forPrograms(programs []string) string {
	if len(programs) == 0 {
		return ""
	}
	return " (for " + strings.Join(programs, ", ") + ")"
}
