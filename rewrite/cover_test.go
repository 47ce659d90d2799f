package rewrite_test

import (
	"strings"
	"testing"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// TestScanAfterEdits scans rewritten files that somebody edited around the
// blocks: only what the blocks still reach is proxied.
func TestScanAfterEdits(t *testing.T) {
	endBlock := func(out string) string {
		i := strings.Index(out, "# >>> tplproxy: end")
		j := i + strings.Index(out[i:], " <<<\n") + len(" <<<\n")
		return out[:i] + out[j:]
	}
	replace := func(old, new string) func(string) string {
		return func(out string) string { return strings.Replace(out, old, new, 1) }
	}
	const pip = "FROM a\nRUN pip install x\nFROM b\nRUN pip install y\n"
	for _, test := range []struct {
		name, src string
		edit      func(string) string
		want      string // the statuses, in order
	}{
		{"nothing", pip, func(s string) string { return s }, "proxied proxied"},
		{"the command", "FROM a\nRUN curl -O https://a.example/x\n", replace("RUN curl -O", "RUN wget"), "wrappable"},
		{"the package manager", "FROM a\nRUN npm ci\n", replace("npm ci", "pnpm install"), "wrappable"},
		{"a stage between", pip, replace("RUN pip install x", "FROM c\nRUN pip install x"), "wrappable proxied"},
		{"the end taken out", pip, endBlock, "wrappable proxied"},
		{"the variable set anew", pip, replace("RUN pip install x", "ARG PIP_INDEX_URL=\nRUN pip install x"), "wrappable proxied"},
		{"one more command", pip, replace("RUN pip install x", "RUN pip install x\nRUN pip install z"), "proxied proxied proxied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			downloads, err := newRewriter(t, proxies, managers...).Scan([]byte(test.edit(rewritten(t, test.src))))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range downloads {
				got = append(got, string(d.Status))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// TestScanHidesSecrets looks for a password in all that a scan says.
func TestScanHidesSecrets(t *testing.T) {
	for _, run := range []string{
		"curl https://u:SECRET@e.example/x",
		"curl u:SECRET@e.example/x",
		"curl -x u:SECRET@corp.example:1 https://e.example/x",
		"curl -x http://u:SECRET@corp.example:1 https://e.example/x",
		"curl -u u:SECRET https://e.example/x",
		"curl --user=u:SECRET https://e.example/x",
		"curl -uu:SECRET https://e.example/x",
		"wget --password=SECRET https://e.example/x",
		"wget --password SECRET https://e.example/x",
		"npm ci --registry=//u:SECRET@h.example/",
		"pip install -i https://u:SECRET@h.example/simple x",
		"PIP_INDEX_URL=https://u:SECRET@h.example/simple pip install x",
		"pip install 'git+https://u:SECRET@h.example/x'",
	} {
		downloads, err := newRewriter(t, proxies, managers...).Scan([]byte("FROM a\nRUN " + run + "\n"))
		if err != nil || len(downloads) == 0 {
			t.Errorf("%s: %v, %v", run, downloads, err)
		}
		if strings.Contains(describe(downloads), "SECRET") {
			t.Errorf("%s: %s", run, describe(downloads))
		}
	}
}

// TestScriptsAlone is a rule that needs nothing but scripts.
func TestScriptsAlone(t *testing.T) {
	set := builtin(t, "name: mine\nsetting: MINE_URL\ncommands: [mine get]\nscripts:\n  commands: [mine get]\n  before: echo '{{ MINE_URL }}' > /tmp/mine; exit 0\n  after: rm -f /tmp/mine; exit 0\n")
	rw, err := rewrite.New(set, rules.Settings{"MINE_URL": {Value: "http://p"}})
	if err != nil {
		t.Fatal(err)
	}
	result, err := rw.Rewrite([]byte("FROM scratch\nWORKDIR /w\nRUN cd x && mine get\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"-c","echo 'http://p' > /tmp/mine; exit 0","sh",".","x"]`, `"-c","rm -f /tmp/mine; exit 0","sh",".","x"]`} {
		if !strings.Contains(string(result.Output), want) {
			t.Errorf("%s is not in\n%s", want, result.Output)
		}
	}
	for _, settings := range []rules.Settings{{"MINE_URL": {Value: "http://p"}}, {}} {
		rw, err := rewrite.New(set, settings)
		if err != nil {
			t.Fatal(err)
		}
		if downloads, err := rw.Scan(result.Output); err != nil || len(downloads) != 1 || downloads[0].Status != rewrite.Proxied {
			t.Errorf("with %v: %v, %v", settings, downloads, err)
		}
	}
}

// TestArgumentsBesides is a rule that needs a variable, a file and an argument.
func TestArgumentsBesides(t *testing.T) {
	set := builtin(t, "name: mine\nsetting: MINE_URL\ncommands: [mine get]\nenv: {MINE: '{{ MINE_URL }}'}\nfiles: {/tmp/.tplproxy-mine/x: '{{ MINE_URL }}'}\narguments: {mine: --from=/tmp/.tplproxy-mine/x}\n")
	for _, settings := range []rules.Settings{{"MINE_URL": {Value: "http://p"}}, {}} {
		rw, err := rewrite.New(set, settings)
		if err != nil {
			t.Fatal(err)
		}
		const src = "FROM scratch\nWORKDIR /w\nRUN mine get\n"
		if len(settings) > 0 {
			result, err := rw.Rewrite([]byte(src))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"ARG MINE=http://p\n", " > /tmp/.tplproxy-mine/x", "\nRUN mine --from=/tmp/.tplproxy-mine/x get\n"} {
				if !strings.Contains(string(result.Output), want) {
					t.Errorf("%q is not in\n%s", want, result.Output)
				}
			}
			if downloads, err := rw.Scan(result.Output); err != nil || len(downloads) != 1 || downloads[0].Status != rewrite.Proxied {
				t.Errorf("%v, %v", downloads, err)
			}
			continue
		}
		if downloads, err := rw.Scan([]byte(src)); err != nil || len(downloads) != 1 || downloads[0].Status != rewrite.Direct {
			t.Errorf("%v, %v", downloads, err)
		}
	}
}
