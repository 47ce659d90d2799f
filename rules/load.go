package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/tplproxy/tplproxy/filters"
)

// Load reads a rule file, or every *.yaml and *.yml in a directory. Errors name
// file, line and column.
func Load(name string) ([]*Rule, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such rule file or directory", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the rules cannot be read: %w", name, err)
	}
	if !info.IsDir() {
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r, err := Parse(name, src)
		if err != nil {
			return nil, err
		}
		return []*Rule{r}, nil
	}
	list, err := readAll(os.DirFS(name), ".", filepath.ToSlash(name)+"/")
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%s: there is no rule file (*.yaml) in it", name)
	}
	return list, err
}

func readAll(files fs.FS, dir, prefix string) ([]*Rule, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			names = append(names, e.Name())
		}
	}
	// The parser takes its time, and every start waits for it.
	list, errs := make([]*Rule, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			var src []byte
			if src, errs[i] = fs.ReadFile(files, name); errs[i] == nil {
				list[i], errs[i] = Parse(prefix+name, src)
			}
		})
	}
	wg.Wait()
	return list, errors.Join(errs...)
}

// Parse reads one rule; name is for errors, which are "name:line:column: what
// is wrong" where there is a place.
func Parse(name string, src []byte) (*Rule, error) {
	r := &Rule{source: name}
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	dec := yaml.NewDecoder(bytes.NewReader(src), yaml.DisallowUnknownField())
	if err := dec.Decode(r); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlError(name, err)
	}
	if file, err := parser.ParseBytes(src, 0); err == nil && len(file.Docs) > 1 && file.Docs[1].Start != nil && file.Docs[1].Body != nil {
		at := file.Docs[1].Start.Position
		return nil, fmt.Errorf("%s:%d:%d: a second document; write each rule into a file of its own", name, at.Line, at.Column)
	}
	if r.About == "" {
		r.About = "what " + r.Name + " downloads"
	}
	if err := r.check(); err != nil {
		var placed *placedError
		if errors.As(err, &placed) {
			return nil, fmt.Errorf("%s:%w", name, err)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// yamlError puts an error of the YAML library into our form.
func yamlError(name string, err error) error {
	var placed *placedError
	if errors.As(err, &placed) {
		return fmt.Errorf("%s:%d:%d: %s", name, placed.line, placed.column, placed.message)
	}
	var y yaml.Error
	if errors.As(err, &y) {
		message := y.GetMessage()
		if rest, ok := strings.CutPrefix(message, "unknown field "); ok {
			message = "unknown key " + rest
		}
		if strings.HasPrefix(message, "cannot unmarshal") {
			message = "another kind of value belongs here; docs/rules.md says which"
		}
		if strings.Contains(message, "flow map") {
			message += "; a template must stand in quotes"
		}
		if t := y.GetToken(); t != nil && t.Position != nil {
			return fmt.Errorf("%s:%d:%d: %s", name, t.Position.Line, t.Position.Column, message)
		}
		return fmt.Errorf("%s: %s", name, message)
	}
	return fmt.Errorf("%s: %w", name, err)
}

type placedError struct {
	line, column int
	message      string
}

func (e *placedError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.line, e.column, e.message)
}

// UnmarshalYAML reads a template and notes where it stands.
func (t *Text) UnmarshalYAML(node ast.Node) error {
	position := node.GetToken().Position
	t.line, t.column = position.Line, position.Column
	switch n := node.(type) {
	case *ast.StringNode:
		t.text = n.Value
		if n.Token.Type == token.DoubleQuoteType || n.Token.Type == token.SingleQuoteType {
			t.column++
		}
	case *ast.LiteralNode:
		t.text = n.Value.Value
		if n.Value.GetToken() != nil {
			t.line, t.column = position.Line+1, indent(n)
		}
	default:
		return &placedError{t.line, t.column, "a template must be a string"}
	}
	template, err := filters.Parse("", t.text)
	if err != nil {
		var fe *filters.Error
		if errors.As(err, &fe) {
			return t.at(fe)
		}
		return err
	}
	t.reads, t.given = template.Variables(), true
	return nil
}

// indent is the column at which the lines of a block scalar begin.
func indent(n *ast.LiteralNode) int {
	for line := range strings.Lines(n.Value.GetToken().Origin) {
		if trimmed := strings.TrimLeft(line, " "); strings.TrimSpace(trimmed) != "" {
			return len(line) - len(trimmed) + 1
		}
	}
	return 1
}

// at moves an error within the template to its place in the file.
func (t *Text) at(e *filters.Error) *placedError {
	p := &placedError{line: t.line + e.Line - 1, column: e.Column, message: e.Message}
	if e.Line == 1 || strings.Contains(t.text, "\n") {
		p.column += t.column - 1
	}
	return p
}

// UnmarshalYAML reads NAME: template, or
// NAME: {value: template, programs: [npm], append: true, neutral: text}.
func (e *Env) UnmarshalYAML(node ast.Node) error {
	return unmarshalText(node, &e.Value, map[string]any{"value": &e.Value, "programs": &e.Programs, "append": &e.Append, "neutral": &e.Neutral})
}

// UnmarshalYAML reads PATH: template, or
// PATH: {content: template, programs: [yarn], create: true}.
func (f *File) UnmarshalYAML(node ast.Node) error {
	return unmarshalText(node, &f.Content, map[string]any{"content": &f.Content, "create": &f.Create, "privileged": &f.Privileged, "programs": &f.Programs})
}

// UnmarshalYAML reads NAME: default, or NAME: {default: template, kind: hosts}.
func (d *Declared) UnmarshalYAML(node ast.Node) error {
	if _, null := node.(*ast.NullNode); null {
		return nil
	}
	return unmarshalText(node, &d.Default, map[string]any{"default": &d.Default, "kind": &d.Kind})
}

// kinds says what the keys of a mapping take.
var kinds = map[string]string{"*bool": "true or false", "*string": "a string", "*[]string": "a list of strings", "*rules.Kind": "base, hosts, mirrors or images"}

// unmarshalText reads a template, or a mapping with the keys.
func unmarshalText(node ast.Node, text *Text, keys map[string]any) error {
	m, ok := node.(*ast.MappingNode)
	if !ok {
		return text.UnmarshalYAML(node)
	}
	for _, v := range m.Values {
		position := v.Key.GetToken().Position
		target, ok := keys[v.Key.String()]
		if !ok {
			return &placedError{position.Line, position.Column, fmt.Sprintf("unknown key %q", v.Key.String())}
		}
		if t, ok := target.(*Text); ok {
			if err := t.UnmarshalYAML(v.Value); err != nil {
				return err
			}
		} else if err := yaml.NodeToValue(v.Value, target); err != nil {
			place := v.Value.GetToken().Position
			return &placedError{place.Line, place.Column, fmt.Sprintf("%s must be %s", v.Key.String(), kinds[fmt.Sprintf("%T", target)])}
		}
	}
	return nil
}
