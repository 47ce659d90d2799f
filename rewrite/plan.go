package rewrite

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/rules"
)

// A resource is one variable or one file that instructions need. It is not
// changed once it is made.
type resource struct {
	key
	variable string          // its name, or ""
	file     string          // its path, or ""
	value    string          // the variable's value, the file's content
	append   bool            // whether an earlier value stays behind ours
	neutral  string          // the variable's value afterwards, where there was none
	create   bool            // whether the file's directory is made
	of       *rules.Resolved // the rule that sets the variable, or nil
	before   string          // a script before the instruction, or ""
	after    string          // one behind it, or ""
	args     []string
	root     bool // whether that is root's
}

// A key tells resources apart, and sorts them: files before scripts before
// variables.
type key struct{ kind, name, value string }

func (a key) compare(b key) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value))
}

// A pair is a begin and an end block, and what stands between them.
type pair struct {
	first, last int      // indices of instructions
	rules       []string // sorted
	resources   []*resource
	users       []int // the instructions that need it
}

// plan puts the needs of a file together to pairs: by variable and file, so
// that two rules that set the same thing never undo each other.
func plan(f *dockerfile.File, needs []*need) []pair {
	type step struct {
		index int // of the instruction
		rule  string
	}
	type use struct {
		*resource
		steps []step // in the order of the instructions
	}
	byKey := map[key]int{}
	var uses []use
	for _, n := range needs {
		if !n.rule.On {
			continue
		}
		for _, r := range n.resources() {
			at, ok := byKey[r.key]
			if !ok {
				at = len(uses)
				byKey[r.key] = at
				uses = append(uses, use{resource: r})
			}
			uses[at].steps = append(uses[at].steps, step{n.in.Index, n.rule.Name})
		}
	}
	slices.SortFunc(uses, func(a, b use) int { return a.compare(b.key) })
	pairs := make([]pair, 0, len(uses))
	for _, u := range uses {
		var open *pair
		for _, s := range u.steps {
			if open == nil || open.last != s.index && !reaches(f, u.resource, open.last, s.index) {
				pairs = append(pairs, pair{first: s.index, last: -1, resources: []*resource{u.resource}})
				open = &pairs[len(pairs)-1]
			}
			if open.last != s.index {
				open.last = s.index
				open.users = append(open.users, s.index)
			}
			if !slices.Contains(open.rules, s.rule) {
				open.rules = append(open.rules, s.rule)
			}
		}
	}
	for i := range pairs {
		slices.Sort(pairs[i].rules)
	}
	return merge(nest(pairs))
}

// variables are those that a rule in force sets, by name.
func variables(rule *rules.Resolved) map[string]*resource {
	all := make(map[string]*resource, len(rule.Env))
	for name, value := range rule.Env {
		e := rule.Rule.Env[name]
		all[name] = &resource{key: key{"variable", name, value}, variable: name, value: value, append: e.Append, neutral: e.Neutral, of: rule}
	}
	return all
}

// resources lists what an instruction needs.
func (n *need) resources() []*resource {
	list := slices.Clone(n.along)
	for _, name := range n.env {
		if r := n.variables[name]; r != nil {
			list = append(list, r)
		}
	}
	for name, value := range n.declared {
		list = append(list, &resource{key: key{"variable", name, value}, variable: name, value: value})
	}
	for _, name := range n.files {
		if content, ok := n.rule.Files[name]; ok {
			list = append(list, &resource{key: key{"file", name, ""}, file: name, value: content, create: n.rule.Rule.Files[name].Create})
		}
	}
	if n.scripts && n.rule.Before+n.rule.After != "" {
		list = append(list, &resource{key: key{"scripts", n.rule.Name, strings.Join(n.dirs, " ")}, before: n.rule.Before, after: n.rule.After, args: n.dirs})
	}
	if n.mend != "" {
		// As root: what an ADD brings is root's.
		list = append(list, &resource{key: key{"scripts", "", n.mend}, after: n.mend, root: true})
	}
	slices.SortFunc(list, func(a, b *resource) int { return a.compare(b.key) })
	return slices.CompactFunc(list, func(a, b *resource) bool { return a.key == b.key })
}

