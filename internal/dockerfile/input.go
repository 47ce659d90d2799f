package dockerfile

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkText refuses what is no text: a NUL or bytes that are not UTF-8.
func checkText(src []byte) error {
	if i := bytes.IndexByte(src, 0); i >= 0 {
		return &Error{Line: lineAt(src, i), Message: "the file holds a NUL byte, so it is no Dockerfile"}
	}
	if !utf8.Valid(src) {
		i := 0
		for i < len(src) {
			r, n := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		return &Error{Line: lineAt(src, i), Message: "the file is not UTF-8"}
	}
	return nil
}

func lineAt(src []byte, offset int) int {
	return 1 + bytes.Count(src[:offset], []byte("\n"))
}

// checkRendered refuses a file in which a template expression stands where an
// instruction or one of its arguments should be. BuildKit's parser takes many
// of them for unknown instructions or odd words.
func (f *File) checkRendered() error {
	if !bytes.Contains(f.Source, []byte("{{")) && !bytes.Contains(f.Source, []byte("{%")) {
		return nil
	}
	for _, in := range f.Instructions {
		var found string
		switch in.Keyword {
		case "from", "arg", "env", "add", "copy", "user", "workdir", "volume", "expose":
			found = template(in.Node.Original, true)
		case "run":
			found = template(in.Node.Original, false)
		default:
			if strings.HasPrefix(in.Keyword, "{{") || strings.HasPrefix(in.Keyword, "{%") {
				found = strings.TrimSpace(in.Node.Original)
			}
		}
		if found != "" {
			return unrendered(in.Line, found)
		}
	}
	return nil
}

func unrendered(line int, found string) *Error {
	return &Error{Line: line, Message: fmt.Sprintf("%s is an unrendered template; run `tutor config save` and use the env dir that it writes", found)}
}

// firstTemplate finds the first template expression in a file that does not
// parse.
func firstTemplate(src []byte) (line int, found string) {
	for i, text := range strings.Split(string(src), "\n") {
		if t := strings.TrimSpace(text); strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "{#") {
			continue
		}
		if t := template(text, false); t != "" {
			return i + 1, t
		}
	}
	return 0, ""
}

// template gives the first Jinja expression or tag in text, or nothing. Go
// templates ({{.ID}}, as in docker's --format) and what stands in quotes, but
// for quoted, are not Jinja's.
func template(text string, quoted bool) string {
	var quote byte
	for i := 0; i+1 < len(text); i++ {
		c := text[i]
		switch {
		case !quoted && c == '\\' && quote != '\'':
			i++
		case !quoted && quote != 0:
			if c == quote {
				quote = 0
			}
		case !quoted && (c == '\'' || c == '"'):
			quote = c
		case c == '{' && (text[i+1] == '{' || text[i+1] == '%'):
			if found := expression(text[i:], quoted); found != "" {
				return found
			}
		}
	}
	return ""
}

// expression gives the expression or tag that text begins with. It may begin with
// a text in quotes where no shell's own could stand.
func expression(text string, quoted bool) string {
	end := "}}"
	if text[1] == '%' {
		end = "%}"
	}
	body := strings.TrimLeft(text[2:], "- \t")
	if quoted && strings.HasPrefix(body, "'") {
		body = "text"
	}
	if body == "" || !(body[0] == '_' || body[0] >= 'a' && body[0] <= 'z' || body[0] >= 'A' && body[0] <= 'Z') {
		return ""
	}
	if i := strings.Index(text, end); i > 0 {
		return text[:i+len(end)]
	}
	return ""
}
