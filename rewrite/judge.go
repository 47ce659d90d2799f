package rewrite

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// A verdict is what becomes of one command, or of one reference.
type verdict struct {
	status Status
	reason string
	fix    string // what would change that
	hosts  []string
	note   string // what to know about it as a proxied one

	env, files []string // what is to be set for it
	deciding   []string // those of env that say where to download from
	along      []resource

	variable, value string // a variable that a reference is read from, and what it must be

	// changeable tells that words of an instruction can be changed, which does
	// without what is to be set, but for files where it says so.
	changeable bool
	withFiles  bool
	edits      []edit
	changeIn   *dockerfile.Instruction // nil for the one that fetches
	mend       string                  // a script that takes back what the change leaves behind
	scripts    bool                    // whether the rule's scripts run around it
	dirs       []string                // that they are given
}

// judge tells what becomes of a command that downloads.
func (r *run) judge(m *call) verdict {
	v := verdict{hosts: m.hosts}
	if len(v.hosts) == 0 {
		v.hosts = r.upstream(m.program)
	}
	if r.lost(m, &v) {
		return v
	}
	var change verdict
	if ref, ok := m.rule.References["file"]; ok {
		change = r.changeURLs(m, ref)
		change.hosts = v.hosts
		// What is set around it does as well, where a rewrite with other
		// settings did that.
		change.deciding, change.files = m.decidingNames(), m.files
		if change.status == Proxied || len(change.edits) > 0 {
			return change
		}
		if !m.sets() && change.status != Direct {
			if change.fix == "" {
				change.fix = "set " + m.rule.Setting + " as well, for what cannot be changed"
			}
			return change
		}
	}
	v = r.wrapped(m, v)
	v.changeable = v.changeable || change.changeable
	return v
}

// sets tells whether the rule, as it is in force, sets anything for the program;
// one that is off would.
func (p *program) sets() bool {
	return !p.rule.On || slices.ContainsFunc(p.env, func(name string) bool { return p.rule.Env[name] != "" }) ||
		slices.ContainsFunc(p.files, func(name string) bool { return p.rule.Files[name] != "" }) || p.rule.Arguments[p.name] != ""
}

// wrapped tells what becomes of a command by what is set around it.
func (r *run) wrapped(m *call, v verdict) verdict {
	if r.settled(m, &v) {
		if v.status == Proxied {
			// By the author's own doing, where the command listens to that.
			w := v
			if r.unreached(m, &w) || r.ownFile(m, &w) {
				return w
			}
		}
		return v
	}
	v.note = r.note(m)
	v.env, v.files = m.env, m.files
	if v.scripts = m.scripted(); v.scripts && r.scriptless(m, &v) {
		return v
	}
	v.deciding = m.decidingNames()
	if v.variable != "" {
		v.value = m.rule.URL
	}
	v.along = r.along(m)
	v.status, v.reason, v.fix = Wrappable, v.note, "tplproxy rewrite"
	switch {
	case !m.rule.On:
		v.status, v.reason, v.fix = Direct, m.rule.Off, m.rule.Fix
	case !m.sets():
		v.status, v.reason, v.fix = Direct, m.rule.Setting+" is not set", "set "+m.rule.Setting
	}
	if m.argument && (!m.rule.On || m.rule.Arguments[m.name] != "") {
		r.insertArguments(m, &v)
	}
	return v
}

// decidingNames lists the variables of the program's that say where to download
// from.
func (p *program) decidingNames() []string {
	var names []string
	for _, name := range p.env {
		if slices.Contains(p.variables, name) {
			names = append(names, name)
		}
	}
	if len(names)+len(p.files) == 0 {
		return p.env
	}
	return names
}

// along lists what the other rules set that go with this one, but for what the
// RUN or the Dockerfile has its own word on.
func (r *run) along(m *call) []resource {
	return slices.DeleteFunc(slices.Clone(m.with), func(o resource) bool {
		d := r.Scope.Lookup(o.variable)
		_, assigned := m.command.Assigned[o.variable]
		return d != nil && !d.Env && r.Scope.Env(o.variable) || r.refused(o.variable, &verdict{}) || r.mountsEnv(o.variable) ||
			r.expansions(o.variable) > 0 || assigned || m.command.Removed[o.variable] || slices.Contains(m.env, o.variable)
	})
}

// lost tells whether nothing that the tool could do helps the command.
func (r *run) lost(m *call, v *verdict) bool {
	return r.unsupported(v) || r.unresolved(m, v) || r.offline(v) || r.foreign(m, v)
}

