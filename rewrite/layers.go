package rewrite

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// saved begins the name of the variable that keeps another one's earlier value.
const saved = "TPLPROXY_SAVED_"

// layers is the delivery that puts instructions before and behind a download.
type layers struct {
	file     *dockerfile.File
	declared map[*dockerfile.Stage]map[string]bool // by a block of ours
}

// An insertion is a block at an offset of the source, in place of what stands
// there up to its end.
type insertion struct {
	offset, end int
	kind        string
	text        string
	changed     *change // nil for what stands between instructions
}

// order is that of blocks at one offset: an end block and a begin block may meet,
// and a changed instruction stands behind the begin block of its pair.
var order = map[string]int{"end": 0, "after": 0, "begin": 1, "changed": 2}

// deliver gives the blocks of the pairs and of the changes, in the order of the
// source.
func deliver(f *dockerfile.File, pairs []pair, changes []change) []insertion {
	l := &layers{file: f, declared: map[*dockerfile.Stage]map[string]bool{}}
	type placed struct {
		insertion
		next   int // index of the instruction behind it
		render func(shape) string
	}
	all := make([]placed, 0, 2*len(pairs)+len(changes))
	between := func(kind string, offset, next int, p pair, lines []string) {
		b := block{kind, strings.Join(p.rules, ", "), lines}
		all = append(all, placed{insertion{offset, offset, kind, "", nil}, next, func(s shape) string { return b.render(s, f.EOL) }})
	}
	alone := map[int]bool{} // pairs whose end alone has something to do
	for i, p := range pairs {
		if lines := l.begin(p); len(lines) > 0 {
			between("begin", l.before(f.Instructions[p.first]), p.first, p, lines)
		} else {
			alone[i] = true
		}
	}
	for _, c := range changes {
		all = append(all, placed{insertion{c.start(f), c.in.End, "changed", "", &c}, c.in.Index + 1, func(s shape) string { return c.render(f, s) }})
	}
	// The inner pairs end first.
	for i, p := range slices.Backward(pairs) {
		kind := "end"
		if alone[i] {
			kind = "after"
		}
		between(kind, f.Instructions[p.last].End, p.last+1, p, l.end(p))
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(order[a.kind], order[b.kind]))
	})
	list := make([]insertion, len(all))
	for i, p := range all {
		last := i+1 == len(all) || all[i+1].offset != p.end
		p.text = p.render(l.shape(p.end, p.next, last))
		list[i] = p.insertion
	}
	return list
}

// insert gives the source with the blocks in it.
func insert(src []byte, list []insertion) []byte {
	length := len(src)
	for _, in := range list {
		length += len(in.text) - (in.end - in.offset)
	}
	out := make([]byte, 0, length)
	at := 0
	for _, in := range list {
		out = append(append(out, src[at:in.offset]...), in.text...)
		at = in.end
	}
	return append(out, src[at:]...)
}

// shape tells what must come with a block at an offset, before an instruction.
func (l *layers) shape(offset, next int, last bool) shape {
	src := l.file.Source
	if offset == len(src) && lineEnd(src) == 0 {
		return lastLine
	}
	if !last || next >= len(l.file.Instructions) {
		return plain
	}
	// Only an ARG or a named FROM takes a comment for its description, and the
	// author's own is nearer.
	in := l.file.Instructions[next]
	if (in.Keyword == "arg" || in.Keyword == "from") && !bytes.Contains(src[offset:in.Start], []byte("#")) {
		return spaced
	}
	return plain
}

// before gives the offset for a block before an instruction: above the comments
// right on top of it, and above all of the comments before it where one of them
// is for BuildKit's linter, which takes it for the next instruction.
func (l *layers) before(in *dockerfile.Instruction) int {
	src := l.file.Source
	floor := 0
	if in.Index > 0 {
		floor = l.file.Instructions[in.Index-1].End
	}
	comments := string(src[floor:in.Start])
	if strings.Contains(comments, "check=") {
		return floor
	}
	at := in.Start
	for at > floor {
		line := comments[:at-floor]
		line = line[strings.LastIndexByte(strings.TrimRight(line, "\r\n"), '\n')+1:]
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			break
		}
		at -= len(line)
	}
	return at
}

