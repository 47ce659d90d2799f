package cli

import (
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/filters"
	"github.com/tplproxy/tplproxy/rules"
)

// A value is what a setting is, and where from.
type value struct {
	text   string
	source string // "from config.yml:12", "the default, from FILES_MIRROR_URL"
}

// value gives a setting as the rules see it: what the user gave, or its default.
func (s *setup) value(name string) value {
	given, ok := s.settings[name]
	if given.Value != "" {
		return value{given.Value, "from " + given.Source}
	}
	template := s.set.Declared(name).Default.String()
	from := s.derivedFrom(name)
	switch {
	case len(from) == 0:
		return value{template, "the default"}
	case ok: // empty is a value of its own, where a default reads others
		return value{}
	}
	return value{s.derived(name, template), "the default, from " + strings.Join(from, ", ")}
}

// derivedFrom lists the settings that a setting's default reads.
func (s *setup) derivedFrom(name string) []string {
	if d := s.set.Declared(name).Default.String(); strings.Contains(d, "{") {
		if t, err := filters.Parse(name, d); err == nil {
			// A list of hosts only says where it ends.
			return slices.DeleteFunc(t.Variables(), func(v string) bool { return s.set.Declared(v).Kind == rules.Hosts })
		}
	}
	return nil
}

// derived renders a default, which was rendered before without an error.
func (s *setup) derived(name, template string) string {
	t, err := filters.Parse(name, template)
	if err != nil {
		return ""
	}
	values := map[string]string{}
	for _, v := range t.Variables() {
		if len(s.derivedFrom(v)) == 0 {
			values[v] = s.value(v).text
		} else {
			values[v] = s.settings[v].Value
		}
		if s.set.Declared(v).Kind == rules.Base {
			values[v] = strings.TrimRight(values[v], "/")
		}
	}
	text, err := t.Render(values)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(text)
}

// turnsOn lists the settings that are there and turn a rule on.
func (s *setup) turnsOn(r *rules.Resolved) []string {
	return slices.DeleteFunc(r.TurnOn(), func(name string) bool {
		text := s.value(name).text
		return text == "" || name == r.Setting && r.Upstreamed(text)
	})
}
