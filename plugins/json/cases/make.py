#!/usr/bin/env python3
"""Makes the cases again that tools write: `pip install pymongo`, then this. The other cases are written by hand. The records beside
them are what the plugin found, gone over by eye.

mongoexport itself is not among the tools used: its two versions of extended JSON are written by json_util of MongoDB's driver, and the rest in the
shape of their tools by json."""
import base64, datetime, json, pathlib

from bson import Binary, Decimal128, Int64, ObjectId, json_util
from bson.json_util import DatetimeRepresentation, JSONMode, JSONOptions

CASES = pathlib.Path(__file__).parent
UTC = datetime.timezone.utc


def oid(number):
    return ObjectId(f"5f43a1b2c3d4e5f6{number:08x}")


BCRYPT = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lh%s"
METEOR = [
    {"_id": oid(1), "createdAt": datetime.datetime(2014, 3, 2, 10, 20, 30, 123000, UTC), "username": "ann_e",
     "emails": [{"address": "ann@example.com", "verified": True}],
     "services": {"password": {"bcrypt": BCRYPT % "Wy"}, "resume": {"loginTokens": [{"when": datetime.datetime(2015, 1, 1, tzinfo=UTC), "hashedToken": "mVg7kQ0nZ3iT9wJc1uYb5xPq2sLd8fRhKa4oEeNvGtM="}]}},
     "profile": {"name": "Ann Example", "dob": datetime.datetime(1961, 5, 4, tzinfo=UTC), "phone": "+49 30 1234567"}},
    {"_id": oid(2), "createdAt": datetime.datetime(2014, 4, 5, tzinfo=UTC), "username": "bob",
     "emails": [{"address": "bob@example.net", "verified": False}, {"address": "bob.b@example.org", "verified": True}],
     "services": {"password": {"bcrypt": BCRYPT % "xQ"}}, "profile": {"name": "B\u00f6b \U0001f600 \"Bobby\" O\u2019Example", "visits": Int64(12345678901), "score": 2.5}},
    {"_id": oid(3), "createdAt": datetime.datetime(1969, 12, 31, 23, 0, tzinfo=UTC), "emails": [{"address": "cat@example.org", "verified": False}],
     "services": {"password": {"bcrypt": BCRYPT % "00"}, "google": {"email": "cat@example.org", "id": "1071234567890"}}, "profile": {"name": None, "balance": Decimal128("12.50"), "key": Binary(bytes(range(16)))}},
]
PEOPLE = [
    {"id": 1, "email": "dan@example.com", "login": "dan", "passwd": "pa:ss,\"w{o}rd[\\", "sex": "m", "address": {"street": "Sample Street 1", "city": "Berlin", "zip": "10115", "country": "DE"}},
    {"id": 2, "email": "eve@example.com", "login": "eve", "passwd": "b14361404c078ffd549c03db443c3fede2f3e534d73f78f77301ed97d4a436a9", "sex": "f", "address": {"street": "Rue d'Exemple 2", "city": "Orl\u00e9ans", "zip": "45000", "country": "FR"}},
    {"id": 3, "email": "fay@example.net", "login": "fay", "passwd": "\u043f\u0430\u0440\u043e\u043b\u044c", "sex": None, "address": None},
]


def write(name, text):
    (CASES / name).write_text(text, encoding="utf-8")


legacy = JSONOptions(json_mode=JSONMode.LEGACY, datetime_representation=DatetimeRepresentation.LEGACY)
strict = JSONOptions(json_mode=JSONMode.LEGACY, datetime_representation=DatetimeRepresentation.ISO8601)
relaxed = json_util.RELAXED_JSON_OPTIONS
canonical = json_util.CANONICAL_JSON_OPTIONS
write("mongoexport_v1.json", "".join(json_util.dumps(one, json_options=strict) + "\n" for one in METEOR))
write("mongoexport_v1_dates.json", "".join(json_util.dumps(one, json_options=legacy, separators=(",", ":")) + "\n" for one in METEOR))
write("mongoexport_v2.json", "".join(json_util.dumps(one, json_options=relaxed, separators=(",", ":"), ensure_ascii=False) + "\n" for one in METEOR))
write("mongoexport_canonical_array.json", "[" + ",\n".join(json_util.dumps(one, json_options=canonical, separators=(",", ":")) for one in METEOR) + "]\n")
write("mongoexport_pretty.json", "".join(json_util.dumps(one, json_options=relaxed, indent="\t") + "\n" for one in METEOR))
write("lines.json", "".join(json.dumps(one) + "\n" for one in PEOPLE))
write("array_pretty.json", json.dumps(PEOPLE, indent=2, ensure_ascii=False))
write("array_one_line.json", json.dumps(PEOPLE, separators=(",", ":")))
write("api_pages.json", "".join(json.dumps({"links": {"self": f"https://api.example.com/users?page={page}"}, "meta": {"page": page, "total": 3},
      "data": {"type": "page", "items": [{"type": "users", "id": str(one["id"]), "attributes": {**one, "name": f"User {one['id']}"}} for one in PEOPLE[page:page + 2]]}}) + "\n" for page in (0, 2)))
write("elasticdump.json", "".join(json.dumps({"_index": "users", "_type": "_doc", "_id": f"AVk{one['id']}", "_score": 1, "_source": one}, separators=(",", ":")) + "\n" for one in PEOPLE))
write("firebase_database.json", json.dumps({"orders": {"o1": {"total": 5, "item": "Lamp"}}, "users": {f"-Mx{one['id']}": one for one in PEOPLE}}, indent=4))
write("firebase_auth.json", json.dumps({"users": [
    {"localId": f"Zx{number}Qw8", "email": f"{name}@example.com", "emailVerified": True, "passwordHash": base64.b64encode(bytes((number * 7 + at * 13) % 256 for at in range(64))).decode(),
     "salt": base64.b64encode(bytes(range(number, number + 10))).decode(), "displayName": f"{name.title()} Example", "lastSignedInAt": "1508346460000", "createdAt": "1508346459000",
     "phoneNumber": f"+4930123456{number}", "providerUserInfo": [{"providerId": "password", "email": f"{name}@example.com", "displayName": f"{name.title()} Example"}]}
    for number, name in enumerate(["gus", "hal"], 1)]}, indent=2))
