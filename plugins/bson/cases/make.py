#!/usr/bin/env python3
"""Makes the cases again, with the encoder of MongoDB's driver: `pip install pymongo`, then this. The records beside them are what the
plugin found, gone over by eye. The archive is put together here, in the shape mongodump gives it."""
import datetime, pathlib, re, struct, uuid

import bson
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

CASES = pathlib.Path(__file__).parent
UTC = datetime.timezone.utc
BCRYPT = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lh%s"


def oid(number):
    return ObjectId(f"5f43a1b2c3d4e5f6{number:08x}")


METEOR = [
    {"_id": oid(1), "createdAt": datetime.datetime(2014, 3, 2, 10, 20, 30, 123000, UTC), "username": "ann_e", "emails": [{"address": "ann@example.com", "verified": True}],
     "services": {"password": {"bcrypt": BCRYPT % "Wy"}, "resume": {"loginTokens": [{"when": datetime.datetime(2015, 1, 1, tzinfo=UTC), "hashedToken": "mVg7kQ0nZ3iT9w="}]}},
     "profile": {"name": "Ann Example", "dob": datetime.datetime(1961, 5, 4, tzinfo=UTC), "phone": "+49 30 1234567"}},
    {"_id": oid(2), "createdAt": datetime.datetime(1969, 12, 31, 23, tzinfo=UTC), "username": "bob", "emails": [{"address": "bob@example.net"}, {"address": "bob.b@example.org"}],
     "services": {"password": {"bcrypt": BCRYPT % "xQ"}}, "profile": {"name": "B\u00f6b \U0001f600", "visits": Int64(12345678901), "score": 2.5}},
]
TYPES = [
    {"_id": 7, "email": "cat@example.com", "password": Binary(bytes.fromhex("5f4dcc3b5aa765d61d8327deb882cf99")), "double": 1.5, "string": "text", "document": {"a": 1}, "array": [1, "two", [3]],
     "binary": Binary(b"text"), "old": Binary(b"\x00\x01", 2), "uuid": Binary.from_uuid(uuid.UUID(int=1)), "oid": oid(9), "bool": True, "date": datetime.datetime(1950, 1, 1, tzinfo=UTC), "null": None,
     "regex": Regex("^a", "i"), "dbref": DBRef("c", oid(8)), "code": Code("f()"), "scoped": Code("f()", {"x": 1}), "int32": -5, "timestamp": Timestamp(1, 2), "int64": Int64(-(2 ** 40)),
     "decimal": Decimal128("1.10"), "min": MinKey(), "max": MaxKey(), "infinite": float("inf"), "empty": "", "nothing": {}, "none": []},
    {"_id": oid(3), "user": "dan", "pass": "pa\nss\"word"},
    {"_id": oid(4), "sku": "A-1", "name": "Lamp", "price": 9.99},
    {"_id": oid(5), "account": {"mail": "eve@example.com", "pwd": "letmein"}, "orders": [{"id": 1, "name": "Lamp"}, {"id": 2, "name": "Chair"}], "friends": [{"email": "fay@example.com"}]},
    {"_id": oid(6), "phone": Int64(491701234567), "name": {"first": "Gus", "last": "Example"}},
]


def write(name, documents, end=None):
    (CASES / name).write_bytes(b"".join(bson.encode(one) for one in documents)[:end])


def lying():
    """Every second document is damaged: its length too long, too short, or huge, a string's length, a type, a zero too early."""
    people = [bson.encode({"_id": oid(20 + at), "email": f"user{at}@example.com", "password": f"secret {at}", "profile": {"_id": oid(90), "city": "Bremen"}}) for at in range(13)]
    for at, damage in enumerate([lambda one: struct.pack("<i", len(one) + 60) + one[4:], lambda one: struct.pack("<i", len(one) - 9) + one[4:], lambda one: struct.pack("<i", 0x7000000) + one[4:],
                                 lambda one: one.replace(b"\x10\x00\x00\x00secret", b"\xff\xff\x00\x00secret").replace(b"\x09\x00\x00\x00secret", b"\xff\xff\x00\x00secret"),
                                 lambda one: one.replace(b"\x02email", b"\x42email"), lambda one: one.replace(b"\x02email", b"\0email")]):
        people[2 * at + 1] = damage(people[2 * at + 1])
    return b"".join(people)


write("meteor.bson", METEOR)
write("types.bson", TYPES)
write("truncated.bson", METEOR + METEOR, -100)
(CASES / "lying.bson").write_bytes(lying())
documents = lambda all: b"".join(bson.encode(one) for one in all)
(CASES / "dump.archive").write_bytes(
    struct.pack("<I", 0x8199E26D) + documents([{"concurrent_collections": 4, "version": "0.1", "server_version": "4.4.0", "tool_version": "100.3.0"}, {"db": "app", "collection": "users", "metadata": "{}", "size": 0, "type": "collection"}])
    + b"\xff" * 4 + documents([{"db": "app", "collection": "users", "EOF": False, "CRC": Int64(0)}] + METEOR) + b"\xff" * 4
    + documents([{"db": "app", "collection": "users", "EOF": True, "CRC": Int64(5)}]) + b"\xff" * 4)
