"""Accounts a line: shadow, htpasswd, what secretsdump writes, potfiles."""
from people import no_line_ends
from workshop import tool

CRYPTS = ["sha512crypt", "yescrypt", "md5crypt", "descrypt", "sha256crypt", "bcrypt"]
NO_LM, NO_NT = "aad3b435b51404eeaad3b435b51404ee", "31d6cfe0d16ae931b73c59d7e0c089c0"


def files(make):
    yield shadow(make)
    for dialect, switches, kind in (("htpasswd -B", ("-B", "-C", "4"), "bcrypt"), ("htpasswd -m", ("-m",), "apr1"), ("htpasswd -d", ("-d",), "descrypt"), ("htpasswd -s", ("-s",), "ldap_sha")):
        yield htpasswd(make, dialect, switches, kind)
    yield secretsdump(make)
    yield pwdump(make)
    yield potfile(make, "hashcat potfile", ["md5", "sha1", "ntlm", "bcrypt", "phpass", "sha512crypt"])
    yield john(make)


def one(make, dialect, extension, **more):
    return make("accounts", dialect, extension, **more)


def shadow(make):
    file, crowd, random = one(make, "shadow", "")
    lines = [f"{name}:*:18000:0:99999:7:::" for name in ("daemon", "bin", "sys", "nobody")]
    for name in ("daemon", "bin", "sys", "nobody"):
        system = crowd.next()
        system.username = name
        file.expect(system, secret="none", email=False, username=True)
    for person in make.people(crowd):
        make.hasher.fill(person, random.choice(CRYPTS))
        draw = random.random()
        field = person.hash
        if draw < 0.1:
            field, person.hash, person.password = random.choice(["!", "*", "!!", "!*"]), "", ""
        elif draw < 0.2:
            field = "!" + field
        file.expect(person, email=False, username=True)
        lines.append(f"{person.username}:{field}:{random.randint(15000, 19000)}:0:99999:7:::")
    return make.write(file, "\n".join(lines) + "\n")


def htpasswd(make, dialect, switches, kind):
    """By Apache's own program, a call a person: so there are fewer of them."""
    file, crowd, random = one(make, dialect, "htpasswd", allows=lambda text: no_line_ends(text) and text.isascii() and len(text) < 70, by="htpasswd")
    lines = []
    for person in make.people(crowd, count=min(make.count, 300)):
        made = tool("htpasswd", "-nb", *switches, "--" if person.username.startswith("-") else person.username, person.password).decode().strip()
        person.hash, person.kind, person.salt = made.split(":", 1)[1], kind, ""
        file.expect(person, email=False, username=True)
        lines.append(made)
    return make.write(file, "\n".join(lines) + "\n")


def secretsdump(make):
    """Domain accounts, machines, histories, Kerberos keys and clear-text passwords, as impacket prints them."""
    file, crowd, random = one(make, "secretsdump NTDS", "ntds")
    lines, keys = [], []
    for person in make.people(crowd):
        make.hasher.fill(person, "ntlm")
        machine = random.random() < 0.1
        if machine:
            person.username = f"PC-{person.number:05}$"
        name = f"EXAMPLE\\{person.username}" if random.random() < 0.7 else person.username
        file.expect(person, email=False, username=True)
        lines.append(f"{name}:{1000 + person.number}:{NO_LM}:{person.hash}:::" + random.choice(["", " (status=Enabled)", " (status=Disabled)"]))
    return make.write(file, "\n".join(lines) + "\n")


def pwdump(make):
    """Old ones have both hashes."""
    file, crowd, random = one(make, "pwdump, LM and NT", "txt")
    lines = []
    for person in make.people(crowd):
        lm = make.hasher.fill(person, "lm").hash
        make.hasher.fill(person, "ntlm")
        record = file.expect(person, email=False, username=True)
        record.secrets, record.kinds = ((True, person.hash), (True, lm)), (("ntlm", ""), ("lm", ""))
        lines.append(f"{person.username}:{1000 + person.number}:{lm.upper()}:{person.hash.upper()}:::")
    return make.write(file, "\r\n".join(lines) + "\r\n")


def potfile(make, dialect, kinds):
    """A hash and what it is of; hashcat writes as $HEX[…] what has a colon or isn't printable ASCII."""
    file, crowd, random = one(make, dialect, "potfile", allows=lambda text: "\0" not in text)
    lines = []
    for person in make.people(crowd):
        make.hasher.fill(person, random.choice(kinds))
        plain = person.password if person.password.isprintable() and person.password.isascii() and ":" not in person.password and not person.password.startswith("$HEX[") else f"$HEX[{person.password.encode().hex()}]"
        record = file.expect(person, email=False)
        record.secrets, record.kinds = ((True, person.hash), (False, person.password)), ()
        lines.append(f"{person.hash}:{plain}\n")
    return make.write(file, "".join(lines))


def john(make):
    """`john --show` of a pwdump: name, password, the rest."""
    file, crowd, random = one(make, "john --show", "txt", allows=lambda text: no_line_ends(text) and ":" not in text)
    lines = []
    for person in make.people(crowd):
        file.expect(person, email=False, username=True)
        lines.append(f"{person.username}:{person.password}:{1000 + person.number}:{NO_LM}:{make.hasher.fill(person, 'ntlm').hash}:::\n")
        file.records[-1].kinds = ()
        file.records[-1].secrets = ((False, person.password), (True, person.hash))
    return make.write(file, "".join(lines) + f"\n{len(lines)} password hashes cracked, 0 left\n")
