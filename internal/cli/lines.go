package cli

import (
	"bytes"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tplproxy/tplproxy/rewrite"
)

// linesOnDisk tells of a line of a Dockerfile, counted without our blocks, which
// one it is in the file as it is. That of a changed instruction is in its block.
func linesOnDisk(src []byte) func(line int) int {
	clean, err := rewrite.Restore(src)
	if err != nil || bytes.Equal(clean, src) {
		return func(line int) int { return line }
	}
	disk := mapLines(string(clean), edits(string(clean), string(src)))
	return func(line int) int {
		if line < 1 || line > len(disk) {
			return line
		}
		return disk[line-1]
	}
}

// mapLines gives for each line of a text its number behind the edits.
func mapLines(text string, list []udiff.Edit) []int {
	var disk []int
	number, offset := 1, 0
	lines := slices.Collect(strings.Lines(text))
	for i := 0; i < len(lines); {
		for len(list) > 0 && list[0].Start == list[0].End && list[0].Start <= offset {
			number += strings.Count(list[0].New, "\n")
			list = list[1:]
		}
		if len(list) == 0 || list[0].Start == list[0].End || list[0].Start >= offset+len(lines[i]) {
			disk = append(disk, number)
			offset += len(lines[i])
			number, i = number+1, i+1
			continue
		}
		first := i
		for ; i < len(lines) && offset < list[0].End; i++ {
			offset += len(lines[i])
		}
		disk = append(disk, beforeEnd(list[0].New, number, i-first)...)
		number += strings.Count(list[0].New, "\n")
		list = list[1:]
	}
	return disk
}

// beforeEnd gives the numbers of the last n lines before a block's end, for a block
// that begins in line first.
func beforeEnd(block string, first, n int) []int {
	end := strings.Count(block, "\n")
	for i, line := range strings.SplitAfter(block, "\n") {
		if strings.HasPrefix(line, rewrite.BlockEnd) {
			end = i
		}
	}
	numbers := make([]int, n)
	for k := range numbers {
		numbers[k] = max(first, first+end-n+k)
	}
	return numbers
}
