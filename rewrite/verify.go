package rewrite

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// errVerify is a bug of ours: nothing may be written.
var errVerify = errors.New("this is a bug in tplproxy, and nothing was written; please report it with the Dockerfile")

// verify checks a rewritten file before it is used: it parses, its own
// instructions are the input's, in order, and with the blocks taken out it is
// the input, byte for byte.
func verify(in *dockerfile.File, out []byte) error {
	f, err := dockerfile.Parse(out)
	if err != nil {
		return fmt.Errorf("the result does not parse (%v): %w", err, errVerify)
	}
	list, err := blocks(f)
	if err != nil {
		return fmt.Errorf("the result's blocks cannot be read (%v): %w", err, errVerify)
	}
	if !bytes.Equal(without(out, list), in.Source) {
		return fmt.Errorf("the result without its blocks is not the input: %w", errVerify)
	}
	rest := in.Instructions
	next := 0
	for _, i := range f.Instructions {
		for next < len(list) && list[next].end <= i.Start {
			next++
		}
		if next < len(list) && list[next].start <= i.Start && i.End <= list[next].end {
			continue // ours
		}
		if len(rest) == 0 || !dockerfile.Same(rest[0], i) {
			return fmt.Errorf("line %d of the result is not the input's: %w", i.Line, errVerify)
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("the result lacks the input's line %d: %w", rest[0].Line, errVerify)
	}
	return nil
}
