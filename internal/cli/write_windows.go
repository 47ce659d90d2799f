package cli

import (
	"io/fs"
	"os"
	"path/filepath"
)

// A staged file is written in full and not yet in its place.
type staged struct{ file, path string }

// stage writes a file beside the one that it is to replace. renameio is not
// built for Windows, whose files have no mode.
func stage(path string, content []byte, _ fs.FileMode) (*staged, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".tplproxy-*")
	if err != nil {
		return nil, err
	}
	s := &staged{file.Name(), path}
	_, err = file.Write(content)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// commit puts the file in its place.
func (s *staged) commit() error { return os.Rename(s.file, s.path) }

// discard removes the file, unless it is in its place.
func (s *staged) discard() { os.Remove(s.file) }
