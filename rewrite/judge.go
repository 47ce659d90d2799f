package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/rules"
)

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
		if len(change.edits) > 0 && r.ownProxy(m, &change) {
			change.edits = nil
			return change
		}
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

// sets tells whether the rule, as it is in force, does anything for the command;
// one that is off would.
func (m *call) sets() bool {
	return !m.rule.On || slices.ContainsFunc(m.env, func(name string) bool { return m.rule.Env[name] != "" }) ||
		slices.ContainsFunc(m.files, func(name string) bool { return m.rule.Files[name] != "" }) ||
		m.rule.Arguments[m.name] != "" || m.rule.Before != "" && m.scripted()
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
		if m.rule.URL != "" {
			v.reason, v.fix = m.rule.Setting+" is set to what the command cannot use", ""
		}
	}
	if m.argument && v.variable == "" && (!m.rule.On || m.rule.Arguments[m.name] != "") {
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
func (r *run) along(m *call) []*resource {
	return slices.DeleteFunc(slices.Clone(m.with), func(o *resource) bool {
		if r.spoken(m, o.of) != "" {
			return true
		}
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
		r.ownValue(m, v) || r.ownProxy(m, v) || r.usesOurs(m, v) || r.ownFile(m, v) || r.configuredBefore(m, v) || r.spokenUnder(m, v) ||
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
			no := unlisted(m.rule.Only, host)
			v.status, v.reason, v.fix = no.status, no.reason, no.fix
			return true
		}
	}
	return false
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
	v.fix = writeOut
	return true
}

// writeOut is what helps where something cannot be resolved.
const writeOut = "write it out, or give the ARG that it comes from a default"

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
		if m.given(ignoring.name) {
			name, _, _ := strings.Cut(ignoring.name, "=")
			v.reason, v.fix = ignoring.Reason, "leave out "+name
			return true
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
