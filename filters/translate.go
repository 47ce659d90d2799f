package filters

import "strings"

// translation turns a template's text into the one that pongo2 gets, tag by tag,
// and notes the settings it reads.
type translation struct {
	text   string
	output output
	// settings holds the names that are read and not defined in the template, in
	// the order of the text, each with the place where it is read first.
	settings []word
	blocks   []block
}

// translate reads the whole text.
func (t *translation) translate() error {
	t.blocks = []block{{locals: map[string]bool{}}}
	at := 0
	for {
		open := nextOpening(t.text, at)
		t.output.text(t.text[at:open])
		if open == len(t.text) {
			break
		}
		var err error
		if at, err = t.element(open); err != nil {
			return err
		}
	}
	if last := t.blocks[len(t.blocks)-1]; last.tag != "" {
		return t.unclosed(last.tag, last.offset)
	}
	return nil
}

// nextOpening gives the offset of the next {{, {% or {#, or the end of the text.
func nextOpening(text string, at int) int {
	for i := at; i+1 < len(text); i++ {
		if text[i] == '{' && strings.IndexByte("{%#", text[i+1]) >= 0 {
			return i
		}
	}
	return len(text)
}

// element translates what opens at offset, and returns the offset behind it.
func (t *translation) element(offset int) (int, error) {
	if t.text[offset+1] == '#' {
		length := strings.Index(t.text[offset+2:], "#}")
		if length < 0 {
			return 0, errorAt(t.text, offset, `"{#" is not closed with "#}"`)
		}
		comment := t.text[offset+2 : offset+2+length]
		behind := offset + 2 + length + 2
		t.output.nothing(code{
			offset:    offset,
			tokens:    []token{{endKind, "#}", behind - 2}},
			trimLeft:  strings.HasPrefix(comment, "-"),
			trimRight: strings.HasSuffix(comment, "-"),
		})
		return behind, nil
	}
	c, behind, err := scanCode(t.text, offset)
	if err != nil {
		return 0, err
	}
	if t.text[offset+1] == '%' {
		return t.tag(c, behind)
	}
	e := t.expression(c.tokens)
	if err := e.whole(); err != nil {
		return 0, err
	}
	t.output.code("{{", "}}", c, e.words...)
	return behind, nil
}

// tag translates a tag, and returns the offset behind what it takes in.
func (t *translation) tag(c code, behind int) (int, error) {
	tag := c.tokens[0]
	if tag.kind != nameKind {
		return 0, errorAt(t.text, tag.offset, "expected the name of a tag, not %s", tag)
	}
	e := t.expression(c.tokens[1:])
	e.words = append(e.words, word{tag.text, tag.offset})
	switch tag.text {
	case "comment", "raw", "verbatim":
		if err := e.finish(); err != nil {
			return 0, err
		}
		return t.unread(tag.text, c, behind)
	case "if":
		return behind, t.openIf(c, e)
	case "for":
		return behind, t.openFor(c, e)
	case "with":
		return behind, t.openWith(c, e)
	case "set":
		return behind, t.set(c, e)
	case "elif", "else", "empty":
		return behind, t.branch(c, e)
	}
	if strings.HasPrefix(tag.text, "end") {
		return behind, t.close(c, e)
	}
	return 0, errorAt(t.text, tag.offset, "the tag %q is not allowed; those that are: %s", tag.text, list(allowedTags))
}

// unread takes in the tag and all up to its end: a comment, or text that is passed
// on as it is. pongo2 does not see it, because it can loop on the end of a comment.
func (t *translation) unread(tag string, opening code, at int) (int, error) {
	for from := at; ; {
		open := strings.Index(t.text[from:], "{%")
		if open < 0 {
			return 0, t.unclosed(tag, opening.offset)
		}
		from += open
		closing, behind, err := scanCode(t.text, from)
		if err != nil || len(closing.tokens) != 2 || closing.tokens[0].text != allowedTags[tag] {
			from += len("{%")
			continue
		}
		t.output.nothing(opening)
		if tag != "comment" {
			t.output.text(t.text[at:from])
		}
		t.output.nothing(closing)
		return behind, nil
	}
}

func (t *translation) expression(tokens []token) *expression {
	return &expression{text: t.text, tokens: tokens, read: t.read}
}

// read notes a name that an expression reads.
func (t *translation) read(name token) error {
	if isReserved(name.text) {
		return errorAt(t.text, name.offset, "the name %q is reserved", name.text)
	}
	for _, open := range t.blocks {
		if open.locals[name.text] {
			return nil
		}
	}
	for _, setting := range t.settings {
		if setting.text == name.text {
			return nil
		}
	}
	t.settings = append(t.settings, word{name.text, name.offset})
	return nil
}

// isReserved says whether a name means something to pongo2 or to us, whatever the
// settings say.
func isReserved(name string) bool {
	switch name {
	case "pongo2", "true", "True", "false", "False", "none", "None":
		return true
	}
	for _, keyword := range keywords {
		if name == keyword {
			return true
		}
	}
	return strings.HasPrefix(name, functionPrefix)
}
