package tutor

import _ "github.com/tplproxy/tplproxy/fixtures" // the flag -update, for go test ./... -update
