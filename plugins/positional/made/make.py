"""Makes the cases again: rows as people pass forums' tables on, with made-up people and real digests, of a fixed seed.
No tool writes these; the records beside them are written here too, from what each row was made of."""

import hashlib
import json
import random
from pathlib import Path

CASES = Path(__file__).parent.parent / "cases"
NAMES = "ann bob cyd dan eve fay gus hal ida jim kit lea max ned oda pam qin ray sue tom ula vic wim xia yan zoe".split()
SALT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()*+,-./:;<=>?@[]^_`{|}~\""


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Person:
    def __init__(self, dice, number):
        self.name = f"{dice.choice(NAMES)}{dice.choice(['', '_', '.', '-'])}{number}"
        self.email = f"{self.name}@{dice.choice(['example.com', 'example.net', 'mail.example.org'])}"
        self.number = str(1000 + number)
        self.password = f"pw-{dice.randrange(10**6)}{dice.choice('!:;|$')}"
        self.ip = dice.choice([f"192.0.2.{number % 250}", f"2001:db8::{number % 9000:x}:1"])
        self.ip4 = f"198.51.100.{number % 250}"
        self.time = f"20{dice.randrange(10, 20)}-0{dice.randrange(1, 9)}-1{dice.randrange(9)} 0{dice.randrange(9)}:1{dice.randrange(9)}:2{dice.randrange(9)}"
        self.phone = f"+1555{number:07}"
        self.dob = f"19{dice.randrange(40, 99)}-0{dice.randrange(1, 9)}-1{dice.randrange(9)}"
        self.salt = "".join(dice.choice(SALT) for _ in range(dice.choice([3, 30])))
        self.hash = md5(md5(self.password) + self.salt)


def hashed(person, kind="vbulletin"):
    return {"hash": person.hash, "hash_kind": kind}


def write(name, rows, separator, row, record, head="", tail="", tail_records=(), end="\n"):
    dice = random.Random(name)
    people = [Person(dice, number) for number in range(rows)]
    text = head + "".join(separator.join(row(person)) + end for person in people) + tail
    (CASES / f"{name}.txt").write_bytes(text.encode())
    records = [record(person) for person in people] + list(tail_records)
    (CASES / f"{name}.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


write(
    "vbulletin",
    60,
    ":",
    lambda p: [p.name, p.email, p.hash, p.salt],
    lambda p: {"username": p.name, "email": p.email, **hashed(p), "salt": p.salt},
    tail="# made up\n\ncut@example.com:ab\nold:name:old@example.com:0123456789abcdef0123456789abcdef:a:b\nno:no@example.com:0123456789abcdef0123:abc\n",
    tail_records=[
        {"reject": "columns-missing"},
        {"username": "old:name", "email": "old@example.com", "hash": "0123456789abcdef0123456789abcdef", "hash_kind": "vbulletin", "salt": "a:b"},
        {"reject": "no-hash"},
    ],
)
write(
    "semicolons",
    40,
    ";",
    lambda p: [p.number, p.name, p.email, p.hash, p.salt],
    lambda p: {"user_id": p.number, "username": p.name, "email": p.email, **hashed(p), "salt": p.salt},
    end="\r\n",
)
write(
    "times-and-addresses",
    60,
    ":",
    lambda p: [p.number, p.name, p.email, p.ip, p.time, p.phone, p.hash, p.salt],
    lambda p: {
        "user_id": p.number,
        "username": p.name,
        "email": p.email,
        "ip": p.ip,
        "created_at": p.time,
        "phone": p.phone,
        **hashed(p),
        "salt": p.salt,
    },
)
write(
    "salt-between",
    40,
    ":",
    lambda p: [p.name, p.hash, p.salt, p.email, p.ip4, p.time],
    lambda p: {"username": p.name, **hashed(p), "salt": p.salt, "email": p.email, "ip": p.ip4, "created_at": p.time},
)
write(
    "salt-before",
    40,
    ":",
    lambda p: [p.name, p.email, p.salt, p.hash],
    lambda p: {"username": p.name, "email": p.email, "salt": p.salt, **hashed(p)},
)
write(
    "header",
    30,
    ":",
    lambda p: [p.number, p.name, p.password, p.email, p.dob],
    lambda p: {"user_id": p.number, "username": p.name, "password": p.password, "email": p.email, "dob": p.dob},
    head="user_id:username:password:email:birthday\n",
)
write(
    "passwords",
    40,
    ":",
    lambda p: [p.name, p.email, p.ip4, p.time, p.password],
    lambda p: {"username": p.name, "email": p.email, "ip": p.ip4, "created_at": p.time, "password": p.password},
)
write(
    "email-first",
    40,
    ":",
    lambda p: [p.email, hashlib.sha1((p.salt + p.password).encode()).hexdigest(), p.salt + "|"],
    lambda p: {"email": p.email, "hash": hashlib.sha1((p.salt + p.password).encode()).hexdigest(), "hash_kind": "sha1", "salt": p.salt + "|"},
)
write(
    "hash-first",
    40,
    ":",
    lambda p: [p.hash, p.salt, p.email],
    lambda p: {**hashed(p), "salt": p.salt, "email": p.email},
)
write(
    "columns-behind-a-hash",
    40,
    ":",
    lambda p: [p.name, p.email, p.hash, p.salt, "member", p.number],
    lambda p: {"username": p.name, "email": p.email, **hashed(p), "salt": p.salt, "extra": {"column_5": "member", "column_6": p.number}},
)
