package filters

// block is a tag that is open. The first of a translation's blocks is the template.
type block struct {
	tag    string
	offset int
	elsed  bool            // its last branch has begun
	locals map[string]bool // names defined in it; nil in an if, which is no scope
}

// openIf translates {% if … %}.
func (t *translation) openIf(c code, e *expression) error {
	if err := e.whole(); err != nil {
		return err
	}
	t.blocks = append(t.blocks, block{tag: "if", offset: c.offset})
	t.output.code("{%", "%}", c, e.words...)
	return nil
}

// openFor translates {% for NAME in … %}, with a NAME, NAME and reversed or sorted
// as pongo2 has them. The body begins with a call that counts its turns.
func (t *translation) openFor(c code, e *expression) error {
	locals := map[string]bool{"forloop": true}
	for {
		name, err := t.define(e)
		if err != nil {
			return err
		}
		locals[name] = true
		if !e.isSymbol(",") || len(locals) > 2 {
			break
		}
		e.take()
	}
	if !e.isName("in") {
		return errorAt(t.text, e.tokens[0].offset, "expected \"in\", not %s", e.tokens[0])
	}
	e.take()
	if err := e.or(); err != nil {
		return err
	}
	for _, order := range []string{"reversed", "sorted"} {
		if e.isName(order) {
			e.take()
		}
	}
	if err := e.finish(); err != nil {
		return err
	}
	t.blocks = append(t.blocks, block{tag: "for", offset: c.offset, locals: locals})
	head, count := c, c
	head.trimRight, count.trimLeft = false, false
	t.output.code("{%", "%}", head, e.words...)
	call := t.expression(nil)
	call.words = []word{{"0", c.offset}}
	call.call(0, countFunction, c.offset)
	t.output.code("{{", "}}", count, call.words...)
	return nil
}

// openWith translates {% with NAME=… NAME=… %}, with commas between them or without.
func (t *translation) openWith(c code, e *expression) error {
	locals := map[string]bool{}
	for {
		name, err := t.assignment(e)
		if err != nil {
			return err
		}
		locals[name] = true
		if e.isSymbol(",") {
			e.tokens = e.tokens[1:]
			continue
		}
		if e.tokens[0].kind == endKind {
			break
		}
	}
	t.blocks = append(t.blocks, block{tag: "with", offset: c.offset, locals: locals})
	t.output.code("{%", "%}", c, e.words...)
	return nil
}

// set translates {% set NAME=… %}. As in Jinja the name outlives an if, and is empty
// behind one that was not taken, but does not outlive a for or a with.
func (t *translation) set(c code, e *expression) error {
	name, err := t.assignment(e)
	if err != nil {
		return err
	}
	if err := e.finish(); err != nil {
		return err
	}
	for i := len(t.blocks) - 1; ; i-- {
		if locals := t.blocks[i].locals; locals != nil {
			locals[name] = true
			break
		}
	}
	t.output.code("{%", "%}", c, e.words...)
	return nil
}

// assignment translates NAME=…, the value in a call that checks its length.
func (t *translation) assignment(e *expression) (string, error) {
	offset := e.tokens[0].offset
	name, err := t.define(e)
	if err != nil {
		return "", err
	}
	if err := e.expect("="); err != nil {
		return "", err
	}
	start := len(e.words)
	if err := e.or(); err != nil {
		return "", err
	}
	e.call(start, limitFunction, offset)
	return name, nil
}

// define takes a name that the template gives a value.
func (t *translation) define(e *expression) (string, error) {
	local := e.tokens[0]
	if local.kind != nameKind {
		return "", errorAt(t.text, local.offset, "expected a name, not %s", local)
	}
	if isReserved(local.text) || local.text == "forloop" {
		return "", errorAt(t.text, local.offset, "the name %q is reserved", local.text)
	}
	e.take()
	return local.text, nil
}

// branch translates the else and elif of an if, and the empty of a for.
func (t *translation) branch(c code, e *expression) error {
	tag := c.tokens[0]
	belongs := "if"
	if tag.text == "empty" {
		belongs = "for"
	}
	open := &t.blocks[len(t.blocks)-1]
	if open.tag != belongs || open.elsed {
		return errorAt(t.text, tag.offset, "{%% %s %%} does not belong here", tag.text)
	}
	open.elsed = tag.text != "elif"
	translate := e.finish
	if tag.text == "elif" {
		translate = e.whole
	}
	if tag.text == "empty" {
		open.locals = map[string]bool{"forloop": true}
	}
	if err := translate(); err != nil {
		return err
	}
	t.output.code("{%", "%}", c, e.words...)
	return nil
}

// close translates the end of the block that was opened last.
func (t *translation) close(c code, e *expression) error {
	tag := c.tokens[0]
	open := t.blocks[len(t.blocks)-1]
	if open.tag == "" || allowedTags[open.tag] != tag.text {
		return errorAt(t.text, tag.offset, "{%% %s %%} does not belong here", tag.text)
	}
	if err := e.finish(); err != nil {
		return err
	}
	t.blocks = t.blocks[:len(t.blocks)-1]
	t.output.code("{%", "%}", c, e.words...)
	return nil
}

func (t *translation) unclosed(tag string, offset int) error {
	return errorAt(t.text, offset, "{%% %s %%} has no {%% %s %%}", tag, allowedTags[tag])
}
