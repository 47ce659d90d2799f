package rewrite

import (
	"slices"
	"strings"
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
	if m.command.Other != "" {
		v.reason = m.command.Other + " runs it as another user, whose files are not those of the scripts before and behind"
		return true
	}
	for _, name := range m.rule.Rule.Scripts.Variables {
		if _, assigned := m.command.Assigned[name]; assigned {
			v.reason = "the RUN itself sets " + name
			return true
		}
	}
	for _, part := range m.rule.Rule.Scripts.Hidden {
		for _, mount := range r.readFlags().mounts {
			if slices.Contains(strings.Split(mount, "/"), part) {
				v.reason = "the RUN mounts something on " + mount + ", which hides what is put there before"
				return true
			}
		}
	}
	var known bool
	if v.dirs, known = r.directories(); !known {
		v.status, v.reason = Unsupported, "the directory that it works in cannot be resolved, so what it leaves there could not be put right"
	}
	return !known
}

// directories lists where the RUN's commands work: in its own directory, in those
// that it changes to, in those that they are told by -C. known is false where one
// of them cannot be resolved, or depends on another.
func (r *run) directories() (dirs []string, known bool) {
	dirs = []string{"."}
	for _, c := range r.script.Commands {
		for i, w := range c.Words[1:] {
			dir := w.Text
			switch {
			case i == 0 && slices.Contains([]string{"cd", "pushd"}, c.Words[0].Text) && dir != "-":
			case i > 0 && c.Words[i].Text == "-C":
			default:
				continue
			}
			if w.Holes || strings.Trim(dir, plainPath) != "" {
				return nil, false
			}
			if !strings.HasPrefix(dir, "/") && len(dirs) > 1 && dirs[len(dirs)-1] != "." {
				// Below the one before, perhaps.
				dirs = append(dirs, strings.TrimSuffix(dirs[len(dirs)-1], "/")+"/"+dir)
			}
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), true
}
