package rewrite

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/rules"
)

// A verdict is what becomes of one command.
type verdict struct {
	status   Status
	reason   string
	hosts    []string
	variable string // the variable that a flag reads, to be declared anew
	note     string // what to know about it as a proxied one
}

// judge tells what becomes of a command that downloads.
func (r *run) judge(m *call) verdict {
	v := verdict{hosts: m.hosts}
	if len(v.hosts) == 0 {
		v.hosts = r.upstream(m.program)
	}
	if r.unsupported(&v) || r.unresolved(m, &v) || r.cutOff(m, &v) || r.ignored(m, &v) || r.flagged(m, &v) ||
		r.ownValue(m, &v) || r.ownFile(m, &v) || r.configuredBefore(m, &v) ||
		r.unreached(m, &v) || r.otherProgram(m, &v) || r.noPlace(m, &v) {
		return v
	}
	v.note = m.note()
	v.status, v.reason = Wrappable, v.note
	if !m.rule.On {
		v.status, v.reason = Direct, m.rule.Off
	}
	return v
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
	if m.unresolved == "" {
		return false
	}
	v.status, v.reason = Unresolved, fmt.Sprintf("%s cannot be resolved from the Dockerfile", m.unresolved)
	return true
}

// cutOff tells whether what the rule sets does not arrive at the command.
func (r *run) cutOff(m *call, v *verdict) bool {
	v.status = Unreachable
	c := m.command
	if r.hasFlag("--network") && r.readFlags().noNetwork {
		v.reason = "the RUN has no network (--network=none)"
		return true
	}
	if root := r.otherRoot(); root != "" {
		// Not even for the commands beside it: a variable that names a file
		// of ours reaches the other root, the file does not.
		v.reason = root + " changes the root directory"
		return true
	}
	for _, name := range m.env {
		if c.Cleared != "" && !slices.Contains(c.Kept, name) {
			v.reason = fmt.Sprintf("%s keeps the variable %s from it", c.Cleared, name)
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
				v.reason = ignoring.Reason
				return true
			}
		}
	}
	return false
}

// flagged deals with an option that names the place to download from.
func (r *run) flagged(m *call, v *verdict) bool {
	done := false
	for _, o := range m.options {
		if !m.flags[o.name] {
			continue
		}
		one := verdict{hosts: v.hosts}
		if r.flag(m, o, &one) && (!done || one.status.worse(v.status)) {
			*v, done = one, true
		} else if one.variable != "" && !done {
			v.variable = one.variable
		}
	}
	return done
}

// flag tells whether one such option decides; where its value is a variable
// that can be declared anew, it notes that.
func (r *run) flag(m *call, o option, v *verdict) bool {
	value := o.value
	name := value.Variable
	plain := name != "" && value.Prefix == ""
	declared := r.Scope.Lookup(name)
	switch {
	case m.rule.On && !value.Holes && rules.SameURL(value.Text, m.rule.URL):
		v.status, v.reason = Proxied, o.name+" names the proxy already"
		return true
	case !plain:
		v.status, v.reason = Overridden, fmt.Sprintf("%s %s wins over the environment", o.name, rules.Mask(value.Text))
	case m.command.Assigned[name].Text != "" || m.command.Removed[name]:
		v.status, v.reason = Overridden, fmt.Sprintf("%s reads $%s, which the RUN itself sets", o.name, name)
	case declared == nil || !declared.Known && !declared.Bare:
		v.status, v.reason = Unresolved, fmt.Sprintf("%s reads $%s, whose value cannot be resolved from the Dockerfile", o.name, name)
		return true
	case !declared.Bare && declared.Value != "" && !m.rule.Upstreamed(declared.Value):
		v.status, v.reason = Overridden, fmt.Sprintf("%s reads $%s, which the author set to %s", o.name, name, rules.Mask(declared.Value))
	case r.script.Uses[name] != r.flagUses(name, m.program):
		v.status, v.reason = Overridden, fmt.Sprintf("%s reads $%s, which the RUN uses for something else, too", o.name, name)
	default:
		v.variable = name
		return r.refused(name, v)
	}
	if u, err := url.Parse(value.Text); err == nil && u.Host != "" {
		v.hosts = []string{u.Hostname()}
	}
	return true
}

// refused tells whether declaring a variable would break the build: the file
// makes lint findings errors, and the name looks like a secret's.
func (r *run) refused(name string, v *verdict) bool {
	if !strings.Contains(r.file.Directives["check"], "error=true") || !secret(name) {
		return false
	}
	v.status = Unsupported
	v.reason = fmt.Sprintf("ARG %s would be a lint finding (SecretsUsedInArgOrEnv), and the file's check directive makes those errors", name)
	return true
}