// settled tells whether anything but the rule's setting decides.
func (r *run) settled(m *call, v *verdict) bool {
	return r.cutOff(m, v) || r.ignored(m, v) || r.flagged(m, v) ||
		r.ownValue(m, v) || r.ownProxy(m, v) || r.usesOurs(m, v) || r.ownFile(m, v) || r.configuredBefore(m, v) ||
		r.unreached(m, v) || r.otherProgram(m, v) || r.noPlace(m, v)
}

// offline tells whether the RUN has no network.
func (r *run) offline(v *verdict) bool {
	if !r.hasFlag("--network") || !r.readFlags().noNetwork {
		return false
	}
	v.status, v.reason, v.fix = Unreachable, "the RUN has no network (--network=none)", "leave out --network=none"
	return true
}

// foreign tells whether the command names what the rule's mirror does not serve.
func (r *run) foreign(m *call, v *verdict) bool {
	if m.foreign != "" {
		v.status, v.reason = Unsupported, m.foreign
		return true
	}
	if !m.rule.On || m.rule.OnlyFor == nil {
		return false
	}
	for _, host := range m.hosts {
		if !slices.Contains(m.rule.OnlyFor, host) {
			v.status, v.reason = Direct, fmt.Sprintf("%s does not list %s", m.rule.Only, host)
			v.fix = fmt.Sprintf("add %s to %s, if the mirror serves it", host, m.rule.Only)
			return true
		}
	}
	return false
}

// upstream gives the host that a rule stands in for.
func (r *run) upstream(p *program) []string {
	if len(p.upstreams) == 0 {
		return p.upstream
	}
	image := path.Base(r.Stage.Image())
	for _, host := range p.upstreams {
		if strings.Contains(image, host.name) {
			return []string{host.Reason}
		}
	}
	return nil
}

func (r *run) unsupported(v *verdict) bool {
	v.status = Unsupported
	switch {
	case r.Keyword == "onbuild":
		v.reason = "ONBUILD runs in the builds of other images, where a proxy of this build has no place"
	case r.windows():
		v.reason = "this is a Windows image"
	case slices.Contains(r.Scope.Shell, "-i"):
		v.reason = "SHELL begins with an empty environment"
	case r.otherShell() != "":
		v.reason = fmt.Sprintf("SHELL is %s, whose language is not known here", r.otherShell())
	case r.Open:
		v.reason = "the file ends in a line continuation, so nothing can stand behind the instruction; end its last line without one"
	default:
		return false
	}
	return true
}

// unreached tells whether the command is one that the rule knows but cannot
// help.
func (r *run) unreached(m *call, v *verdict) bool {
	v.status, v.reason = Unsupported, m.pattern.unsupported.Reason
	return v.reason != "" && !r.spared(m, m.pattern.unsupported)
}

func (r *run) unresolved(m *call, v *verdict) bool {
	if r.Stage.Ambiguous {
		v.status, v.reason = Unresolved, fmt.Sprintf("the stage is FROM one of several stages, by a variable that cannot be resolved (%s), so it is not known what is in force in it", r.Stage.Base)
		return true
	}
	if m.unresolved == "" {
		return false
	}
	v.status, v.reason = Unresolved, fmt.Sprintf("%s cannot be resolved from the Dockerfile", m.unresolved)
	v.fix = "write it out, or give the ARG that it comes from a default"
	return true
}

// cutOff tells whether what the rule sets does not arrive at the command.
func (r *run) cutOff(m *call, v *verdict) bool {
	v.status = Unreachable
	c := m.command
	if r.root != "" {
		// Not even for the commands beside it: a variable that names a file
		// of ours reaches the other root, the file does not.
		v.reason = r.root + " changes the root directory"
		return true
	}
	for _, name := range m.env {
		if c.Cleared != "" && !slices.Contains(c.Kept, name) {
			v.reason = fmt.Sprintf("%s keeps the variable %s from it", c.Cleared, name)
			if c.Raised {
				v.fix = "sudo -E, or USER root in place of sudo"
			}
			return true
		}
		if c.Removed[name] {
			v.reason = fmt.Sprintf("the RUN unsets %s", name)
			return true
		}
	}
	return false
}

// ignored tells whether an option makes the command ignore what the rule sets.
func (r *run) ignored(m *call, v *verdict) bool {
	v.status = Overridden
	for _, ignoring := range m.ignoring {
		name, value, valued := strings.Cut(ignoring.name, "=")
		for _, o := range m.options {
			if o.has(name) && (!valued || strings.HasPrefix(strings.ToLower(o.value.Text), strings.ToLower(value))) {
				v.reason, v.fix = ignoring.Reason, "leave out "+name
				return true
			}
		}
	}
	return false
}

