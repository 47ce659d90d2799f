package rewrite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tplproxy/tplproxy/internal/golden"
	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// A block is a fenced code block of docs/rules.md: between a line of three
// backquotes with the language behind them and the next line of three backquotes.
type block struct {
	section  string // the heading (## …) that it stands below
	language string
	text     string
}

func readDocs(t *testing.T) (string, []block) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(golden.Dir(), "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	var blocks []block
	section, open := "", false
	for line := range strings.Lines(text) {
		language, fence := strings.CutPrefix(line, "```")
		heading, headed := strings.CutPrefix(line, "## ")
		switch {
		case fence && !open:
			blocks = append(blocks, block{section: section, language: strings.TrimSpace(language)})
			open = true
		case fence:
			open = false
		case open:
			blocks[len(blocks)-1].text += line
		case headed:
			section = strings.TrimSpace(heading)
		}
	}
	if open {
		t.Fatal("the last block of docs/rules.md has no end")
	}
	return text, blocks
}

// TestDocsRules parses every rule of docs/rules.md: each yaml block. One with a
// text block right behind it is wrong, and that is the error, for a file
// rule.yaml.
func TestDocsRules(t *testing.T) {
	_, blocks := readDocs(t)
	for i, b := range blocks {
		if b.language != "yaml" {
			continue
		}
		_, err := rules.Parse("rule.yaml", []byte(b.text))
		got, want := "", ""
		if err != nil {
			got = err.Error() + "\n"
		}
		if i+1 < len(blocks) && blocks[i+1].language == "text" {
			want = blocks[i+1].text
		}
		if got != want {
			t.Errorf("%s: the rule\n%sgives the error %q, not %q", b.section, b.text, got, want)
		}
	}
}

// TestDocsExamples runs the worked examples of docs/rules.md. Each is a section
// "Example: NAME" with these blocks, in this order: the rule (yaml), the
// Dockerfile before (dockerfile), the command with the settings (sh), and the
// Dockerfile after (dockerfile).
func TestDocsExamples(t *testing.T) {
	_, blocks := readDocs(t)
	examples := map[string][]block{}
	for _, b := range blocks {
		if name, ok := strings.CutPrefix(b.section, "Example: "); ok {
			examples[name] = append(examples[name], b)
		}
	}
	for _, name := range []string{"apk", "cargo"} {
		t.Run(name, func(t *testing.T) {
			var languages []string
			for _, b := range examples[name] {
				languages = append(languages, b.language)
			}
			if want := []string{"yaml", "dockerfile", "sh", "dockerfile"}; !slices.Equal(languages, want) {
				t.Fatalf("its blocks are %q, not %q", languages, want)
			}
			before, after := examples[name][1].text, examples[name][3].text
			settings := settingsOf(t, examples[name][2].text)
			alone := &rules.Set{}
			addRule(t, alone, examples[name][0].text)
			checkExample(t, "with the built-in rules", builtin(t, examples[name][0].text), settings, before, after)
			checkExample(t, "alone", alone, settings, before, after)
		})
	}
}

// settingsOf gives what a command line sets with --set NAME=VALUE.
func settingsOf(t *testing.T, command string) rules.Settings {
	t.Helper()
	settings := rules.Settings{}
	for _, m := range regexp.MustCompile(`--set (\w+)=(\S+)`).FindAllStringSubmatch(command, -1) {
		settings[m[1]] = rules.Setting{Value: m[2], Source: "--set"}
	}
	if len(settings) == 0 || !strings.HasPrefix(command, "tplproxy rewrite ") {
		t.Fatalf("%q is no tplproxy rewrite with a --set", command)
	}
	return settings
}

func checkExample(t *testing.T, how string, set *rules.Set, settings rules.Settings, before, after string) {
	t.Helper()
	rw, err := rewrite.New(set, settings)
	if err != nil {
		t.Fatalf("%s: %v", how, err)
	}
	result, err := rw.Rewrite([]byte(before))
	if err != nil {
		t.Fatalf("%s: %v", how, err)
	}
	if string(result.Output) != after {
		t.Errorf("%s: the result is\n%s\nnot\n%s", how, result.Output, after)
	}
	if before == after {
		t.Errorf("%s: nothing is changed", how)
	}
	original, err := rewrite.Restore(result.Output)
	if err != nil {
		t.Fatalf("%s: %v", how, err)
	}
	if !bytes.Equal(original, []byte(before)) {
		t.Errorf("%s: restored, it is\n%s\nnot\n%s", how, original, before)
	}
}

// TestDocsKeys looks for every key of a rule in docs/rules.md: in backquotes, at
// the beginning of a table's line.
func TestDocsKeys(t *testing.T) {
	text, _ := readDocs(t)
	keys := keysOf(reflect.TypeFor[rules.Rule](), map[reflect.Type]bool{})
	for _, known := range []string{"name", "references", "neutral", "create", "kind", "later", "mirrors"} {
		if !slices.Contains(keys, known) {
			t.Fatalf("the keys are %q, without %s", keys, known)
		}
	}
	for _, key := range keys {
		if !strings.Contains(text, "\n| `"+key+"` | ") {
			t.Errorf("docs/rules.md has no line in a table for the key %s", key)
		}
	}
}

// keysOf lists the keys of a type and of those in it: their yaml tags, or their
// names in lower case where a type reads its keys itself.
func keysOf(typ reflect.Type, seen map[reflect.Type]bool) []string {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keysOf(typ.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if seen[typ] {
		return nil
	}
	seen[typ] = true
	var keys []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if !f.IsExported() {
			continue
		}
		key := f.Tag.Get("yaml")
		if key == "" {
			key = strings.ToLower(f.Name)
		}
		keys = append(append(keys, key), keysOf(f.Type, seen)...)
	}
	return keys
}
