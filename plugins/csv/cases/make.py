#!/usr/bin/env python3
"""Writes the cases: each a file in one dialect, made by Python's csv wherever it can, and beside it the records that must come out.

    python3 make.py        rewrites everything in this folder; the result is checked in
"""
import csv, io, json, pathlib

HERE = pathlib.Path(__file__).parent
PEOPLE = [
    dict(user_id="1", username="ann", email="ann@example.com", password="pa55,word", full_name="Ann O'Neil", phone="+1 202-555-0101", ip="192.0.2.1", city="New York, NY"),
    dict(user_id="2", username="bob", email="bob@example.net", password='se"cret"', full_name='Robert "Bob" Ray', phone="+44 20 7946 0102", ip="192.0.2.2", city="London"),
    dict(user_id="3", username="çelik", email="celik@example.org", password="şifre;1|2", full_name="Çelik Yılmaz", phone="+90 312 555 0103", ip="2001:db8::3", city="Ankara"),
    dict(user_id="4", username="dmitri", email="dmitri@example.com", password="tab\there", full_name="Дмитрий Иванов", phone="+7 495 555-01-04", ip="192.0.2.4", city="line one\nline two"),
    dict(user_id="5", username="eve", email="eve@example.com", password="back\\slash\\", full_name="Eve", phone="", ip="", city=""),
    dict(user_id="6", username="李", email="li@example.net", password="5f4dcc3b5aa765d61d8327deb882cf99", full_name="李 小明", phone="+86 10 5555 0106", ip="192.0.2.6", city="北京"),
    dict(user_id="7", username="gus", email="gus@example.org", password="$2b$12$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a", full_name="Gus", phone="+1 202-555-0107", ip="192.0.2.7", city="Paris\r\nTexas"),
]
KEYS = list(PEOPLE[0])
HASHES = {"5f4dcc3b5aa765d61d8327deb882cf99": "md5", PEOPLE[6]["password"]: "bcrypt"}


def record(person, keep=None):
    out = {}
    for key, value in person.items():
        if not value or keep is not None and key not in keep:
            continue
        if key == "password" and value in HASHES:
            out["hash"], out["hash_kind"] = value, HASHES[value]
        else:
            out[key] = value
    return out


def case(name, text, records):
    data = text if isinstance(text, bytes) else text.encode()
    (HERE / name).write_bytes(data)
    lines = [json.dumps(item, ensure_ascii=False) for item in records]
    (HERE / (name.rsplit(".", 1)[0] + ".jsonl")).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def written(header, people=PEOPLE, **dialect):
    text = io.StringIO()
    writer = csv.writer(text, **dialect)
    if header:
        writer.writerow(header)
    for person in people:
        writer.writerow([person[key] for key in KEYS])
    return text.getvalue()


