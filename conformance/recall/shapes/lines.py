"""Combo lists, URL-login-password lists and positional rows: a person a line, by no tool but a script, as in life."""
from people import no_line_ends, printable

COMBO = {"email-pass": ":", "semicolon": ";", "pipe": "|", "comma": ",", "tab": "\t", "space": " ", "mixed": None}
HASHES = ["md5", "sha1", "bcrypt", "phpass", "mysql41", "sha256", "sha512crypt", "md5crypt", "argon2id", "django_pbkdf2_sha256", "ldap_ssha", "aspnet_identity_v3", "sha512", "apr1", "drupal7"]


def plain(text):
    """What can stand behind a separator: a quote at its start would make it a CSV's, and a separator there is nobody's to tell."""
    return printable(text) and text[0] not in '"\':;|,' and not text.startswith("http")


def files(make):
    for dialect, separator in COMBO.items():
        yield combo(make, dialect, separator)
    yield pass_email(make)
    yield user_pass(make)
    yield hashes(make)
    yield captures(make)
    yield junk(make)
    for dialect in ("url-login-pass", "login-pass-url", "pipe", "space", "mixed"):
        yield ulp(make, dialect)
    for dialect in POSITIONAL:
        yield positional(make, dialect)


def combo(make, dialect, separator):
    file, crowd, random = make("combo", dialect, "txt", allows=plain)
    lines = ["=== fresh combo ==="] if random.random() < 0.5 else []
    for person in make.people(crowd):
        lines.append(person.email + (separator or random.choice(":;|,\t ")) + person.password)
        file.expect(person)
    return make.write(file, "\n".join(lines))


def pass_email(make):
    file, crowd, random = make("combo", "pass-email", "txt", allows=lambda text: plain(text) and "@" not in text)
    return make.write(file, "".join(f"{person.password}:{person.email}\n" for person in make.people(crowd, file.expect)))


def user_pass(make):
    file, crowd, random = make("combo", "user-pass", "txt", allows=lambda text: plain(text) and "@" not in text)
    expect = lambda person: file.expect(person, email=False, username=True)
    return make.write(file, "".join(f"{person.username}:{person.password}\r\n" for person in make.people(crowd, expect)))


def hashes(make):
    file, crowd, random = make("combo", "hashes of every kind", "txt", allows=plain)
    lines = []
    for person in make.people(crowd):
        make.hasher.fill(person, random.choice(HASHES + [""] * 3))
        lines.append(f"{person.email}:{person.hash or person.password}\n")
        file.expect(person)
    return make.write(file, "".join(lines))


def captures(make):
    file, crowd, random = make("combo", "captures", "txt", allows=lambda text: plain(text) and "|" not in text and "=" not in text)
    lines = []
    for person in make.people(crowd):
        capture = random.choice([" | Plan = Premium | Country = {0}", " | Points = {1} | Orders = 2", " | Name = {2} | Expires = 2031-01-01"])
        lines.append(f"{person.email}:{person.password}{capture.format(person.country, person.number, person.first)}\n")
        file.expect(person)
    return make.write(file, "".join(lines))


def junk(make):
    """Rows, and among them long lines without data, binary ones, banners, mixed line ends and none at the end."""
    file, crowd, random = make("combo", "junk between", "txt", allows=plain)
    out = bytearray()
    people = list(make.people(crowd))
    for at, person in enumerate(people):
        out += f"{person.email}:{person.password}".encode() + (random.choice([b"\n", b"\r\n"]) if at + 1 < len(people) else b"")
        file.expect(person)
        if at % 400 == 200:
            junk = random.choice([b"A" * 120_000, random.randbytes(90).replace(b"\n", b"x").replace(b"\r", b"x").replace(b"@", b"x"), b"\x00\x01\x02binary\xff\xfe here"])
            file.corrupt.append((len(out), len(out) + len(junk)))
            out += junk + b"\n"
        if at % 700 == 300:
            out += b"-" * 40 + b"\n\n"
    return make.write(file, bytes(out))


