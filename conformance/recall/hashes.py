"""Hashes of every kind that FORMATS names, made by the libraries that people use, and plain passwords that look like some: what `sluice parse`
says of each, and what name-that-hash and hashID say of the same values.

    pip install passlib bcrypt==4.0.1 argon2-cffi django werkzeug name-that-hash hashid; apt-get install whois
    python3 hashes.py --sluice sluice --plugin-dir FOLDER [--seed N] [--count N]

Ours has one answer a value, with what its place says: the column's name, and a salt beside it. The peers have a list; `first` counts the
first of it, `any` all of it. `--tsv` prints one of each kind for sdk/rust/tests/it/secrets.tsv instead."""

import argparse
import base64
import csv
import hashlib
import hmac
import json
import random
import re
import string
import subprocess
import tempfile
from pathlib import Path

WORDS = string.ascii_letters + string.digits
ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def b64(data):
    return base64.b64encode(data).decode()


def drupal7(password, dice):
    """Drupal's: phpass with SHA-512, 2^15 rounds, cut to 55 characters."""
    salt = "".join(dice.choice(WORDS) for _ in range(8)).encode()
    digest = hashlib.sha512(salt + password).digest()
    for _ in range(1 << 4):  # the count in the text is what matters here, not the work
        digest = hashlib.sha512(digest + password).digest()
    out, at = "", 0
    while at < len(digest):
        value = int.from_bytes(digest[at : at + 3], "little")
        out += "".join(ITOA64[value >> shift & 63] for shift in (0, 6, 12, 18)[: len(digest[at : at + 3]) + 1])
        at += 3
    return ("$S$D" + salt.decode() + out)[:55]


def scram(password, dice):
    salt = dice.randbytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, 4096)
    key = lambda name: hmac.digest(salted, name, "sha256")
    return f"SCRAM-SHA-256$4096:{b64(salt)}${b64(hashlib.sha256(key(b'Client Key')).digest())}:{b64(key(b'Server Key'))}"


def identity_v3(password, dice):
    salt, (prf, rounds, digest) = dice.randbytes(16), dice.choice([(1, 10000, "sha256"), (2, 100000, "sha512")])
    key = hashlib.pbkdf2_hmac(digest, password, salt, 10, 32)
    return b64(b"\1" + b"".join(number.to_bytes(4, "big") for number in (prf, rounds, 16)) + salt + key)


def identity_v2(password, dice):
    salt = dice.randbytes(16)
    return b64(b"\0" + salt + hashlib.pbkdf2_hmac("sha1", password, salt, 10, 32))


def mssql2012(password, dice):
    salt = dice.randbytes(4)
    return "0x0200" + (salt + hashlib.sha512(password.decode().encode("utf-16le") + salt).digest()).hex().upper()


def mkpasswd(method):
    def make(password, dice):
        return subprocess.run(["mkpasswd", "-m", method, "-s"], input=password, capture_output=True, check=True).stdout.decode().strip()

    return make