// begin gives the instructions before a download.
func (l *layers) begin(p pair) []string {
	in := l.file.Instructions[p.first]
	lines := l.fileLines(in.Scope, write(p.resources, tolerant(in.Scope)), p.resources)
	for _, r := range p.resources {
		if r.variable != "" {
			lines = append(lines, l.set(in, r, len(lines) == 0)...)
		}
	}
	for _, r := range p.resources {
		if r.before != "" {
			lines = append(lines, l.runAs(in.Scope, r.root, r.before, r.args...)...)
		}
	}
	return lines
}

// set gives the instructions that set a variable and keep its earlier value. An
// ARG reaches RUN and leaves nothing in the image's config; an ENV of the same
// name needs an ENV to win over it with every builder.
func (l *layers) set(in *dockerfile.Instruction, r *resource, first bool) []string {
	arg, env := l.file.Keyword("ARG"), l.file.Keyword("ENV")
	keep := arg + " " + saved + r.variable + "=$" + r.variable
	value := quoteValue(r.value)
	if r.append {
		value = `"` + r.value + "${" + saved + r.variable + ":+ $" + saved + r.variable + `}"`
	}
	lines := make([]string, 0, 4)
	if first {
		// A comment right above an ARG counts as its description.
		lines = append(lines, "#")
	}
	switch {
	case in.Scope.Env(r.variable):
		arg = env
	case in.Scope.Lookup(r.variable) != nil || l.isDeclared(in.Stage, r.variable):
	case l.file.Declared(r.variable):
		// A bare ARG would take the value of the global one, which the stage
		// does not have.
		return []string{
			"#", "# check=skip=UndefinedVar",
			"# " + saved + r.variable + " keeps what the stage has",
			keep, arg + " " + r.variable + "=" + value,
		}
	default:
		// Expanding what nobody declared is a lint finding (UndefinedVar). A
		// bare ARG changes nothing, an ENV of the base image included.
		lines = append(lines, arg+" "+r.variable)
		l.declare(in.Stage, r.variable)
	}
	return append(lines, keep, arg+" "+r.variable+"="+value)
}

// end gives the instructions behind a download.
func (l *layers) end(p pair) []string {
	last := l.file.Instructions[p.last]
	scope := l.file.After(last)
	var lines []string
	for _, r := range slices.Backward(p.resources) {
		if r.variable == "" {
			continue
		}
		if len(lines) == 0 {
			lines = append(lines, "#")
		}
		keyword := "ARG"
		if scope.Env(r.variable) {
			keyword = "ENV"
		}
		before, behind := "$", ""
		if r.neutral != "" && keyword == "ARG" {
			before, behind = "${", ":-"+r.neutral+"}"
		}
		lines = append(lines, l.file.Keyword(keyword)+" "+r.variable+"="+before+saved+r.variable+behind)
	}
	for _, r := range p.resources {
		if r.after != "" {
			lines = append(lines, l.runAs(scope, r.root, r.after, r.args...)...)
		}
	}
	return append(lines, l.fileLines(scope, remove(p.resources), p.resources)...)
}

func (l *layers) isDeclared(s *dockerfile.Stage, name string) bool {
	for ; s != nil; s = s.Parent {
		if l.declared[s][name] {
			return true
		}
	}
	return false
}

func (l *layers) declare(s *dockerfile.Stage, name string) {
	if l.declared[s] == nil {
		l.declared[s] = map[string]bool{}
	}
	l.declared[s][name] = true
}

// quoteValue quotes a value for ARG and ENV where it needs that.
func quoteValue(s string) string {
	if strings.Contains(s, "'") {
		return `"` + s + `"`
	}
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/?#[]@!&()*+,;=%-") == "" && s != "" {
		return s
	}
	return "'" + s + "'"
}
