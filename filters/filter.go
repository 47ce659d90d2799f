package filters

import (
	"slices"
	"strings"
)

// filter translates one filter of the operand that starts at the word start.
func (e *expression) filter(start int) error {
	bar := e.tokens[0]
	e.tokens = e.tokens[1:]
	filter := e.tokens[0]
	if filter.kind != nameKind {
		return e.unexpected()
	}
	if !allowedFilters[filter.text] {
		return errorAt(e.text, filter.offset, "the filter %q is not allowed; those that are: %s",
			filter.text, list(allowedFilters))
	}
	e.tokens = e.tokens[1:]
	if filter.text == "url_part" {
		return e.urlPart(start, filter)
	}
	e.words = append(e.words, word{"|", bar.offset}, word{filter.text, filter.offset})
	colon := len(e.words)
	given, err := e.argument()
	if err == nil && given {
		e.words = slices.Insert(e.words, colon, word{":", filter.offset})
	}
	return err
}

// urlPart translates the argument of url_part, and wraps the operand in its call.
func (e *expression) urlPart(start int, filter token) error {
	comma := len(e.words)
	e.words = append(e.words, word{",", filter.offset})
	part := e.tokens[min(1, len(e.tokens)-1)]
	given, err := e.argument()
	if err != nil {
		return err
	}
	if !given {
		return errorAt(e.text, filter.offset, "the filter \"url_part\" needs the part: %s", strings.Join(urlParts[:], ", "))
	}
	if part.kind == quotedKind && len(e.words) == comma+2 {
		if err := checkPart(part.text); err != nil {
			return errorAt(e.text, part.offset, "%s", err)
		}
	}
	e.call(start, urlPartFunction, filter.offset)
	return nil
}

// argument translates the argument of a filter, as pongo2 has it behind a colon or
// as Jinja has it in brackets, and says whether there is one. The words are those
// of the value alone.
func (e *expression) argument() (given bool, err error) {
	switch {
	case e.isSymbol(":"):
		e.tokens = e.tokens[1:]
		return true, e.value()
	case !e.isSymbol("("):
		return false, nil
	}
	e.tokens = e.tokens[1:]
	if !e.isSymbol(")") {
		given = true
		if err := e.value(); err != nil {
			return false, err
		}
	}
	if !e.isSymbol(")") {
		return false, errorAt(e.text, e.tokens[0].offset, "a filter takes one argument: a text in quotes, a number or a name")
	}
	e.tokens = e.tokens[1:]
	return given, nil
}
