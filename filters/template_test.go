package filters

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/flosch/pongo2/v6"
)

var settings = map[string]string{
	"URL":   "http://user:p&ss@Proxy.Example:3142/a/b;c?x=1&y=<2>#f",
	"HTTPS": "https://h/",
	"LIST":  "a,b,c",
	"PART":  "port",
	"WORD":  "Word",
	"EMPTY": "",
	"BAD":   "http://h:port/",
}

func TestRender(t *testing.T) {
	for _, test := range []struct{ template, want string }{
		// No template at all.
		{"", ""},
		{"plain {text} ${VAR} {", "plain {text} ${VAR} {"},
		{"a\r\n\tb\n", "a\r\n\tb\n"},
		{"}} %} #} {x} { { { %", "}} %} #} {x} { { { %"},
		{"$${%raw%}{%endraw%}", "$$"},

		// url_part, in both ways of writing.
		{"{{ URL | url_part('netloc') }}", "user:p&ss@Proxy.Example:3142"},
		{`{{ URL | url_part("netloc") }}`, "user:p&ss@Proxy.Example:3142"},
		{`{{ URL|url_part:"netloc" }}`, "user:p&ss@Proxy.Example:3142"},
		{`{{ URL|url_part:'netloc' }}`, "user:p&ss@Proxy.Example:3142"},
		{"{{URL|url_part('hostname')}}:{{URL|url_part('port')}}", "proxy.example:3142"},
		{"{{\n\tURL\n\t| url_part (\r\n'port' )\n}}", "3142"},
		{"{{ URL | url_part : 'port' }}", "3142"},
		{"{{ URL|url_part(PART) }} {{ URL|url_part:PART }}", "3142 3142"},
		{"{{ HTTPS|url_part('port') }}", ""},
		{"{{ 'http://a'|url_part('netloc') }}", "a"},
		{"{{ EMPTY|url_part('netloc') }}", ""},
		{"{{ ('http://' + WORD) | url_part('hostname') }}", "word"},

		// Chains.
		{"{{ URL | url_part('hostname') | upper }}", "PROXY.EXAMPLE"},
		{"{{ URL|lower|url_part('netloc')|upper }}", "USER:P&SS@PROXY.EXAMPLE:3142"},
		{"{{ EMPTY | default('http://d') | url_part('netloc') }}", "d"},
		{"{{ EMPTY|default:URL|url_part:'path'|cut:'/'|add:'!' }}", "ab!"},
		{"{{ URL|url_part('fragment')|add('http://x')|url_part('path')|url_part('scheme') }}", ""},
		{"{{ 'http://b' | add(WORD) | url_part('netloc') | url_part('path') }}", "bWord"},
		{"{{ (WORD) | lower }}{{ (WORD + '!')|upper() }}", "wordWORD!"},
		{"{{ LIST|split(',')|join(' ') }}", "a b c"},
		{"{{ URL|truncatechars(8)|upper() }}", "HTTP:..."},

		// Conditions.
		{"{% if URL|url_part('scheme') == 'http' %}y{% else %}n{% endif %}", "y"},
		{`{%if HTTPS|url_part:"scheme"=="http"%}y{%else%}n{%endif%}`, "n"},
		{"{% if EMPTY %}1{% elif URL | url_part('port') == '3142' %}2{% else %}3{% endif %}", "2"},
		{"{% if EMPTY %}1{% endif %}", ""},
		{"{% if 'Proxy' in URL %}y{% endif %}", "y"},
		{"{% if not WORD == 'x' %}y{% endif %}", "y"},
		{"{% if not not WORD %}y{% endif %}", "y"},
		{"{% if EMPTY and EMPTY or WORD %}y{% endif %}", "y"},
		{"{% if WORD or EMPTY and EMPTY %}y{% endif %}", "y"},
		{"{% if (WORD || EMPTY) && !EMPTY %}y{% endif %}", "y"},
		{"{% if True and not False and true and not none and not None %}y{% endif %}", "y"},
		{"{% if WORD != 'Word' or WORD|length >= 4 and 2 < 3 %}y{% endif %}", "y"},
		{"{% if LIST\nand WORD %}y{% endif %}", "y"},

		// Nothing is escaped.
		{"{{ URL }}", settings["URL"]},
		{"{{ '<&\"' }}{% set a = '<' %}{{ a }}", `<&"<`},
		{`{{ "a\\b\"c\'d" }}{{ 'a\\b\"c\'d' }}`, `a\b"c'da\b"c'd`},
		{`{{ '{{ x }} {% y %} {# z #}' }}`, `{{ x }} {% y %} {# z #}`},
		{`{{ "X | url_part('netloc')" }}`, "X | url_part('netloc')"},

		// Text that is not looked at.
		{"X | url_part('netloc') |url_part:1", "X | url_part('netloc') |url_part:1"},
		{"{# {{ X | url_part('no') }} {% include #}|", "|"},
		{"a{#\n#}b", "ab"},
		{"{% comment %}{{ X | }} {% include 'x' %}{% endcomment %}|", "|"},
		{"{% raw %}{{ X | url_part('netloc') }}{% include %}{# {% endraw %}|", "{{ X | url_part('netloc') }}{% include %}{# |"},
		{"{% verbatim %}{{ X }}{{{%{#{% endraw %}{{% endverbatim %}|", "{{ X }}{{{%{#{% endraw %}{|"},
		{"{%- raw -%} {{ {%- endraw -%} |", "{{|"},

		// White space.
		{"a {{- WORD -}} b", "aWordb"},
		{"a\n{%- if WORD -%}\n b \n{%- endif -%}\nc", "abc"},
		{"a {#- c -#} b {# d #} e", "ab  e"},
		{"{% for c in WORD -%} {{ c }} {%- endfor %}", "Word"},

		// What a template defines.
		{"{% for x in LIST|split:',' %}{{ forloop.Counter }}{{ x }}{% endfor %}", "1a2b3c"},
		{"{% for x in LIST|split(',') reversed %}{{ x }}{% endfor %}", "cba"},
		{"{% for x in EMPTY %}{{ x }}{% empty %}none{% endfor %}", "none"},
		{"{% set h = URL | url_part('hostname') %}{{ h|upper }} {{ h }}", "PROXY.EXAMPLE proxy.example"},
		{"{% with h=URL|url_part('hostname') p=WORD %}{{ h }}{{ p }}{% endwith %}", "proxy.exampleWord"},
		{"{% with h=URL|url_part:PART, p=WORD %}{{ h }}{{ p }}{% endwith %}", "3142Word"},
		{"{% if WORD %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a + 1 }}", "2"},
		{"{% set a = none %}{{ a }}{% with b=none|default:'x' %}{{ b }}{% endwith %}{{ none|url_part('path') }}", "x"},
		{"{% set a = 1.5 %}{{ a }} {{ WORD[0] == 'x' }} {{ -1 + 2 * 3 }} {{ 2 ^ 3 }}", "1.500000 False 5 8.000000"},
	} {
		compiled, err := Parse("", test.template)
		if err != nil {
			t.Errorf("Parse(%q): %v", test.template, err)
			continue
		}
		if got, err := compiled.Render(settings); err != nil || got != test.want {
			t.Errorf("Render(%q) = %q, %v; want %q", test.template, got, err, test.want)
		}
	}
}

