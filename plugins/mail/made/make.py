#!/usr/bin/env python3
"""Writes the cases: messages by Python's email and mailbox, and by hand what other programs write.

    python3 make.py        rewrites them in ../cases, each with the records that must come out; the result is checked in
"""
import json, mailbox, pathlib, tempfile
from email.headerregistry import Address, Group
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.header import Header
from email.utils import formataddr

CASES = pathlib.Path(__file__).parent.parent / "cases"


def case(name, data, records):
    (CASES / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (CASES / (name.rsplit(".", 1)[0] + ".jsonl")).write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in records), encoding="utf-8")


def person(header, email, name=None):
    return {"email": email, **({"full_name": name} if name else {}), "extra": {"header": header}}


def message(at):
    """A message and whom it names."""
    mail = EmailMessage()
    mail["Return-Path"] = f"<bounce-{at}@lists.example.org>"
    mail["Received"] = f"from mx.example.net (mx.example.net [192.0.2.{at}]) by mail.example.com for <envelope{at}@example.com>; Thu, 02 Jan 2020 03:04:05 +0000"
    mail["Message-ID"] = f"<{at}.abc@mail.example.com>"
    mail["Date"] = "Thu, 02 Jan 2020 03:04:05 +0000"
    mail["From"] = Address("Jürgen Müller, Dr.", f"juergen{at}", "example.com")
    mail["To"] = [Address("Ann \"Annie\" O'Example", f"ann{at}", "example.com"), Address("", f"bob{at}", "example.net"), Address("Дмитрий-Пример-Длинная-Фамилия", f"dmitri{at}", "example.org"),
                  Address("李 例子", f"li{at}", "example.net")]
    mail["Cc"] = (Group("Friends", (Address("Cem", f"cem{at}", "example.org"), Address("", f"ann{at}", "example.com"))),)
    mail["Reply-To"] = f"JUERGEN{at}@example.com, answers{at}@example.com"
    mail["Subject"] = f"about nobody{at}@example.com: ünicode"
    mail["In-Reply-To"] = f"<{at}.def@mail.example.com>"
    mail.set_content(f"From here on\n\nFrom the body, nobody{at}@example.com\n\nTo: nobody@example.org\n-- \nsignature@example.com\n")
    mail.add_attachment(bytes(range(256)) * 8, maintype="application", subtype="octet-stream", filename="nobody@example.com.bin")
    mail.set_boundary(f"boundary-{at}")
    return mail, [
        person("From", f"juergen{at}@example.com", "Jürgen Müller, Dr."),
        person("To", f"ann{at}@example.com", "Ann \"Annie\" O'Example"), person("To", f"bob{at}@example.net"), person("To", f"dmitri{at}@example.org", "Дмитрий-Пример-Длинная-Фамилия"),
        person("To", f"li{at}@example.net", "李 例子"), person("Cc", f"cem{at}@example.org", "Cem"), person("Reply-To", f"answers{at}@example.com")]


messages = [message(at) for at in range(4)]
with tempfile.TemporaryDirectory() as folder:
    box = mailbox.mbox(folder + "/box")
    for mail, _ in messages:
        added = mailbox.mboxMessage(mail)
        added.set_from("MAILER-DAEMON Thu Jan  2 03:04:05 2020")
        box.add(added)
    box.flush()
    case("mailbox.mbox", pathlib.Path(folder + "/box").read_bytes(), [one for _, people in messages for one in people])
    maildir = mailbox.Maildir(folder + "/maildir")
    key = maildir.add(messages[1][0])
    case("maildir.txt", maildir.get_bytes(key), messages[1][1])
case("crlf.eml", messages[2][0].as_bytes().replace(b"\n", b"\r\n"), messages[2][1])

# The older interface: headers in other charsets, names as comments
old = MIMEMultipart(boundary="boundary")
old["From"] = formataddr((str(Header("Příklad, Václav", "iso-8859-2")), "vaclav@example.com"))
old["To"] = formataddr((str(Header("例子", "gb2312")), "lizi@example.net")) + ",\n\t" + formataddr(("Пример", "primer@example.org"), "koi8-r") + ", eve@example.com (Eve (the one) Example)"
old["Cc"] = "undisclosed-recipients:;"
old["Sender"] = "'Gus Example' <gus@example.org>"
old["Resent-To"] = "<@relay.example.com:hal@example.com>"
old["Resent-Cc"] = "=?utf-8?b?0J3QsNGC?= <jan@example.com>\n =?utf-8?q?=2C?= =?utf-8?q?Jos=C3=A9?= O'Example <jose@example.org> (Jo), <kim@example.com>"
old["X-Mailer"] = "mailer@example.com"
old.attach(MIMEText("see ida@example.com", "plain", "utf-8"))
case("charsets.eml", old.as_bytes(), [
    person("From", "vaclav@example.com", "Příklad, Václav"), person("To", "lizi@example.net", "例子"), person("To", "primer@example.org", "Пример"),
    person("To", "eve@example.com", "Eve (the one) Example"), person("Sender", "gus@example.org", "Gus Example"), person("Resent-To", "hal@example.com"),
    person("Resent-Cc", "jan@example.com", "Нат"), person("Resent-Cc", "jose@example.org", "José O'Example"), person("Resent-Cc", "kim@example.com")])

# By hand: what is broken, or nearly what it looks like
text = """From ann@example.com Thu Jan  2 03:04:05 2020
Status: RO
>From bob@example.net Thu Jan  2 03:04:05 2020
From: ann@example.com
to:Bob Example<bob@example.net>;"unclosed cem@example.org, =?utf-8?Q?Example,_Dora?= <dora@example.org>
CC : "emil@example.com" <emil@example.com>, broken@, /O=EXAMPLE/CN=fay, <fay@example.org
Subject: x

>From the body
From me to you, at 10:00, it is no message

From another one, at 10:00, which has no header

From gus@example.com  Thu Jan 02 03:04:05 +0100 2020
From: gus@example.com
binary\x01garbage
To: hal@example.net


From ida@example.org Thu Jan  2 03:04 2020
From: Ida <ida@example.org>
"""
case("odd.mbox", text, [
    person("From", "ann@example.com"), person("to", "bob@example.net", "Bob Example"), {"reject": "no-address"}, person("to", "dora@example.org", "Example, Dora"),
    person("CC", "emil@example.com"), {"reject": "no-address"}, {"reject": "no-address"},
    person("From", "gus@example.com"), {"reject": "no-header"}, person("To", "hal@example.net"), person("From", "ida@example.org", "Ida")])
