#!/usr/bin/env python3
"""The people of the cases: `people.py sql CHARSET` prints statements that make the tables, `people.py json CHARSET [TABLE]` the records that must come out of a
dump of them. Values go in as hexadecimal literals, so that no escaping of ours stands between them and the server."""
import json, sys

BINARY = bytes.fromhex("5f4dcc3b5aa765d61d8327deb882cf99")
PLAIN_BINARY = bytes.fromhex("7f4dcc3b5aa765d61d8328deb882cf98")
USERS = [
    # id, login, mail, secret, full name, ip, note
    (1, "ann", "ann@example.com", "$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a", "Ann O'Neil", "192.0.2.1", None),
    (2, "bob", "bob@example.net", "it's; a\\slash", 'Robert "Bob" Ray', "192.0.2.2", "INSERT INTO `users` VALUES (9,'eve','eve@example.com');\n"),
    (3, "çelik", "celik@example.org", "),(7,'x'", "Çelik Yılmaz", "2001:db8::3", "tab\there, line\nbreak, return\r, end"),
    (4, "dmitri", "dmitri@example.com", "nul\0and\x1azed", "Дмитрий Иванов", "192.0.2.4", "50%_off\\%\\_"),
    (5, "eve@example.com", "eve@example.com", "5f4dcc3b5aa765d61d8327deb882cf99", "Eve", None, "''"),
    (6, "CORP\\fay", "fay@example.net", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "Fay (née Day)", "", "-- no comment /* none */"),
    (7, "李明", "li@example.org", "😀pass", "李 小明", "192.0.2.7", "\\"),
]
HASHES = {USERS[0][3]: "bcrypt", USERS[4][3]: "md5", USERS[5][3]: "mysql41"}


def literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else "''" if not value else "0x" + value.hex() if isinstance(value, bytes) else f"CONVERT(0x{value.encode().hex()} USING utf8mb4)"


def sql(latin1):
    charset = "latin1" if latin1 else "utf8mb4"
    print(f"""CREATE DATABASE shop DEFAULT CHARACTER SET {charset}; USE shop;
CREATE TABLE articles (id int PRIMARY KEY, title varchar(200), body text, price decimal(8,2), picture blob);
CREATE TABLE users (user_id int PRIMARY KEY AUTO_INCREMENT, `user login` varchar(60), email varchar(100) COMMENT 'login, or (e-mail)', passwd varchar(255),
  full_name varchar(100), last_ip varchar(45), note text, token varbinary(16), KEY k (email), CONSTRAINT c CHECK (email <> '')) ENGINE=InnoDB;
CREATE TABLE zz_subscribers (mail varchar(100), phone varchar(30), password_hash binary(16));
INSERT INTO articles VALUES (1,'ann@example.com wrote','INSERT INTO `users` VALUES (1,\\'x\\');',9.50,0xFF00FE27),(2,'it''s','a;b',-1.00,NULL);
INSERT INTO zz_subscribers VALUES ('gus@example.com','+1 202-555-0107',{literal(BINARY)}),('hal@example.com',NULL,NULL),('ida@example.com',NULL,{literal(PLAIN_BINARY)});""")
    for user in people(latin1):
        print(f"INSERT INTO users VALUES ({','.join(map(literal, user))},{literal(BINARY if user[0] == 1 else None)});")


def people(latin1):
    return [user for user in USERS if not latin1 or user[0] in (1, 2, 5, 6)]


def records(latin1):
    for id, login, mail, secret, name, ip, note in people(latin1):
        record, extra = {"user_id": str(id)}, {}
        if login != mail:
            record["username"] = login.split("\\")[-1]
            if "\\" in login:
                extra["domain"] = login.split("\\")[0]
        record["email"] = mail
        if secret in HASHES:
            record |= {"hash": secret, "hash_kind": HASHES[secret]}
        else:
            record["password"] = secret
        record["full_name"] = name
        if ip:
            record["ip"] = ip
        if note:
            extra["note"] = note
        if id == 1:
            extra["token"] = BINARY.hex().upper()
        yield record | ({"extra": extra} if extra else {})
    yield {"email": "gus@example.com", "phone": "+1 202-555-0107", "hash": BINARY.hex().upper(), "hash_kind": "md5"}
    yield {"email": "hal@example.com"}
    # Bytes without one that is escaped.
    yield {"email": "ida@example.com", "hash": PLAIN_BINARY.hex().upper(), "hash_kind": "md5"}


latin1 = sys.argv[2] == "latin1"
if sys.argv[1] == "sql":
    sql(latin1)
else:
    subscribers = 3
    found = list(records(latin1))
    found = {"": found, "users": found[:-subscribers], "zz_subscribers": found[-subscribers:]}[sys.argv[3] if len(sys.argv) > 3 else ""]
    for record in found:
        print(json.dumps(record, ensure_ascii=False))
