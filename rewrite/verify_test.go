package rewrite

import (
	"errors"
	"strings"
	"testing"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// TestVerify gives the last guard what a bug before it would.
func TestVerify(t *testing.T) {
	good := block{"begin", "pip", []string{"ARG A=b"}}.render(plain, "\n")
	const src = "FROM a\nRUN pip install \\\n  x\nRUN <<EOF\npip install y\nEOF\n"
	at := func(text string) int { return strings.Index(src, text) }
	for _, test := range []struct {
		name, src  string
		insertions []insertion
		out        func(string) string // what becomes of the result before it is checked
		want       string
	}{
		{"nothing wrong", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", good, nil}, {at("RUN <<"), at("RUN <<"), "end", good, nil}}, nil, ""},
		{"within a continued instruction", src, []insertion{{at("  x"), at("  x"), "begin", good, nil}}, nil, "inside the instruction"},
		{"within a heredoc", src, []insertion{{at("pip install y"), at("pip install y"), "begin", good, nil}}, nil, "inside the instruction"},
		{"within a line", src, []insertion{{at("pip install \\"), at("pip install \\"), "begin", good, nil}}, nil, "inside the instruction"},
		{"before the first instruction", src, []insertion{{0, 0, "begin", good, nil}}, nil, "inside the instruction"},
		{"behind an open instruction", "FROM a\nRUN x \\\n", []insertion{{len("FROM a\nRUN x \\\n"), len("FROM a\nRUN x \\\n"), "end", good, nil}}, nil, "part of the last instruction"},
		{"a block with another instruction", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", block{"begin", "pip", []string{"COPY a b"}}.render(plain, "\n"), nil}}, nil, `a block holds "COPY a b"`},
		{"a block that is left open", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", block{"begin", "pip", []string{`ARG A=b \`}}.render(plain, "\n"), nil}}, nil, "a block"},
		{"a block whose first line is left open", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", block{"begin", "pip", []string{`ARG A=b \`, "ARG C=d"}}.render(plain, "\n"), nil}}, nil, "a block"},
		{"a block with a heredoc", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", block{"begin", "pip", []string{"RUN <<EOF", "ARG X", "EOF"}}.render(plain, "\n"), nil}}, nil, "a block"},
		{"a block that does not parse", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", block{"begin", "pip", []string{"RUN <<EOF"}}.render(plain, "\n"), nil}}, nil, "a block does not parse"},
		{"a block without markers", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", "ARG A=b\n", nil}}, nil, "not the input"},
		{"a byte of the input is lost", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", good, nil}}, func(s string) string { return strings.Replace(s, "  x", " x", 1) }, "not the input"},
		{"a block is changed afterwards", src, []insertion{{at("RUN pip"), at("RUN pip"), "begin", good, nil}}, func(s string) string { return strings.Replace(s, "A=b", "A=c", 1) }, "blocks cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := dockerfile.Parse([]byte(test.src))
			if err != nil {
				t.Fatal(err)
			}
			out := string(insert(f.Source, test.insertions))
			if test.out != nil {
				out = test.out(out)
			}
			err = (&Rewriter{}).verify(f, test.insertions, []byte(out))
			switch {
			case test.want == "" && err != nil:
				t.Errorf("it is refused: %v", err)
			case test.want != "" && (!errors.Is(err, ErrVerify) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