EVERYONE = [record(person) for person in PEOPLE]
# Python's dialects
case("python-excel.csv", written(KEYS, dialect="excel"), EVERYONE)
case("python-excel-tab.tsv", written(KEYS, dialect="excel-tab"), EVERYONE)
case("python-unix.csv", written(["ID", "User Name", "E-Mail", "Passwd", "Full Name", "Mobile Phone", "IP-Address", "Town"], dialect="unix"), EVERYONE)
case("python-escaped.csv", written(KEYS, dialect="excel", quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\"), EVERYONE)
case("python-nonnumeric-bar.csv", written(KEYS, delimiter="|", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n"), EVERYONE)
one_line = [dict(person, city=person["city"].split("\r")[0].split("\n")[0]) for person in PEOPLE]
case("python-quote-none.csv", written(KEYS, one_line, quoting=csv.QUOTE_NONE, escapechar="\\", quotechar=None), [record(person) for person in one_line])
german = ["Kundennr", "Benutzername", "E-Mail-Adresse", "Kennwort", "Name", "Telefon", "IP-Adresse", "Ort"]
case("excel-semicolon-bom.csv", "\ufeff" + written(german, delimiter=";"), EVERYONE)
case("excel-sep-line.csv", "sep=;\r\n" + written(german, delimiter=";"), EVERYONE)
russian = ["ид", "Логин", "Почта", "Пароль", "ФИО", "Телефон", "IP-адрес", "Город"]
case("russian-names.csv", written(russian, delimiter=";"), EVERYONE)
chinese = ["编号", "用户名", "邮箱", "密码", "姓名", "手机", "登录IP", "城市"]
case("chinese-names.tsv", written(chinese, delimiter="\t"), EVERYONE)

simple = lambda **more: {key: value for key, value in more.items() if value}
case("title-rows.csv", "Customer export 2019;;;\nprinted on Monday;;;\n;;;\nName;Email;Passwort;PLZ\nAnn Lee;ann@example.com;geheim1;00123\nBob Ray;bob@example.net;geheim2;=\"00456\"\n",
     [simple(full_name="Ann Lee", email="ann@example.com", password="geheim1", postal_code="00123"), simple(full_name="Bob Ray", email="bob@example.net", password="geheim2", postal_code="00456")])
case("excel-formulas.csv", 'email,password,phone,zip\r\nann@example.com,="007pass",="0049301234567","=""00123"""\r\nbob@example.net,secret,="0049301234568",\r\n',
     [simple(email="ann@example.com", password="007pass", phone="0049301234567", postal_code="00123"), simple(email="bob@example.net", password="secret", phone="0049301234568")])
case("nulls.csv", 'id,email,password,last_ip,passworddate,email_verified\n1,ann@example.com,NULL,192.0.2.1,2015-01-02,1\n2,bob@example.net,"NULL",\\N,NULL,0\n3,cy@example.org,x,NULL,,\n',
     [dict(user_id="1", email="ann@example.com", ip="192.0.2.1", extra=dict(passworddate="2015-01-02", email_verified="1")),
      dict(user_id="2", email="bob@example.net", password="NULL", extra=dict(email_verified="0")),
      dict(user_id="3", email="cy@example.org", password="x")])
case("sqlcmd-padded.txt",
     "Changed database context to 'shop'.\r\n"
     "user_id    |user_name           |email                         |password_hash                             |created_at             \r\n"
     "-----------|--------------------|------------------------------|------------------------------------------|-----------------------\r\n"
     "          1|ann                 |ann@example.com               |5f4dcc3b5aa765d61d8327deb882cf99          |2012-03-04 05:06:07.000\r\n"
     "          2|CORP\\bob            |bob@example.net               |NULL                                      |NULL                   \r\n"
     "          3|cy@example.org      |cy@example.org                |202cb962ac59075b964b07152d234b70          |2013-01-01 00:00:00.000\r\n"
     "\r\n(3 rows affected)\r\n",
     [dict(user_id="1", username="ann", email="ann@example.com", hash="5f4dcc3b5aa765d61d8327deb882cf99", hash_kind="md5", created_at="2012-03-04 05:06:07.000"),
      dict(user_id="2", username="bob", email="bob@example.net", extra=dict(domain="CORP")),
      dict(user_id="3", email="cy@example.org", hash="202cb962ac59075b964b07152d234b70", hash_kind="md5", created_at="2013-01-01 00:00:00.000")])
case("sqlcmd-trimmed.txt", "login|mail|pwd\n-----|----|---\nann|ann@example.com|one1\nbob|bob@example.net|two2\ncyd|cyd@example.org|\"quoted\"\ndee|dee@example.com|\"open\n\n(4 rows affected)\n",
     [dict(username="ann", email="ann@example.com", password="one1"), dict(username="bob", email="bob@example.net", password="two2"),
      dict(username="cyd", email="cyd@example.org", password='"quoted"'), dict(username="dee", email="dee@example.com", password='"open')])
case("unbalanced-quote.csv",
     'id,email,password,city\n1,ann@example.com,"one,Oslo\n2,bob@example.net,"two, 2",Rome\n3,cy@example.org,thr"ee,"Bonn"\n4,dee@example.com,"fo"ur",Bern\n'
     '"5","eve@example.com","five","Kiel\n"6","fay@example.com","six","line\nbreak"\n7,gus@example.com,"seven"7,Linz\n',
     [dict(reject="unbalanced-quote"), dict(user_id="2", email="bob@example.net", password="two, 2", city="Rome"),
      dict(user_id="3", email="cy@example.org", password='thr"ee', city="Bonn"), dict(user_id="4", email="dee@example.com", password='fo"ur', city="Bern"),
      dict(reject="unbalanced-quote"), dict(user_id="6", email="fay@example.com", password="six", city="line\nbreak"), dict(reject="unbalanced-quote")])
case("short-and-long-rows.csv",
     "id,email,password,city,country\n1,ann@example.com,one,Oslo,NO\n2,bob@example.net,two\n3,cy@example.org\nStreet 5,Rome,IT\n4,dee@example.com,four,Bern,CH,,\n5,eve@example.com,fi,ve,Kiel,DE\nid,email,password,city,country\n6,fay@example.com,six,Linz,AT",
     [dict(user_id="1", email="ann@example.com", password="one", city="Oslo", country="NO"), dict(user_id="2", email="bob@example.net", password="two"),
      dict(user_id="3", email="cy@example.org"), dict(reject="short-row"), dict(user_id="4", email="dee@example.com", password="four", city="Bern", country="CH"),
      dict(reject="long-row"), dict(user_id="6", email="fay@example.com", password="six", city="Linz", country="AT")])
case("headerless.csv",
     "1,ann@example.com,Pa55word!,192.0.2.1,Ann Lee,2011-02-03\n2,bob@example.net,hunter2,192.0.2.2,Bob Ray,2011-02-04\n3,cy@example.org,\"qwerty,123\",192.0.2.3,Cy Ode,2011-02-05\n",
     [dict(email="ann@example.com", password="Pa55word!", ip="192.0.2.1", full_name="Ann Lee", extra=dict(column_1="1", column_6="2011-02-03")),
      dict(email="bob@example.net", password="hunter2", ip="192.0.2.2", full_name="Bob Ray", extra=dict(column_1="2", column_6="2011-02-04")),
      dict(email="cy@example.org", password="qwerty,123", ip="192.0.2.3", full_name="Cy Ode", extra=dict(column_1="3", column_6="2011-02-05"))])
case("spaces-after-commas.csv", 'name, email, password\n"Lee, Ann", "ann@example.com", "p, w"\n"Ray, Bob", "bob@example.net", "p; w"\n',
     [dict(full_name="Lee, Ann", email="ann@example.com", password="p, w"), dict(full_name="Ray, Bob", email="bob@example.net", password="p; w")])
case("hints.csv", "sAMAccountName,NTHash,lm_hash,mail,md5\nann,8846F7EAEE8FB117AD06BDD830B7586C,E52CAC67419A9A224A3B108F3FA6CB6D,ann@example.com,5f4dcc3b5aa765d61d8327deb882cf99\nbob,32ED87BDB5FDC5E9CBA88547376818D4,,bob@example.net,\n",
     [dict(username="ann", email="ann@example.com", hash=["8846F7EAEE8FB117AD06BDD830B7586C", "E52CAC67419A9A224A3B108F3FA6CB6D", "5f4dcc3b5aa765d61d8327deb882cf99"], hash_kind=["ntlm", "lm", "md5"]),
      dict(username="bob", email="bob@example.net", hash="32ED87BDB5FDC5E9CBA88547376818D4", hash_kind="ntlm")])

# Tables are read dozens of rows at once: logins that turn out to be something else stand among rows that are as they seem
logins, expected = [], []
for number in range(200):
    email, salt = f"p{number}@example.com", ["", "", "s4#", "longer"][number % 4]
    login, told = f"user{number}", {}
    if number % 7 == 3:
        login = email.upper() if number % 2 else email
    elif number % 31 == 9:
        login, told = f"CORP\\user{number}", {"extra": {"domain": "CORP"}}
    elif number % 31 == 17:
        email = ""
        login = f"p{number}@example.net"
    digest = f"{number:031x}f" if number % 5 else f"pw{number}"
    logins.append([number, login, email, digest, salt, "" if number % 3 else "Oslo"])
    person = {"user_id": str(number)}
    if login.lower() != email:
        person["email" if not email else "username"] = login.split("\\")[-1]
    if email:
        person["email"] = email
    if number % 5:
        person["hash"], person["hash_kind"] = digest, "vbulletin" if salt == "s4#" else "md5"
    else:
        person["password"] = digest
    person |= {key: value for key, value in [("salt", salt), ("city", "" if number % 3 else "Oslo")] if value}
    expected.append(person | told)
text = io.StringIO()
csv.writer(text).writerows([["id", "username", "email", "password", "salt", "city"], *logins])
case("logins-in-batches.csv", text.getvalue(), expected)
