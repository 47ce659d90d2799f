package dockerfile

import (
	"fmt"
	"strings"
	"testing"
)

// at gives the scope of the last instruction.
func at(t *testing.T, lines ...string) (*File, *Scope) {
	t.Helper()
	f := parse(t, strings.Join(append(lines, "RUN here"), "\n"))
	return f, f.Instructions[len(f.Instructions)-1].Scope
}

// What is known of $X: its value in quotes, "?" where it is not known, "-"
// where nothing declares it, "unset" where it is surely unset; " env" behind it
// where an ENV is in force, and " bare" where the ARG has no value.
func describe(s *Scope) string {
	v := s.Lookup("X")
	got := "-"
	switch {
	case v == nil && s.Unset("X"):
		got = "unset"
	case v == nil:
	case v.Known:
		got = fmt.Sprintf("%q", v.Value)
	default:
		got = "?"
	}
	if s.Env("X") {
		got += " env"
	}
	if v != nil && v.Bare {
		got += " bare"
	}
	return got
}

func TestVariables(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"FROM a", "-"},
		{"FROM scratch", "unset"},
		{"FROM scratch AS a\nFROM a", "unset"},
		{"ARG B=scratch\nFROM $B", "-"}, // a --build-arg may say otherwise
		{"FROM a AS scratched\nFROM scratched", "-"},
		{"FROM scratch\nARG X", "? bare"},

		{"FROM a\nARG X=1", `"1"`},
		{"FROM a\nARG X=", `""`},
		{"FROM a\nARG X", "? bare"},
		{"FROM a\nARG X=1\nARG X=2", `"2"`},
		{"FROM a\nARG X=\"a b\"", `"a b"`},
		{"FROM a\nARG X='$Y'", `"$Y"`},
		{"FROM a\nARG X=\\$Y", `"$Y"`},
		{"FROM a\nARG Y=1\nARG X=$Y/${Y}", `"1/1"`},
		{"FROM a\nARG Y=1 X=$Y", `"1"`},
		{"FROM a\nARG X=$Y", "?"},
		{"FROM scratch\nARG X=a$Y", `"a"`},
		{"FROM a\nARG Y=1\nARG X=${Y:-2}", `"1"`},
		{"FROM a\nARG X=${Y:-2}", "?"},
		{"FROM scratch\nARG X=${Y:-2}", `"2"`},
		{"FROM a\nARG X=$X", "?"},
		{"FROM a\nARG X=1\nARG X=$X$X", `"11"`},

		{"FROM a\nENV X=1", `"1" env`},
		{"FROM a\nENV X 1 2", `"1 2" env`},
		{"FROM a\nENV A=1 X=2 B=3", `"2" env`},
		{"FROM a\nENV A=1\nENV A=2 X=$A", `"1" env`}, // not the one beside it
		{"FROM a\nENV X=$Y", "? env"},
		{"FROM a\nENV X=\"$PATH:/x\"", "? env"},
		{"FROM a\nENV X=", `"" env`},
		{"FROM a\nARG Y=1\nENV X=$Y", `"1" env`},
		{"FROM a\nARG X=1\nENV X=2", `"2" env`},
		{"FROM a\nARG X=1\nENV X=$X", `"1" env`},
		{"FROM a\nENV X=1\nARG X=2", "? env"}, // builders disagree
		{"FROM a\nENV X=1\nARG X=1", `"1" env`},
		{"FROM a\nENV X=1\nARG X", "? env bare"},

		{"ARG X=1\nFROM a", "-"},
		{"ARG X=1\nFROM scratch", "unset"},
		{"ARG X=1\nFROM a\nARG X", `"1"`},
		{"ARG X\nFROM a\nARG X", "? bare"},
		{"ARG X=1\nFROM a\nARG X=2", `"2"`},
		{"ARG X=1\nFROM a\nENV X=$X", "? env"},
		{"ARG Y=1\nARG X=$Y\nFROM a\nARG X", `"1"`},
		{"ARG Y=1\nFROM a\nARG X=$Y", "?"},
		{"ARG X=1\nARG X=2\nFROM a\nARG X", `"2"`},

		{"FROM a AS b\nARG X=1\nFROM b", `"1"`},
		{"FROM a AS b\nENV X=1\nFROM b", `"1" env`},
		{"FROM a AS b\nENV X=1\nFROM B", `"1" env`},
		{"FROM a AS Base\nENV X=1\nFROM base as c\nFROM C", `"1" env`},
		{"FROM a AS b\nENV X=1\nFROM c", "-"},
		{"FROM a AS b\nFROM b AS c\nENV X=1\nFROM b", "-"},
		{"FROM a AS b\nENV X=1\nFROM x AS b\nFROM b", "-"},
		{"FROM a AS a\nENV X=1\nFROM a", `"1" env`},
		{"ARG S=b\nFROM a AS b\nENV X=1\nFROM $S", `"1" env`},
		{"ARG S\nFROM a AS b\nENV X=1\nFROM ${S:-b}", `"1" env`},
		{"FROM a AS b\nENV X=1\nFROM --platform=linux/arm64 b", `"1" env`},
	} {
		_, s := at(t, test.src)
		if got := describe(s); got != test.want {
			t.Errorf("%s\ngot:  %s\nwant: %s", test.src, got, test.want)
		}
	}
}

