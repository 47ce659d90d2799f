package dockerfile

import (
	"bytes"
	"unicode"
)

// A Text is what an instruction says when its lines are put together as
// buildkit's parser does it, each byte with its place in the file.
type Text struct {
	Line    []byte // continuations joined, comments between them left out
	Offsets []int  // of the bytes of Line, in File.Source

	// Below is where the lines below begin: those of heredocs.
	Below int
}

// Text puts the lines of an instruction together: frontend/dockerfile/parser's
// Parse, without the heredocs.
func (f *File) Text(in *Instruction) Text {
	t := Text{Line: make([]byte, 0, in.End-in.Start), Offsets: make([]int, 0, in.End-in.Start)}
	at := in.Start
	first := true
	for at < in.End {
		end := in.End
		if i := bytes.IndexByte(f.Source[at:end], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := bytes.TrimRight(f.Source[at:end], "\r\n")
		begin := at
		at = end
		if begin == 0 {
			rest := bytes.TrimPrefix(line, []byte("\uFEFF"))
			begin, line = len(line)-len(rest), rest
		}
		trimmed := bytes.TrimLeftFunc(line, unicode.IsSpace)
		if first {
			begin, line = begin+len(line)-len(trimmed), trimmed
		} else if len(trimmed) == 0 || trimmed[0] == '#' {
			continue
		}
		first = false
		kept, more := f.continued(line)
		t.Line = append(t.Line, kept...)
		for i := range kept {
			t.Offsets = append(t.Offsets, begin+i)
		}
		if !more {
			break
		}
	}
	t.Below = at
	return t
}

// LongestLine is the length of the longest of an instruction's lines.
func (f *File) LongestLine(in *Instruction) int {
	longest := 0
	for line := range bytes.Lines(f.Source[in.Start:in.End]) {
		longest = max(longest, len(line))
	}
	return longest
}

// continued takes the escape token off a line that goes on in the next one. Two
// of them are none.
func (f *File) continued(line []byte) (kept []byte, more bool) {
	trimmed := bytes.TrimRight(line, " \t")
	n := len(trimmed)
	if n == 0 || rune(trimmed[n-1]) != f.Escape || n > 1 && rune(trimmed[n-2]) == f.Escape {
		return line, false
	}
	return trimmed[:n-1], true
}

// Find gives the place of a word in the file, which stands in the text behind the
// keyword, between white space; ok is false where it does not, or stands there more often than
// once. Nothing may have been left out within it.
func (t Text) Find(word string) (offset int, ok bool) {
	places := t.find(word)
	if len(places) != 1 {
		return 0, false
	}
	return t.whole(places[0], word)
}

// First is as Find, but takes the first one of several.
func (t Text) First(word string) (offset int, ok bool) {
	places := t.find(word)
	if len(places) == 0 {
		return 0, false
	}
	return t.whole(places[0], word)
}

func (t Text) find(word string) []int {
	var places []int
	for i := 0; word != "" && i+len(word) <= len(t.Line); {
		j := bytes.Index(t.Line[i:], []byte(word))
		if j < 0 {
			break
		}
		start, end := i+j, i+j+len(word)
		if start > 0 && blank(t.Line[start-1]) && (end == len(t.Line) || blank(t.Line[end])) {
			places = append(places, start)
		}
		i = start + 1
	}
	return places
}

// whole gives the place in the file where nothing was left out within the word.
func (t Text) whole(at int, word string) (offset int, ok bool) {
	first, last := t.Offsets[at], t.Offsets[at+len(word)-1]
	return first, last-first == len(word)-1
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
