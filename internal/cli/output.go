package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tplproxy/tplproxy/rules"
)

// settle does with the changes what the flags say: write them, print a diff,
// or only count them. It tells whether anything changed.
func (a *app) settle(o *options, paths []string, changes []change) (bool, error) {
	changed := false
	for _, c := range changes {
		changed = changed || c.changes()
	}
	switch {
	case o.diff:
		for _, c := range changes {
			if err := a.printDiff(c); err != nil {
				return changed, err
			}
		}
		return changed, nil
	case o.check:
		return changed, nil
	case o.output != "":
		return changed, writeBelow(o.output, paths, changes)
	}
	return changed, a.writeInPlace(changes)
}

func (a *app) writeInPlace(changes []change) error {
	var results []result
	for _, c := range changes {
		switch {
		case c.in.path == "":
			_, err := a.Out.Write(c.output)
			return err
		case c.changes():
			results = append(results, result{c.in.name, c.in.path, c.output, c.in.mode})
		}
	}
	return writeAll(results)
}

func writeBelow(dir string, paths []string, changes []change) error {
	results, err := below(dir, paths, changes)
	if err != nil {
		return err
	}
	for _, r := range results {
		if err := os.MkdirAll(filepath.Dir(r.path), 0o755); err != nil {
			return fmt.Errorf("%s: it cannot be written: %w", r.name, cause(err))
		}
	}
	return writeAll(results)
}

func (a *app) printDiff(c change) error {
	if !c.changes() {
		return nil
	}
	name := strings.TrimPrefix(c.in.name, "/")
	if name == "-" {
		name = "Dockerfile"
	}
	before, after := string(c.in.src), string(c.output)
	diff, err := udiff.ToUnified("a/"+name, "b/"+name, before, edits(before, after), udiff.DefaultContextLines)
	if err != nil {
		return err
	}
	for line := range strings.Lines(rules.Mask(diff)) {
		text := strings.TrimRight(line, "\r\n")
		end := line[len(text):]
		switch {
		case strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---"):
			text = a.bold(text)
		case strings.HasPrefix(line, "+"):
			text = a.colour(green, text)
		case strings.HasPrefix(line, "-"):
			text = a.colour(red, text)
		case strings.HasPrefix(line, "@@"):
			text = a.colour(cyan, text)
		}
		if _, err := io.WriteString(a.Out, text+end); err != nil {
			return err
		}
	}
	return nil
}

// checkOutput refuses flags and paths that do not go together.
func checkOutput(o *options, paths []string) error {
	switch {
	case o.output != "" && (o.check || o.diff):
		return errors.New("tplproxy: --output writes, --check and --diff write nothing; use one or the other")
	case o.output != "" && len(paths) == 1 && paths[0] == "-":
		return errors.New("tplproxy: --output goes with files; - is written to the standard output")
	}
	return nil
}

type colour string

const (
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	cyan   colour = "36"
)

func (a *app) colour(c colour, text string) string {
	if !a.paint {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

func (a *app) bold(text string) string { return a.colour("1", text) }
