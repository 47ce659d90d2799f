package dockerfile

import (
	"maps"
	"slices"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Same tells whether two instructions say the same: keyword, flags, heredocs,
// and all that the parser made of them.
func Same(a, b *Instruction) bool { return sameNode(a.Node, b.Node) }

func sameNode(a, b *parser.Node) bool {
	for ; a != nil && b != nil; a, b = a.Next, b.Next {
		if a.Value != b.Value || a.Original != b.Original ||
			!slices.Equal(a.Flags, b.Flags) || !slices.Equal(a.Heredocs, b.Heredocs) ||
			!maps.Equal(a.Attributes, b.Attributes) || !slices.EqualFunc(a.Children, b.Children, sameNode) {
			return false
		}
	}
	return a == nil && b == nil
}
