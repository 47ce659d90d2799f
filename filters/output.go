package filters

import (
	"sort"
	"strings"
)

// output collects the template as pongo2 gets it, and remembers where each piece
// of it came from.
type output struct {
	strings.Builder
	lines     int // line breaks so far
	lineStart int // offset behind the last of them
	marks     []mark
}

// mark says which offset of the original text a place in the output came from.
type mark struct {
	line, column int // in the output, as pongo2 counts
	offset       int
}

// word is one token of the output. It is written as it stands.
type word struct {
	text   string
	offset int
}

// text writes literal text so that pongo2 finds nothing in it to act on.
func (o *output) text(text string) {
	for {
		brace := strings.IndexByte(text, '{')
		if brace < 0 {
			o.literal(text)
			return
		}
		o.literal(text[:brace])
		text = text[brace+1:]
		// A brace at the end could open a tag with what is written next.
		if text == "" || strings.IndexByte("{%#", text[0]) >= 0 {
			o.WriteString(`{{ "{" }}`)
		} else {
			o.WriteByte('{')
		}
	}
}

func (o *output) literal(text string) {
	if last := strings.LastIndexByte(text, '\n'); last >= 0 {
		o.lines += strings.Count(text, "\n")
		o.lineStart = o.Len() + last + 1
	}
	o.WriteString(text)
}

// code writes words as a {{ … }} or {% … %} with the white space control of from.
func (o *output) code(open, closing string, from code, words ...word) {
	o.mark(from.offset)
	o.WriteString(open)
	if from.trimLeft {
		o.WriteByte('-')
	}
	for _, w := range words {
		o.WriteByte(' ')
		o.mark(w.offset)
		o.WriteString(w.text)
	}
	o.WriteByte(' ')
	o.mark(from.tokens[len(from.tokens)-1].offset)
	if from.trimRight {
		o.WriteByte('-')
	}
	o.WriteString(closing)
}

// nothing writes code that renders nothing but trims the text beside it as from
// asks, in place of what pongo2 need not see.
func (o *output) nothing(from code) {
	o.code("{{", "}}", from, word{`""`, from.offset})
}

func (o *output) mark(offset int) {
	o.marks = append(o.marks, mark{o.lines + 1, o.Len() - o.lineStart + 1, offset})
}

// original gives the offset in the original text that a place in the output came
// from, or 0 for a place before all marks.
func original(marks []mark, line, column int) int {
	behind := sort.Search(len(marks), func(i int) bool {
		m := marks[i]
		return m.line > line || m.line == line && m.column > column
	})
	if behind == 0 {
		return 0
	}
	return marks[behind-1].offset
}
