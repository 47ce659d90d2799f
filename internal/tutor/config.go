package tutor

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

func parseConfig(name string, src []byte, keys []string) (map[string]Value, error) {
	file, err := parser.ParseBytes(bytes.TrimPrefix(src, []byte("\uFEFF")), 0)
	if err != nil {
		var y yaml.Error
		if errors.As(err, &y) && y.GetToken() != nil {
			p := y.GetToken().Position
			if key, value, found := strings.Cut(lineOf(src, p.Line), ":"); found && strings.HasPrefix(strings.TrimSpace(value), "{{") && slices.Contains(keys, key) {
				return nil, fmt.Errorf("%s:%d: %s is a template; pass the rendered value: --set %s=\"$(tutor config printvalue %s)\"", name, p.Line, key, key, key)
			}
			return nil, fmt.Errorf("%s:%d:%d: %s", name, p.Line, p.Column, y.GetMessage())
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	values := map[string]Value{}
	for _, doc := range file.Docs {
		var entries []*ast.MappingValueNode
		switch body := doc.Body.(type) {
		case nil, *ast.NullNode, *ast.CommentGroupNode, *ast.DirectiveNode:
		case *ast.MappingNode:
			entries = body.Values
		case *ast.MappingValueNode:
			entries = []*ast.MappingValueNode{body}
		default:
			return nil, fmt.Errorf("%s:%d: this is no mapping of settings", name, doc.Body.GetToken().Position.Line)
		}
		for _, e := range entries {
			key := e.Key.GetToken().Value
			image := strings.HasPrefix(key, imageKey) && slices.Contains(keys, imageKey)
			if !slices.Contains(keys, key) && !image {
				continue
			}
			line := e.Key.GetToken().Position.Line
			text, err := scalar(e.Value)
			if image && (err != nil || strings.Contains(text, "{{")) {
				continue // Tutor's own, and nothing that could be rendered here
			}
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %s %w", name, line, key, err)
			}
			values[key] = Value{text, line}
		}
	}
	return values, nil
}

// imageKey is what Tutor's settings begin with that name an image.
const imageKey = "DOCKER_IMAGE_"

// Images lists the images that a config.yml names, sorted: those that the user has
// called otherwise, which Tutor builds or pulls. Templates are left out.
func Images(name string) ([]string, error) {
	values, err := Read(name, []string{imageKey})
	if err != nil {
		return nil, err
	}
	var images []string
	for _, v := range values {
		if v.Text != "" {
			images = append(images, v.Text)
		}
	}
	slices.Sort(images)
	return slices.Compact(images), nil
}

func lineOf(src []byte, line int) string {
	lines := strings.Split(string(src), "\n")
	return lines[max(0, min(line, len(lines))-1)]
}

var errNoString = errors.New("is no string; a setting is a URL")

// scalar gives the text of a string, "" for null.
func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.TagNode:
		return scalar(n.Value)
	case *ast.AnchorNode:
		return scalar(n.Value)
	}
	return "", errNoString
}