const (
	tags    = "; those that are: comment, for, if, raw, set, verbatim, with"
	filters = "; those that are: add, addslashes, capfirst, cut, default, default_if_none, divisibleby, first, float, " +
		"get_digit, integer, iriencode, join, last, length, length_is, lower, make_list, pluralize, safe, slice, split, " +
		"title, truncatechars, truncatewords, upper, url_part, urlencode, wordcount, yesno"
	parts = "scheme, netloc, hostname, port, username, password, path, params, query, fragment"
)

func TestVariables(t *testing.T) {
	for _, test := range []struct {
		template string
		want     []string
	}{
		{"text {% raw %}{{ A }}{% endraw %}{# {{ B }} #}{% comment %}{{ C }}{% endcomment %}", []string{}},
		{"{{ 'A' }}{{ true }}{{ None }}{{ 1 }}", []string{}},
		{"{{ B }}{{ A }}{{ B|default:C }}{{ D|default(E) }}", []string{"A", "B", "C", "D", "E"}},
		{"{{ A.b.c }}{{ A[D.e] }}{{ (F + G)|lower }}", []string{"A", "D", "F", "G"}},
		{"{% if not A and B in C or D == E %}{% elif F %}{{ G }}{% endif %}", []string{"A", "B", "C", "D", "E", "F", "G"}},
		{"{% for a in A %}{{ a }}{{ forloop.Last }}{% empty %}{{ a }}{% endfor %}", []string{"A", "a"}},
		{"{% for a, b in A reversed %}{{ a }}{{ b }}{{ reversed }}{% endfor %}{{ b }}", []string{"A", "b", "reversed"}},
		{"{% with a=A b=a %}{{ a }}{% with c=a %}{{ b }}{{ c }}{% endwith %}{{ c }}{% endwith %}", []string{"A", "a", "c"}},
		{"{% set a = A %}{{ a }}{% for x in a %}{% set b = x %}{{ b }}{% endfor %}{{ b }}", []string{"A", "b"}},
	} {
		compiled, err := Parse("", test.template)
		if err != nil {
			t.Errorf("Parse(%q): %v", test.template, err)
			continue
		}
		if got := compiled.Variables(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("Variables(%q) = %q, want %q", test.template, got, test.want)
		}
	}
}

