package filters_test

import (
	"fmt"

	"github.com/tplproxy/tplproxy/filters"
)

func Example() {
	template, err := filters.Parse("apt.yaml", `Acquire::http::Proxy::{{ MIRROR | url_part('hostname') }} "{{ APT_PROXY_URL }}";`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(template.Variables())

	text, err := template.Render(map[string]string{
		"APT_PROXY_URL": "http://127.0.0.1:3142",
		"MIRROR":        "http://Archive.Ubuntu.com/ubuntu",
	})
	fmt.Println(text, err)

	_, err = template.Render(map[string]string{"APT_PROXY_URL": "http://127.0.0.1:3142"})
	fmt.Println(err)
	// Output:
	// [APT_PROXY_URL MIRROR]
	// Acquire::http::Proxy::archive.ubuntu.com "http://127.0.0.1:3142"; <nil>
	// apt.yaml:1:26: unknown setting "MIRROR"
}
