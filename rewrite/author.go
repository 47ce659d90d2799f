package rewrite

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/rules"
)

// ownValue tells whether the author set one of the deciding variables.
func (r *run) ownValue(m *call, v *verdict) bool {
	if v.variable != "" {
		return false // the flag decides
	}
	for _, name := range m.variables {
		if r.ownValueOf(m, v, name) {
			if v.status != Proxied {
				v.fix = "leave " + name + " to tplproxy, or set it to the proxy"
			}
			return true
		}
	}
	return false
}

func (r *run) ownValueOf(m *call, v *verdict, name string) bool {
	w, assigned := m.command.Assigned[name]
	if assigned && w.Text == "" && slices.Contains(m.env, name) {
		v.status, v.reason = Unreachable, fmt.Sprintf("the RUN empties %s", name)
		return true
	}
	if r.mountsEnv(name) {
		v.status, v.reason = Overridden, fmt.Sprintf("a secret is mounted as %s", name)
		return true
	}
	if assigned && w.Text != "" {
		if m.rule.On && !w.Holes && r.ours(m, name, w.Text) {
			v.status, v.reason = Proxied, "the RUN sets "+name+" to the proxy itself"
		} else {
			v.status, v.reason = Overridden, fmt.Sprintf("the RUN sets %s itself", name)
		}
		return true
	}
	d := r.Scope.Lookup(name)
	switch {
	case d == nil || d.Bare || d.Known && d.Value == "":
		return false
	case d.Known && m.rule.Upstreamed(d.Value) && slices.Contains(m.env, name):
		return false // ours takes its place
	case d.Known && m.rule.On && r.ours(m, name, d.Value):
		v.status, v.reason = Proxied, "the Dockerfile sets "+name+" to the proxy itself"
	case d.Known:
		v.status, v.reason = Overridden, fmt.Sprintf("the Dockerfile sets %s to %s", name, rules.Mask(d.Value))
	default:
		v.status, v.reason = Overridden, fmt.Sprintf("the Dockerfile sets %s itself", name)
	}
	return true
}

// ours tells whether an author's value is what the rule would set, for this
// variable and all others that the command asks.
func (r *run) ours(m *call, name, value string) bool {
	if !slices.Contains(m.env, name) || !rules.SameURL(value, m.rule.Env[name]) {
		return false
	}
	return !slices.ContainsFunc(m.variables, func(other string) bool {
		return slices.Contains(m.env, other) && !rules.SameURL(r.value(m, other), m.rule.Env[other])
	})
}

// mountsEnv tells whether the RUN mounts a secret as a variable, which wins over
// ARG and ENV.
func (r *run) mountsEnv(name string) bool {
	return slices.ContainsFunc(r.Node.Flags, func(flag string) bool {
		if !strings.HasPrefix(flag, "--mount=") {
			return false
		}
		for field := range strings.SplitSeq(flag, ",") {
			if value, ok := strings.CutPrefix(field, "env="); ok && value == name {
				return true
			}
		}
		return false
	})
}

// proxyVariables are those with which an author sends all requests through a
// proxy of their own.
var proxyVariables = []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}

// ownProxy tells whether the author sends all requests through another proxy,
// and so those for ours: it hardly knows the way.
func (r *run) ownProxy(m *call, v *verdict) bool {
	if len(m.env) == 0 && !m.argument && len(m.urls) == 0 || !r.text.contains("_proxy") {
		return false // the file wins (apt.conf(5)), or nobody speaks of any
	}
	exempt := strings.Join([]string{r.value(m, "no_proxy"), r.value(m, "NO_PROXY")}, ",")
	hosts := m.rule.ProxyHosts()
	if m.rule.On && len(hosts) > 0 && !slices.ContainsFunc(hosts, func(host string) bool { return !isExempt(exempt, host) }) {
		return false
	}
	for _, name := range proxyVariables {
		if r.value(m, name) != "" {
			v.status, v.reason = Overridden, fmt.Sprintf("%s sends its requests through a proxy of the author's, those for ours, too, unless no_proxy names its host", name)
			v.fix = "let no_proxy name the proxies' hosts"
			return true
		}
	}
	return false
}

