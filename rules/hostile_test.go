package rules

import (
	"strings"
	"testing"
)

// TestHostileRules are rules whose values would become lines, or words, of their
// own in a Dockerfile or a shell.
func TestHostileRules(t *testing.T) {
	const head = "name: mine\nsetting: MY_URL\n"
	for _, test := range []struct{ rule, want string }{
		{head + "commands: ['']\nenv: {A: b}\n", "commands: an empty entry matches nothing"},
		{head + "commands: [a]\nunsupported: {'': {reason: b}}\nenv: {A: b}\n", "unsupported: an empty entry matches nothing"},
		{head + "commands: [a]\ndeciding: {'': {reason: b}}\nenv: {A: b}\n", "deciding: an empty entry matches nothing"},
		{head + "commands: [a|]\nenv: {A: b}\n", "commands: an empty entry matches nothing"},
		{head + "commands: [a]\nenv: {A: {value: x, neutral: \"a\\nRUN evil\"}}\n", "env: A: neutral holds what cannot stand in a Dockerfile without quotes"},
		{head + "commands: [a]\nenv: {A: {value: x, neutral: 'a}b'}}\n", "env: A: neutral holds what cannot stand in a Dockerfile without quotes"},
		{head + "commands: [a]\nenv: {PATH: /x}\n", "env: PATH must stay what it is"},
		{head + "commands: [a]\nenv: {TPLPROXY_SAVED_A: x}\n", "env: TPLPROXY_SAVED_A must stay what it is"},
		{head + "commands: [a]\nenv: {A: {value: x, neutral: \"a'b\"}}\n", "env: A: neutral holds what cannot stand in a Dockerfile without quotes"},
		{head + "commands: [a]\narguments: {a: \"--x=$(y)\"}\n", `arguments: "--x=$(y)" would stand in a command, where a shell could take "$" for something else`},
		{head + "commands: [a]\narguments: {a: \"--x; rm\"}\n", `arguments: "--x; rm" would stand in a command, where a shell could take ";" for something else`},
		{head + "instructions: [ADD]\nreferences: {file: {to: {https://: \"http://m/;x/\"}}}\n", `references: "http://m/;x/" would stand in an instruction, where ";" could be taken for something else`},
		{head + "instructions: [VOLUME]\nreferences: {file: {to: {a: b}}}\n", "instructions: there are no references to change in VOLUME, only in ADD, COPY, FROM, RUN"},
		{head + "instructions: [FROM]\nreferences: {file: {to: {a: b}}}\n", "instructions: FROM without references of the kind image changes nothing"},
		{head + "instructions: [FROM]\nreferences: {imgae: {to: {a: b}}}\n", "instructions: FROM without references of the kind image changes nothing"},
		{head + "commands: [a]\nreferences: {imgae: {to: {a: b}}}\n", "references: there is no kind imgae; there are image, file and git"},
		{head + "commands: [a]\nreferences: {file: {to: {a: b}, only: X}}\n", "references: file: X is none of the rule's settings"},
		{head + "commands: [a]\nenv: {A: b}\nonly: X\n", "only: X is none of the rule's settings"},
		{head + "commands: [a]\nenv: {A: b}\nor: [x]\n", `or: "x" is not made of capital letters, digits and underscores`},
		{head + "commands: [a]\nenv: {A: b}\nshortened: [b]\n", "bundled, shortened: b is no program of the rule's commands"},
		{head + "commands: [a]\nenv: {A: b}\nbundled: [\"\"]\n", "bundled: an empty entry matches nothing"},
		{head + "commands: [a]\nenv: {A: b}\nbesides: {URL: {of: x, reason: y}}\n", "besides: URL: of has no meaning there"},
		{head + "commands: [a]\nenv: {A: b}\nbesides: {h: {programs: [a]}}\n", "besides: h: reason is missing, or unless is none of the rule's settings"},
		{head + "commands: [a]\nenv: {A: b}\nsettings: {X: {kind: url}}\n", "settings: X: there is no kind url; there are base, hosts, mirrors and images"},
		{head + "commands: [a]\nenv: {A: 'a\"b'}\n", `env: A would hold '"', which not every builder reads alike`},
		{head + "commands: [a]\nenv: {A: 'a$b'}\n", `env: A would hold '$', which not every builder reads alike`},
		{head + "commands: [a]\nenv: {A: 'a`b'}\n", "env: A would hold '`', which not every builder reads alike"},
		{head + "commands: [a]\nenv: {A: 'a\\b'}\n", `env: A would hold '\\', which not every builder reads alike`},
		{head + "commands: [a]\nenv: {A: \"a\\nb\"}\n", `env: A would hold '\n', which not every builder reads alike`},
		{head + "commands: [a]\nfiles: {/x: \"a\\u0000b\"}\n", "files: /x would hold '\\x00'"},
		{head + "commands: [a]\nfiles: {'/x y': a}\n", `files: "/x y" is no clean absolute path`},
	} {
		_, err := func() ([]*Resolved, error) {
			r, err := Parse("mine.yaml", []byte(test.rule))
			if err != nil {
				return nil, err
			}
			s := &Set{}
			s.Add(r)
			return s.Resolve(Settings{"MY_URL": {Value: "http://p/", Source: "--set"}})
		}()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.rule, err, test.want)
		}
	}
}