def kinds():
    """Kind, column's name, and how one is made. A column called `password` says nothing."""
    import argon2
    import django.conf
    import passlib.hash as passlib
    import werkzeug.security
    from argon2.low_level import Type

    django.conf.settings.configure()
    from django.contrib.auth import hashers

    of = lambda handler, **options: lambda password, dice: handler.using(**options).hash(password) if options else handler.hash(password)
    text = lambda make: lambda password, dice: make(password.decode(), dice)
    argon = lambda kind: lambda password, dice: argon2.PasswordHasher(1, 64, 1, type=kind).hash(password)
    django_ = lambda hasher: text(lambda password, dice: hasher.encode(password, "".join(dice.choice(WORDS) for _ in range(22))))
    rounds = lambda hasher: type("Quick", (hasher,), {"iterations": 1000})()
    digest = lambda name: lambda password, dice: dice.choice([str.upper, str.lower])(hashlib.new(name, password).hexdigest())
    ticket = lambda head: lambda password, dice: f"{head}{dice.randbytes(16).hex()}${dice.randbytes(200).hex()}"
    return [
        ("md5", "password", digest("md5")),
        ("sha1", "password", digest("sha1")),
        ("sha256", "password", digest("sha256")),
        ("sha512", "password", digest("sha512")),
        ("ntlm", "ntlm", of(passlib.nthash)),
        ("lm", "lm_hash", of(passlib.lmhash)),
        ("bcrypt", "password", of(passlib.bcrypt, rounds=4)),
        ("md5crypt", "password", of(passlib.md5_crypt)),
        ("apr1", "password", of(passlib.apr_md5_crypt)),
        ("sha256crypt", "password", of(passlib.sha256_crypt, rounds=5000)),
        ("sha512crypt", "password", of(passlib.sha512_crypt, rounds=1000)),
        ("yescrypt", "password", mkpasswd("yescrypt")),
        ("descrypt", "descrypt", of(passlib.des_crypt)),
        ("phpass", "password", of(passlib.phpass, rounds=7)),
        ("drupal7", "password", drupal7),
        ("argon2id", "password", argon(Type.ID)),
        ("argon2i", "password", argon(Type.I)),
        ("scrypt", "password", of(passlib.scrypt, rounds=4)),
        ("scrypt", "password", text(lambda password, dice: werkzeug.security.generate_password_hash(password, "scrypt:1024:8:1"))),
        ("django_pbkdf2_sha256", "password", django_(rounds(hashers.PBKDF2PasswordHasher))),
        ("pbkdf2", "password", of(passlib.pbkdf2_sha256, rounds=10)),
        ("pbkdf2", "password", text(lambda password, dice: werkzeug.security.generate_password_hash(password, "pbkdf2:sha256:10"))),
        ("ldap_sha", "password", of(passlib.ldap_sha1)),
        ("ldap_ssha", "password", of(passlib.ldap_salted_sha1)),
        ("mysql323", "mysql323", of(passlib.mysql323)),
        ("mysql41", "password", of(passlib.mysql41)),
        ("mssql2005", "password", of(passlib.mssql2005)),
        ("mssql2012", "password", mssql2012),
        ("aspnet_identity_v2", "password", identity_v2),
        ("aspnet_identity_v3", "password", identity_v3),
        ("vbulletin", "password+salt", lambda password, dice: hashlib.md5(hashlib.md5(password).hexdigest().encode() + b"x;|").hexdigest()),
        ("oracle11", "password", of(passlib.oracle11)),
        ("postgres_md5", "password", lambda password, dice: passlib.postgres_md5.hash(password, user="ann")),
        ("postgres_scram", "password", scram),
        ("krb5asrep", "password", ticket("$krb5asrep$23$ann@EXAMPLE.COM:")),
        ("krb5tgs", "password", ticket("$krb5tgs$23$*svc$EXAMPLE.COM$cifs/dc.example.com*$")),
    ]


def plain(dice):
    """A password as people have them, those that look like hashes among them."""
    word = lambda least, most, letters=WORDS + "!#$%&*+-./:=@_": "".join(dice.choice(letters) for _ in range(dice.randint(least, most)))
    return dice.choice(
        [
            lambda: word(4, 40),
            lambda: word(13, 13, WORDS),
            lambda: word(16, 16, "0123456789abcdef"),
            lambda: word(32, 32, string.digits),
            lambda: "$HOME" + word(1, 4, string.digits) + "$$",
            lambda: "$1$" + word(4, 12),
            lambda: "$2y$10$" + word(8, 40, ITOA64),
            lambda: "*" + word(38, 39, "0123456789ABCDEF"),
            lambda: "md5" + word(4, 31, WORDS),
            lambda: "{SHA}" + word(4, 20, WORDS),
            lambda: "0x" + word(4, 30, "0123456789abcdef"),
            lambda: "-".join(word(n, n, "0123456789abcdef") for n in (8, 4, 4, 4, 12)),
            lambda: "S:" + word(6, 30, WORDS),
            lambda: "sha1$" + word(4, 20, WORDS),
            lambda: " ".join(dice.choice(["correct", "horse", "battery", "staple"]) for _ in range(dice.randint(3, 6))),
            lambda: "пароль" + word(1, 20, WORDS),
        ]
    )()


# What the peers call a kind: a name of theirs that says it and nothing else.
PEERS = {
    "md5": r"^MD5$", "sha1": r"^SHA-1$", "sha256": r"^SHA-256$", "sha512": r"^SHA-512$", "ntlm": r"^NTLM$", "lm": r"^LM$", "bcrypt": r"bcrypt|blowfish",
    "md5crypt": r"MD5 ?crypt|MD5\(Unix\)|Cisco-IOS\(MD5\)", "apr1": r"Apache MD5|apr1|MD5\(APR\)|APR", "sha256crypt": r"SHA-256 Crypt|sha256crypt",
    "sha512crypt": r"SHA-512 Crypt|sha512crypt", "yescrypt": r"yescrypt", "descrypt": r"DES\(Unix\)|DES ?crypt|Traditional DES", "phpass": r"phpass|PHPass|WordPress|phpBB",
    "drupal7": r"Drupal", "argon2id": r"argon2", "argon2i": r"argon2", "scrypt": r"scrypt", "django_pbkdf2_sha256": r"Django\(PBKDF2|Django \(PBKDF2", "pbkdf2": r"PBKDF2",
    "ldap_sha": r"nsldap, |nsldap$|SHA-1\(Base64\)|LDAP.*SHA|Netscape LDAP SHA", "ldap_ssha": r"SSHA", "mysql323": r"MySQL ?323|MySQL3", "mysql41": r"MySQL ?4|MySQL5",
    "mssql2005": r"MSSQL\(2005|MSSQL.2005", "mssql2012": r"MSSQL\(2012|MSSQL.2012", "aspnet_identity_v2": r"ASP.NET|Identity", "aspnet_identity_v3": r"ASP.NET|Identity",
    "vbulletin": r"vBulletin", "oracle11": r"Oracle 11|Oracle.11", "postgres_md5": r"PostgreSQL.*MD5|Postgre.*MD5", "postgres_scram": r"SCRAM",
    "krb5asrep": r"Kerberos 5 AS-REP|AS-REP", "krb5tgs": r"Kerberos 5 TGS-REP|TGS-REP",
}  # fmt: skip