// isExempt tells whether a no_proxy names a host, with a port or without.
func isExempt(exempt, host string) bool {
	for e := range strings.SplitSeq(exempt, ",") {
		e = strings.TrimSpace(e)
		if name, port, found := strings.Cut(e, ":"); found && strings.Trim(port, "0123456789") == "" {
			e = name
		}
		if e == "*" || e == host {
			return true
		}
	}
	return false
}

// value gives what the Dockerfile or the RUN sets a variable to; what is not
// known is not empty.
func (r *run) value(m *call, name string) string {
	if w, ok := m.command.Assigned[name]; ok {
		return w.Text
	}
	d := r.Scope.Lookup(name)
	if d == nil || d.Bare {
		return ""
	}
	if !d.Known {
		return "$" + name
	}
	return d.Value
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
			return slices.ContainsFunc(m.options, func(o option) bool { return o.name == name && o.value.Text != "false" })
		}
		return r.brings(name, false)
	})
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
			part := r.text.lower[in.Start:in.End]
			if in.Keyword == "run" {
				part = r.text.bringing(in, part)
			}
			if containsName(part, text) || in.Index == r.Index && r.mountsFile(text) {
				return true
			}
		}
	}
	return false
}

// mountsFile tells whether a mount of the RUN names a file.
func (r *run) mountsFile(text string) bool {
	return slices.ContainsFunc(r.Node.Flags, func(flag string) bool { return containsName([]byte(strings.ToLower(flag)), text) })
}

// bringing gives a RUN's text without what brings no file to those behind it.
func (l *lowerCase) bringing(in *dockerfile.Instruction, part []byte) []byte {
	index := in.Index
	kept, ok := l.brought[index]
	if !ok {
		if l.brought == nil {
			l.brought = map[int][]byte{}
		}
		for _, flag := range in.Node.Flags {
			part = bytes.Replace(part, []byte(strings.ToLower(flag)), nil, 1)
		}
		kept = withoutRemovals(part)
		l.brought[index] = kept
	}
	return kept
}

// withoutRemovals leaves out the comments and the rm commands of a RUN: they
// bring no file.
func withoutRemovals(lower []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(lower) {
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			continue
		}
		for _, part := range bytes.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(";&|", c) }) {
			words := bytes.Fields(bytes.TrimPrefix(bytes.TrimSpace(part), []byte("run ")))
			if len(words) > 0 && (string(words[0]) == "rm" || string(words[0]) == "unlink") {
				continue
			}
			kept = append(append(kept, part...), '\n')
		}
	}
	return kept
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

// spoken tells what the author says to the programs of another rule, which the
// command runs underneath: a configuration, a file, a variable.
func (r *run) spoken(m *call, other *rules.Resolved) string {
	for s := r.Stage; s != nil; s = s.Parent {
		for _, c := range r.configs[s] {
			if c.rule == other {
				return c.Reason
			}
		}
	}
	first := "" // by name
	for name, d := range other.Deciding {
		if (first == "" || name < first) && r.brings(name, d.Later) {
			first = name
		}
	}
	if first != "" {
		return other.Deciding[first].Reason
	}
	for _, entry := range other.Variables {
		for name := range strings.FieldsSeq(entry) {
			if r.value(m, name) != "" || r.mountsEnv(name) {
				return "the Dockerfile sets " + name + " itself"
			}
		}
	}
	return ""
}

// spokenUnder tells whether the author says something to a rule whose program the
// command runs.
func (r *run) spokenUnder(m *call, v *verdict) bool {
	for _, other := range m.under {
		if v.reason = r.spoken(m, other); v.reason != "" {
			v.status = Overridden
			return true
		}
	}
	return false
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