HOSTS = ["example.com", "shop.example.com", "login.example.net", "forum.example.org", "xn--mller-kva.example.com"]
PATHS = ["/", "/login", "/account/sign-in", "/wp-login.php", "/users/sign_in?next=home", "/auth/realms/main#top", "/?u=https://example.org/home", "/~ann/(S(1))/x.aspx"]


def url(random, bare):
    host, path = random.choice(HOSTS), random.choice(PATHS) if random.random() > 0.01 else "/a:b/c"
    draw = random.random()
    if draw < 0.06:
        return "android://" + "".join(random.choice("ABCDEFabcdef0123456789-_") for _ in range(86)) + "==@com.example.app/"
    if draw < 0.1:
        return f"http://[2001:db8::{random.randint(1, 999)}]:8080{path}"
    if draw < 0.16:
        return f"https://{host}:{random.choice([8443, 81, 2083])}{path}"
    if draw < 0.2:
        return f"http://192.0.2.{random.randint(1, 254)}{path}"
    if bare and draw < 0.4:
        return host + random.choice(["", "/login", "/login.php"])
    return f"{random.choice(['https', 'http'])}://{host}{path}"


def ulp(make, dialect):
    orders = {"url-login-pass": "{u}:{l}:{p}", "login-pass-url": "{l}:{p}:{u}", "pipe": "{u}|{l}|{p}", "space": "{u} {l}:{p}"}
    file, crowd, random = make("ulp", dialect, "txt", allows=lambda text: plain(text) and "://" not in text and "|" not in text and " " not in text and "@" not in text)
    lines, order = [], orders.get(dialect)
    for at, person in enumerate(make.people(crowd)):
        if not order or dialect == "mixed" and at % 100 == 0:
            order = random.choice(list(orders.values()))
        site = url(random, bare=not order.startswith("{l}"))
        draw = random.random()
        if draw < 0.15:
            person.username = f"4477009{random.randint(10000, 99999)}"
        login = person.email if draw > 0.4 else person.username
        lines.append(order.format(u=site, l=login, p=person.password) + random.choice(["\n", "\n", "\r\n"]))
        file.expect(person, email=draw > 0.4, username=draw <= 0.4, url=site)
        if random.random() < 0.01:
            lines.append(f"https://{random.choice(HOSTS)}/login\n")
    return make.write(file, "".join(lines))


# By place; {w} is a time with colons.
POSITIONAL = {
    "user:email:hash:salt": ("{user}:{email}:{hash}:{salt}", "vbulletin"),
    "email:hash:salt": ("{email}:{hash}:{salt}", "vbulletin"),
    "id:user:email:ip:hash:salt": ("{id}:{user}:{email}:{ip}:{hash}:{salt}", "vbulletin"),
    "id:user:email:time:hash:salt": ("{id}:{user}:{email}:{when}:{hash}:{salt}", "vbulletin"),
    "user:email:phone:sha1": ("{user}:{email}:{phone}:{hash}", "sha1"),
    "id;user;email;hash;salt": ("{id};{user};{email};{hash};{salt}", "vbulletin"),
    "id|email|hash|ip|time": ("{id}|{email}|{hash}|{ip}|{when}", "md5"),
    "user:email:bcrypt": ("{user}:{email}:{hash}", "bcrypt"),
    "hash:salt:email": ("{hash}:{salt}:{email}", "vbulletin"),
}


def positional(make, dialect):
    shape, kind = POSITIONAL[dialect]
    file, crowd, random = make("positional", dialect, "txt", allows=no_line_ends)
    lines = []
    for person in make.people(crowd):
        make.hasher.fill(person, kind)
        if shape.startswith("{hash}"):
            # Ahead of an address the salt has an end that can be told.
            person.salt = person.salt.replace(":", ".")
        ip = person.ip if "." in person.ip else "192.0.2.9"
        lines.append(shape.format(user=person.username, email=person.email, hash=person.hash, salt=person.salt, id=person.number + 1000, ip=ip, when=person.joined.isoformat(" "), phone=person.phone) + "\n")
        file.expect(person, username="{user}" in shape)
    return make.write(file, "".join(lines))
