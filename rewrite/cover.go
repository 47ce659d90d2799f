package rewrite

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// cover marks the downloads that stand within a pair of blocks of their rule, a
// pair that sets what they need.
func cover(f *dockerfile.File, list []found, downloads []Download, needs []*need) {
	if len(list) == 0 {
		return
	}
	wants := map[place]proof{}
	for _, n := range needs {
		wants[place{n.in.Line, n.rule.Name}] = n.proof
	}
	shown := provide(f, list)
	for i := range downloads {
		d := &downloads[i]
		at := place{d.Line, d.Rule}
		want, asked := wants[at]
		if !asked || d.barred || d.Status != Wrappable && d.Status != Direct {
			continue
		}
		if shown.meet(at, want) {
			d.Status, d.Reason, d.Fix = Proxied, d.note, ""
		}
	}
}

// What blocks show: what is set at each place, and what is changed there.
type shown struct {
	set     map[place]map[string]bool
	changed map[place]bool
	lines   []int // of the author's instructions, by index
}

// meet tells whether the blocks show what a need wants.
func (s *shown) meet(at place, want proof) bool {
	has := func(name string) bool { return s.set[at][name] }
	all := func(names []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !has(name) })
	}
	changed := !slices.ContainsFunc(want.changed, func(index int) bool { return !s.changed[place{s.lines[index], at.rule}] })
	switch {
	case len(want.names)+len(want.changed) == 0:
		return s.set[at] != nil
	case !all(want.names):
		return false
	case len(want.changed) == 0 || changed:
		return true
	}
	return len(want.instead) > 0 && all(want.instead)
}

// A place is an instruction, by its line without our blocks, and a rule.
type place struct {
	line int
	rule string
}

// A pairing is a begin block whose end block was found.
type pairing struct {
	found
	sets map[string]bool // variables, and paths of files, that are in force
}

// provide gives for each place what the blocks around it set, and whether it is
// changed.
func provide(f *dockerfile.File, list []found) *shown {
	s := &shown{set: map[place]map[string]bool{}, changed: map[place]bool{}}
	paired := pairUp(f, list)
	var open []*pairing
	walk(f, list, func(n int) {
		b := list[n]
		if b.kind == "begin" && paired[n] >= 0 {
			open = append(open, &pairing{b, b.sets(f.Source)})
		} else if i := slices.IndexFunc(open, func(p *pairing) bool { return b.kind == "end" && paired[n] == p.line }); i >= 0 {
			open = slices.Delete(open, i, i+1)
		}
	}, func(in *dockerfile.Instruction, line int, changed *found) {
		s.lines = append(s.lines, line)
		if changed != nil {
			for rule := range strings.SplitSeq(changed.names, ", ") {
				s.changed[place{line, rule}] = true
			}
		}
		for _, p := range open {
			if in.Keyword == "arg" || in.Keyword == "env" {
				// The author's word counts from here on.
				for name := range p.sets {
					if declares(in, name) {
						delete(p.sets, name)
					}
				}
			}
			for rule := range strings.SplitSeq(p.names, ", ") {
				at := place{line, rule}
				if s.set[at] == nil {
					s.set[at] = map[string]bool{}
				}
				for name := range p.sets {
					s.set[at][name] = true
				}
			}
		}
	})
	return s
}

// pairUp gives for each block the line of the begin block of its pair, or -1
// where one of the two is missing. A pair never crosses a FROM.
func pairUp(f *dockerfile.File, list []found) []int {
	paired := make([]int, len(list))
	for n := range paired {
		paired[n] = -1
	}
	var open []int
	walk(f, list, func(n int) {
		if list[n].kind == "changed" || list[n].kind == "after" {
			return
		}
		if list[n].kind == "begin" {
			open = append(open, n)
			return
		}
		for i, o := range slices.Backward(open) {
			if list[o].names == list[n].names {
				paired[o], paired[n] = list[o].line, list[o].line
				open = slices.Delete(open, i, i+1)
				return
			}
		}
	}, func(in *dockerfile.Instruction, _ int, _ *found) {
		if in.Keyword == "from" {
			open = nil
		}
	})
	return paired
}

// walk goes through the blocks and the author's instructions, in order; the
// lines are those without the blocks. A changed instruction is the author's; it
// comes with its block.
func walk(f *dockerfile.File, list []found, block func(n int), instruction func(in *dockerfile.Instruction, line int, changed *found)) {
	next, removed := 0, 0
	skip := func() {
		block(next)
		removed += list[next].after - list[next].line - bytes.Count(list[next].original, []byte("\n"))
		if o := list[next].original; len(o) > 0 && lineEnd(o) == 0 {
			removed--
		}
		next++
	}
	for _, in := range f.Instructions {
		for next < len(list) && list[next].end <= in.Start {
			skip()
		}
		switch {
		case next == len(list) || list[next].start > in.Start:
			instruction(in, in.Line-removed, nil)
		case list[next].kind == "changed":
			instruction(in, list[next].line-removed, &list[next])
		}
	}
	for next < len(list) {
		skip()
	}
}

// sets lists what a begin block sets: the variables that its ARGs and ENVs give
// a value, and the files that its RUN writes.
func (b found) sets(src []byte) map[string]bool {
	sets := map[string]bool{}
	for line := range strings.Lines(string(src[b.start:b.end])) {
		keyword, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch strings.ToLower(keyword) {
		case "arg", "env":
			if name, _, assigned := strings.Cut(rest, "="); assigned {
				sets[name] = true
			}
		case "run":
			for _, word := range strings.Fields(rest) {
				sets[strings.TrimRight(word, `";]`)] = true
			}
		}
	}
	return sets
}
