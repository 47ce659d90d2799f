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

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ template, want string }{
		// What is not allowed.
		{"{% include '/etc/passwd' %}", `1:4: the tag "include" is not allowed` + tags},
		{"a\n  {%- ssi '/etc/passwd' parsed %}", `2:7: the tag "ssi" is not allowed` + tags},
		{"é{% import 'x' y %}", `1:5: the tag "import" is not allowed` + tags},
		{"{% extends 'x' %}", `1:4: the tag "extends" is not allowed` + tags},
		{"{% now 'x' %}", `1:4: the tag "now" is not allowed` + tags},
		{"{% lorem 9 %}", `1:4: the tag "lorem" is not allowed` + tags},
		{"{% macro m() %}{% endmacro %}", `1:4: the tag "macro" is not allowed` + tags},
		{"{% filter random %}{% endfilter %}", `1:4: the tag "filter" is not allowed` + tags},
		{"{% autoescape on %}{% endautoescape %}", `1:4: the tag "autoescape" is not allowed` + tags},
		{"{% endautoescape %}", `1:4: {% endautoescape %} does not belong here`},
		{"{% nonsense %}", `1:4: the tag "nonsense" is not allowed` + tags},
		{"{{ X|random }}", `1:6: the filter "random" is not allowed` + filters},
		{"{{ X|center:99999999999 }}", `1:6: the filter "center" is not allowed` + filters},
		{"{% if X | nonsense %}", `1:11: the filter "nonsense" is not allowed` + filters},

		// url_part.
		{"{{ X | url_part('host') }}", `1:17: a URL has no part "host"; it has ` + parts},
		{"{{ X|url_part:\n'' }}", `2:1: a URL has no part ""; it has ` + parts},
		{"{{ X|url_part }}", `1:6: the filter "url_part" needs the part: ` + parts},
		{"{{ X|url_part() }}", `1:6: the filter "url_part" needs the part: ` + parts},
		{"{{ X|url_part('port', 1) }}", `1:21: a filter takes one argument: a text in quotes, a number or a name`},
		{"{{ X|default(Y|lower) }}", `1:15: a filter takes one argument: a text in quotes, a number or a name`},

		// Syntax, with the place in the original text.
		{"{{ X|url_part('port')|lower| }}", `1:30: unexpected end, "}}"`},
		{"{{ X | url_part('port') Y }}", `1:25: unexpected "Y"`},
		{"{{ X | url_part('port') 'a' }}", `1:25: unexpected text "a"`},
		{"{{ X ~ Y }}", `1:6: unexpected character '~'`},
		{"é\n{{ 'é' ~ Y }}", `2:8: unexpected character '~'`},
		{"{{{ X }}}", `1:3: unexpected character '{'`},
		{"{{ }}", `1:4: unexpected end, "}}"`},
		{"{{ X", `1:1: "{{" is not closed with "}}"`},
		{"{% if X }}", `1:9: unexpected character '}'`},
		{"{% if X", `1:1: "{%" is not closed with "%}"`},
		{"a {# b", `1:3: "{#" is not closed with "#}"`},
		{"{{ 'X }}", `1:4: the text in quotes is not closed`},
		{"{{ 'X\n' }}", `1:4: the text in quotes is not closed on its line`},
		{`{{ 'a\d' }}`, `1:6: a backslash in quotes stands only before a quote or a backslash`},
		{"{{ X. }}", `1:7: unexpected end, "}}"`},
		{"{{ X[1 }}", `1:8: expected "]", not end, "}}"`},
		{"{{ (X }}", `1:7: expected ")", not end, "}}"`},
		{"{{ X() }}", `1:5: nothing can be called in a template; use a filter`},
		{"{{ X.split(',') }}", `1:11: nothing can be called in a template; use a filter`},
		{"{{ 99999999999999999999 }}", `1:4: the number is too large`},
		{"{{ X if Y else Z }}", `1:6: unexpected "if"`},
		{"{% if X is defined %}{% endif %}", `1:9: unexpected "is"`},
		{"{{ in }}", `1:4: unexpected "in"`},
		{"{% %}", `1:4: expected the name of a tag, not end, "%}"`},
		{"{{ tplproxy_count }}", `1:4: the name "tplproxy_count" is reserved`},
		{"{{ pongo2.version }}", `1:4: the name "pongo2" is reserved`},
		{"\x01", `1:1: unexpected character '\x01'`},
		{strings.Repeat("x", 64<<10+1), "1:1: the template is longer than 65536 bytes"},

		// Blocks.
		{"a\n{% if X %}", "2:1: {% if %} has no {% endif %}"},
		{"{% if X %}{% for x in X %}{% endif %}", "1:30: {% endif %} does not belong here"},
		{"{% endif %}", "1:4: {% endif %} does not belong here"},
		{"{% else %}", "1:4: {% else %} does not belong here"},
		{"{% if X %}{% else %}{% elif X %}{% endif %}", "1:24: {% elif %} does not belong here"},
		{"{% for x in X %}{% else %}{% endfor %}", "1:20: {% else %} does not belong here"},
		{"{% raw %}{{ X }}{% endverbatim %}", "1:1: {% raw %} has no {% endraw %}"},
		{"{% comment x %}{% endcomment %}", `1:12: unexpected "x"`},
		{"{% comment %}{% endcomment x %}", "1:1: {% comment %} has no {% endcomment %}"},
		{"{% for 1 in X %}", `1:8: expected a name, not "1"`},
		{"{% for x of X %}", `1:10: expected "in", not "of"`},
		{"{% for x in X nonsense %}", `1:15: unexpected "nonsense"`},
		{"{% for forloop in X %}", `1:8: the name "forloop" is reserved`},
		{"{% set tplproxy_count = 1 %}", `1:8: the name "tplproxy_count" is reserved`},
		{"{% set true = 1 %}", `1:8: the name "true" is reserved`},
		{"{% set a %}", `1:10: expected "=", not end, "%}"`},
		{"{% set a = 1, 2 %}", `1:13: unexpected ","`},
		{"{% with X as y %}{% endwith %}", `1:11: expected "=", not "as"`},
		{"{% with %}{% endwith %}", `1:9: expected a name, not end, "%}"`},
	} {
		_, err := Parse("", test.template)
		if err == nil || err.Error() != test.want {
			t.Errorf("Parse(%.60q):\n got %v\nwant %s", test.template, err, test.want)
		}
		var position *Error
		if !errors.As(err, &position) {
			t.Errorf("Parse(%.60q): %T is no *Error", test.template, err)
		}
	}
}

