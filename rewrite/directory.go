package rewrite

import (
	"path"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// scripted tells whether the rule's scripts are for the command: the program, or
// the command as it stands in the rule.
func (m *call) scripted() bool {
	return m.rule.Rule.Scripts.There() &&
		(slices.Contains(m.scripts, m.name) || slices.Contains(m.scripts, strings.Join(append([]string{m.name}, m.pattern.words...), " ")))
}

// scriptless tells whether scripts before and behind the instruction would not
// work where the command does.
func (r *run) scriptless(m *call, v *verdict) bool {
	v.status = Unreachable
	if by := m.command.Other; by != "" {
		v.reason = by + " runs it as another user, whose files are not those of the scripts before and behind"
		return true
	}
	if by := m.command.Elsewhere; by != "" {
		v.reason = by + " runs it in another directory than the scripts before and behind"
		return true
	}
	for _, name := range m.rule.Rule.Scripts.Variables {
		if _, assigned := m.command.Assigned[name]; assigned {
			v.reason = "the RUN itself sets " + name
			return true
		}
	}
	if mount := r.covered(m.rule); mount != "" {
		v.reason = "the RUN mounts something on " + mount + ", which hides what is put there before"
		return true
	}
	var known bool
	if v.dirs, known = r.directories(m.rule); !known {
		v.status, v.reason = Unsupported, "the directory that it works in cannot be resolved, so what it leaves there could not be put right"
		return true
	}
	for _, dir := range v.dirs {
		dir = r.absolute(dir)
		if mount := r.readFlags().hides(dir + "/."); mount != "" {
			v.reason = "the RUN mounts something on " + mount + ", which the scripts before and behind do not see"
			return true
		}
	}
	if mover := r.carriedAway(m, v.dirs); mover != "" {
		v.status, v.reason = Unsupported, "the RUN takes what it leaves there elsewhere, where it could not be put right: "+shorten(mover)
		return true
	}
	return false
}

// absolute gives a directory of the RUN's as a path; where the WORKDIR is not
// known, as one below the root.
func (r *run) absolute(dir string) string {
	if path.IsAbs(dir) {
		return dir
	}
	return path.Join("/", r.Scope.Workdir, dir)
}

// carriedAway gives the command of the RUN that may take the directories in which
// the rule's programs work elsewhere, or "".
func (r *run) carriedAway(m *call, dirs []string) string {
	for _, c := range r.script.Commands {
		program := path.Base(c.Words[0].Text)
		if slices.ContainsFunc(m.rule.Rule.Scripts.Movers, func(mover string) bool { return saysAll(c, strings.Fields(mover)) }) {
			return c.Text()
		}
		if !slices.Contains(m.rule.Rule.Scripts.Movers, program) {
			continue
		}
		for _, w := range moved(program, c.Words[1:]) {
			if w.Holes || r.mayHold(path.Clean(w.Text), dirs) {
				return c.Text()
			}
		}
	}
	return ""
}

// saysAll tells whether a command has the words of another, of more than one, in
// order.
func saysAll(c shell.Command, words []string) bool {
	if len(words) < 2 || path.Base(c.Words[0].Text) != words[0] {
		return false
	}
	words = words[1:]
	for _, w := range c.Words[1:] {
		if len(words) > 0 && w.Text == words[0] {
			words = words[1:]
		}
	}
	return len(words) == 0
}

// moved gives those words of a command that may be what it takes elsewhere: all
// but the last, which is where it goes to, for all but the programs that pack.
func moved(program string, words []shell.Word) []shell.Word {
	if program == "tar" || program == "zip" {
		return words
	}
	for _, w := range words {
		if strings.HasPrefix(w.Text, "-t") || strings.HasPrefix(w.Text, "--target-directory") {
			return words
		}
	}
	return words[:max(len(words)-1, 0)]
}

// mayHold tells whether a path of a command may be one of dirs, lie in its
// repository, or hold it. Neither where the command stands nor where a directory
// that is not the root's lies is sure: a path is one wherever its last name
// occurs.
func (r *run) mayHold(name string, dirs []string) bool {
	if name == "." || strings.HasPrefix(name, "..") || strings.Contains(name, ".git") || strings.ContainsAny(name, "*?[") {
		return true
	}
	return slices.ContainsFunc(dirs, func(dir string) bool {
		dir = r.absolute(dir) + "/"
		return strings.HasPrefix(dir, strings.TrimSuffix(name, "/")+"/") || strings.Contains(dir, "/"+path.Base(name)+"/")
	})
}

// covered names a mount of the RUN's that may hide what a rule's scripts put into
// the user's home, or "".
func (r *run) covered(rule *rules.Resolved) string {
	for _, mount := range r.readFlags().mounts {
		for _, part := range rule.Rule.Scripts.Hidden {
			if slices.Contains(strings.Split(mount, "/"), part) {
				return mount
			}
			homes := []string{"/root"}
			for _, name := range append([]string{"HOME"}, rule.Rule.Scripts.Variables...) {
				if d := r.Scope.Lookup(name); d != nil && d.Known {
					homes = append(homes, d.Value)
				}
			}
			under := func(home string) bool { return r.readFlags().hides(home+"/"+part) == mount }
			if slices.ContainsFunc(homes, under) || mount == "/home" || path.Dir(mount) == "/home" {
				return mount
			}
		}
	}
	return ""
}

// maxDirectories is how many directories a RUN may work in.
const maxDirectories = 32

// directories lists where the RUN's commands work: in its own directory, in those
// that it changes to, each perhaps below any of the others, and in those that the
// rule's programs stand in or are told. known is false where one of them cannot
// be resolved.
func (r *run) directories(rule *rules.Resolved) (dirs []string, known bool) {
	if d, ok := r.dirs[rule.Name]; ok {
		return d.list, d.known
	}
	d := &directories{list: []string{"."}, known: true}
	for _, c := range r.script.Commands {
		d.follow(c, rule)
	}
	slices.Sort(d.list)
	d.list = slices.Compact(d.list)
	if r.dirs == nil {
		r.dirs = map[string]*directories{}
	}
	r.dirs[rule.Name] = d
	return d.list, d.known
}

// directories are collected from a RUN.
type directories struct {
	list  []string
	known bool
}

func (d *directories) follow(c shell.Command, rule *rules.Resolved) {
	words := c.Words[1:]
	switch name := path.Base(c.Words[0].Text); {
	case name == "cd" || name == "pushd":
		for len(words) > 0 && len(words[0].Text) > 1 && words[0].Text[0] == '-' {
			words = words[1:] // -P, --
		}
		if len(words) == 0 {
			d.known = false // home
		} else if words[0].Text != "-" {
			d.add(words[0])
		}
	case slices.ContainsFunc(rule.Rule.Scripts.Commands, func(s string) bool { return rules.Begins(s, name) }):
		if dir := path.Dir(c.Words[0].Text); strings.Contains(c.Words[0].Text, "/") && !strings.HasSuffix(dir, "bin") {
			d.add(shell.Word{Text: dir, Holes: c.Words[0].Holes})
		}
		for i, w := range words {
			for _, o := range rule.Rule.Scripts.Directories {
				if value, ok := strings.CutPrefix(w.Text, o+"="); ok {
					d.add(shell.Word{Text: value, Holes: w.Holes})
				} else if w.Text == o && i+1 < len(words) {
					d.add(words[i+1])
				}
			}
		}
	}
}

// add adds a directory, by itself and below each of those before it.
func (d *directories) add(w shell.Word) {
	if w.Holes || w.Text == "" || strings.Trim(w.Text, plainPath) != "" {
		d.known = false
		return
	}
	dir := path.Clean(w.Text)
	if slices.Contains(d.list, dir) && path.IsAbs(dir) {
		return
	}
	if !path.IsAbs(dir) {
		for _, before := range slices.Clone(d.list) {
			d.list = append(d.list, path.Join(before, dir))
		}
	}
	d.list = append(d.list, dir)
	slices.Sort(d.list)
	if d.list = slices.Compact(d.list); len(d.list) > maxDirectories {
		d.known, d.list = false, d.list[:maxDirectories]
	}
}
