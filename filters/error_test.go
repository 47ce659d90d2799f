package filters

import (
	"errors"
	"strings"
	"testing"
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