func TestRenderErrors(t *testing.T) {
	doubled := "{% set a = 'x' %}" + strings.Repeat("{% set a = a + a %}", 40)
	for _, test := range []struct{ template, want string }{
		{"{{ WORD }}\n {{ UNKNOWN }}", `2:5: unknown setting "UNKNOWN"`},
		{"{% if WORD %}{% else %}{{ UNKNOWN }}{% endif %}", `1:27: unknown setting "UNKNOWN"`},
		{"{{ WORD|default:UNKNOWN }}", `1:17: unknown setting "UNKNOWN"`},
		{"{{ WORD[UNKNOWN] }}", `1:9: unknown setting "UNKNOWN"`},
		{"{{ URL|url_part(UNKNOWN) }}", `1:17: unknown setting "UNKNOWN"`},
		{"{% for x in WORD %}{% endfor %}{{ x }}", `1:35: unknown setting "x"`},
		{"{% with x=WORD %}{% endwith %}{{ x }}", `1:34: unknown setting "x"`},
		{"{% with x=x %}{% endwith %}", `1:11: unknown setting "x"`},
		{"{{ x }}{% set x = 1 %}", `1:4: unknown setting "x"`},
		{"{{ forloop.Counter }}", `1:4: unknown setting "forloop"`},

		{"{{ BAD | url_part('port') }}", "1:10: the URL's port is not a number"},
		{"a\n{{ BAD|lower|url_part('port')|upper|url_part('path') }}", "2:14: the URL's port is not a number"},
		{"{% set x =\n (BAD + '')|url_part:'port' %}", "2:13: the URL's port is not a number"},
		{"{{ URL|url_part(WORD) }}", `1:8: a URL has no part "Word"; it has ` + parts},

		{"{{ URL|slice:'1' }}", "1:8: slice string must have the format 'from:to' [from/to can be omitted, but the ':' is required]"},
		{"{{ 'é' }}\n {{ URL|lower|slice('1')|url_part('path') }}", "2:15: slice string must have the format 'from:to' [from/to can be omitted, but the ':' is required]"},
		{"{% if URL.x %}{% endif %}", "1:7: can't access a field by name on type string (variable URL.x)"},
		{"{{ 1 / 0 }}", "1:1: the template fails: integer divide by zero"},

		{doubled, "1:329: the value is longer than 65536 characters"},
		{strings.Repeat("{% for a in '0123456789' %}", 5) + strings.Repeat("{% endfor %}", 5), "1:28: the loops turn more than 10000 times"},
		{"{% for a in LIST|split:',' %}{% for b in X %}" + strings.Repeat("x", 60000) + "{% endfor %}{% endfor %}", "1:30: the result is longer than 1048576 bytes"},
	} {
		compiled, err := Parse("", test.template)
		if err != nil {
			t.Errorf("Parse(%.60q): %v", test.template, err)
			continue
		}
		with := map[string]string{"X": strings.Repeat("x", 2000)}
		for name, value := range settings {
			with[name] = value
		}
		got, err := compiled.Render(with)
		if got != "" || err == nil || err.Error() != test.want {
			t.Errorf("Render(%.60q):\n got %v\nwant %s", test.template, err, test.want)
		}
		var position *Error
		if !errors.As(err, &position) {
			t.Errorf("Render(%.60q): %T is no *Error", test.template, err)
		}
	}
}

func TestErrorsNameTheTemplate(t *testing.T) {
	_, err := Parse("pip.yaml", "{{ X")
	if want := `pip.yaml:1:1: "{{" is not closed with "}}"`; err == nil || err.Error() != want {
		t.Errorf("Parse: %v, want %s", err, want)
	}
	compiled, err := Parse("pip.yaml", "{{ X }}")
	if err != nil {
		t.Fatal(err)
	}
	_, err = compiled.Render(nil)
	if want := `pip.yaml:1:4: unknown setting "X"`; err == nil || err.Error() != want {
		t.Errorf("Render: %v, want %s", err, want)
	}
}

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
