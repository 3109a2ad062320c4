#!/usr/bin/env python3
"""Writes the cases that Python's own libraries make (ElementTree, minidom, plistlib), and those in shapes whose tools do not install.

    python3 make.py        rewrites them in ../cases, each with the records that must come out; the result is checked in
"""
import json, pathlib, plistlib
import xml.etree.ElementTree as ET
from xml.dom.minidom import Document
from xml.sax.saxutils import escape

CASES = pathlib.Path(__file__).parent.parent / "cases"
PEOPLE = [
    dict(user_id="1", username="ann", email="ann@example.com", password="pa<ss>&\"w'ord", full_name="Ann O'Example", phone="+1 202-555-0101", city="New York"),
    dict(user_id="2", username="bob", email="bob@example.net", password="]]>&amp;;", full_name="Bob <b> Example", phone="+44 20 7946 0102", city="London"),
    dict(user_id="3", username="çelik", email="celik@example.org", password="şifre 1|2 ", full_name="Çelik Örnek", phone="+90 312 555 0103", city="Ankara"),
    dict(user_id="4", username="dmitri", email="dmitri@example.com", hash="5f4dcc3b5aa765d61d8327deb882cf99", full_name="Дмитрий Пример", phone="+7 495 555-01-04", city="Москва"),
    dict(user_id="5", username="eve", email="eve@example.com", hash="$2b$12$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a", full_name="Eve", phone="", city=""),
    dict(user_id="6", username="李", email="li@example.net", password="密码 & 口令", full_name="李 例子", phone="+86 10 5555 0106", city="北京"),
]
KINDS = {32: "md5", 60: "bcrypt"}


def record(person, keep=None, **extra):
    out = {key: value for key, value in person.items() if value and (keep is None or key in keep)}
    if "hash" in out:
        out["hash_kind"] = KINDS[len(out["hash"])]
    if extra:
        out["extra"] = extra
    return out


def case(name, text, records):
    (CASES / (name + ".xml")).write_bytes(text if isinstance(text, bytes) else text.encode())
    (CASES / (name + ".jsonl")).write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in records), encoding="utf-8")


def secret(person):
    return person.get("password") or person.get("hash")


def tree(root):
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


# Elements within elements, with decoys before and behind
root = ET.Element("export")
ET.SubElement(root, "generated", by="tool").text = "2020-01-02"
users = ET.SubElement(root, "users")
for person in PEOPLE:
    user = ET.SubElement(users, "user", id=person["user_id"])
    ET.SubElement(user, "login").text = person["username"]
    profile = ET.SubElement(user, "profile")
    ET.SubElement(profile, "name").text = person["full_name"]
    ET.SubElement(ET.SubElement(profile, "phone"), "number").text = person["phone"]
    ET.SubElement(ET.SubElement(profile, "address"), "city").text = person["city"]
    ET.SubElement(ET.SubElement(profile, "company"), "name").text = "Example & Sons"
    emails = ET.SubElement(user, "emails")
    for address in (person["email"], "second." + person["email"]):
        email = ET.SubElement(emails, "email", verified="true")
        ET.SubElement(email, "address").text = address
    ET.SubElement(user, "password").text = secret(person)
    ET.SubElement(user, "password_reset_token").text = "0123456789abcdef"
products = ET.SubElement(root, "products")
for at in range(3):
    product = ET.SubElement(products, "product", id=str(at))
    ET.SubElement(product, "name").text = "Lamp"
    ET.SubElement(product, "price").text = "12.50"
def nested(person):
    out = record(person, password_reset_token="0123456789abcdef", verified=["true", "true"])
    out["email"] = [person["email"], "second." + person["email"]]
    out["employer"] = "Example & Sons"
    return out
case("elementtree", tree(root), [nested(person) for person in PEOPLE])

# Attributes as columns, as Stack Exchange and SQL Server write rows
root = ET.Element("users")
for person in PEOPLE:
    ET.SubElement(root, "row", UserId=person["user_id"], DisplayName=person["username"], Email=person["email"], Password=secret(person), Location=person["city"], Reputation="1")
case("attributes", tree(root), [record(person, ("user_id", "username", "email", "password", "hash"), Reputation="1", **({"Location": person["city"]} if person["city"] else {})) for person in PEOPLE])
case("fragment", "".join(ET.tostring(row, encoding="unicode") + "\n" for row in root), [record(person, ("user_id", "username", "email", "password", "hash"), Reputation="1", **({"Location": person["city"]} if person["city"] else {})) for person in PEOPLE])

# Namespaces and CDATA: a SOAP answer, by minidom
document = Document()
envelope = document.createElementNS("http://schemas.xmlsoap.org/soap/envelope/", "soap:Envelope")
envelope.setAttribute("xmlns:soap", "http://schemas.xmlsoap.org/soap/envelope/")
envelope.setAttribute("xmlns:ns2", "http://example.com/people")
envelope.setAttribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
document.appendChild(envelope)
answer = document.createElement("ns2:getUsersResponse")
body = document.createElement("soap:Body")
body.appendChild(answer)
envelope.appendChild(body)
for person in PEOPLE:
    user = document.createElement("ns2:return")
    for key, value in (("userId", person["user_id"]), ("userName", person["username"]), ("emailAddress", person["email"]), ("pwd", secret(person)), ("fullName", person["full_name"]), ("mobile", person["phone"])):
        element = document.createElement("ns2:" + key)
        if not value:
            element.setAttribute("xsi:nil", "true")
        elif key == "pwd" and "]]>" not in value:
            element.appendChild(document.createCDATASection(value))
        else:
            element.appendChild(document.createTextNode(value))
        user.appendChild(element)
    user.appendChild(document.createComment(" <ns2:return> "))
    answer.appendChild(user)
