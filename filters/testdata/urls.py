# Writes urls.json: URLs, and what Python's urllib.parse.urlparse says of them.
# Run with Python 3.11.7 in this directory: python3 urls.py > urls.json
import itertools
import json
import random
import sys
from urllib.parse import urlparse

PARTS = [
    "scheme", "netloc", "hostname", "port", "username", "password",
    "path", "params", "query", "fragment",
]


def answer(url, part):
    try:
        value = getattr(urlparse(url), part)
    except ValueError:
        return {"error": True}
    return "" if value is None else str(value)


def urls():
    # What rules see.
    yield from [
        "http://127.0.0.1:7762/simple/", "https://pypi.org/simple", "http://proxy:3142",
        "https://user:secret@nexus.example.com:8443/repository/pypi/simple?x=1&y=2#top",
        "git://github.com/openedx/edx-platform.git", "git+ssh://git@github.com/a/b.git@v1",
        "ssh://git@github.com:22/a/b", "git@github.com:a/b.git", "localhost:5000/image",
        "registry.example.com/library/ubuntu:22.04", "file:///etc/passwd", "ftp://h/x;type=a",
        "mailto:me@example.com", "data:text/plain,hello", "svn+ssh://h/x",
    ]
    # Pieces, present, empty and odd, in every combination.
    for scheme, user, port, tail in itertools.product(
        ["http://", "//", "HTTP://", ""],
        ["", "u@", "u:p@", ":@", "u:p@q:r@"],
        ["", ":", ":80"],
        ["", "/p;a=b?q#f", "?", "#", "/a;b/c;d;e"],
    ):
        yield scheme + user + "Host.Example" + port + tail
    for port in [
        "0", "00", "0080", "65535", "65536", "99999999999999999999", "-1", "+1", "1.5", "a",
        "80a", " 80", "80 ", "0x50", "٣", "８０", "²", "1_0", "80:90", ":80", "é",
    ]:
        yield f"http://h:{port}/"
        yield f"http://[::1]:{port}/"
    for host in [
        "::", "::1", "FE80::1", "fe80::1%eth0", "fe80::1%25Eth0", "FE80::1%ETH0", "fe80::1%",
        "fe80::1%a%b", "::ffff:1.2.3.4", "::ffff:1.2.3.4%e", "1.2.3.4", "::1.2.3", "::1.2.3.04",
        "::1.2.3.256", "::1.2.3.4:5", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4",
        "1::2::3", ":1::2", "1::2:", ":::", ":", "12345::", "g::", "00001::", "", " ", "host",
        "v1.x", "v1.", "v.x", "V1.x", "vF.::", "vg.x", "v1.é", "١::", "::1 ", " ::1",
    ]:
        for before, after in [("", ""), ("u:p@", ":80"), ("", "x:80"), ("x", "")]:
            yield f"http://{before}[{host}]{after}/p"
    yield from [
        "http://[::1", "http://::1]", "http://]a[", "http://]::1[", "http://[::1][::2]",
        "http://[[::1]]", "http://u[::1]@h", "http://[u]@h", "http://[::1]@h:80", "http://a]b[::1]",
        "//[::1]:80", "[::1]:80", "http:[x", "http:///[x", "http://h/[x", "http://h?[x", "http://h#]",
    ]
    # Schemes and their params.
    for scheme in [
        "ftp", "hdl", "prospero", "imap", "https", "shttp", "rtsp", "rtsps", "rtspu", "sip",
        "sips", "mms", "sftp", "tel", "gopher", "file", "ws", "git", "x-y.z+1", "1http", "+a",
        "h_p", "hé", "é", "ſ", "K", "h p", "HtTp", "", "a" * 40,
    ]:
        yield f"{scheme}://h/a;b;c"
        yield f"{scheme}:a;b/c"
        yield f"{scheme}:"
    yield from [":", "::", "://", ":a", "a:b:c", "http:/", "http:", "http:h", "http:80", "path:80"]
    yield from ["", "/", "//", "///", "////a", "//h", "//h?", "/a//b", "a", "a/b", "a b", ";", ";a", "a;", "a;/", "?", "#"]
    yield from ["??", "##", "?#", "#?", "?a?b", "#a#b", "a?b;c", "a#b;c", "a;b?c;d#e;f", "http://h;a", "http://h;a/b"]
    yield from ["http://h?a@b:c", "http://h#a@b:c", "http://a/b@c:d", "http://u@@h", "http://@", "http://:", "http://@:", "http://:@:"]
    yield from ["http://u%40:p%3A@h%2F/%3B", "http://h%41", "http://H%41/", "http://u:a/b@h/", "http://u:a#b@h/", "http://u:a?b@h/"]
    yield from ["http:\\\\h\\p", "http://h\\@e/", "\\\\h", "http://`h`", "http://$h", "http://'h\"/", "http://{{ h }}/"]
    # Control characters and white space.
    for c in "\0\1\t\n\v\f\r\x1b\x1c\x1f \x7f\x85\u00a0\u2028\u3000\ufeff\u200b":
        yield c + "http://h/p"
        yield "http://h/p" + c
        yield f"ht{c}tp://h{c}:8{c}0/a{c}b?{c}#{c}"
        yield f"http:/{c}/u{c}@h"
    yield from ["\n \t http://h", "h\nt\rt\tp:\n/\r/\th", "\t\n", " ", "http://[:\n:1]", "java\nscript:x"]
    # Hosts beyond ASCII: lower case, and what normalizes to a delimiter.
    yield from [
        "http://" + host + "/"
        for host in [
            "MÜNCHEN.de", "münchen", "İSTANBUL", "ΣΊΣΥΦΟΣ", "ΟΔΟΣ.GR", "ΑΣ:80", "Σ", "ΑΣ'Σ", "ΑΣ\u0301", "Α\u0301Σ", "ΑΣ.Β",
            "ǅ", "ẞ", "Ω", "K", "Å", "ⒶⒷ", "ＡＢＣ", "Ⅷ", "日本語", "𐐀", "Ა", "Ꭰ", "ꭰ", "e\u0301", "\u0345", "😀",
            "ＨＯＳＴ．com", "a。b", "ﬀ", "½", "…", "№", "a\u0338", "=\u0338", "\u037e", "\u2260",
            "FE80%É", "É%É", "a%2fÉ",
        ]
    ]
    for c in "℀℁℅℆⁇⁈⁉⩴︓︖﹕﹖﹟﹫＃／：？＠":
        yield f"http://h{c}x/"
        yield f"http://h/{c}"
    yield from ["http://u＠h:80", "http://u:p／@h", "http://é@h", "http://h:８０?＃", "//＠", "http:＠", "http://h@\u2100é:#?"]
    # A fixed choice of nonsense.
    chance = random.Random(1)
    for _ in range(400):
        yield "".join(chance.choice(["http", "//", ":", "/", "@", "[", "]", "::1", "?", "#", ";", "%", "a", "B", "É", "Σ", "8", ".", " ", "\t", "／"]) for _ in range(chance.randrange(1, 14)))


def main():
    rows = [{"url": url, **{part: answer(url, part) for part in PARTS}} for url in dict.fromkeys(urls())]
    sys.stdout.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


main()
