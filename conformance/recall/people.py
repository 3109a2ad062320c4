"""Synthetic people from a seed: what real tables have, at example.com, example.net and example.org alone.

Passwords have every character that breaks parsers. What a format's grammar can't carry (a line end in a combo list) is left out by the
caller's `allows`, never because some parser stumbles over it. Nothing here knows a format, and nothing here reads Sluice's dictionaries.
"""
from datetime import date, datetime, timedelta
from random import Random

GIVEN = [("Ann", "ann"), ("Robert", "robert"), ("Jürgen", "juergen"), ("Chloé", "chloe"), ("José", "jose"), ("Søren", "soren"), ("Łukasz", "lukasz"),
         ("Иван", "ivan"), ("Наталья", "natalya"), ("伟", "wei"), ("秀英", "xiuying"), ("さくら", "sakura"), ("محمد", "mohammed"), ("Ελένη", "eleni"),
         ("अनिता", "anita"), ("Mary-Jane", "mary-jane"), ("Siobhán", "siobhan"), ("Þór", "thor"), ("D'Arcy", "darcy"), ("Şebnem", "sebnem")]
FAMILY = [("Miller", "miller"), ("Garcia", "garcia"), ("O'Neil", "oneil"), ("Müller", "mueller"), ("Núñez", "nunez"), ("Østergård", "ostergard"),
          ("Смирнова", "smirnova"), ("王", "wang"), ("田中", "tanaka"), ("حسن", "hassan"), ("Παππάς", "pappas"), ("शर्मा", "sharma"), ("van der Berg", "vdberg"),
          ("Smith, Jr.", "smithjr"), ("Kowalska-Nowak", "kowalska"), ("Lefèvre", "lefevre")]
CITIES = [("Springfield", "US"), ("Neustadt", "DE"), ("Köln", "DE"), ("São Pedro", "BR"), ("Новгород", "RU"), ("长沙", "CN"), ("新宿区", "JP"), ("Newport", "GB"),
          ("St. John's", "CA"), ("Villeneuve, Nord", "FR")]
STREETS = ["Main Street", "Station Road", "High Street, Flat", "Parkstraße", "ул. Ленина", "Rue de l'Église", "人民路"]
HOSTS = ["example.com"] * 4 + ["example.net"] * 2 + ["example.org"] * 2 + ["mail.example.com", "students.example.org", "post.example.net"]
WORDS = ["password", "dragon", "sunshine", "football", "master", "flower", "secret", "princess", "welcome", "whatever", "cheese", "coffee", "hunter", "rocket"]
NASTY = ["pa:ss:word", "semi;colon", "pi|pe", "com,ma", "::", ":start", "end:", "a b c", 'quo"te', '"quoted"', '"half', "it's", "'single'", "'", '"', '""', "''", "back\\slash",
         "tail\\", "\\", "\\\\", "\\N", "\\n", "\\.", "\\x41", "\\u0041", "$HOME123$$", "$1$no", "$2y$10$short", "100%", "%s%d", "{SSHA}not", "<b>bold</b>", "a=b&c=d", "&amp;",
         "#hash", "-- x", "/*x*/", "50%off;", "),(1,'x'", "');", "]]>", "${x}", "{}", "[]", "[1]", "{\"a\":1}", "пароль123", "密码123", "привет:1990", "contraseña", "mañana:1",
         "ünïcödé", "p@ss@word", "me@home", "https", "http://x", "()[]{}", "`tick`", "~tilde~", "^_^", "null1", "0", "00123", "1e5", "1.0", "=1+1", "+49", "-1", "@me", "😀smile", "👨‍👩‍👧",
         "true", "1234567890123456", "abcdefABCDEF1", "1990-01-01", "*asterisk", "!bang", "?q?", "x'41'", "0x41", "N'x'", "GO", "e\u0301combining", "ＷＩＤＥ", "ÃŸ", "tab\tin", "two\nlines", "crlf\r\nin",
         "nul\0in", "\x1az", " leads", "trails ", "Login: x", "URL: y", "password", "Password:", "a\\,b", "a\\\"b", "=", "==", "a|b|c|d", "\u200bzero", "ß", "x" * 120, "=3D", "=?utf-8?q?x?="]


