"""Makes the cases again. A server's log as Python's own server and logging write it, with nobody in it; prose, markup, sources and mail
headers with people among what only looks like them. Each line stands beside its addresses here.
What no format's plugin claims this one does not claim firmly either: those are texts of the tests, and no cases."""

import http.server
import io
import json
import logging
from pathlib import Path

CASES = Path(__file__).parent.parent / "cases"
TEXTS = Path(__file__).parent.parent / "tests/it/texts"

PATHS = """/img/logo@2x.png /img/icon@3x.jpg?v=1.2 /npm/vue@3.4.21/dist/vue.js /@scope/pkg@1.0.1/index.js /assets/a@1.5x.webp /@fs/src/main.ts
/p/retina@2x.app /static/photo@2x.zip /medium.com/@someone /unpkg/lodash@4.17.21.tgz /x/@babel/core@7.24.0/lib/index.js /a@b /@2x.com""".split()
MESSAGES = """Started getty@tty1.service - Getty on tty1.
Started user@1000.service, multi-user@boot.target
npm WARN deprecated rimraf@3.0.2, glob@7.2.3: no longer supported
Cloning into 'repo' from git@git.example.com:group/repo.git
remote: ssh://git@git.example.com:22/group/repo.git
fetch https://user:pa55word@registry.example.com/v2/
connect to postgres://app:s3cr3t,x@db.example.com:5432/app
amqp://guest:guest@mq.example.com
rsync deploy@web1.example.com:/var/www/ done
java.lang.Object@1a2b3c, com.example.Thing@6d06d69c
postfix/cleanup[1]: 1A2B: message-id=<20240102030405.1A2B@mail.example.com>
In-Reply-To: <CAF=abc+def@mail.example.com>
References: <5e0be100-1234-4abc-9def-0123456789ab@example.com>
Message-ID: <short@example.com>
src="cid:image001@example.com"
sip:100@pbx.example.com registered
@app.route("/x") @dataclass @Component.prototype
docker pull registry.example.com/app@sha256:0123456789abcdef
Failed password for root@ from 192.0.2.1, ann@localhost, bob@server.local, cyd@host
bounce+ann=example.com@lists.example.net
kernel: (build@) version 6.1.0 x@y..com .dot@example.com dot.@example.com do..t@example.com
@ann@social.example.org boosted
key@ @ a@ @b a@b.c a@b.png a@-example.com a@example-.com""".splitlines()


def log():
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("2024-01-02 03:04:05,678 %(levelname)s [%(name)s] %(message)s"))
    logger = logging.Logger("app@worker-1")
    logger.addHandler(handler)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self):
            self.client_address = ("192.0.2.7", 4242)
            self.requestline = ""
            self.request_version = "HTTP/1.1"

        def log_date_time_string(self):
            return "02/Jan/2024 03:04:05"

        def log_message(self, form, *values):
            out.write("%s - - [%s] %s\n" % (self.address_string(), self.log_date_time_string(), form % values))

    server = Quiet()
    for path in PATHS:
        server.requestline = f"GET {path} HTTP/1.1"
        server.log_request(200)
    for message in MESSAGES:
        logger.info(message)
    return out.getvalue()


# Text, and the addresses in it.
LINES = [
    ("Dear Ann, write to ann@example.com, or to Bob <bob@example.org>.", ["ann@example.com", "bob@example.org"]),
    ('<a href="mailto:cyd@example.net?subject=x">cyd@example.net</a>', ["cyd@example.net"]),
    ("'dan@example.com' \"eve@example.com\" `fay@example.com` (gus@example.com) [hal@example.com] {ida@example.com}",
     [f"{name}@example.com" for name in ("dan", "eve", "fay", "gus", "hal", "ida")]),
    ("jim@example.com~ kit@example.com|lea@example.com;max@example.com,ned@example.com", [f"{name}@example.com" for name in ("jim", "kit", "lea", "max", "ned")]),
    (r"a\nb oda@example.com\r\npam@example.com\tqin@example.com", ["oda@example.com", "pam@example.com", "qin@example.com"]),
    ("o'hara@example.com Ray.Sue+tag@Mail.Example.COM tom_ula-vic@sub.example.org", ["o'hara@example.com", "Ray.Sue+tag@Mail.Example.COM", "tom_ula-vic@sub.example.org"]),
    ("https://example.com/reset?email=wim@example.com&next=/home", ["wim@example.com"]),
    ("https://example.com/?q=%20xia@example.com", ["xia@example.com"]),
    ("user=yan@example.com password=x  To:zoe@example.net", ["yan@example.com", "zoe@example.net"]),
    ("Jürgen <jürgen@example.com>, “käthe@example.org” ольга@example.com", ["jürgen@example.com", "käthe@example.org", "ольга@example.com"]),
    ("ends.with.dot@example.com. And ann@münchen.example.com!", ["ends.with.dot@example.com", "ann@münchen.example.com"]),
    ("ann@example.com/bob@example.com", ["ann@example.com"]),
    ("ann@example.com:password1", ["ann@example.com"]),
    ("*ann@example.com* **bob@example.com** _cyd", ["ann@example.com", "bob@example.com"]),
    ("x" * 65 + "@example.com " + "y" * 64 + "@example.com", ["y" * 64 + "@example.com"]),
    ("Reply-To: <ann@example.com>", ["ann@example.com"]),
    ("nothing here", []),
    ("last@example.com", ["last@example.com"]),
]

(TEXTS / "server.log").write_text(log(), encoding="utf-8")
(TEXTS / "server.jsonl").write_text("")
(TEXTS / "prose.txt").write_text("\n".join(line for line, _ in LINES), encoding="utf-8")
(TEXTS / "prose.jsonl").write_text("".join(json.dumps({"email": address}, ensure_ascii=False) + "\n" for _, all in LINES for address in all), encoding="utf-8")

# A list of addresses and nothing else, as lists for mailings are: the one format of which nobody else reads anything.
NAMES = "ann bob cyd dan eve fay gus hal ida jim kit lea max ned oda pam qin ray sue tom ula vic wim xia yan zoe".split()
ALL = [f"{name}{number}@{host}" for number in (1, 22) for name in NAMES for host in ("example.com", "mail.example.org")]
DRESSED = ["{}", "{}", "{}", "<{}>", '"{}"', "{},", "{};", " {} ", "'{}'"]
rows = [DRESSED[number % len(DRESSED)].format(address) for number, address in enumerate(ALL)]
(CASES / "list.txt").write_text("\r\n".join(["My list", "", *rows, "logo@2x.png", "total: 104"]) + "\n")
(CASES / "list.jsonl").write_text("".join(json.dumps({"email": address}) + "\n" for address in ALL))
