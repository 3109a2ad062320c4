"""JSON: lines, arrays, nested pages; what mongoexport, elasticdump, Meteor and Firebase write."""
import json

from bson import Int64, ObjectId, json_util
from tables import Table, text

LEGACY, CANONICAL, RELAXED = json_util.LEGACY_JSON_OPTIONS, json_util.CANONICAL_JSON_OPTIONS, json_util.RELAXED_JSON_OPTIONS


def files(make):
    yield flat(make, "lines", "bcrypt", lambda rows, dumps: "".join(dumps(row) + "\n" for row in rows))
    yield flat(make, "lines, plain passwords", "", lambda rows, dumps: "".join(dumps(row) + "\n" for row in rows))
    yield flat(make, "lines, CRLF and BOM", "sha1", lambda rows, dumps: "\ufeff" + "".join(dumps(row) + "\r\n" for row in rows))
    yield flat(make, "array in one line", "sha256", lambda rows, dumps: "[" + ",".join(map(dumps, rows)) + "]")
    yield flat(make, "array, pretty", "", lambda rows, dumps: json.dumps(rows, indent=4, ensure_ascii=False))
    yield flat(make, "array, tabs", "argon2id", lambda rows, dumps: json.dumps(rows, indent="\t"))
    yield flat(make, "objects side by side", "md5", lambda rows, dumps: "".join(map(dumps, rows)))
    yield flat(make, "object of objects", "sha512", lambda rows, dumps: json.dumps({"users": {f"-M{at:05}": row for at, row in enumerate(rows)}}, indent=2))
    yield nested(make)
    yield profile(make)
    for dialect, options, form in MONGO:
        yield mongo(make, dialect, options, form)
    yield meteor(make)
    yield elasticdump(make)
    yield firebase(make)
    yield damaged(make)
    yield cut_off(make)


def dumps(random):
    """Writers differ in what they escape and in blanks."""
    return lambda value: json.dumps(value, ensure_ascii=random.random() < 0.5, separators=random.choice([(",", ":"), (", ", ": ")]))


def row(table, person):
    """As a table's API tells it: numbers and booleans as such."""
    return {name: value if value is None or isinstance(value, int) else text(value) for name, value in zip(table.names, table.row(person))}


def flat(make, dialect, kind, whole):
    file, crowd, random = make("json", dialect, "json", by="python json")
    table = Table(file, random, kind)
    rows = [row(table, person) for person in make.people(crowd, file.expect, kind=kind)]
    return make.write(file, whole(rows, dumps(random)))