class Person:
    """One person; every value a text, `born` and `joined` dates."""

    __slots__ = ("number", "email", "username", "password", "first", "last", "phone", "ip", "born", "gender", "street", "city", "zip", "country", "joined", "hash", "kind", "salt")


class Crowd:
    """Draws people one after another; those of one crowd have addresses and logins of their own."""

    def __init__(self, random: Random, encoding="utf-8", allows=lambda password: True, nasty=0.15):
        self.random, self.encoding, self.nasty, self.count = random, encoding, nasty, 0
        self.allows = lambda text: self.writable(text) and allows(text)
        self.given, self.family = ([pair for pair in pairs if self.writable(pair[0])] for pairs in (GIVEN, FAMILY))
        self.cities = [pair for pair in CITIES if self.writable(pair[0])]
        self.streets = [street for street in STREETS if self.writable(street)]
        self.hard = [password for password in NASTY if self.allows(password)]

    def writable(self, text):
        try:
            return text.encode(self.encoding).decode(self.encoding) == text
        except UnicodeError:
            return False

    def password(self):
        random = self.random
        while True:
            draw = random.random()
            if draw < self.nasty and self.hard:
                text = random.choice(self.hard)
            elif draw < 0.4:
                text = random.choice(WORDS).title() + random.choice(["", "1", "123", "!", "2010", "@1"])
            elif draw < 0.6:
                # Every printable ASCII character, at any place.
                text = "".join(chr(random.randint(33, 126)) for _ in range(random.randint(5, 14)))
            else:
                text = "".join(random.choice("abcdefghijkmnopqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ23456789") for _ in range(random.randint(6, 12)))
            if self.allows(text) and not is_hash_shaped(text):
                return text

    def next(self) -> Person:
        random, person = self.random, Person()
        self.count += 1
        person.number = self.count
        (person.first, given), (person.last, family) = random.choice(self.given), random.choice(self.family)
        tag = base36(self.count * 7 + random.randint(0, 6))
        local = random.choice(["{g}.{f}{t}", "{g}{t}", "{g}_{f}.{t}", "{f}-{t}", "{g}.{t}+news", "{t}{f}", "{G}.{F}{t}"])
        person.email = local.format(g=given, f=family, G=given.title(), F=family.title(), t=tag) + "@" + random.choice(HOSTS)
        person.username = random.choice(["{g}_{t}", "{g}{f}{t}", "{t}.{f}", "x{t}", "{g}-{t}"]).format(g=given, f=family, t=tag)
        person.password = self.password()
        person.phone = random.choice(["+1202555{:04d}", "+447700900{:03d}", "+1 202-555-{:04d}", "(202) 555-{:04d}"]).format(random.randint(100, 199))
        person.ip = f"2001:db8::{random.randint(1, 65535):x}" if random.random() < 0.12 else random.choice(["192.0.2.", "198.51.100.", "203.0.113."]) + str(random.randint(1, 254))
        person.born = date(1931, 1, 1) + timedelta(days=random.randint(0, 27000))
        person.gender = random.choice("fm")
        person.street = f"{random.randint(1, 199)} {random.choice(self.streets)}"
        person.city, person.country = random.choice(self.cities)
        person.zip = f"{random.randint(0, 99999):05d}"
        person.joined = datetime(2004, 1, 1) + timedelta(seconds=random.randint(0, 500_000_000))
        person.hash = person.kind = person.salt = ""
        return person


def is_hash_shaped(text):
    """Would a person who sees it alone say that it is a hash? Such a password's truth is nobody's to know."""
    return len(text) in (32, 40, 64, 128) and all(char in "0123456789abcdefABCDEF" for char in text)


def base36(number):
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def no_line_ends(text):
    return not any(char in text for char in "\r\n\0\x1a\x85\u2028\u2029") and text == text.strip()


def printable(text):
    return no_line_ends(text) and "\t" not in text
