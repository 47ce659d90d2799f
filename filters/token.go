package filters

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind int

const (
	endKind kind = iota // of the tag or the variable
	nameKind
	numberKind
	quotedKind
	symbolKind
)

// token is one word between {{ and }} or {% and %}. A quoted one's text is what
// stands between the quotes, without escapes.
type token struct {
	kind   kind
	text   string
	offset int // in the template's text
}

// String names the token in a message.
func (t token) String() string {
	switch t.kind {
	case endKind:
		return "end, " + strconv.Quote(t.text)
	case quotedKind:
		return "text " + strconv.Quote(t.text)
	default:
		return strconv.Quote(t.text)
	}
}

// symbols are the operators and brackets, the longer ones first.
var symbols = []string{
	"==", ">=", "<=", "&&", "||", "!=", "<>",
	"(", ")", "+", "-", "*", "<", ">", "/", "^", ",", ".", "!", "|", ":", "=", "%", "[", "]",
}

// code holds the tokens of one {{ … }} or {% … %}, an end token as the last.
type code struct {
	offset              int // of its opening
	tokens              []token
	trimLeft, trimRight bool // {{- and -}}: white space beside it goes
}

// scanCode reads the code that opens at offset and returns it with the offset
// behind it. Unlike pongo2 it allows line breaks, as Jinja does.
func scanCode(text string, offset int) (code, int, error) {
	c := code{offset: offset}
	closing := "}}"
	if text[offset+1] == '%' {
		closing = "%}"
	}
	at := offset + len(closing)
	if strings.HasPrefix(text[at:], "-") {
		c.trimLeft = true
		at++
	}
	for {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\r\n"))
		rest := text[at:]
		switch {
		case rest == "":
			return code{}, 0, errorAt(text, offset, "%q is not closed with %q", text[offset:offset+2], closing)
		case strings.HasPrefix(rest, closing):
			c.tokens = append(c.tokens, token{endKind, closing, at})
			return c, at + len(closing), nil
		case strings.HasPrefix(rest, "-"+closing):
			c.trimRight = true
			c.tokens = append(c.tokens, token{endKind, closing, at})
			return c, at + len("-") + len(closing), nil
		}
		t, length, err := scanToken(text, at)
		if err != nil {
			return code{}, 0, err
		}
		c.tokens = append(c.tokens, t)
		at += length
	}
}

// scanToken reads the token at offset and returns it with its length in the text.
func scanToken(text string, offset int) (token, int, error) {
	rest := text[offset:]
	switch first := rest[0]; {
	case first == '"' || first == '\'':
		return scanQuoted(text, offset)
	case isWord(first):
		length := 1
		onlyDigits := isDigit(first)
		for length < len(rest) && isWord(rest[length]) {
			onlyDigits = onlyDigits && isDigit(rest[length])
			length++
		}
		if onlyDigits {
			return token{numberKind, rest[:length], offset}, length, nil
		}
		return token{nameKind, rest[:length], offset}, length, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s) {
			return token{symbolKind, s, offset}, len(s), nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, 0, errorAt(text, offset, "unexpected character %q", r)
}

// scanQuoted reads the quoted text at offset, in which a backslash may stand
// before a quote or a backslash.
func scanQuoted(text string, offset int) (token, int, error) {
	rest := text[offset:]
	var value strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == rest[0]:
			return token{quotedKind, value.String(), offset}, i + 1, nil
		case c == '\n':
			return token{}, 0, errorAt(text, offset, "the text in quotes is not closed on its line")
		case c == '\\' && i+1 < len(rest):
			i++
			if !strings.ContainsRune(`\"'`, rune(rest[i])) {
				return token{}, 0, errorAt(text, offset+i-1, `a backslash in quotes stands only before a quote or a backslash`)
			}
			value.WriteByte(rest[i])
		default:
			value.WriteByte(c)
		}
	}
	return token{}, 0, errorAt(text, offset, "the text in quotes is not closed")
}

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }
