package filters

import (
	"slices"
	"strconv"
	"strings"
)

// operand translates a value and its filters.
func (e *expression) operand() error {
	start := len(e.words)
	bracketed := e.isSymbol("(")
	if !bracketed {
		if err := e.value(); err != nil {
			return err
		}
	} else {
		e.take()
		if err := e.or(); err != nil {
			return err
		}
		if err := e.expect(")"); err != nil {
			return err
		}
	}
	if bracketed && e.isSymbol("|") {
		// pongo2 has no filters behind a bracket, but behind a call.
		e.call(start, limitFunction, e.tokens[0].offset)
	}
	for e.isSymbol("|") {
		if err := e.filter(start); err != nil {
			return err
		}
	}
	return nil
}

// keywords cannot be names. The last three are not pongo2's, but nobody who writes
// them means a setting.
var keywords = []string{"in", "and", "or", "not", "true", "false", "as", "export", "if", "else", "is"}

// value translates a literal, or a name and what hangs on it.
func (e *expression) value() error {
	t := e.tokens[0]
	switch {
	case t.kind == quotedKind:
		e.tokens = e.tokens[1:]
		e.words = append(e.words, word{quote(t.text), t.offset})
		return nil
	case t.kind == numberKind:
		if _, err := strconv.Atoi(t.text); err != nil {
			return errorAt(e.text, t.offset, "the number is too large")
		}
		e.take()
		if e.isSymbol(".") {
			e.take()
			return e.expectKind(numberKind)
		}
		return nil
	case t.kind != nameKind:
		return e.unexpected()
	}
	switch t.text {
	case "true", "True", "false", "False":
		e.tokens = e.tokens[1:]
		e.words = append(e.words, word{strings.ToLower(t.text), t.offset})
		return nil
	case "none", "None":
		// A name that pongo2 does not know is its nothing.
		e.take()
		return nil
	}
	if slices.Contains(keywords, t.text) {
		return e.unexpected()
	}
	if err := e.read(t); err != nil {
		return err
	}
	e.take()
	return e.path()
}

// path translates the .field and [index] behind a name.
func (e *expression) path() error {
	for {
		switch {
		case e.isSymbol("."):
			e.take()
			if e.tokens[0].kind == numberKind {
				e.take()
			} else if err := e.expectKind(nameKind); err != nil {
				return err
			}
		case e.isSymbol("["):
			e.take()
			if err := e.or(); err != nil {
				return err
			}
			if err := e.expect("]"); err != nil {
				return err
			}
		case e.isSymbol("("):
			return errorAt(e.text, e.tokens[0].offset, "nothing can be called in a template; use a filter")
		default:
			return nil
		}
	}
}

// quote writes a text as pongo2 reads it.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