case("soap", document.toxml(encoding="utf-8"), [record(person, ("user_id", "username", "email", "password", "hash", "full_name", "phone")) for person in PEOPLE])

# A property list
case("plist", plistlib.dumps([{"email": person["email"], "password": secret(person), "username": person["username"], "age": 30} for person in PEOPLE], sort_keys=False),
     [record(person, ("email", "password", "hash", "username"), age="30") for person in PEOPLE])

# phpMyAdmin's, whose rows are called tables
columns = ("user_id", "username", "email", "password", "phone")
text = """<?xml version="1.0" encoding="utf-8"?>
<!--
- phpMyAdmin XML Dump
- version 5.2.1
-->
<pma_xml_export version="1.0" xmlns:pma="https://www.phpmyadmin.net/some_doc_url/">
    <!--
    - Structure schemas
    -->
    <pma:structure_schemas>
        <pma:database name="shop" collation="utf8mb4_general_ci" charset="utf8mb4">
            <pma:table name="users">
                CREATE TABLE `users` (`user_id` int(11) NOT NULL, `email` varchar(99) DEFAULT NULL);
            </pma:table>
        </pma:database>
    </pma:structure_schemas>
    <!--
    - Database: 'shop'
    -->
    <database name="shop">
        <!-- Table orders -->
        <table name="orders">
            <column name="id">1</column>
            <column name="total">12.50</column>
        </table>
        <table name="orders">
            <column name="id">2</column>
            <column name="total">99.00</column>
        </table>
        <!-- Table users -->
"""
for person in PEOPLE:
    values = dict(person, password=secret(person))
    text += '        <table name="users">\n' + "".join(f'            <column name="{key}">{escape(values[key]) or "NULL"}</column>\n' for key in columns) + "        </table>\n"
text += "    </database>\n</pma_xml_export>"
def with_null(person):
    return dict(record(person, ("user_id", "username", "email", "password", "hash")), phone=person["phone"] or "NULL")
case("phpmyadmin", text, [with_null(person) for person in PEOPLE])

# One person alone
case("single", tree(ET.fromstring("<response><status>ok</status><user><userName>ann</userName><email>ann@example.com</email><pwd>secret1</pwd><address><street>Sample Street 1</street><city>Berlin</city></address></user></response>")),
     [dict(username="ann", email="ann@example.com", password="secret1", address="Sample Street 1", city="Berlin")])

# A password manager's pairs, and settings of the same shape
entry = lambda person: "<Entry>" + "".join(f"<String><Key>{key}</Key><Value>{escape(value)}</Value></String>" for key, value in (("Title", "x"), ("UserName", person["username"]), ("Password", person["password"]), ("URL", "https://example.com/"))) + "</Entry>\n"
case("pairs", "<KeePassFile><Root><Group>\n" + "".join(map(entry, PEOPLE[:3])) + "</Group></Root></KeePassFile>\n", [record(person, ("username", "password"), Title="x") | {"url": "https://example.com/"} for person in PEOPLE[:3]])

# Broken records amid good ones
good = lambda person: f"  <user>\n    <email>{person['email']}</email>\n    <password>{escape(secret(person))}</password>\n  </user>\n"
reject = lambda reason: {"reject": reason}
short = [record(person, ("email", "password", "hash")) for person in PEOPLE]
text = "<?xml version='1.0'?>\n<users>\n" + good(PEOPLE[0])
text += "  <user>\n    <email>broken1@example.com</email>\n    <pass\n" + good(PEOPLE[1])
text += "  <user>\n    <email>broken2@example.com</password>\n  </user>\n" + good(PEOPLE[2])
text += "  <us>er>\n    <email>broken3@example.com</email>\n  </user>\n" + good(PEOPLE[3])
text += "  \x01\x02 user>broken4@example.com</email></user>\n" + good(PEOPLE[4])
text += "  <user email=\"x>\n    <password>y</password>\n  </user>\n" + good(PEOPLE[5])
text += "  <user>\n    <email>broken6@example.com</email>\n    <note><![CDATA[x & y <brok\n" + "  <user>\n    <email>ann@example.com</email>\n    <password><![CDATA[pa<ss>&\"w'ord]]></password>\n  </user>\n"
text += "  <!-- <user>nobody</user> -->\n  <user>\n    <email>broken5@example.com</email>\n</users>\n<users>\n" + good(PEOPLE[0]) + "  <user>\n    <email>cut.off@exam"
case("broken", text, [short[0], reject("broken-tag"), short[1], reject("tags-do-not-match"), short[2], reject("tags-do-not-match"), short[3], reject("text-between-records"),
                      short[4], reject("broken-tag"), short[5], reject("broken-tag"), short[0], reject("record-not-closed"), short[0], reject("record-not-closed")])
