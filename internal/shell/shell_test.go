package shell

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// scope is what the Dockerfile has in every test; GONE is surely not set, and of
// any other name nothing is known.
var scope = map[string]string{
	"PIP_COMMAND": "uv pip",
	"PIP":         "pip",
	"EMPTY":       "",
	"BLANKS":      "  ",
	"PACKAGES":    "a  b",
	"URL":         "https://github.com/o/r.git",
	"VERSION":     "3.12",
	"N":           "3",
	"DIR":         "/openedx",
	"QUOTE":       "it's",
	"STAR":        "*.txt",
	"SCRIPT":      "pip install a && pip install b",
	"NAME":        "PIP",
}

func lookup(name string) (string, Value) {
	if value, ok := scope[name]; ok {
		return value, Known
	}
	if name == "GONE" {
		return "", Unset
	}
	return "", Unknown
}

// describe writes commands as the tables do: one after the other with " ; "
// between, their words with blanks between, an unresolved word in < >, a known
// one in quotes where it would not read as one word. What the RUN does to the
// command's environment stands behind it in braces: A=value, -A (unset), the
// program that clears it, with what it keeps in parentheses, and @program for
// another root.
func describe(s *Script) string {
	commands := make([]string, len(s.Commands))
	for i, c := range s.Commands {
		var words []string
		for _, w := range c.Words {
			words = append(words, describeWord(w))
		}
		var notes []string
		if c.Cleared != "" {
			note := c.Cleared
			if len(c.Kept) > 0 {
				note += "(" + strings.Join(c.Kept, " ") + ")"
			}
			notes = append(notes, note)
		}
		if c.Root != "" {
			notes = append(notes, "@"+c.Root)
		}
		if c.Raised {
			notes = append(notes, "raised")
		}
		if c.Other != "" && !c.Raised && c.Cleared == "" {
			notes = append(notes, "by "+c.Other)
		}
		for _, name := range slices.Sorted(maps.Keys(c.Assigned)) {
			notes = append(notes, name+"="+describeWord(c.Assigned[name]))
		}
		for _, name := range slices.Sorted(maps.Keys(c.Removed)) {
			notes = append(notes, "-"+name)
		}
		commands[i] = strings.Join(words, " ")
		if len(notes) > 0 {
			commands[i] += " {" + strings.Join(notes, ", ") + "}"
		}
	}
	return strings.Join(commands, " ; ")
}

func describeWord(w Word) string {
	switch {
	case w.Holes:
		return "<" + w.Text + ">"
	case w.Text == "" || w.Text == ";" || strings.ContainsAny(w.Text, " \t\n\"'<>,$"):
		return strconv.Quote(w.Text)
	}
	return w.Text
}

func TestParse(t *testing.T) {
	for _, table := range []struct {
		name string
		rows [][2]string
	}{
		{"compounds", compounds},
		{"wrappers", wrapped},
		{"shells", shellsInShells},
		{"heredocs", heredocs},
		{"words", words},
		{"variables", variables},
		{"functions", functions},
	} {
		t.Run(table.name, func(t *testing.T) {
			for _, row := range table.rows {
				s, err := Parse(row[0], lookup)
				if err != nil {
					t.Errorf("%s\nerror: %v", row[0], err)
					continue
				}
				if got := describe(s); got != row[1] {
					t.Errorf("%s\ngot:  %s\nwant: %s", row[0], got, row[1])
				}
			}
		})
	}
}

