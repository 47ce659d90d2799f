package rules

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/tplproxy/tplproxy/filters"
)

//go:generate go run ./prepare

//go:embed *.yaml
var builtin embed.FS

// The built-in rules as they were read before: reading YAML takes longer than all
// the rest of a run. A change of a YAML file makes it worthless, and the YAML is
// read; go generate ./rules renews it.
//
//go:embed builtin.json
var builtinPrepared []byte

// prepared is what builtin.json holds.
type prepared struct {
	Sum   string // of the YAML files
	Rules []*Rule
}

// Builtin gives the rules that come with the tool.
func Builtin() (*Set, error) {
	s := &Set{}
	if list := unpack(builtinPrepared); list != nil {
		s.Add(list...)
		return s, nil
	}
	list, err := readAll(builtin, ".", builtinSource)
	if err != nil {
		return nil, err
	}
	s.Add(list...)
	return s, nil
}

const builtinSource = "built-in rule "

// unpack gives the prepared rules, or nothing where they are not those of the
// YAML files.
func unpack(text []byte) []*Rule {
	var p prepared
	if err := json.Unmarshal(text, &p); err != nil || p.Sum != builtinSum() {
		return nil
	}
	for _, r := range p.Rules {
		r.source = builtinSource + r.Name + ".yaml"
	}
	return p.Rules
}

// Prepared gives the content of builtin.json, from the YAML files.
func Prepared() ([]byte, error) {
	list, err := readAll(builtin, ".", builtinSource)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(prepared{builtinSum(), list}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// builtinSum is a checksum of the YAML files, without the carriage returns that a
// checkout on another system may add.
func builtinSum() string {
	sum := sha256.New()
	names, err := fs.Glob(builtin, "*.yaml")
	if err != nil {
		return ""
	}
	for _, name := range names {
		src, err := builtin.ReadFile(name)
		if err != nil {
			return ""
		}
		fmt.Fprintf(sum, "%s\n", name)
		sum.Write(bytes.ReplaceAll(src, []byte("\r"), nil))
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}

// A lazy template is compiled when it is first asked for.
type lazy struct {
	once     sync.Once
	template *filters.Template
	err      error
}

// preparedText is a Text in builtin.json.
type preparedText struct {
	Text   string   `json:"t"`
	Line   int      `json:"l"`
	Column int      `json:"c"`
	Reads  []string `json:"r,omitempty"`
}

// MarshalJSON is for builtin.json.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.lazy == nil {
		return []byte("null"), nil
	}
	return json.Marshal(preparedText{t.text, t.line, t.column, t.reads})
}

// UnmarshalJSON is for builtin.json.
func (t *Text) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	var p preparedText
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	*t = Text{text: p.Text, line: p.Line, column: p.Column, reads: p.Reads, lazy: &lazy{}}
	return nil
}

// there tells whether there is a template.
func (t Text) there() bool { return t.lazy != nil }

// render renders the template.
func (t Text) render(values map[string]string) (string, error) {
	if !strings.Contains(t.text, "{{") && !strings.Contains(t.text, "{%") && !strings.Contains(t.text, "{#") {
		return t.text, nil
	}
	l := t.lazy
	l.once.Do(func() {
		if l.template == nil {
			l.template, l.err = filters.Parse("", t.text)
		}
	})
	if l.err != nil {
		return "", l.err
	}
	return l.template.Render(values)
}
