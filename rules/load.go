package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
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
	dec := yaml.NewDecoder(bytes.NewReader(src), yaml.DisallowUnknownField())
	if err := dec.Decode(r); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlError(name, err)
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
	t.reads, t.lazy = template.Variables(), &lazy{template: template}
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
var kinds = map[string]string{"*bool": "true or false", "*string": "a string", "*[]string": "a list of strings", "*rules.Kind": "base, hosts or mirrors"}

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

// check tells what a rule lacks, or holds that cannot work.
func (r *Rule) check() error {
	switch {
	case r.Name == "":
		return &placedError{1, 1, "name is missing"}
	case strings.Trim(r.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("name: %q is not made of lower-case letters, digits and hyphens", r.Name)
	case r.Setting == "":
		return &placedError{1, 1, "setting is missing: the name of the setting that turns the rule on"}
	case !validSetting(r.Setting):
		return fmt.Errorf("setting: %q is not made of capital letters, digits and underscores", r.Setting)
	case len(r.Commands) == 0 && len(r.Instructions) == 0:
		return &placedError{1, 1, "commands are missing"}
	case len(r.Env) == 0 && len(r.Files) == 0 && len(r.Arguments) == 0 && len(r.References) == 0 && !r.Scripts.Before.there():
		return &placedError{1, 1, "env, files, arguments, scripts and references are missing: the rule would change nothing"}
	}
	if err := r.checkSettings(); err != nil {
		return err
	}
	if err := r.checkReferences(); err != nil {
		return err
	}
	for _, list := range []struct {
		name    string
		entries []string
	}{
		{"commands", r.Commands}, {"unsupported", slices.Collect(maps.Keys(r.Unsupported))},
		{"configured", slices.Collect(maps.Keys(r.Configured))}, {"deciding", slices.Collect(maps.Keys(r.Deciding))},
		{"images", slices.Collect(maps.Keys(r.Images))}, {"hosts", slices.Collect(maps.Keys(r.Hosts))},
		{"ignoring", slices.Concat(slices.Collect(maps.Values(r.Ignoring))...)}, {"notes", slices.Collect(maps.Keys(r.Notes))},
		{"options", r.Options}, {"flags", r.Flags}, {"offline", r.Offline}, {"variables", r.Variables},
		{"secrets", r.Secrets}, {"lists", r.Lists}, {"with", r.With}, {"keeping", slices.Concat(slices.Collect(maps.Values(r.Keeping))...)},
		{"arguments", slices.Collect(maps.Keys(r.Arguments))}, {"besides", slices.Collect(maps.Keys(r.Besides))},
	} {
		for _, e := range list.entries {
			if strings.TrimSpace(e) == "" || strings.Contains(e, "||") || strings.Trim(e, "|") != e {
				return fmt.Errorf("%s: an empty entry matches nothing", list.name)
			}
		}
	}
	for name, e := range r.Env {
		if !validVariable(name) {
			return fmt.Errorf("env: %q is no name of a variable", name)
		}
		if name == "PATH" || name == "HOME" || strings.HasPrefix(name, "TPLPROXY_") {
			return fmt.Errorf("env: %s must stay what it is", name)
		}
		if bad := strings.IndexFunc(e.Neutral, unquotable); bad >= 0 || strings.ContainsAny(e.Neutral, "'{}") {
			return fmt.Errorf("env: %s: neutral holds what cannot stand in a Dockerfile without quotes", name)
		}
		if slices.Contains(predefined, strings.ToUpper(name)) {
			return fmt.Errorf("env: %s is a predefined proxy argument: declaring it would put the user's own proxy, with its password, into the image's history", name)
		}
		if err := r.checkTemplate("env: "+name, e.Value); err != nil {
			return err
		}
	}
	for name, f := range r.Files {
		if path.Clean(name) != name || !path.IsAbs(name) || strings.Trim(name, fileNameChars) != "" || name == "/" {
			return fmt.Errorf("files: %q is no clean absolute path of letters, digits and the characters . _ + - /", name)
		}
		if err := r.checkTemplate("files: "+name, f.Content); err != nil {
			return err
		}
	}
	for name, t := range map[string]Text{"before": r.Scripts.Before, "after": r.Scripts.After} {
		if !t.there() {
			continue
		}
		if err := r.checkTemplate("scripts: "+name, t); err != nil {
			return err
		}
	}
	for host, b := range r.Besides {
		if b.Reason == "" || b.Unless != "" && !slices.Contains(r.Reads(), b.Unless) {
			return fmt.Errorf("besides: %s: reason is missing, or unless is none of the rule's settings", host)
		}
	}
	for name, t := range r.Arguments {
		if err := r.checkTemplate("arguments: "+name, t); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rule) checkSettings() error {
	for _, name := range r.Or {
		if !validSetting(name) {
			return fmt.Errorf("or: %q is not made of capital letters, digits and underscores", name)
		}
	}
	if r.Only != "" && !slices.Contains(r.Reads(), r.Only) {
		return fmt.Errorf("only: %s is none of the rule's settings", r.Only)
	}
	for name, d := range r.Settings {
		if !validSetting(name) {
			return fmt.Errorf("settings: %q is not made of capital letters, digits and underscores", name)
		}
		if !slices.Contains([]Kind{URL, Base, Hosts, Mirrors}, d.Kind) {
			return fmt.Errorf("settings: %s: there is no kind %s; there are base, hosts and mirrors", name, d.Kind)
		}
		if d.Default.there() {
			if err := r.checkTemplate("settings: "+name, d.Default); err != nil {
				return err
			}
		}
	}
	return nil
}

// instructions are those whose references can be changed, and the kinds of
// references that there are in them.
var instructions = map[string][]string{"FROM": {"image"}, "COPY": {"image"}, "RUN": {"image"}, "ADD": {"file", "git"}}

func (r *Rule) checkReferences() error {
	for _, name := range r.Instructions {
		kinds := instructions[name]
		if kinds == nil {
			return fmt.Errorf("instructions: there are no references to change in %s, only in %s", name, strings.Join(slices.Sorted(maps.Keys(instructions)), ", "))
		}
		if !slices.ContainsFunc(kinds, func(k string) bool { _, ok := r.References[k]; return ok }) {
			return fmt.Errorf("instructions: %s without references of the kind %s changes nothing", name, strings.Join(kinds, " or "))
		}
	}
	for kind, refs := range r.References {
		if !slices.Contains([]string{"image", "file", "git"}, kind) {
			return fmt.Errorf("references: there is no kind %s; there are image, file and git", kind)
		}
		for _, setting := range []string{refs.Only, refs.Mirrors} {
			if setting != "" && !slices.Contains(r.Reads(), setting) {
				return fmt.Errorf("references: %s: %s is none of the rule's settings", kind, setting)
			}
		}
		for from, t := range refs.To {
			if err := r.checkTemplate("references: "+kind+": "+from, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// unquotable tells which characters a value must not hold, because not every
// builder reads them alike, whatever quotes are around them. A single quote is
// itself within double ones.
func unquotable(c rune) bool {
	return c < ' ' || c == 0x7f || strings.ContainsRune("\"\\`$", c)
}

const fileNameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-/"

// predefined are the proxy arguments that every builder knows.
var predefined = []string{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"}

// ProxyHosts is the variable with which a template asks for the hosts that need
// no proxy: this machine and those of all settings, with commas between.
const ProxyHosts = "PROXY_HOSTS"

func (r *Rule) checkTemplate(where string, t Text) error {
	if !t.there() {
		return fmt.Errorf("%s: the template is missing", where)
	}
	for _, v := range t.reads {
		if v != ProxyHosts && !slices.Contains(r.Reads(), v) {
			message := fmt.Sprintf("%s: the template reads %s, which is none of the rule's settings: name it with the key setting, or, or settings", where, v)
			return &placedError{t.line, t.column, message}
		}
	}
	return nil
}

func validSetting(s string) bool {
	return validVariable(s) && s == strings.ToUpper(s)
}

func validVariable(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && (s[0] < '0' || s[0] > '9')
}
