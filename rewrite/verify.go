package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// errVerify is a bug of ours: nothing may be written.
var errVerify = errors.New("this is a bug in tplproxy, and nothing was written; please report it with the Dockerfile")

// verify checks a rewritten file before it is used: it parses, its own
// instructions are the input's, in order, and with the blocks taken out it is
// the input, byte for byte.
//
// A Dockerfile is read line by line, and nothing but an instruction that is left
// open reaches the next line. So it is enough to parse each block on its own,
// equal ones once, and the instructions before and around the blocks with one
// line in each block's place.
func (rw *Rewriter) verify(in *dockerfile.File, insertions []insertion, out []byte) error {
	for _, i := range insertions {
		if err := rw.verifyBlock(in, i.text); err != nil {
			return err
		}
	}
	if err := verifyPlaces(in, insertions); err != nil {
		return err
	}
	return verifyRestore(in, insertions, out)
}

// verifyBlock checks that a block's text is whole instructions of the kinds
// that we insert, and nothing else.
func (rw *Rewriter) verifyBlock(in *dockerfile.File, text string) error {
	if _, done := rw.verified.Load(text); done {
		return nil
	}
	f, err := dockerfile.ParsePart(append(escapeDirective(in), text...))
	if err != nil {
		return fmt.Errorf("a block does not parse (%v): %w", err, errVerify)
	}
	lines := 0
	for _, i := range f.Instructions {
		if !slices.Contains([]string{"arg", "env", "run", "user"}, i.Keyword) || i.EndLine != i.Line || len(i.Node.Heredocs) > 0 {
			return fmt.Errorf("a block holds %q: %w", i.Node.Original, errVerify)
		}
		lines++
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines--
		}
	}
	if lines != 0 {
		return fmt.Errorf("the lines of a block are not its instructions: %w", errVerify)
	}
	rw.verified.Store(text, true)
	return nil
}

// stand is what stands in a block's place.
const stand = "ARG TPLPROXY"

// verifyPlaces checks that a line put where the blocks go is an instruction of
// its own, and those around it stay what they are.
func verifyPlaces(in *dockerfile.File, insertions []insertion) error {
	skeleton := escapeDirective(in)
	var want []*dockerfile.Instruction // nil in a block's place
	next, copied := 0, 0
	for _, ins := range insertions {
		for next < len(in.Instructions) && in.Instructions[next].Start < ins.offset {
			next++
		}
		if next == 0 || ins.offset < in.Instructions[next-1].End {
			return fmt.Errorf("a block would stand before line %d: %w", in.Instructions[0].Line, errVerify)
		}
		// All from the last copied instruction on, where that is near, or the
		// one before the block.
		if last := in.Instructions[next-1]; last.Index >= copied {
			if ins.kind == "begin" || last.Index == copied {
				copied = last.Index
			}
			for ; copied < next; copied++ {
				i := in.Instructions[copied]
				skeleton = append(skeleton, withoutBOM(in.Source[i.Start:i.End])...)
				want = append(want, i)
			}
		}
		if lineEnd(skeleton) == 0 {
			skeleton = append(skeleton, '\n')
		}
		skeleton = append(skeleton, stand+"\n"...)
		want = append(want, nil)
	}
	f, err := dockerfile.ParsePart(skeleton)
	if err != nil {
		return fmt.Errorf("the result does not parse (%v): %w", err, errVerify)
	}
	if len(f.Instructions) != len(want) {
		return fmt.Errorf("the result has %d instructions in place of %d: %w", len(f.Instructions), len(want), errVerify)
	}
	for n, i := range f.Instructions {
		if want[n] == nil && i.Node.Original == stand || want[n] != nil && dockerfile.Same(want[n], i) {
			continue
		}
		return fmt.Errorf("an instruction of the result (%s) is not the input's: %w", i.Node.Original, errVerify)
	}
	return nil
}

// verifyRestore checks that the blocks are found in the result, and that it is
// the input without them.
func verifyRestore(in *dockerfile.File, insertions []insertion, out []byte) error {
	inside := make([][2]int, len(in.Instructions)) // first and last line
	shift, next := 0, 0
	for n, i := range in.Instructions {
		for next < len(insertions) && insertions[next].offset <= i.Start {
			shift += strings.Count(insertions[next].text, "\n")
			next++
		}
		inside[n] = [2]int{i.Line + shift, i.EndLine + shift}
	}
	list, err := findBlocks(out, inside)
	if err != nil {
		return fmt.Errorf("the result's blocks cannot be read (%v): %w", err, errVerify)
	}
	if len(list) != len(insertions) || !bytes.Equal(without(out, list), in.Source) {
		return fmt.Errorf("the result without its blocks is not the input: %w", errVerify)
	}
	return nil
}

func escapeDirective(f *dockerfile.File) []byte {
	if f.Escape == '`' {
		return []byte("# escape=`\n")
	}
	return nil
}

func withoutBOM(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\uFEFF")) }