def nested(make):
    """Pages of an API, an answer after the other: records two levels down."""
    file, crowd, random = make("json", "data.items[].attributes", "json", by="python json")
    table = Table(file, random, "bcrypt", 0)
    items = [{"type": "user", "id": str(person.number), "attributes": row(table, person), "links": {"self": f"https://api.example.com/users/{person.number}"}} for person in make.people(crowd, file.expect, kind="bcrypt")]
    pages = [{"status": "ok", "data": {"total": len(items), "items": items[at:at + 400]}, "meta": {"page": at // 400, "contact": "see the site"}} for at in range(0, len(items), 400)]
    return make.write(file, "\n".join(json.dumps(page, indent=2) for page in pages))


def profile(make):
    """One person's values in several objects: one record."""
    file, crowd, random = make("json", "account and profile nested", "json", by="python json")
    lines = []
    for person in make.people(crowd, file.expect, kind="sha256+"):
        lines.append(json.dumps({"id": person.number, "account": {"email": person.email, "credentials": {"password_hash": person.hash, "salt": person.salt}}, "profile": {"first_name": person.first, "last_name": person.last,
                     "address": {"street": person.street, "city": person.city}}, "orders": [{"sku": f"A-{person.number}", "title": "mug"}, {"sku": "B", "title": "a: b"}], "tags": ["x", "y"]}, ensure_ascii=False))
    return make.write(file, "\n".join(lines) + "\n")


MONGO = [("mongoexport v1", LEGACY, "lines"), ("mongoexport v2 canonical", CANONICAL, "lines"), ("mongoexport v2 relaxed", RELAXED, "lines"), ("mongoexport --jsonArray", RELAXED, "array"),
         ("mongoexport --pretty", CANONICAL, "pretty")]


def document(person, random):
    """As BSON has it: every type a people's collection is likely to have."""
    from datetime import datetime
    return {"_id": ObjectId(f"{person.number:024x}"), "username": person.username, "email": person.email, "password": person.hash or person.password, **({"salt": person.salt} if person.salt else {}),
            "firstName": person.first, "lastName": person.last, "birthday": datetime(person.born.year, person.born.month, person.born.day), "createdAt": person.joined, "visits": Int64(person.number * 10**10), "score": person.number / 3,
            "loginCount": person.number, "active": True, "deletedAt": None, "address": {"street": person.street, "city": person.city, "zip": person.zip}, "roles": ["user", "beta"], "lastIp": person.ip, "avatar": bytes(12)}


def mongo(make, dialect, options, form):
    kind = "bcrypt" if form == "lines" else "sha1+"
    file, crowd, random = make("json", dialect, "json", by="pymongo json_util")
    lines = [json_util.dumps(document(person, random), json_options=options, **({"indent": "\t"} if form == "pretty" else {})) for person in make.people(crowd, file.expect, kind=kind)]
    return make.write(file, "[" + ",\n".join(lines) + "]\n" if form == "array" else "\n".join(lines) + "\n")


def meteor(make):
    file, crowd, random = make("json", "Meteor users", "json", by="pymongo json_util")
    lines = []
    for person in make.people(crowd, kind="bcrypt"):
        file.expect(person)
        lines.append(json_util.dumps({"_id": f"{random.getrandbits(80):017x}"[:17], "createdAt": person.joined, "services": {"password": {"bcrypt": person.hash}, "resume": {"loginTokens": [{"when": person.joined, "hashedToken": "x" * 43 + "="}]}},
                     "username": person.username, "emails": [{"address": person.email, "verified": bool(person.number % 2)}], "profile": {"name": f"{person.first} {person.last}"}}, json_options=RELAXED))
    return make.write(file, "\n".join(lines) + "\n")


def elasticdump(make):
    file, crowd, random = make("json", "elasticdump", "json", by="elasticdump's shape")
    table = Table(file, random, "", 0)
    lines = []
    for person in make.people(crowd, file.expect):
        lines.append(json.dumps({"_index": "users", "_type": "_doc", "_id": str(person.number), "_score": 1, "_source": row(table, person)}, ensure_ascii=False, separators=(",", ":")))
    return make.write(file, "\n".join(lines) + "\n")


def firebase(make):
    """`firebase auth:export`: the hash is Google's own scrypt, 64 bytes in base64, whose kind FORMATS doesn't name."""
    import base64
    file, crowd, random = make("json", "Firebase auth:export", "json", by="documented form")
    users = []
    for person in make.people(crowd):
        person.hash = base64.b64encode(random.randbytes(64)).decode()
        file.expect(person).kinds = ()
        users.append({"localId": f"{random.getrandbits(100):028x}", "email": person.email, "emailVerified": False, "passwordHash": person.hash, "salt": base64.b64encode(random.randbytes(12)).decode(), "displayName": f"{person.first} {person.last}",
                      "lastSignedInAt": "1500000000000", "createdAt": "1490000000000", "providerUserInfo": []})
    return make.write(file, json.dumps({"users": users}, indent=2))


def damaged(make):
    file, crowd, random = make("json", "damaged lines", "json", by="python json")
    table, out = Table(file, random, "sha1", 0), bytearray()
    for at, person in enumerate(make.people(crowd, file.expect, kind="sha1")):
        if at % 300 == 150:
            bad = b'{"id": 99999, "email": "lost@example.com", "password": "broke o'
            file.corrupt.append((len(out), len(out) + len(bad)))
            out += bad + b"\n"
        out += json.dumps(row(table, person), ensure_ascii=False).encode() + b"\n"
    return make.write(file, bytes(out))


def cut_off(make):
    file, crowd, random = make("json", "array cut off", "json", by="python json")
    table = Table(file, random, "md5", 0)
    rows = [row(table, person) for person in make.people(crowd, file.expect, kind="md5")]
    whole = json.dumps(rows, indent=1)
    file.records.pop()
    return make.write(file, whole[:whole.rindex("{") + 12])