// concerns tells whether a file or an image decides for the program.
func (p *program) concerns(d rules.Deciding) bool {
	return len(d.Programs) == 0 || slices.Contains(d.Programs, p.name)
}

// otherProgram tells whether the base image has another program of that name.
func (r *run) otherProgram(m *call, v *verdict) bool {
	v.status = Unreachable
	for _, d := range m.images {
		if strings.Contains(r.Stage.Image(), d.name) {
			v.reason = d.Reason
			return true
		}
	}
	return false
}

// note is what to know about a command that is proxied all the same.
func (r *run) note(m *call) string {
	for _, o := range m.options {
		if n := m.notes[o.name]; n != "" {
			return n
		}
	}
	if n := m.notes[""]; n != "" {
		return n
	}
	for _, name := range slices.Sorted(maps.Keys(m.notes)) {
		if name[0] != '-' && r.value(m, name) != "" {
			return m.notes[name]
		}
	}
	return ""
}

// noPlace tells whether a file of the rule cannot be put where it belongs.
func (r *run) noPlace(m *call, v *verdict) bool {
	v.status = Unsupported
	for _, name := range append(slices.Clone(m.env), v.variable) {
		if d := r.Scope.Lookup(name); d != nil && !d.Env && r.Scope.Env(name) {
			// What would have to be put back depends on the builder.
			v.reason = fmt.Sprintf("both an ENV and a later ARG are named %s, and builders disagree on which of them counts", name)
			return true
		}
		if r.refused(name, v) {
			return true
		}
	}
	v.status = Unreachable
	for _, file := range m.files {
		if mount := r.readFlags().hides(file); mount != "" {
			v.reason = fmt.Sprintf("the RUN mounts something on %s, which hides %s", mount, file)
			return true
		}
		if r.readFlags().unknown {
			v.reason = fmt.Sprintf("the RUN's flags cannot be resolved, and may hide %s", file)
			return true
		}
		user := r.Scope.User
		if needsRoot(file) && user == nil && r.Stage.Image() != "scratch" && (m.command.Raised || !m.rule.Rule.Files[file].Privileged) {
			v.reason = fmt.Sprintf("%s is written as root, and the base image's user is not known; say it with USER before", file)
			return true
		}
		if dir := path.Dir(file); !ours(file) && (r.Scope.Workdir == "" || r.Scope.Workdir == dir) {
			v.reason = fmt.Sprintf("%s may be the project's own, because WORKDIR is %s or not known; say another one before", file, dir)
			return true
		}
		if remover := r.removedBefore(m.command, file); remover != "" {
			v.reason = fmt.Sprintf("the RUN itself takes %s away before: %s", file, shorten(remover))
			return true
		}
		if needsRoot(file) && user != nil && !user.Root() {
			if _, same := r.Scope.SayAgain(r.Scope); !same {
				v.reason = fmt.Sprintf("%s is written as root, and USER %s would no longer give the same user afterwards", file, user.Text)
				return true
			}
		}
	}
	return false
}

// removedBefore gives the command of the RUN that takes a file away before
// another command, or "".
func (r *run) removedBefore(before shell.Command, file string) string {
	if !strings.Contains(r.source, "rm") && !strings.Contains(r.source, "mount") && !strings.Contains(r.source, "find") {
		return ""
	}
	for _, c := range r.script.Commands {
		if &c.Words[0] == &before.Words[0] {
			break
		}
		switch path.Base(c.Words[0].Text) {
		case "rm", "rmdir", "mount":
		case "find":
			if !slices.ContainsFunc(c.Words, func(w shell.Word) bool { return w.Text == "-delete" || w.Text == "-exec" }) {
				continue
			}
		default:
			continue
		}
		for _, w := range c.Words[1:] {
			if w.Holes || !strings.HasPrefix(w.Text, "/") {
				continue
			}
			dir := path.Clean(w.Text)
			if dir == "/" || strings.HasPrefix(file, dir+"/") || globs(dir, file) {
				return c.Text()
			}
		}
	}
	return ""
}

// globs tells whether a shell's pattern names a file, or a directory that it is
// in. A * at the beginning of a name does not stand for a dot.
func globs(pattern, file string) bool {
	pattern = strings.ReplaceAll(pattern, "[!", "[^") // as path.Match writes it
	for name := file; name != "/"; name = path.Dir(name) {
		ok, _ := path.Match(pattern, name)
		if ok && !(strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(path.Base(pattern), ".")) {
			return true
		}
	}
	return false
}

// needsRoot tells whether only root can write a file: all places but those that
// are everybody's.
func needsRoot(file string) bool {
	return !strings.HasPrefix(file, "/tmp/") && !strings.HasPrefix(file, "/var/tmp/")
}
