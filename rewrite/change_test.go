package rewrite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tplproxy/tplproxy/rewrite"
)

// mirrored is a Dockerfile rewritten with all rules.
func mirrored(t *testing.T, src string) string {
	t.Helper()
	return output(t, newRewriter(t, everything), src)
}

const twoImages = "FROM alpine:3.20 AS a\nCOPY --from=busybox:1.36 \\\n    /bin/sh /sh\n"

// TestRestoreRefusesChanged looks for any change by hand in a block that keeps
// an instruction: what stands there and nowhere else must not be lost.
func TestRestoreRefusesChanged(t *testing.T) {
	out := mirrored(t, twoImages)
	const remedy = "; undo the change, or put the lines behind #| in the block's place by hand"
	for _, test := range []struct{ name, src, want string }{
		{"an original line", strings.Replace(out, "#| FROM alpine:3.20", "#| FROM alpine:3.21", 1), "1: the tplproxy block that begins here was changed by hand" + remedy},
		{"an original line taken out", strings.Replace(out, "#|     /bin/sh /sh\n", "", 1), "6: the tplproxy block that begins here was changed by hand" + remedy},
		{"the changed instruction", strings.Replace(out, "library/alpine:3.20", "library/alpine:3.21", 1), "1: the tplproxy block that begins here was changed by hand" + remedy},
		{"a line added", strings.Replace(out, "#\nFROM", "#\nARG A=1\nFROM", 1), "1: the tplproxy block that begins here was changed by hand" + remedy},
		{"the end taken out", strings.TrimSuffix(out[:strings.LastIndex(out, "# <<<")], "\n"), "6: the tplproxy block that begins here has no end" + remedy},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.src == out {
				t.Fatal("nothing was changed")
			}
			_, err := rewrite.Restore([]byte(test.src))
			var place *rewrite.Error
			if !errors.As(err, &place) || err.Error() != test.want {
				t.Errorf("got %v, want %s\n%s", err, test.want, test.src)
			}
		})
	}
}

// TestRestoreChanged are changes around the blocks, and other ways to write
// lines, which keep all the same.
func TestRestoreChanged(t *testing.T) {
	noNewline := strings.TrimRight(twoImages, "\n")
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	mixed := "FROM scratch\r\nCOPY --from=alpine:3 \\\n  # a\r\n\r\n  /a \\\r\n  /b"
	for _, test := range []struct{ name, src, want string }{
		{"nothing", mirrored(t, twoImages), twoImages},
		{"no newline at the end", mirrored(t, noNewline), noNewline},
		{"a newline added at the end", mirrored(t, noNewline) + "\n", noNewline + "\n"},
		{"a line added at the end", mirrored(t, noNewline) + "\nCMD x", noNewline + "\nCMD x"},
		{"a line added before", "# mine\n" + mirrored(t, twoImages), "# mine\n" + twoImages},
		{"other line ends", crlf(mirrored(t, twoImages)), crlf(twoImages)},
		{"other line ends, no newline", crlf(mirrored(t, noNewline)), crlf(noNewline)},
		{"mixed line ends", mirrored(t, mixed), mixed},
		{"lines that look like kept ones", mirrored(t, "FROM alpine\nRUN curl -O https://a.example/x \\\n#| no\n  && true\n"), "FROM alpine\nRUN curl -O https://a.example/x \\\n#| no\n  && true\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := rewrite.Restore([]byte(test.src))
			if err != nil || string(got) != test.want {
				t.Errorf("got %q, %v\nwant %q", got, err, test.want)
			}
		})
	}
}

// TestScanChanged scans rewritten files that somebody edited around changed
// instructions, or with other settings: the status is that of the bytes.
func TestScanChanged(t *testing.T) {
	const src = "ARG BASE=debian:12\nFROM $BASE\nADD https://a.example/x /x\nRUN curl -O https://a.example/y && nodeenv /n\nRUN git clone https://github.com/a/b\n"
	out := mirrored(t, src)
	statuses := func(rw *rewrite.Rewriter, text string) string {
		downloads, err := rw.Scan([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, d := range downloads {
			list = append(list, d.Rule+":"+string(d.Status))
		}
		return strings.Join(list, " ")
	}
	all := newRewriter(t, everything)
	const proxied = "image:proxied add:proxied curl:proxied nodeenv:proxied git:proxied"
	for _, test := range []struct{ name, text, want string }{
		{"before", src, strings.ReplaceAll(proxied, "proxied", "wrappable")},
		{"after", out, proxied},
		{"lines between", strings.Replace(out, "# >>> tplproxy: changed for add", "LABEL a=b\n# >>> tplproxy: changed for add", 1), proxied},
		{"one more of each", out + src[strings.Index(src, "ADD"):], proxied + " add:wrappable curl:wrappable nodeenv:wrappable git:wrappable"},
	} {
		if got := statuses(all, test.text); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if got := statuses(newRewriter(t, nil), out); got != proxied {
		t.Errorf("without settings: %s, want %s", got, proxied)
	}
	if got := statuses(newRewriter(t, proxies), out); got != proxied {
		t.Errorf("with other settings: %s, want %s", got, proxied)
	}
	// curl was wrapped, not changed, and is to be changed now.
	wrapped, err := newRewriter(t, proxies).Rewrite([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := statuses(all, string(wrapped.Output)), "image:wrappable add:wrappable curl:proxied nodeenv:wrappable git:wrappable"; got != want {
		t.Errorf("after a rewrite with fewer settings: %s, want %s", got, want)
	}
}
