#!/usr/bin/env python3
"""The people of the cases: `people.py sql` prints statements that make the tables, `people.py json` the records that must come out of a
dump of them. Texts go in as hexadecimal digits, so that no escaping of ours stands between them and the server."""
import json, sys

BINARY = bytes.fromhex("5f4dcc3b5aa765d61d8327deb882cf99")
DJANGO = "pbkdf2_sha256$260000$x9AkVbnMe5Rk$" + "q" * 43 + "="
ARGON = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "u" * 43
USERS = [
    # id, login, mail, secret, full name, ip, note, token, other phones, profile
    (1, "ann", "ann@example.com", DJANGO, "Ann O'Neil", "192.0.2.1", None, BINARY, ["+1 202-555-0101", "+12025550102"], {"city": "Oslo", "tags": ["a", "b"], "n": 1}),
    (2, "bob", "bob@example.net", "it's; a\\slash", 'Robert "Bob" Ray', "192.0.2.2", "INSERT INTO public.users VALUES (9, 'eve', 'eve@example.com');\n", None, [], None),
    (3, "çelik", "celik@example.org", "\\.", "Çelik Yılmaz", "2001:db8::3", "tab\there, line\nbreak, return\r, end", b"plain text", None, {"zip": "0150", "q": 'a "quoted" \\ one'}),
    (4, "dmitri", "dmitri@example.com", "\\N", "Дмитрий Иванов", "192.0.2.4", "\\.\n\\.", None, None, None),
    (5, "eve@example.com", "eve@example.com", "5f4dcc3b5aa765d61d8327deb882cf99", "Eve", None, "''", None, ["x, y"], None),
    (6, "CORP\\fay", "fay@example.net", ARGON, "Fay (née Day)", None, "-- no comment /* none */ $$", None, None, {}),
    (7, "李明", "li@example.org", "),\n\t(7, 'x'", "李 小明", "192.0.2.7", "\\", None, None, None),
    (8, "gus", "gus@example.com", "{curly}", "{Gus}", "192.0.2.8", "E'\\x41'\b\f\v", None, None, None),
]
KINDS = {DJANGO: "django_pbkdf2_sha256", ARGON: "argon2id", USERS[4][3]: "md5"}


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"decode('{value.hex()}', 'hex')"
    if isinstance(value, list):
        return f"ARRAY[{','.join(map(literal, value))}]::text[]"
    if isinstance(value, dict):
        return f"{literal(json.dumps(value))}::jsonb"
    return f"convert_from(decode('{value.encode().hex()}', 'hex'), 'UTF8')"


def sql():
    print("""CREATE SCHEMA archive;
CREATE FUNCTION public.seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO users VALUES (1, 'nobody@example.com'); RETURN new; END $$;
CREATE TABLE articles (id int PRIMARY KEY, title text, body text, price numeric(8,2), picture bytea);
CREATE TYPE mood AS ENUM ('good', 'bad, or so');
CREATE TABLE users (user_id int PRIMARY KEY, "user login" varchar(60) DEFAULT 'x,)', email text CHECK (email <> ''), passwd varchar(255), full_name text,
  last_ip text, note text, token bytea, phones text[], profile jsonb, key mood DEFAULT 'good', two int GENERATED ALWAYS AS (user_id * 2) STORED);
COMMENT ON COLUMN users.email IS 'it''s; a mail';
-- The same name in another schema, other columns.
CREATE TABLE archive.users (passwd text, mail text);
CREATE TABLE people (mail text, phone text);
CREATE TABLE staff (password text) INHERITS (people);
INSERT INTO articles VALUES (1, 'ann@example.com wrote', E'INSERT INTO users VALUES (1,\\'x\\');\\n\\\\.', 9.50, '\\xff00fe27'), (2, 'it''s', 'a;b', -1, NULL);
INSERT INTO archive.users VALUES ('s3cret', 'hal@example.com'), (NULL, 'ida@example.com');
INSERT INTO people VALUES ('jo@example.com', '+1 202-555-0107');
INSERT INTO staff VALUES ('kim@example.com', NULL, 'hunter2');
CREATE VIEW addresses AS SELECT email FROM users;
CREATE TRIGGER seen BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION seen();""")
    for user in USERS:
        print(f"INSERT INTO users VALUES ({','.join(map(literal, user))});")


def stored(value):
    """As jsonb prints it."""
    order = sorted(value, key=lambda name: (len(name.encode()), name))
    return json.dumps({name: value[name] for name in order}, ensure_ascii=False)


def records():
    # pg_dump's order is the tables', by schema and name.
    yield {"password": "s3cret", "email": "hal@example.com"}
    yield {"email": "ida@example.com"}
    yield {"email": "jo@example.com", "phone": "+1 202-555-0107"}
    yield {"email": "kim@example.com", "password": "hunter2"}
    for id, login, mail, secret, name, ip, note, token, phones, profile in USERS:
        record, extra = {"user_id": str(id)}, {}
        if login != mail:
            record["username"] = login.split("\\")[-1]
            if "\\" in login:
                extra["domain"] = login.split("\\")[0]
        record["email"] = mail
        if secret in KINDS:
            record |= {"hash": secret, "hash_kind": KINDS[secret]}
        else:
            record["password"] = secret
        record["full_name"] = name
        if ip:
            record["ip"] = ip
        if phones:
            record["phone"] = phones[0] if len(phones) == 1 else phones
        if profile and "city" in profile:
            record["city"] = profile["city"]
        if profile and "zip" in profile:
            record["postal_code"] = profile["zip"]
        if note:
            extra["note"] = note
        if token:
            extra["token"] = token.decode() if token != BINARY else BINARY.hex()
        if profile is not None:
            extra["profile"] = stored(profile)
        extra["key"] = "good"
        yield record | {"extra": extra}


if sys.argv[1] == "sql":
    sql()
else:
    for record in records():
        print(json.dumps(record, ensure_ascii=False))
