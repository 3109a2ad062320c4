"""Hashes of every kind that FORMATS names, by libraries that others wrote where there is one.

Slow kinds are computed a few times for a seed; what is told of most people is one of those with its digest's digits drawn anew, which no
parser can tell from a computed one.
"""
import base64, hashlib, hmac, struct
from random import Random

import argon2
import bcrypt
from passlib import hash as passlib, utils as passlib_utils

HEX, ITOA64 = "0123456789abcdef", "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Salted apart: the salt stands in a column of its own.
APART = {"vbulletin", "md5", "sha1", "sha256", "sha512"}


def token(random, count, alphabet=HEX):
    return "".join(random.choice(alphabet) for _ in range(count))


def digest(name, *parts):
    return hashlib.new(name, b"".join(parts)).hexdigest()


def b64(data):
    return base64.b64encode(data).decode()


def aspnet(version, password, salt):
    if version == 2:
        return b64(b"\0" + salt + hashlib.pbkdf2_hmac("sha1", password, salt, 1000, 32))
    return b64(b"\1" + struct.pack(">III", 1, 10, 16) + salt + hashlib.pbkdf2_hmac("sha256", password, salt, 10, 32))


def scram(password, salt):
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, 4096)
    key = lambda name: hmac.digest(salted, name, "sha256")
    return f"SCRAM-SHA-256$4096:{b64(salt)}${b64(hashlib.sha256(key(b'Client Key')).digest())}:{b64(key(b'Server Key'))}"


def drupal7(password, salt):
    state = hashlib.sha512(salt.encode() + password).digest()
    for _ in range(128):
        state = hashlib.sha512(state + password).digest()
    out, at = "", 0
    while at < len(state):
        group = int.from_bytes(state[at:at + 3], "little")
        out += "".join(ITOA64[group >> 6 * index & 63] for index in range(len(state[at:at + 3]) + 1))
        at += 3
    return ("$S$5" + salt + out)[:55]


def django(password, salt):
    return f"pbkdf2_sha256$260000${salt}${b64(hashlib.pbkdf2_hmac('sha256', password, salt.encode(), 1000))}"


def computed(kind, password, random):
    """(hash, salt that stands apart)."""
    raw, salt = password.encode(), token(random, 8, ITOA64[2:])
    bits = random.randbytes(16)
    plain = password.replace("\0", "_")
    match kind:
        case "md5" | "sha1" | "sha256" | "sha512":
            return digest(kind, raw), ""
        case "vbulletin":
            salt = token(random, random.choice([3, 30]), "abcXYZ0189:;|\"'#*+-_!%<>&$")
            return digest("md5", digest("md5", raw).encode(), salt.encode()), salt
        case "ntlm":
            return passlib.nthash.hash(plain), ""
        case "lm":
            return passlib.lmhash.hash(plain.encode("ascii", "ignore").decode()[:14]), ""
        case "bcrypt":
            salted = bcrypt.hashpw(raw.replace(b"\0", b"_")[:72], b"$2b$04$" + token(random, 21, ITOA64[2:]).encode() + b"u").decode()
            return f"$2{random.choice('bya')}$10${salted[7:]}", ""
        case "md5crypt":
            return passlib.md5_crypt.hash(plain), ""
        case "apr1":
            return passlib.apr_md5_crypt.hash(plain), ""
        case "sha256crypt" | "sha512crypt":
            return getattr(passlib, kind.replace("crypt", "_crypt")).using(rounds=random.choice([1000, 5000])).hash(plain), ""
        case "descrypt":
            return passlib.des_crypt.hash(plain), ""
        case "phpass":
            return passlib.phpass.using(rounds=7, ident=random.choice("PH")).hash(plain), ""
        case "drupal7":
            return drupal7(raw, salt), ""
        case "argon2id" | "argon2i":
            of = argon2.Type.ID if kind == "argon2id" else argon2.Type.I
            return argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=of).hash(raw, salt=bits), ""
        case "scrypt":
            return passlib.scrypt.using(rounds=4).hash(plain), ""
        case "django_pbkdf2_sha256":
            return django(raw, salt + token(random, 4)), ""
        case "pbkdf2":
            return passlib.pbkdf2_sha512.using(rounds=1000).hash(plain), ""
        case "ldap_sha":
            return passlib.ldap_sha1.hash(plain), ""
        case "ldap_ssha":
            return passlib.ldap_salted_sha1.hash(plain), ""
        case "mysql323":
            return passlib.mysql323.hash(plain), ""
        case "mysql41":
            return passlib.mysql41.hash(plain), ""
        case "mssql2005":
            return passlib.mssql2005.hash(plain), ""
        case "mssql2012":
            return "0x0200" + (bits[:4] + hashlib.sha512(password.encode("utf-16le") + bits[:4]).digest()).hex().upper(), ""
        case "aspnet_identity_v2":
            return aspnet(2, raw, bits), ""
        case "aspnet_identity_v3":
            return aspnet(3, raw, bits), ""
        case "oracle11":
            return passlib.oracle11.hash(plain), ""
        case "postgres_md5":
            return "md5" + digest("md5", raw, b"user"), ""
        case "postgres_scram":
            return scram(raw, bits), ""
        case "yescrypt":
            return "$y$j9T$" + token(random, 22, ITOA64) + "$" + token(random, 43, ITOA64), ""
        case _:
            raise ValueError(kind)


SLOW = {"bcrypt", "sha256crypt", "sha512crypt", "descrypt", "phpass", "argon2id", "argon2i", "scrypt", "django_pbkdf2_sha256", "pbkdf2", "md5crypt", "apr1", "drupal7",
        "postgres_scram", "aspnet_identity_v2", "lm"}
COPIES = 6


class Hasher:
    """Hashes for one seed."""

    def __init__(self, random: Random):
        self.random, self.known = random, {}
        passlib_utils.rng.seed(random.random())

    def fill(self, person, kind):
        """Gives a person her hash; `kind` empty leaves her with a plain password."""
        person.kind, person.hash, person.salt = kind, "", ""
        if not kind:
            return person
        salted, kind = kind.endswith("+"), kind.rstrip("+")
        person.kind = kind
        if kind not in SLOW:
            person.hash, person.salt = computed(kind, person.password, self.random)
        else:
            ready = self.known.setdefault(kind, [])
            if len(ready) < COPIES:
                ready.append(computed(kind, person.password, self.random)[0])
                person.hash = ready[-1]
            else:
                person.hash = self.redrawn(self.random.choice(ready), kind)
        if salted:
            person.salt = person.salt or token(self.random, 8, "abcXYZ0189#*+-_!%<>&$.")
            person.hash = digest(kind, person.salt.encode(), person.password.encode())
        return person

    def redrawn(self, text, kind):
        """The last digits but two, each by one of its own sort (`digest` alone: what is before is parameters and salt)."""
        at = max(text.rfind("$"), text.rfind(":")) + 1 if kind not in ("aspnet_identity_v2", "descrypt", "lm", "bcrypt", "phpass", "drupal7") else {
            "bcrypt": 30, "phpass": 13, "drupal7": 13, "descrypt": 3, "lm": 0, "aspnet_identity_v2": 24}[kind]
        end = len(text.rstrip("=")) - 2
        swap = lambda char: token(self.random, 1, HEX) if kind == "lm" else self.random.choice("abcdefghij") if char.islower() else self.random.choice("KLMNOPQRS") if char.isupper() else char
        return text[:at] + "".join(map(swap, text[at:end])) + text[end:]