// reaches tells whether a pair that is open behind one instruction may stay
// open until another: nothing in between is run with it, expands the variable
// or declares it, or changes who may write the file.
func reaches(f *dockerfile.File, r *resource, from, to int) bool {
	if r.root {
		return false // of one ADD
	}
	script := r.before+r.after != ""
	if f.Instructions[from].Stage != f.Instructions[to].Stage || r.file != "" && removes(f, f.Instructions[from], r.file) {
		return false
	}
	for _, in := range f.Instructions[from+1 : to] {
		switch in.Keyword {
		case "user":
			if r.file != "" || script {
				return false
			}
		case "arg", "env":
			if r.variable != "" && declares(in, r.variable) {
				return false
			}
		case "copy", "add":
			if script || r.file != "" && !ours(r.file) {
				return false // it may bring a file of that name
			}
		case "workdir":
			if script {
				return false
			}
		case "cmd", "entrypoint", "expose", "healthcheck", "label", "maintainer", "onbuild", "shell", "stopsignal", "volume":
		default:
			return false // a RUN that needs nothing of it, or what nobody knows
		}
		if r.variable != "" && count(string(f.Source[in.Start:in.End]), r.variable) > 0 {
			return false
		}
	}
	return true
}

// removes tells whether a RUN may take away a file in a directory that is
// everybody's (rm -rf /tmp …).
func removes(f *dockerfile.File, in *dockerfile.Instruction, file string) bool {
	text := f.Source[in.Start:in.End]
	top := "/" + strings.Split(file, "/")[1]
	return bytes.Contains(text, []byte(top)) && (bytes.Contains(text, []byte("rm ")) || bytes.Contains(text, []byte("-delete")))
}

func declares(in *dockerfile.Instruction, name string) bool {
	for n := in.Node.Next; n != nil; n = n.Next {
		if declared, _, _ := strings.Cut(n.Value, "="); declared == name {
			return true
		}
	}
	return false
}

// nest cuts a pair that begins within another and ends behind it, so that pairs
// only ever stand side by side or in each other.
func nest(pairs []pair) []pair {
	byStart := func(a, b pair) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last)) }
	slices.SortStableFunc(pairs, byStart)
	done := make([]pair, 0, len(pairs))
	var open []pair // open are those that the next one may stand in, the innermost last
	for len(pairs) > 0 {
		p := pairs[0]
		pairs = pairs[1:]
		for len(open) > 0 && open[len(open)-1].last < p.first {
			open = open[:len(open)-1]
		}
		// The innermost is the first to end.
		if n := len(open); n > 0 && open[n-1].last < p.last {
			cut := slices.IndexFunc(p.users, func(u int) bool { return u > open[n-1].last })
			tail := p
			tail.users = p.users[cut:]
			tail.first = tail.users[0]
			p.users = p.users[:cut]
			p.last = p.users[cut-1]
			at, _ := slices.BinarySearchFunc(pairs, tail, byStart)
			pairs = slices.Insert(pairs, at, tail)
		}
		done, open = append(done, p), append(open, p)
	}
	return done
}

// merge puts pairs together that begin and end at the same places for the same
// rules, and sorts them: the outer ones first.
func merge(pairs []pair) []pair {
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(
			cmp.Compare(a.first, b.first),
			cmp.Compare(b.last, a.last),
			slices.Compare(a.rules, b.rules),
			a.resources[0].compare(b.resources[0].key),
		)
	})
	merged := make([]pair, 0, len(pairs))
	for _, p := range pairs {
		if n := len(merged); n > 0 && merged[n-1].first == p.first && merged[n-1].last == p.last && slices.Equal(merged[n-1].rules, p.rules) {
			merged[n-1].resources = append(merged[n-1].resources, p.resources...)
			continue
		}
		merged = append(merged, p)
	}
	return merged
}
