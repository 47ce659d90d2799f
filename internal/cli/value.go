package cli

import (
	"slices"
	"strings"

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
	from := s.derivedFrom(name)
	switch {
	case len(from) == 0:
		return value{s.set.Declared(name).Default.String(), "the default"}
	case ok: // empty is a value of its own, where a default reads others
		return value{}
	}
	return value{s.derived(name), "the default, from " + strings.Join(from, ", ")}
}

// derivedFrom lists the settings that a setting's default reads. A list of hosts
// only says where it ends.
func (s *setup) derivedFrom(name string) []string {
	return slices.DeleteFunc(s.set.Declared(name).Default.Reads(), func(v string) bool { return s.set.Declared(v).Kind == rules.Hosts })
}

// derived gives a default, which the rules were resolved with before.
func (s *setup) derived(name string) string {
	if s.values == nil {
		s.values, _ = s.set.Values(s.settings)
	}
	return s.values[name]
}

// turnsOn lists the settings that are there and turn a rule on.
func (s *setup) turnsOn(r *rules.Resolved) []string {
	return slices.DeleteFunc(r.TurnOn(), func(name string) bool {
		text := s.value(name).text
		return text == "" || name == r.Setting && r.Upstreamed(text)
	})
}