def ours(sluice, plugins, rows):
    """Kind by kind, what is said of each value: `plain`, or a hash's kind."""
    answers = {}
    columns = sorted({column for _, column, _ in rows})
    for column in columns:
        names = column.split("+")
        some = [(kind, value) for kind, name, value in rows if name == column]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "people.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["email", *names])
                for number, (_, value) in enumerate(some):
                    writer.writerow([f"p{number}@example.com", value, *["x;|"] * (len(names) - 1)])
            run = subprocess.run([sluice, "parse", path, "--plugin-dir", plugins, "--plugin", "csv"], capture_output=True, text=True, check=False)
        said = [json.loads(line) for line in run.stdout.splitlines()]
        told = {record.get("email"): record for record in said}
        for number, (kind, value) in enumerate(some):
            record = told.get(f"p{number}@example.com", {})
            whole = record.get("hash", record.get("password", "")).lower() == value.lower()
            answers[kind, value] = (record.get("hash_kind", "plain") if whole else "lost",)
    return answers


def peers(rows):
    import hashid
    from name_that_hash import runner

    identifier = hashid.HashID()
    values = [value + ":x;|" if kind == "vbulletin" else value for kind, _, value in rows]
    first = {row[2]: tuple(mode.name for mode in identifier.identifyHash(value)) for row, value in zip(rows, values)}
    second = {}
    for row, value in zip(rows, values):
        found = runner.api_return_hashes_as_dict([value], {"popular_only": False}).get(value, [])
        second[row[2]] = tuple(mode["name"] for mode in found)
    return {"name-that-hash": second, "hashID": first}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--sluice", default="sluice")
    options.add_argument("--plugin-dir", default="target/plugins")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=25)
    options.add_argument("--tsv", action="store_true")
    options.add_argument("--json", action="store_true")
    options = options.parse_args()
    dice = random.Random(options.seed)
    rows = []
    for kind, column, make in kinds():
        for _ in range(1 if options.tsv else options.count):
            password = "".join(dice.choice(WORDS) for _ in range(dice.randint(6, 14))).encode()
            rows.append((kind, column, make(password, dice)))
    if options.tsv:
        for kind, column, value in rows:
            print(kind, "-" if column.startswith("password") and kind != "vbulletin" else kind, value, sep="\t")
        return
    rows += [("plain", "password", plain(dice)) for _ in range(options.count * 16)]
    mine, theirs = ours(options.sluice, options.plugin_dir, rows), peers(rows)
    report = []
    for kind in dict.fromkeys(kind for kind, _, _ in rows):
        of_kind = [value for other, _, value in rows if other == kind]
        line = {"kind": kind, "values": len(of_kind), "sluice": sum(mine[kind, value] == (kind,) for value in of_kind)}
        for name, answers in theirs.items():
            right = (lambda said: not said) if kind == "plain" else (lambda said: re.search(PEERS[kind], said, re.IGNORECASE))
            if kind == "plain":
                line[name] = {"first": sum(not answers[value] for value in of_kind)}
                line[name]["any"] = line[name]["first"]
            else:
                line[name] = {
                    "first": sum(bool(answers[value][:1] and right(answers[value][0])) for value in of_kind),
                    "any": sum(any(right(said) for said in answers[value]) for value in of_kind),
                }
        report.append(line)
    if options.json:
        print(json.dumps(report, indent=1))
        return
    share = lambda found, all_: f"{100 * found / all_:.0f} %"
    print("| kind | values | sluice | name-that-hash, first | any | hashID, first | any |\n|---|---|---|---|---|---|---|")
    for line in report:
        cells = [line["kind"], str(line["values"]), share(line["sluice"], line["values"])]
        for name in theirs:
            cells += [share(line[name][how], line["values"]) for how in ("first", "any")]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
