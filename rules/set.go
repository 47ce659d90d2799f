package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// A Set is rules by name. The zero Set is empty.
type Set struct {
	rules    map[string]*Rule
	all      map[string]*Rule    // those that are left out, too
	declared map[string]Declared // settings by name, those of rules left out, too
}

// Rules lists the rules by name.
func (s *Set) Rules() []*Rule { return byName(s.rules) }

// All lists the rules by name, those that Select left out included: what they say
// of a program's options holds for the other rules that know it.
func (s *Set) All() []*Rule { return byName(s.all) }

func byName(list map[string]*Rule) []*Rule {
	return slices.SortedFunc(maps.Values(list), func(a, b *Rule) int { return cmp.Compare(a.Name, b.Name) })
}

// Rule gives the rule of that name, or nil.
func (s *Set) Rule(name string) *Rule { return s.rules[name] }

// Add adds rules, each in place of one of the same name.
func (s *Set) Add(list ...*Rule) {
	if s.rules == nil {
		s.rules, s.all, s.declared = map[string]*Rule{}, map[string]*Rule{}, map[string]Declared{}
	}
	for _, r := range list {
		s.rules[r.Name], s.all[r.Name] = r, r
		for name, d := range r.Settings {
			if d.Default.there() || d.Kind != URL {
				s.declared[name] = d
			}
		}
	}
}

// Check tells whether what rules name of one another is there: "file: what is
// wrong". It is for all rules, before Select takes some away.
func (s *Set) Check() error {
	for _, r := range s.Rules() {
		for _, name := range slices.Concat(r.With, r.Runs) {
			if s.rules[name] == nil {
				return fmt.Errorf("%s: with, runs: %w", r.source, Unknown("rule", name, slices.Sorted(maps.Keys(s.rules))))
			}
		}
		if r.Only != "" && s.Declared(r.Only).Kind != Hosts {
			return fmt.Errorf("%s: only: %s must be a setting of the kind hosts", r.source, r.Only)
		}
	}
	return nil
}

// Select keeps the rules named in only, where there are any, and drops those in
// skip. The error names a rule that is not there, and the nearest that is.
func (s *Set) Select(only, skip []string) error {
	for _, name := range slices.Concat(only, skip) {
		if s.rules[name] == nil {
			return Unknown("rule", name, slices.Sorted(maps.Keys(s.rules)))
		}
	}
	for name := range s.rules {
		if len(only) > 0 && !slices.Contains(only, name) || slices.Contains(skip, name) {
			delete(s.rules, name)
		}
	}
	return nil
}

// Settings lists the names of the settings that the rules know, sorted.
func (s *Set) Settings() []string {
	var names []string
	for _, r := range s.rules {
		names = append(names, r.Reads()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Declared is what the rules say of a setting.
func (s *Set) Declared(setting string) Declared { return s.declared[setting] }