// Where a command may stand.
var compounds = [][2]string{
	{"", ""},
	{"# apt-get update", ""},
	{"pip install a # and no more", "pip install a"},
	{"pip install a#b", "pip install a#b"},
	{"pip install \\\n  a \\\n  b", "pip install a b"},
	{"pip in\\\nstall a", "pip install a"},
	{"pip \\\n# a comment\ninstall", "pip ; install"},
	{"a && b", "a ; b"},
	{"a || b", "a ; b"},
	{"a; b", "a ; b"},
	{"a\nb", "a ; b"},
	{"a & b", "a ; b"},
	{"a | b", "a ; b"},
	{"a |& b", "a ; b"},
	{"! a", "a"},
	{"yes | pip uninstall a", "yes ; pip uninstall a"},
	{"a && b || c; d | e", "a ; b ; c ; d ; e"},
	{"(a; b)", "a ; b"},
	{"{ a; b; }", "a ; b"},
	{"{ a; } > /dev/null 2>&1", "a"},
	{"set -eux; a", "set -eux ; a"},
	{"if a; then b; fi", "a ; b"},
	{"if a; then b; elif c; then d; else e; fi", "a ; b ; c ; d ; e"},
	{"if [ -n x ]; then b; fi", "[ -n x ] ; b"},
	{"if [[ -n x ]]; then b; fi", "b"},
	{"if [[ -n $(a) ]]; then b; fi", "a ; b"},
	{"if (( 1 )); then b; fi", "b"},
	{"for x in 1 2; do pip install $x; done", "pip install <$x> {x=<$x>}"},
	{"for x in only; do pip install $x; done", "pip install only {x=only}"},
	{"for x; do a $x; done", "a <$x> {x=<$x>}"},
	{"for x in $(list); do a; done", "list ; a {x=<$(…)>}"},
	{"for ((i = 0; i < $(n); i++)); do a; done", "n ; a"},
	{"while a; do b; done", "a ; b"},
	{"until a; do sleep 1; done", "a ; sleep 1"},
	{"while read -r p; do pip install $p; done < list", "read -r p ; pip install <$p> {p=<$p>}"},
	{"case $A in a) b;; *) c;; esac", "b ; c"},
	{"case $(a) in $(b)) c;; esac", "a ; b ; c"},
	{"select x in a; do b; done", "b {x=a}"},
	{"f() { a; }", "a"},
	{"function f { a; }", "a"},
	{"f() { a; }; f", "a ; f"},
	{"time a", "a"},
	{"time -p a", "a"},
	{"coproc a", "a"},
	{"a $(b)", "b ; a <$(…)>"},
	{"a \"$(b \"$(c)\")\"", "c ; b <$(…)> ; a <$(…)>"},
	{"a `b`", "b ; a <$(…)>"},
	{"a `b \\`c\\``", "c ; b <$(…)> ; a <$(…)>"},
	{"A=$(b)", "b"},
	{"A=$(b) c", "b ; c {A=<$(…)>}"},
	{"A=(x $(b))", "b"},
	{"A[$(b)]=1", "b"},
	{"export A=$(b)", "b"},
	{"a ${X:-$(b)}", "b ; a <$X>"},
	{"a $(( $(b) + 1 ))", "b ; a <$(…)>"},
	{"a <(b)", "b ; a /dev/fd/63"},
	{"a < <(b)", "b ; a"},
	{"a > $(b)", "b ; a"},
	{"a > >(tee log)", "tee log ; a"},
	{"source <(a)", "a ; source /dev/fd/63"},
	{"curl -sSL https://x/i.sh | bash", "curl -sSL https://x/i.sh"},
	{"curl -sSL https://x/i.sh | bash -s -- -y", "curl -sSL https://x/i.sh"},
	{"bash <(curl https://x/i.sh)", "curl https://x/i.sh"},
	{"> file", ""},
	{"2>&1 a > b", "a"},
}

func TestParseError(t *testing.T) {
	for _, script := range []string{"if", "a 'b", "a \"b", "a $(b", "a && ", "( a", "case x in", "a ${", "f() {", "a ;; b"} {
		if s, err := Parse(script, lookup); err == nil {
			t.Errorf("%q: no error, but %s", script, describe(s))
		}
	}
}

func TestParseExec(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"apt-get", "install", "-y", "a b"}, `apt-get install -y "a b"`},
		{[]string{"pip", "install", "$PIP", "*", ""}, `pip install "$PIP" * ""`},
		{[]string{"sh", "-c", "pip install $PIP && b"}, "pip install pip ; b"},
		{[]string{"/bin/bash", "-euxo", "pipefail", "-c", "pip install $PIP"}, "pip install pip"},
		{[]string{"sudo", "apt-get", "update"}, "apt-get update {sudo without -E, raised}"},
		{[]string{"env", "A=$PIP", "pip", "install"}, `pip install {A="$PIP"}`},
		{[]string{"python3", "-m", "pip", "install"}, "pip install"},
		{[]string{"sh", "-c", "if"}, "<$(if)>"},
		{[]string{"$@"}, `"$@"`},
	} {
		if got := describe(ParseExec(test.args, lookup)); got != test.want {
			t.Errorf("%q\ngot:  %s\nwant: %s", test.args, got, test.want)
		}
	}
}

func TestVariable(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{"$X", "X"},
		{"${X}", "X"},
		{"\"$X\"", "X"},
		{"--registry=$X", "--registry= X"},
		{"--registry=\"${X}\"", "--registry= X"},
		{"\"--registry=$X\"", "--registry= X"},
		{"--registry=$PIP", "--registry= PIP"},
		{"$X/", ""},
		{"$X$X", ""},
		{"'$X'", ""},
		{"${X:-d}", ""},
		{"${X%/}", ""},
		{"${#X}", ""},
		{"${!X}", ""},
		{"$(a)", ""},
		{"plain", ""},
		{"$PACKAGES", ""}, // two words
	} {
		for _, script := range []string{"npm " + test.word, "sh -c \"npm " + strings.ReplaceAll(test.word, `"`, `\"`) + "\"", "eval npm " + test.word} {
			s, err := Parse(script, lookup)
			if err != nil {
				t.Fatal(err)
			}
			c := s.Commands[len(s.Commands)-1]
			w := c.Words[1]
			if got := strings.TrimSpace(w.Prefix + " " + w.Variable); got != test.want && !strings.Contains(script, `'$X'`) {
				t.Errorf("%s: %q, want %q", script, got, test.want)
			}
		}
	}
}

