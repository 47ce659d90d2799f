package rules

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tplproxy/tplproxy/filters"
)

//go:generate go run -tags unprepared ./prepare

//go:embed *.yaml
var builtin embed.FS

// Builtin gives the rules that come with the tool. builtin.go has them as they
// were read before: reading YAML takes longer than all the rest of a run. A change
// of a YAML file makes it worthless, and the YAML is read; go generate ./rules
// renews it.
func Builtin() (*Set, error) {
	s := &Set{}
	if preparedSum == builtinSum() {
		s.Add(preparedRules()...)
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

// Prepared gives the rules of the YAML files as Go source, for go generate:
// package prepare makes builtin.go of it.
func Prepared() (string, error) {
	list, err := readAll(builtin, ".", builtinSource)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package rules\n\nconst preparedSum = %q\n\nfunc preparedRules() []*Rule {\nreturn []*Rule{\n", builtinSum())
	for _, r := range list {
		fmt.Fprintf(&b, "&%#v,\n", *r)
	}
	b.WriteString("}\n}\n")
	return b.String(), nil
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

// there tells whether there is a template.
func (t Text) there() bool { return t.given }

// render renders the template.
func (t Text) render(values map[string]string) (string, error) {
	if !strings.Contains(t.text, "{{") && !strings.Contains(t.text, "{%") && !strings.Contains(t.text, "{#") {
		return t.text, nil
	}
	template, err := filters.Parse("", t.text)
	if err != nil {
		return "", err
	}
	return template.Render(values)
}
