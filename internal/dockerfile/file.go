// Package dockerfile reads a Dockerfile without losing a byte of it.
//
// In come the bytes of a file; out comes a [File]: its instructions as
// buildkit's parser sees them, each with the byte range of its lines in the
// source, the stage it stands in, and the [Scope] it is built in (the ARGs,
// ENVs, USER, SHELL and WORKDIR in force before it). Between the ranges of two
// instructions there are only comments and blank lines.
//
// Instructions that buildkit's parser does not know are kept as they are: a
// newer Dockerfile frontend may.
package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// A File is a parsed Dockerfile. One goroutine at a time may use it.
type File struct {
	Source       []byte
	Instructions []*Instruction
	Stages       []*Stage
	Escape       rune              // the escape directive's token, '\\' without one
	Directives   map[string]string // parser directives by lower-case name: syntax, escape, check
	EOL          string            // "\r\n" where the first line ends so, "\n" otherwise

	globals *binding // the ARGs before the first FROM
	lex     *shell.Lex
	lower   bool // whether most of the keywords are in lower case
}

// An Instruction is one instruction with all of its lines: continuations,
// comments between them, and heredocs.
type Instruction struct {
	Keyword string // lower case: "run"
	Node    *parser.Node
	Index   int // in File.Instructions
	Stage   *Stage
	Scope   *Scope // what is in force before the instruction; nil before the first FROM

	Start, End    int // byte range of its lines in File.Source, the last line's end included
	Line, EndLine int // the same lines, counted from 1

	// Open tells that the last line asks for a continuation and the file ends
	// there: whatever is put behind it becomes part of the instruction.
	Open bool
}

// A Stage is a build stage: a FROM and what follows it.
type Stage struct {
	Index        int
	Name         string // after AS, as written; empty without one
	Base         string // the image or stage it is FROM, variables resolved where they can be
	Parent       *Stage // the stage it is FROM, nil where that is an image
	Platform     string // the value of --platform
	Instructions []*Instruction

	// Ambiguous tells that the FROM could name one of several earlier stages,
	// by a variable that is not known (build-${TARGETARCH}), or that a stage
	// it is built on could: nobody knows what is in force in it.
	Ambiguous bool

	end     *Scope // what is in force after its last instruction
	scratch bool   // whether it says FROM scratch, not by an ARG that a build may change
}

// Image is the image that the stage is built on in the end, through all of its
// parent stages; "scratch" where there is none.
func (s *Stage) Image() string {
	for s.Parent != nil {
		s = s.Parent
	}
	return s.Base
}

// empty tells whether the stage surely begins with nothing.
func (s *Stage) empty() bool {
	for s.Parent != nil {
		s = s.Parent
	}
	return s.scratch
}

// Label names the stage for a report: its name, or its number from 0.
func (s *Stage) Label() string {
	if s.Name != "" {
		return s.Name
	}
	return fmt.Sprint(s.Index)
}

// An Error is a Dockerfile that cannot be used, and the line where that shows
// (0 where it is no single line).
type Error struct {
	Line    int
	Message string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%d: %s", e.Line, e.Message)
}

// Parse reads a Dockerfile. The error is an [*Error].
func Parse(src []byte) (*File, error) {
	if err := checkText(src); err != nil {
		return nil, err
	}
	f, err := ParsePart(src)
	if err != nil {
		return nil, err
	}
	if err := f.checkRendered(); err != nil {
		return nil, err
	}
	f.Directives = directives(src)
	f.resolve()
	f.lower = f.mostlyLower()
	if len(f.Stages) == 0 {
		return nil, &Error{Message: "there is no FROM, so this is no Dockerfile"}
	}
	if n := len(f.Instructions); n > 0 {
		last := f.Instructions[n-1]
		last.Open = last.End == len(src) && len(last.Node.Heredocs) == 0 && endsOpen(src[last.Start:], f.Escape)
	}
	return f, nil
}

// ParsePart reads instructions without asking what is in force at them: there
// are no stages and no scopes. The error is an [*Error].
func ParsePart(src []byte) (*File, error) {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return nil, parseError(src, err)
	}
	f := &File{Source: src, Escape: result.EscapeToken, EOL: "\n", lex: shell.NewLex(result.EscapeToken)}
	starts := lineStarts(src)
	if first, _, found := bytes.Cut(src, []byte("\n")); found && bytes.HasSuffix(first, []byte("\r")) {
		f.EOL = "\r\n"
	}
	f.Instructions = make([]*Instruction, len(result.AST.Children))
	all := make([]Instruction, len(result.AST.Children))
	for i, node := range result.AST.Children {
		all[i] = Instruction{
			Keyword: keyword(node.Value),
			Node:    node,
			Index:   i,
			Line:    node.StartLine,
			EndLine: node.EndLine,
			Start:   starts[node.StartLine-1],
			End:     len(src),
		}
		if node.EndLine < len(starts) {
			all[i].End = starts[node.EndLine]
		}
		f.Instructions[i] = &all[i]
	}
	return f, nil
}

// keyword gives an instruction's name in lower case.
func keyword(name string) string {
	if k, ok := keywords[name]; ok {
		return k
	}
	return strings.ToLower(name)
}

// keywords are the names as nearly everybody writes them.
var keywords = func() map[string]string {
	m := map[string]string{}
	for k := range command.Commands {
		m[k], m[strings.ToUpper(k)] = k, k
	}
	return m
}()

// At gives the instruction whose lines hold an offset of the source, or nil.
func (f *File) At(offset int) *Instruction {
	i, found := slices.BinarySearchFunc(f.Instructions, offset, func(in *Instruction, offset int) int {
		switch {
		case in.End <= offset:
			return -1
		case in.Start > offset:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return f.Instructions[i]
}

// endsOpen tells whether an instruction that reaches the end of the file would
// swallow what comes next: its last line that is neither blank nor a comment
// ends in the escape token. The parser itself decides: a RUN put behind it is
// an instruction of its own, or it is not.
func endsOpen(lines []byte, escape rune) bool {
	if !bytes.ContainsRune(lines[max(0, len(bytes.TrimRightFunc(lines, unicode.IsSpace))-1):], escape) && !bytes.Contains(lines, []byte("#")) {
		return false // it does not end in the token, nor in a comment behind it
	}
	return swallows(lines, escape)
}

// LeavesOpen asks the parser whether what is put at the end of the file would
// become a part of the last instruction.
func (f *File) LeavesOpen() bool {
	last := f.Instructions[len(f.Instructions)-1]
	return swallows(bytes.TrimPrefix(f.Source[last.Start:], []byte("\uFEFF")), f.Escape)
}

func swallows(lines []byte, escape rune) bool {
	probe := append([]byte("# escape="+string(escape)+"\n"), lines...)
	probe = append(probe, "\nRUN probe\n"...)
	result, err := parser.Parse(bytes.NewReader(probe))
	return err != nil || len(result.AST.Children) != 2
}

// Keyword gives an instruction's name in the case that most of the file's
// instructions have, so that a new one does not stand out (BuildKit's lint rule
// ConsistentInstructionCasing asks for that).
func (f *File) Keyword(name string) string {
	if f.lower {
		return strings.ToLower(name)
	}
	return strings.ToUpper(name)
}

func (f *File) mostlyLower() bool {
	lower, upper := 0, 0
	for _, in := range f.Instructions {
		if in.Stage == nil {
			continue // the rule does not count the ARGs before the first FROM
		}
		switch in.Node.Value {
		case in.Keyword:
			lower++
		default:
			if !strings.ContainsFunc(in.Node.Value, unicode.IsLower) {
				upper++
			}
		}
	}
	return lower > upper
}

// directives reads the parser directives at the head of the file.
func directives(src []byte) map[string]string {
	var p parser.DirectiveParser
	var m map[string]string
	for line := range bytes.Lines(bytes.TrimPrefix(src, []byte("\uFEFF"))) {
		d, err := p.ParseLine(bytes.TrimRight(line, "\r\n"))
		if d == nil || err != nil {
			break
		}
		if m == nil {
			m = map[string]string{}
		}
		m[d.Name] = d.Value
	}
	return m
}

// maxHead is how far into a file its directives are looked for.
const maxHead = 4 << 10

// Syntax gives the image of the frontend that the file names, and the line where
// it does; "" and 0 where it names none.
func (f *File) Syntax() (image string, line int) {
	if !bytes.Contains(f.Source[:min(len(f.Source), maxHead)], []byte("syntax")) {
		return "", 0
	}
	image, _, places, ok := parser.DetectSyntax(f.Source)
	if !ok || len(places) == 0 {
		return "", 0
	}
	return image, places[0].Start.Line
}

func lineStarts(src []byte) []int {
	starts := make([]int, 1, 1+bytes.Count(src, []byte("\n")))
	at := 0
	for {
		i := bytes.IndexByte(src[at:], '\n')
		if at += i + 1; i < 0 || at == len(src) {
			return starts
		}
		starts = append(starts, at)
	}
}

// parseError turns the parser's error into one for a person. A template that
// was never rendered is the usual cause of a parse error in an env dir.
func parseError(src []byte, err error) *Error {
	if line, found := firstTemplate(src); found != "" {
		return unrendered(line, found)
	}
	e := &Error{Message: err.Error()}
	var located *parser.LocationError
	if errors.As(err, &located) {
		if len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
			e.Line = located.Locations[0][0].Start.Line
		}
		e.Message = located.Unwrap().Error()
	}
	if strings.Contains(e.Message, "greater than max allowed size") {
		return &Error{Line: e.Line + 1, Message: "the line is longer than BuildKit reads (65535 bytes); end it with a continuation and go on in the next one"}
	}
	if e.Message == "file with no instructions" {
		return &Error{Message: "there is no instruction in it, so this is no Dockerfile"}
	}
	return e
}