// secret tells whether BuildKit's linter takes a variable for a secret by its
// name (secretsRegexpOnce in dockerfile2llb).
func secret(name string) bool {
	words := strings.Split(strings.ToLower(name), "_")
	has := func(list ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	return has("apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token") &&
		!has("public", "file", "version")
}

// flagUses counts how often a variable is the value of the program's flags.
func (r *run) flagUses(name string, p *program) int {
	n := 0
	for _, c := range r.script.Commands {
		options, _ := p.parse(c.Words[1:])
		for _, o := range options {
			if p.flags[o.name] && o.value.Variable == name && o.value.Prefix == "" {
				n++
			}
		}
	}
	return n
}

// ownValue tells whether the author set one of the deciding variables.
func (r *run) ownValue(m *call, v *verdict) bool {
	if v.variable != "" {
		return false // the flag decides
	}
	for _, name := range m.variables {
		if w, ok := m.command.Assigned[name]; ok && w.Text != "" {
			if m.rule.On && !w.Holes && rules.SameURL(w.Text, m.rule.URL) {
				v.status, v.reason = Proxied, "the RUN sets "+name+" to the proxy itself"
			} else {
				v.status, v.reason = Overridden, fmt.Sprintf("the RUN sets %s itself", name)
			}
			return true
		}
		d := r.Scope.Lookup(name)
		switch {
		case d == nil || d.Bare || d.Known && d.Value == "":
			continue
		case d.Known && m.rule.Upstreamed(d.Value) && slices.Contains(m.env, name):
			continue // ours takes its place
		case d.Known && m.rule.On && rules.SameURL(d.Value, m.rule.URL):
			v.status, v.reason = Proxied, "the Dockerfile sets "+name+" to the proxy itself"
		case d.Known:
			v.status, v.reason = Overridden, fmt.Sprintf("the Dockerfile sets %s to %s", name, rules.Mask(d.Value))
		default:
			v.status, v.reason = Overridden, fmt.Sprintf("the Dockerfile sets %s itself", name)
		}
		return true
	}
	return false
}

// ownFile tells whether the stage copies, or the RUN mounts, a file that may
// say where to download from.
func (r *run) ownFile(m *call, v *verdict) bool {
	if v.variable != "" {
		return false
	}
	for _, d := range m.deciding {
		if r.brings(d.name, d.Later) && !r.spared(m, d.Deciding) {
			v.status, v.reason = Overridden, d.Reason
			return true
		}
	}
	return false
}

// spared tells whether an option, or another file, says that the file does not
// decide.
func (r *run) spared(m *call, d rules.Deciding) bool {
	return slices.ContainsFunc(d.Unless, func(name string) bool {
		if strings.HasPrefix(name, "-") {
			return slices.ContainsFunc(m.options, func(o option) bool { return o.name == name })
		}
		return r.brings(name, false)
	})
}

// concerns tells whether a file or an image decides for the program.
func (p *program) concerns(d rules.Deciding) bool {
	return len(d.Programs) == 0 || slices.Contains(d.Programs, p.name)
}

// otherProgram tells whether the base image has another program of that name.
func (r *run) otherProgram(m *call, v *verdict) bool {
	v.status = Unreachable
	for _, d := range m.images {
		if strings.Contains(path.Base(r.Stage.Image()), d.name) {
			v.reason = d.Reason
			return true
		}
	}
	return false
}

// brings tells whether a file of that name is named by a COPY, an ADD or the text
// of a RUN, in the stage or those that it is built on, up to the RUN itself, or
// by one of its mounts.
func (r *run) brings(name string, later bool) bool {
	text := strings.ToLower(name)
	if !r.text.contains(text) {
		return false
	}
	for s := r.Stage; s != nil; s = s.Parent {
		for _, in := range s.Instructions {
			if in.Index > r.Index && !later || in.Keyword != "copy" && in.Keyword != "add" && in.Keyword != "run" {
				continue
			}
			if containsName(r.text.lower[in.Start:in.End], text) {
				return true
			}
		}
	}
	return false
}

// containsName tells whether a lower-case text holds a name, not as a part of a
// longer one.
func containsName(lower []byte, word string) bool {
	for {
		i := bytes.Index(lower, []byte(word))
		if i < 0 {
			return false
		}
		before := i == 0 || !isNamePart(lower[i-1])
		lower = lower[i+len(word):]
		if before && (len(lower) == 0 || !isNamePart(lower[0])) {
			return true
		}
	}
}

func isNamePart(c byte) bool {
	return c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z'
}

// configuredBefore tells whether the author configured the tool by a command.
func (r *run) configuredBefore(m *call, v *verdict) bool {
	if v.variable != "" {
		return false
	}
	v.status = Overridden
	for s := r.Stage; s != nil; s = s.Parent {
		for _, c := range r.configs[s] {
			if c.rule == m.rule && m.concerns(c.Deciding) {
				v.reason = c.Reason
				return true
			}
		}
	}
	return false
}

// otherRoot names what changes the root directory in the RUN.
func (r *run) otherRoot() string {
	for _, c := range r.script.Commands {
		if c.Root != "" {
			return c.Root
		}
	}
	return ""
}

// note is what to know about a command that is proxied all the same.
func (m *call) note() string {
	for _, o := range m.options {
		if n := m.notes[o.name]; n != "" {
			return n
		}
	}
	return m.notes[""]
}

// noPlace tells whether a file of the rule cannot be put where it belongs.
func (r *run) noPlace(m *call, v *verdict) bool {
	for _, name := range m.env {
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
		if needsRoot(file) && user == nil && m.command.Raised {
			v.reason = fmt.Sprintf("%s is written as root, and the base image's user, who needs sudo, is not known; say it with USER before", file)
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

// needsRoot tells whether only root can write a file: all places but those that
// are everybody's.
func needsRoot(file string) bool {
	return !strings.HasPrefix(file, "/tmp/") && !strings.HasPrefix(file, "/var/tmp/")
}