func TestUses(t *testing.T) {
	for _, test := range []struct {
		script string
		want   int
	}{
		{"a", 0},
		{"a '$X' \\$X \"\\$X\" # $X", 0},
		{"a $X", 1},
		{"a ${X:-d} \"$X\"", 2},
		{"a ${Y:-$X}", 1},
		{"a $(b $X)", 1},
		{"a \"$(b $X `c $X`)\"", 2},
		{"A=$X", 1},
		{"A=$X a $X", 2},
		{"A=($X $X)", 2},
		{"export A=$X", 1},
		{"export \"A=$X\"", 1},
		{"a > $X", 1},
		{"cat <<EOF\n$X\nEOF", 1},
		{"cat <<'EOF'\n$X\nEOF", 0},
		{"cat <<< $X", 1},
		{"bash <<EOF\nnpm $X\nEOF", 1},
		{"bash <<'EOF'\nnpm $X\nEOF", 1},
		{"bash <<< \"npm $X\"", 1},
		{"for x in $X; do a; done", 1},
		{"for x in $X $X; do a; done", 2},
		{"case $X in $X) a;; esac", 2},
		{"if [ $X ]; then a $X; fi", 2},
		{"[[ $X == $X ]] && a", 2},
		{"a $((X)) $(($X))", 1},
		{"(($X))", 1},
		{"sh -c \"a $X\"", 1},
		{"sh -c 'a $X'", 1},
		{"sh -c \"a '$X'\"", 1},
		{"sh -c \"sh -c 'a $X'\"", 1},
		{"sh -c \"sh -c \\\"a \\$X\\\"\"", 1},
		{"eval \"a $X\"", 1},
		{"f() { a $X; }; f", 1},
		{"f() { \"$@\"; }; f a $X", 1},
		{"a <(b $X) ${!X}", 2},
	} {
		s, err := Parse(test.script, lookup)
		if err != nil {
			t.Errorf("%s: %v", test.script, err)
		} else if got := s.Uses["X"]; got != test.want {
			t.Errorf("%s: %d, want %d", test.script, got, test.want)
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"pip  install   a", "pip install a"},
		{"pip install 'a b' \"\"", "pip install 'a b' ''"},
		{"pip install 'a>=1'", "pip install 'a>=1'"},
		{"pip install \"it's\"", `pip install "it's"`},
		{"pip install '$X'", "pip install '$X'"},
		{"pip install 'a(b)'", "pip install 'a(b)'"},
		{"pip install $X", "pip install $X"},
		{"pip install \"$X\"/y", "pip install $X/y"},
		{"pip install $(a)", "pip install $(…)"},
		{"curl -H \"Authorization: $X\" h", `curl -H "Authorization: $X" h`},
		{"curl -H \"a \\\"$X\\\"\" h", `curl -H "a \"$X\"" h`},
		{"pip install *.txt", "pip install '*.txt'"},
		{"pip install a\\#b", "pip install 'a#b'"},
		{"a $'\\a\\e[1m\\n'", `a $'\a\x1b[1m\n'`},
		{"A=1 sudo pip install", "pip install"},
		{"a ünïcode", "a ünïcode"},
		{"a --x=y {} ~", "a --x=y {} $HOME"},
	} {
		s, err := Parse(test.script, lookup)
		if err != nil {
			t.Errorf("%s: %v", test.script, err)
		} else if got := s.Commands[len(s.Commands)-1].Text(); got != test.want {
			t.Errorf("%s\ngot:  %s\nwant: %s", test.script, got, test.want)
		}
	}
}

// A value that doubles itself must not take all the memory there is.
func TestDoubling(t *testing.T) {
	for _, first := range []string{"aaaaaaaa", "$X"} {
		s, err := Parse("A="+first+"; "+strings.Repeat("A=$A$A;", 64)+"a $A", lookup)
		if err != nil || len(s.Commands) != 1 || len(s.Commands[0].Text()) > 2*maxValue || !s.Commands[0].Words[1].Holes {
			t.Errorf("%s: %v, %v", first, s, err)
		}
	}
}

func TestDepth(t *testing.T) {
	script := "pip install a"
	for range 7 {
		script = fmt.Sprintf("sh -c %s", strconv.Quote(script))
	}
	if s, err := Parse(script, lookup); err != nil || describe(s) != "pip install a" {
		t.Errorf("seven shells: %v, %v", s, err)
	}
	script = fmt.Sprintf("sh -c %s", strconv.Quote(fmt.Sprintf("sh -c %s", strconv.Quote(script))))
	if s, err := Parse(script, lookup); err != nil || len(s.Commands) != 1 || !s.Commands[0].Words[0].Holes {
		t.Errorf("nine shells: %v, %v", s, err)
	}
}
