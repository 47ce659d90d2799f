package filters

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flosch/pongo2/v6"
)

// Error is what is wrong with a template, and where: Line and Column count from 1,
// in lines and characters of the template's text. Message is lower case, without a
// full stop, and repeats no setting's value.
type Error struct {
	Line, Column int
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// errorAt gives the error at a byte offset of the template's text.
func errorAt(text string, offset int, format string, values ...any) *Error {
	before := text[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return &Error{
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(line) + 1,
		Message: fmt.Sprintf(format, values...),
	}
}

// named puts the template's name, if it has one, in front of its errors.
func named(name string, err error) error {
	if name == "" {
		return err
	}
	return fmt.Errorf("%s:%w", name, err)
}

// wrapping is what pongo2 puts around an error's message, once for each call that
// the error passed through, the outermost first.
var wrapping = regexp.MustCompile(`^\[Error[^|\]]*(?: \| Line (\d+) Col (\d+)(?: near '.*?')?)?\] `)

// fromEngine translates an error of pongo2 into one about the original text: the
// message without its wrapping, and the innermost position that it names.
func fromEngine(text string, marks []mark, err error) *Error {
	line, column := 0, 0
	message := err.Error()
	var engine *pongo2.Error
	if errors.As(err, &engine) {
		line, column, message = engine.Line, engine.Column, engine.OrigError.Error()
	}
	for match := wrapping.FindStringSubmatch(message); match != nil; match = wrapping.FindStringSubmatch(message) {
		if match[1] != "" {
			line, _ = strconv.Atoi(match[1])
			column, _ = strconv.Atoi(match[2])
		}
		message = message[len(match[0]):]
	}
	message = strings.TrimSuffix(message, ".")
	if first, size := utf8.DecodeRuneInString(message); first < utf8.RuneSelf {
		message = strings.ToLower(message[:size]) + message[size:]
	}
	return errorAt(text, original(marks, line, column), "%s", message)
}
