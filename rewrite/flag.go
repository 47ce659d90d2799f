package rewrite

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/rules"
)

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
		v.fix = "leave out " + o.name + ", or let it read an ARG that has the upstream as its default"
	case m.command.Assigned[name].Text != "" || m.command.Removed[name]:
		v.status, v.reason = Overridden, fmt.Sprintf("%s reads $%s, which the RUN itself sets", o.name, name)
	case declared == nil || !declared.Known && !declared.Bare:
		v.status, v.reason = Unresolved, fmt.Sprintf("%s reads $%s, whose value cannot be resolved from the Dockerfile", o.name, name)
		v.fix = "declare ARG " + name + " with the upstream as its default"
		return true
	case !declared.Bare && declared.Value != "" && !m.rule.Upstreamed(declared.Value):
		v.status, v.reason = Overridden, fmt.Sprintf("%s reads $%s, which the author set to %s", o.name, name, rules.Mask(declared.Value))
		v.fix = "leave it at the upstream, " + m.rule.Upstream
	case slices.Contains(proxyVariables, name):
		v.status, v.reason = Overridden, fmt.Sprintf("%s reads $%s, an argument that every builder knows, and that must not be declared", o.name, name)
	case r.usedElsewhere(name, m.program):
		v.status, v.reason = Overridden, fmt.Sprintf("%s reads $%s, which the RUN uses for something else, too", o.name, name)
		v.fix = "give the other use a variable of its own"
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
	if !refusedName(r.file, name) {
		return false
	}
	v.status, v.reason = Unsupported, refusal(name)
	return true
}

func refusedName(f *dockerfile.File, name string) bool {
	return strings.Contains(f.Directives["check"], "error=true") && secret(name)
}

func refusal(name string) string {
	return fmt.Sprintf("ARG %s would be a lint finding (SecretsUsedInArgOrEnv), and the file's check directive makes those errors", name)
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

// expansions counts where the instruction's text, its flags included, could
// expand a variable, in whatever quotes.
func (r *run) expansions(name string) int {
	n := count(r.source, name)
	for _, flag := range r.Node.Flags {
		n += count(flag, name)
	}
	return n
}

// count counts the places of a text at which the expansion of a variable could
// begin.
func count(text, name string) int {
	n := 0
	for {
		_, rest, found := strings.Cut(text, "$")
		if !found {
			return n
		}
		if strings.HasPrefix(strings.TrimPrefix(rest, "{"), name) {
			n++
		}
		text = rest
	}
}

// usesOurs tells whether the RUN reads one of the variables itself: it could keep
// the value in the image.
func (r *run) usesOurs(m *call, v *verdict) bool {
	for _, name := range m.env {
		if r.expansions(name) > 0 {
			v.status, v.reason = Overridden, fmt.Sprintf("the RUN reads $%s itself, and could keep the proxy's address in the image", name)
			v.fix = "read another variable there"
			return true
		}
	}
	return false
}

// usedElsewhere tells whether the RUN uses a variable for more than the values of
// the program's flags.
func (r *run) usedElsewhere(name string, p *program) bool {
	n := 0 // how often it is one
	for _, c := range r.script.Commands {
		options, _ := p.parse(c.Words[1:])
		for _, o := range options {
			if p.flags[o.name] && o.value.Variable == name && o.value.Prefix == "" {
				n++
			}
		}
	}
	return r.script.Uses[name] != n || r.expansions(name) > n
}
