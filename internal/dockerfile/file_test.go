package dockerfile

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
)

func parse(t *testing.T, src string) *File {
	t.Helper()
	f, err := Parse([]byte(src))
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return f
}

// The lines that belong to each instruction: "line-endline keyword".
func TestRanges(t *testing.T) {
	for _, test := range []struct {
		name, src string
		want      []string // the source of each instruction, in order
		lines     string
	}{
		{"plain", "FROM a\nRUN b\n", []string{"FROM a\n", "RUN b\n"}, "1-1 2-2"},
		{"no final newline", "FROM a\nRUN b", []string{"FROM a\n", "RUN b"}, "1-1 2-2"},
		{"CRLF", "FROM a\r\nRUN b \\\r\n c\r\n", []string{"FROM a\r\n", "RUN b \\\r\n c\r\n"}, "1-1 2-3"},
		{"CRLF, no final newline", "FROM a\r\nRUN b", []string{"FROM a\r\n", "RUN b"}, "1-1 2-2"},
		{"BOM", "\uFEFFFROM a\nRUN b\n", []string{"\uFEFFFROM a\n", "RUN b\n"}, "1-1 2-2"},
		{"BOM before a directive", "\uFEFF# syntax=x\nFROM a\n", []string{"FROM a\n"}, "2-2"},
		{"blank lines and comments", "\n# c\nFROM a\n\n # c\nRUN b\n\n# c\n", []string{"FROM a\n", "RUN b\n"}, "3-3 6-6"},
		{"indented", "  FROM a\n\tRUN b\n", []string{"  FROM a\n", "\tRUN b\n"}, "1-1 2-2"},
		{"continued", "FROM a\nRUN b \\\n  c \\\n  d\nRUN e\n", []string{"FROM a\n", "RUN b \\\n  c \\\n  d\n", "RUN e\n"}, "1-1 2-4 5-5"},
		{"blanks behind the backslash", "FROM a\nRUN b \\  \n  c\n", []string{"FROM a\n", "RUN b \\  \n  c\n"}, "1-1 2-3"},
		{"comments between", "FROM a\nRUN b \\\n# c\n  # d\n  e\nRUN f\n", []string{"FROM a\n", "RUN b \\\n# c\n  # d\n  e\n", "RUN f\n"}, "1-1 2-5 6-6"},
		{"a blank line between", "FROM a\nRUN b \\\n\n  c\nRUN d\n", []string{"FROM a\n", "RUN b \\\n\n  c\n", "RUN d\n"}, "1-1 2-4 5-5"},
		{"a lone backslash first", "FROM a\n\\\nRUN b\n", []string{"FROM a\n", "\\\nRUN b\n"}, "1-1 2-3"},
		{"a lone backslash in the first line", "\\\nFROM a\nRUN b\n", []string{"\\\nFROM a\n", "RUN b\n"}, "1-2 3-3"},
		{"a keyword alone", "FROM a\nRUN \\\n  b\n", []string{"FROM a\n", "RUN \\\n  b\n"}, "1-1 2-3"},
		{"continued to the end", "FROM a\nRUN b \\\n", []string{"FROM a\n", "RUN b \\\n"}, "1-1 2-2"},
		{"continued to a comment", "FROM a\nRUN b \\\n# c\n", []string{"FROM a\n", "RUN b \\\n# c\n"}, "1-1 2-3"},
		{"heredoc", "FROM a\nRUN <<EOF\nRUN b\n# c\nEOF\nRUN d\n", []string{"FROM a\n", "RUN <<EOF\nRUN b\n# c\nEOF\n", "RUN d\n"}, "1-1 2-5 6-6"},
		{"heredoc at the end", "FROM a\nRUN <<EOF\nb\nEOF", []string{"FROM a\n", "RUN <<EOF\nb\nEOF"}, "1-1 2-4"},
		{"heredoc, CRLF", "FROM a\r\nRUN <<EOF\r\nb\r\nEOF\r\nRUN d\r\n", []string{"FROM a\r\n", "RUN <<EOF\r\nb\r\nEOF\r\n", "RUN d\r\n"}, "1-1 2-4 5-5"},
		{"heredocs", "FROM a\nCOPY <<A <<B /x/\na\nA\nb\nB\nRUN d\n", []string{"FROM a\n", "COPY <<A <<B /x/\na\nA\nb\nB\n", "RUN d\n"}, "1-1 2-6 7-7"},
		{"a continued heredoc", "FROM a\nRUN b \\\n <<EOF\nc\nEOF\nRUN d\n", []string{"FROM a\n", "RUN b \\\n <<EOF\nc\nEOF\n", "RUN d\n"}, "1-1 2-5 6-6"},
		{"an empty heredoc", "FROM a\nRUN <<EOF\nEOF\nRUN d\n", []string{"FROM a\n", "RUN <<EOF\nEOF\n", "RUN d\n"}, "1-1 2-3 4-4"},
		{"escape", "# escape=`\nFROM a\nRUN b `\n c\nRUN d \\\n", []string{"FROM a\n", "RUN b `\n c\n", "RUN d \\\n"}, "2-2 3-4 5-5"},
		{"an instruction of the future", "FROM a\nFUTURE b\nRUN c\n", []string{"FROM a\n", "FUTURE b\n", "RUN c\n"}, "1-1 2-2 3-3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := parse(t, test.src)
			var lines []string
			for i, in := range f.Instructions {
				lines = append(lines, fmt.Sprintf("%d-%d", in.Line, in.EndLine))
				if i < len(test.want) && test.src[in.Start:in.End] != test.want[i] {
					t.Errorf("%q, want %q", test.src[in.Start:in.End], test.want[i])
				}
				if in.Index != i {
					t.Errorf("index %d of instruction %d", in.Index, i)
				}
			}
			if got := strings.Join(lines, " "); got != test.lines {
				t.Errorf("lines %s, want %s", got, test.lines)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	for _, test := range []struct {
		src  string
		want bool
	}{
		{"RUN b\n", false},
		{"RUN b", false},
		{"RUN b \\", true},
		{"RUN b \\\n", true},
		{"RUN b \\\r\n", true},
		{"RUN b \\\n\n", true},
		{"RUN b \\\n  \n", true},
		{"RUN b \\\n# c\n", true},
		{"RUN b \\\n# c", true},
		{"RUN b \\  \n", true},
		{"RUN b \\\n c\n", false},
		{"RUN b \\\\\n", false}, // an escaped one
		{"RUN b # \\\n", true},  // no comment: the shell's
		{"RUN b\n# c \\\n", false},
		{"RUN b `\n", false},
		{"RUN <<EOF\nb \\\nEOF\n", false},
		{"RUN <<EOF\nb\nEOF", false},
		{"RUN b \\\nRUN c\n", false},
		{"CMD b \\", true},
	} {
		f := parse(t, "FROM a\n"+test.src)
		if got := f.Instructions[len(f.Instructions)-1].Open; got != test.want {
			t.Errorf("%q: %v", test.src, got)
		}
	}
	f := parse(t, "# escape=`\nFROM a\nRUN b `\n")
	if !f.Instructions[1].Open {
		t.Error("the escape directive's token does not count")
	}
	f = parse(t, "# escape=`\nFROM a\nRUN b \\\n")
	if f.Instructions[1].Open {
		t.Error("a backslash counts under another escape directive")
	}
}

func TestEOL(t *testing.T) {
	for src, want := range map[string]string{
		"FROM a":               "\n",
		"FROM a\n":             "\n",
		"FROM a\r\n":           "\r\n",
		"FROM a\r\nRUN b\n":    "\r\n",
		"FROM a\nRUN b\r\n":    "\n",
		"# c\r\nFROM a\r\n":    "\r\n",
		"FROM a\r\nRUN b":      "\r\n",
		"\nFROM a\r\nRUN b":    "\n",
		"\r\nFROM a\r\nRUN b":  "\r\n",
		"\uFEFFFROM a\r\nUSER": "\r\n",
	} {
		if got := parse(t, src).EOL; got != want {
			t.Errorf("%q: %q", src, got)
		}
	}
}

func TestKeyword(t *testing.T) {
	for src, want := range map[string]string{
		"FROM a\nRUN b\n":                              "RUN",
		"from a\nrun b\n":                              "run",
		"FROM a\nrun b\n":                              "RUN",
		"FROM a\nrun b\nrun c\n":                       "run",
		"From a\nRun b\n":                              "RUN",
		"From a\nrun b\n":                              "run",
		"ARG A\nARG B\nARG C\nfrom a\n":                "run",
		"from a\nRUN <<EOF\nrun\nrun\nEOF\nRUN b\n":    "RUN",
		"arg a\nFROM a\n# run b\n":                     "RUN",
		"from a\nrun b\nFROM c\nRUN d\nrun e\nRun f\n": "run",
	} {
		f := parse(t, src)
		if got := f.Keyword("RUN"); got != want {
			t.Errorf("%q: %s", src, got)
		}
		if got := f.Keyword("run"); got != want {
			t.Errorf("%q: %s", src, got)
		}
	}
}

func TestDirectives(t *testing.T) {
	for _, test := range []struct {
		src    string
		want   map[string]string
		escape rune
	}{
		{"FROM a\n", map[string]string{}, '\\'},
		{"# syntax=docker/dockerfile:1\nFROM a\n", map[string]string{"syntax": "docker/dockerfile:1"}, '\\'},
		{"#syntax = x\n#ESCAPE=`\nFROM a\n", map[string]string{"syntax": "x", "escape": "`"}, '`'},
		{"# check=error=true\nFROM a\n", map[string]string{"check": "error=true"}, '\\'},
		{"# check=skip=all;error=true\r\nFROM a\r\n", map[string]string{"check": "skip=all;error=true"}, '\\'},
		{"\uFEFF# syntax=x\nFROM a\n", map[string]string{"syntax": "x"}, '\\'},
		{"# a comment\n# syntax=x\nFROM a\n", map[string]string{}, '\\'},
		{"\n# syntax=x\nFROM a\n", map[string]string{}, '\\'},
		{"FROM a\n# syntax=x\n", map[string]string{}, '\\'},
	} {
		f := parse(t, test.src)
		if !maps.Equal(f.Directives, test.want) || f.Escape != test.escape {
			t.Errorf("%q: %v, escape %q", test.src, f.Directives, f.Escape)
		}
	}
}

func TestErrors(t *testing.T) {
	const hint = " is an unrendered template; run `tutor config save` and use the env dir that it writes"
	for _, test := range []struct{ src, want string }{
		{"FROM a\x00\n", "1: the file holds a NUL byte, so it is no Dockerfile"},
		{"FROM a\nRUN \x00\n", "2: the file holds a NUL byte, so it is no Dockerfile"},
		{"FROM a\nRUN b \xff\n", "2: the file is not UTF-8"},
		{"FROM a\nRUN \xc3\xa4 b \xc3", "2: the file is not UTF-8"},
		{"\xff\xfeF\x00R\x00", "1: the file holds a NUL byte, so it is no Dockerfile"},
		{"", "there is no instruction in it, so this is no Dockerfile"},
		{"# only a comment\n", "there is no instruction in it, so this is no Dockerfile"},
		{"\n\n", "there is no instruction in it, so this is no Dockerfile"},
		{"ARG A\n", "there is no FROM, so this is no Dockerfile"},
		{"RUN a\n", "there is no FROM, so this is no Dockerfile"},
		{"hello world\n", "there is no FROM, so this is no Dockerfile"},
		{"FROM a\nRUN <<EOF\nb\n", "2: unterminated heredoc"},
		{"FROM a\nRUN b \\\n <<EOF\nb\n", "2: unterminated heredoc"},
		{"FROM a\nENV A\n", "2: ENV must have two arguments"},
		{"FROM a\nENV A=b c\n", "2: Syntax error - can't find = in \"c\". Must be of the form: name=value"},
		{"# escape=x\nFROM a\n", "invalid escape token 'x' does not match ` or \\"},

		{"FROM {{ X }}\n", "1: {{ X }}" + hint},
		{"FROM a\nFROM {{ X | d }} AS b\n", "2: {{ X | d }}" + hint},
		{"FROM a\nARG A={{ X }}\n", "2: {{ X }}" + hint},
		{"FROM a\nARG A='{{ X }}'\n", "2: {{ X }}" + hint},
		{"FROM a\nENV A {{X}}\n", "2: {{X}}" + hint},
		{"FROM a\nRUN pip install {{ X }}\n", "2: {{ X }}" + hint},
		{"FROM a\nRUN a \\\n  b \\\n  {{ X }}\n", "2: {{ X }}" + hint},
		{"FROM a\nCOPY --chown={{ X }} a b\n", "2: {{ X }}" + hint},
		{"FROM a\n{% if X %}\nRUN b\n{% endif %}\n", "2: {% if X %}" + hint},
		{"{% if X %}\nFROM a\n{% endif %}\n", "1: {% if X %}" + hint},
		{"FROM a\n{%- if X -%}\nRUN b\n{%- endif -%}\n", "2: {%- if X -%}" + hint},
		{"FROM a\n{{ patch('x') }}\n", "2: {{ patch('x') }}" + hint},
		{"FROM a\nRUN a {% for x in y %} {{ x }} {% endfor %}\n", "2: {% for x in y %}" + hint},
		{"# {{ a comment }}\nFROM a\n{% if X %}\nENV A\n{% endif %}\n", "3: {% if X %}" + hint},
		{"FROM a\nRUN docker inspect --format '{{json .}}'\nENV A\n", "3: ENV must have two arguments"},
	} {
		_, err := Parse([]byte(test.src))
		var e *Error
		if err == nil || err.Error() != test.want {
			t.Errorf("%q\ngot:  %v\nwant: %s", test.src, err, test.want)
		} else if !errors.As(err, &e) {
			t.Errorf("%q: %T is no *Error", test.src, err)
		}
	}
}

// What looks like a template and is none.
func TestRendered(t *testing.T) {
	for _, src := range []string{
		"RUN docker inspect --format '{{.State}}' x",
		"RUN docker inspect --format {{.ID}} x",
		"RUN docker inspect --format \"{{json .State}}\" x",
		"RUN docker inspect --format \"{\\\"state\\\": {{json .State}}}\" x",
		"RUN echo it\\'s '{{ x }}'",
		"RUN [\"docker\", \"inspect\", \"--format\", \"{{ json . }}\"]",
		"RUN <<EOF\n{{ X }}\n{% if X %}\nEOF",
		"RUN echo {{}} {%} {{ {% }} %}",
		"RUN curl -w %{http_code} x",
		"RUN date +{%Y}",
		"# {{ X }}",
		"LABEL a=\"{{ X }}\"",
		"CMD echo {{ X }}",
		"COPY <<EOF /x\n{{ X }}\nEOF",
		"ENV A={{.X}}",
	} {
		if _, err := Parse([]byte("FROM a\n" + src + "\n")); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}