// TestBesideAnotherUser has another part of the program use pongo2's filters and
// tags for itself.
func TestBesideAnotherUser(t *testing.T) {
	if pongo2.FilterExists("url_part") {
		t.Fatal("a filter was registered for the whole process")
	}
	theirs := func(*pongo2.Value, *pongo2.Value) (*pongo2.Value, *pongo2.Error) {
		return pongo2.AsValue("theirs&"), nil
	}
	if err := pongo2.RegisterFilter("url_part", theirs); err != nil {
		t.Fatal(err)
	}
	const text = "{{ URL|url_part:'port' }}"
	compiled, err := Parse("", text)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := compiled.Render(settings); err != nil || got != "3142" {
		t.Errorf("ours: %q, %v", got, err)
	}
	if got, err := pongo2.RenderTemplateString(text, nil); err != nil || got != "theirs&amp;" {
		t.Errorf("theirs: %q, %v", got, err)
	}
}

func TestRenderAtTheSameTime(t *testing.T) {
	compiled, err := Parse("", "{% for x in X %}{% set y = x %}{{ y|url_part('path') }}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			want := strings.Repeat(fmt.Sprint(i%10), 50)
			if got, err := compiled.Render(map[string]string{"X": want}); err != nil || got != want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	group.Wait()
}

// TestDepth renders what is nested as deep as the length of a template allows.
func TestDepth(t *testing.T) {
	for _, test := range []struct{ before, middle, after string }{
		{"(", "X", ")"}, {"X[", "0", "]"}, {"not ", "X", ""}, {"", "X", "|url_part:'path'"},
		{"X ^ ", "X", ""}, {"X == ", "X", ""}, {"X and ", "X", ""}, {"X or not ", "X", ""},
	} {
		count := (64<<10 - 100) / (len(test.before) + len(test.after))
		text := "{{" + strings.Repeat(test.before, count) + test.middle + strings.Repeat(test.after, count) + "}}"
		if compiled, err := Parse("", text); err == nil {
			_, _ = compiled.Render(map[string]string{"X": "x"})
		}
	}
}

func BenchmarkRender(b *testing.B) {
	compiled, err := Parse("", "Acquire::http::Proxy \"{{ URL | url_part('netloc') }}\";\n")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := compiled.Render(settings); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"{{ URL | url_part('netloc') }}", `{% if X|url_part:"scheme" == "http" %}a{% elif not X %}b{% else %}c{% endif %}`,
		"{% for a, b in X|split:',' reversed sorted %}{{ forloop.Counter }}{% empty %}{% endfor %}",
		"{% set a = 1.5 %}{% with b=a, c=(X + 'x')|lower %}{{- b[0] -}}{% endwith %}",
		"{% raw %}{{ {% endraw %}{# c #}{% comment %}{% endcomment %}", "{{ 1 / 0 }}{{ 2 % X }}{{ X.x }}",
		"{{ X|truncatechars:X }}{{ X|slice:'-1:' }}{{ X|get_digit:1 }}{{ X|yesno:'a' }}{{ 1|pluralize:'a,b,c' }}",
		"{% for x in X sorted %}{% endfor %}", "{{ X[0].x }}{{ forloop.Parentloop }}",
	} {
		f.Add(seed, "http://h:80/")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		compiled, err := Parse("", text)
		if err != nil {
			checkPosition(t, text, err)
			return
		}
		with := map[string]string{}
		for _, name := range compiled.Variables() {
			with[name] = value
		}
		got, err := compiled.Render(with)
		if err != nil {
			checkPosition(t, text, err)
			return
		}
		if !strings.Contains(text, "{{") && !strings.Contains(text, "{%") && !strings.Contains(text, "{#") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if again, err := compiled.Render(with); err != nil || again != got {
			t.Errorf("rendered again: %q, %v", again, err)
		}
	})
}

func checkPosition(t *testing.T, text string, err error) {
	var position *Error
	if !errors.As(err, &position) {
		t.Fatalf("%T is no *Error", err)
	}
	lines := strings.Split(text, "\n")
	if position.Line < 1 || position.Line > len(lines) || position.Column < 1 || position.Column > len(lines[position.Line-1])+1 {
		t.Errorf("%v is not in the text", err)
	}
	if strings.Contains(position.Message, "pongo2") != strings.Contains(text, "pongo2") || strings.Contains(position.Message, "[Error") {
		t.Errorf("pongo2 shows in %q", position.Message)
	}
}