func TestDeclared(t *testing.T) {
	f, _ := at(t, "ARG A=1", "ARG B", "FROM a", "ARG C")
	for name, want := range map[string]bool{"A": true, "B": true, "C": false} {
		if got := f.Declared(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestStages(t *testing.T) {
	f := parse(t, `ARG TAG=22.04
ARG OTHER
FROM ubuntu:${TAG} AS base
RUN a
FROM base AS Next
FROM --platform=$BUILDPLATFORM next
FROM scratch
FROM $OTHER as last
`)
	for i, want := range []struct{ name, base, image, platform, label string }{
		{"base", "ubuntu:22.04", "ubuntu:22.04", "", "base"},
		{"Next", "base", "ubuntu:22.04", "", "Next"},
		{"", "next", "ubuntu:22.04", "$BUILDPLATFORM", "2"},
		{"", "scratch", "scratch", "", "3"},
		{"last", "", "", "", "last"},
	} {
		s := f.Stages[i]
		if s.Name != want.name || s.Base != want.base || s.Image() != want.image || s.Platform != want.platform || s.Label() != want.label || s.Index != i {
			t.Errorf("stage %d: %+v", i, s)
		}
	}
	if in := f.Instructions[0]; in.Stage != nil || in.Scope != nil {
		t.Error("an ARG before the first FROM is in a stage")
	}
	if in := f.Instructions[3]; in.Stage != f.Stages[0] || len(f.Stages[0].Instructions) != 1 {
		t.Error("a RUN is not in its stage")
	}
}

func TestUser(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"FROM a", "none"},
		{"FROM a\nUSER root", "root known root"},
		{"FROM a\nUSER 0", "0 known root"},
		{"FROM a\nUSER 0:0", "0 known root"},
		{"FROM a\nUSER app", "app known"},
		{"FROM a\nUSER app:staff", "app known"},
		{"FROM a\nUSER 1000", "1000 known"},
		{"FROM a\nENV U=app\nUSER $U", "app known"},
		{"FROM a\nENV U=root\nUSER ${U}:${U}", "root known root"},
		{"FROM a\nARG U=app\nUSER $U", "app"},
		{"FROM a\nARG U=root\nUSER $U", "root"},
		{"FROM a\nUSER $U", ""},
		{"FROM a\nUSER ${U:-app}", "app"},
		{"FROM a\nUSER app\nUSER root", "root known root"},
		{"FROM a AS b\nUSER app\nFROM b", "app known"},
		{"FROM a AS b\nUSER app\nFROM a", "none"},
	} {
		_, s := at(t, test.src)
		got := "none"
		if u := s.User; u != nil {
			got = u.Name
			if u.Known {
				got += " known"
			}
			if u.Root() {
				got += " root"
			}
		}
		if got != test.want {
			t.Errorf("%s\ngot:  %s\nwant: %s", test.src, got, test.want)
		}
	}
}

func TestSayAgain(t *testing.T) {
	for _, test := range []struct {
		src, want string
		ok        bool
	}{
		{"FROM a\nUSER app:staff", "app:staff", true},
		{"FROM a\nUSER $U", "$U", true},
		{"FROM a\nARG U=x\nUSER ${U}", "${U}", true},
		{"FROM a\nARG U=x\nUSER $U\nARG V=y", "$U", true},
		{"FROM a\nARG U=x\nUSER $U\nARG U=y", "", false},
		{"FROM a\nARG U=x\nUSER $U\nENV U=x", "", false},
		{"FROM a\nUSER $U\nARG U", "", false},
		{"FROM a\nARG U=x\nUSER $U:$G\nARG G", "", false},
		{"FROM a AS b\nARG U=x\nUSER $U\nFROM b", "$U", true},
		{"FROM a AS b\nARG U=x\nUSER $U\nFROM b\nARG U=x", "", false},
	} {
		_, s := at(t, test.src)
		if got, ok := s.SayAgain(s); got != test.want || ok != test.ok {
			t.Errorf("%s\n%q, %v", test.src, got, ok)
		}
	}
}

func TestShellAndWorkdir(t *testing.T) {
	for _, test := range []struct{ src, shell, workdir string }{
		{"FROM a", "", ""},
		{"FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]", "/bin/bash -o pipefail -c", ""},
		{"FROM a AS b\nSHELL [\"x\"]\nWORKDIR /y\nFROM b", "x", "/y"},
		{"FROM a AS b\nSHELL [\"x\"]\nWORKDIR /y\nFROM a", "", ""},
		{"FROM a\nWORKDIR /x", "", "/x"},
		{"FROM a\nWORKDIR /x/", "", "/x"},
		{"FROM a\nWORKDIR x", "", ""},
		{"FROM a\nWORKDIR /x\nWORKDIR y/z", "", "/x/y/z"},
		{"FROM a\nWORKDIR /x\nWORKDIR ../y", "", "/y"},
		{"FROM a\nWORKDIR /x\nWORKDIR .", "", "/x"},
		{"FROM a\nENV D=/d\nWORKDIR $D/x", "", "/d/x"},
		{"FROM a\nWORKDIR /x\nWORKDIR $D", "", ""},
		{"FROM a\nWORKDIR $D\nWORKDIR x", "", ""},
		{"FROM a\nWORKDIR $D\nWORKDIR /x", "", "/x"},
		{"FROM a\nWORKDIR \"/a b\"", "", "/a b"},
	} {
		_, s := at(t, test.src)
		if got := strings.Join(s.Shell, " "); got != test.shell || s.Workdir != test.workdir {
			t.Errorf("%s\nshell %q, workdir %q", test.src, got, s.Workdir)
		}
	}
}

func TestExpand(t *testing.T) {
	f, s := at(t, "ARG G=g", "FROM a", "ARG A=1", "ENV E=e", "ARG U")
	for _, test := range []struct {
		word, want string
		known      bool
	}{
		{"plain", "plain", true},
		{"$A-${E}", "1-e", true},
		{"'$A' \"$E\"", "$A e", true},
		{"\\$A", "$A", true},
		{"$U", "", false},
		{"$UNDECLARED", "", false},
		{"$G", "", false},
		{"${A:+x}${U:-y}", "xy", false},
		{"${A", "${A", false},
		{"'open", "'open", false},
	} {
		if got, known := f.Expand(s, test.word); got != test.want || known != test.known {
			t.Errorf("%s: %q, %v", test.word, got, known)
		}
	}
	if got, known := f.Expand(nil, "$G"); got != "g" || !known {
		t.Errorf("$G before the first FROM: %q, %v", got, known)
	}
}
