package filters

import (
	"slices"
	"strconv"
)

// expression translates the expressions of one tag or variable from the tokens of
// the template to the words that pongo2 gets. What changes on the way:
//   - X|url_part('p') becomes a call of a function in the context, since pongo2 has
//     filters only for the whole process
//   - X|filter('a') becomes X|filter:"a"
//   - and, or, not bind as in Jinja and Python, where pongo2 groups a and b or c
//     from the right, and not a == b from the left
type expression struct {
	text   string
	tokens []token // what is left of them
	words  []word
	// read is called with each name that an operand starts with.
	read func(token) error
}

// whole translates one expression that reaches to the end of the tokens.
func (e *expression) whole() error {
	if err := e.or(); err != nil {
		return err
	}
	return e.finish()
}

// finish checks that no tokens are left.
func (e *expression) finish() error {
	if e.tokens[0].kind != endKind {
		return e.unexpected()
	}
	return nil
}

func (e *expression) or() error {
	return e.chain(e.and, "or", "||")
}

func (e *expression) and() error {
	return e.chain(e.not, "and", "&&")
}

// chain translates what next does, any number of times with an operator between.
func (e *expression) chain(next func() error, keyword, sign string) error {
	start := len(e.words)
	if err := next(); err != nil {
		return err
	}
	chained := false
	for e.isName(keyword) || e.isSymbol(sign) {
		chained = true
		e.take()
		if err := next(); err != nil {
			return err
		}
	}
	if chained {
		e.wrap(start, "(")
		e.add(")")
	}
	return nil
}

func (e *expression) not() error {
	if !e.isName("not") {
		return e.comparison()
	}
	e.take()
	start := len(e.words)
	if err := e.not(); err != nil {
		return err
	}
	e.wrap(start, "(")
	e.add(")")
	return nil
}

var (
	comparisons = []string{"==", "!=", "<>", "<=", ">=", "<", ">"}
	arithmetic  = []string{"+", "-", "*", "/", "%", "^"}
)

// comparison translates operands with comparisons and arithmetic between them,
// whose precedence pongo2 knows.
func (e *expression) comparison() error {
	if err := e.signed(); err != nil {
		return err
	}
	for {
		next := e.signed
		switch {
		case e.isSymbol(comparisons...), e.isName("in"):
		case e.isSymbol(arithmetic...):
			next = e.operand
		default:
			return nil
		}
		e.take()
		if err := next(); err != nil {
			return err
		}
	}
}

// signed translates an operand with the signs that pongo2 allows before it.
func (e *expression) signed() error {
	if e.isSymbol("+", "-") {
		e.take()
	}
	if e.isSymbol("!") {
		e.take()
	}
	return e.operand()
}

// call makes the words from start on the arguments of a call. The offset goes in
// as the last one: an error of the function gives its position with it.
func (e *expression) call(start int, function string, offset int) {
	e.words = slices.Insert(e.words, start, word{function, offset}, word{"(", offset})
	for _, text := range []string{",", strconv.Itoa(offset), ")"} {
		e.words = append(e.words, word{text, offset})
	}
}

// take passes the next token on as it is.
func (e *expression) take() {
	e.words = append(e.words, word{e.tokens[0].text, e.tokens[0].offset})
	e.tokens = e.tokens[1:]
}

// wrap puts text before the words from start on.
func (e *expression) wrap(start int, text string) {
	e.words = slices.Insert(e.words, start, word{text, e.words[start].offset})
}

// add puts text behind the words.
func (e *expression) add(text string) {
	e.words = append(e.words, word{text, e.tokens[0].offset})
}

func (e *expression) isName(names ...string) bool {
	return e.tokens[0].kind == nameKind && slices.Contains(names, e.tokens[0].text)
}

func (e *expression) isSymbol(signs ...string) bool {
	return e.tokens[0].kind == symbolKind && slices.Contains(signs, e.tokens[0].text)
}

func (e *expression) expect(sign string) error {
	if !e.isSymbol(sign) {
		return errorAt(e.text, e.tokens[0].offset, "expected %q, not %s", sign, e.tokens[0])
	}
	e.take()
	return nil
}

func (e *expression) expectKind(k kind) error {
	if e.tokens[0].kind != k {
		return e.unexpected()
	}
	e.take()
	return nil
}

func (e *expression) unexpected() error {
	return errorAt(e.text, e.tokens[0].offset, "unexpected %s", e.tokens[0])
}
