package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// ErrVerify is what Rewrite wraps where its own result is not what it should be:
// a bug of ours, and nothing may be written.
var ErrVerify = errors.New("this is a bug in tplproxy, and nothing was written; please report it with the Dockerfile")

// verify checks a rewritten file before it is used: it parses, its own
// instructions are the input's, in order, and with the blocks taken out it is
// the input, byte for byte.
//
// A Dockerfile is read line by line, and nothing but an instruction that is left
// open reaches the next line. So the input's instructions stay what they are
// where their bytes stay, each block is whole instructions, and the instruction
// before each block is closed. The tests parse whole results besides.
func (rw *Rewriter) verify(in *dockerfile.File, insertions []insertion, out []byte) error {
	for _, i := range insertions {
		if i.changed != nil {
			if err := rw.verifyChange(in, i); err != nil {
				return err
			}
		}
	}
	if err := rw.verifyBlocks(in, insertions); err != nil {
		return err
	}
	if err := verifyPlaces(in, insertions); err != nil {
		return err
	}
	return verifyRestore(in, insertions, out)
}

// verifyChange checks that a changed instruction is one instruction, of the same
// kind and made of as many parts, with the same heredocs, and that the file does
// not end in it.
func (rw *Rewriter) verifyChange(in *dockerfile.File, i insertion) error {
	// The text holds the original lines as well.
	if rw.verified.has(in.Escape, i.text) && !i.changed.in.Open {
		return nil
	}
	f, err := dockerfile.ParsePart(append(escapeDirective(in), i.text...))
	if err != nil {
		return fmt.Errorf("a changed instruction does not parse (%v): %w", err, ErrVerify)
	}
	if len(f.Instructions) != 1 {
		return fmt.Errorf("a changed instruction is %d: %w", len(f.Instructions), ErrVerify)
	}
	was, is := i.changed.in, f.Instructions[0]
	same := was.Keyword == is.Keyword && len(was.Node.Flags) == len(is.Node.Flags) && maps.Equal(was.Node.Attributes, is.Node.Attributes) &&
		slices.EqualFunc(was.Node.Heredocs, is.Node.Heredocs, func(a, b parser.Heredoc) bool { return a.Name == b.Name && a.Expand == b.Expand }) &&
		length(was.Node) == length(is.Node) && was.EndLine-was.Line == is.EndLine-is.Line && !was.Open
	if !same {
		return fmt.Errorf("a changed instruction is another one, %q: %w", is.Node.Original, ErrVerify)
	}
	rw.verified.add(in.Escape, i.text)
	return nil
}

// A wellFormed set holds what was checked before: lines of blocks, and changed
// instructions, by the escape token and the text.
type wellFormed struct {
	mutex sync.RWMutex
	texts map[rune]map[string]bool
}

func (w *wellFormed) has(escape rune, text string) bool {
	w.mutex.RLock()
	defer w.mutex.RUnlock()
	return w.texts[escape][text]
}

func (w *wellFormed) add(escape rune, texts ...string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.texts == nil {
		w.texts = map[rune]map[string]bool{}
	}
	if w.texts[escape] == nil {
		w.texts[escape] = map[string]bool{}
	}
	for _, text := range texts {
		w.texts[escape][strings.Clone(text)] = true
	}
}

// length counts the arguments of an instruction.
func length(n *parser.Node) int {
	count := 0
	for n = n.Next; n != nil; n = n.Next {
		count++
	}
	return count
}

// verifyBlocks checks that the lines of the blocks are instructions of the kinds
// that we insert, one each and closed, or comments. Most lines occur again and
// again, in other files, too.
func (rw *Rewriter) verifyBlocks(in *dockerfile.File, insertions []insertion) error {
	var fresh []string
	seen := map[string]bool{}
	text := escapeDirective(in)
	above := bytes.Count(text, []byte("\n"))
	for _, i := range insertions {
		if i.changed != nil {
			continue
		}
		for line := range strings.Lines(i.text) {
			if bare := strings.TrimSpace(line); bare == "" || bare[0] == '#' || rw.verified.has(in.Escape, line) || seen[line] {
				continue
			}
			seen[line] = true
			fresh = append(fresh, line)
			text = append(text, line...)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	// A last line that were open would take this one for its own.
	f, err := dockerfile.ParsePart(append(text, "ARG END\n"...))
	if err != nil {
		return fmt.Errorf("a block does not parse (%v): %w", err, ErrVerify)
	}
	for n, i := range f.Instructions {
		if !slices.Contains([]string{"arg", "env", "run", "user"}, i.Keyword) || i.Line != above+n+1 || i.EndLine != i.Line || len(i.Node.Heredocs) > 0 {
			return fmt.Errorf("a block holds %q: %w", i.Node.Original, ErrVerify)
		}
	}
	if len(f.Instructions) != len(fresh)+1 {
		return fmt.Errorf("the lines of a block are not its instructions: %w", ErrVerify)
	}
	rw.verified.add(in.Escape, fresh...)
	return nil
}

// verifyPlaces checks that the blocks stand between instructions, each of which
// is closed (the parser went on to the next one, or, at the end of the file,
// takes a line put there for one), or in the place of one.
func verifyPlaces(in *dockerfile.File, insertions []insertion) error {
	next, end := 0, 0
	for _, ins := range insertions {
		for next < len(in.Instructions) && in.Instructions[next].Start < ins.offset {
			next++
		}
		if ins.offset < end {
			return fmt.Errorf("two blocks would stand in each other at byte %d: %w", ins.offset, ErrVerify)
		}
		end = ins.end
		if c := ins.changed; c != nil {
			if ins.offset != c.start(in) || ins.end != c.in.End {
				return fmt.Errorf("a changed instruction would not stand in its place, byte %d: %w", ins.offset, ErrVerify)
			}
			continue
		}
		if next == 0 || ins.offset < in.Instructions[next-1].End || ins.end != ins.offset {
			return fmt.Errorf("a block would stand inside the instruction before byte %d: %w", ins.offset, ErrVerify)
		}
		if next == len(in.Instructions) && in.LeavesOpen() {
			return fmt.Errorf("a block would become a part of the last instruction: %w", ErrVerify)
		}
	}
	return nil
}

// verifyRestore checks that the blocks are found in the result, and that it is
// the input without them.
func verifyRestore(in *dockerfile.File, insertions []insertion, out []byte) error {
	inside := make([][2]int, len(in.Instructions)) // first and last line
	shift, next := 0, 0
	for n, i := range in.Instructions {
		for next < len(insertions) && insertions[next].offset <= i.Start && insertions[next].changed == nil {
			shift += strings.Count(insertions[next].text, "\n")
			next++
		}
		inside[n] = [2]int{i.Line + shift, i.EndLine + shift}
		if next < len(insertions) && insertions[next].changed != nil && insertions[next].changed.in == i {
			ins := insertions[next]
			lead := ins.changed.lead(in)
			inside[n] = [2]int{i.Line + shift + lead, i.EndLine + shift + lead}
			shift += strings.Count(ins.text, "\n") - strings.Count(string(in.Source[ins.offset:ins.end]), "\n")
			next++
		}
	}
	list, err := findBlocks(out, inside)
	if err != nil {
		return fmt.Errorf("the result's blocks cannot be read (%v): %w", err, ErrVerify)
	}
	if len(list) != len(insertions) || !isWithout(in.Source, out, list) {
		return fmt.Errorf("the result without its blocks is not the input: %w", ErrVerify)
	}
	return nil
}

func escapeDirective(f *dockerfile.File) []byte {
	if f.Escape == '`' {
		return []byte("# escape=`\n")
	}
	return nil
}
