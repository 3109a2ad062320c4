#!/usr/bin/env python3
"""Writes the cases: cards by vobject (`pip install vobject`), and by hand what phones and old programs write.

    python3 make.py        rewrites them in ../cases, each with the records that must come out; the result is checked in
"""
import base64, json, pathlib, quopri
import vobject

CASES = pathlib.Path(__file__).parent.parent / "cases"
PEOPLE = [
    dict(email=["ann@example.com", "ann.second@example.org"], full_name="Ann O'Example", first_name="Ann", last_name="O'Example", phone=["+1 202-555-0101", "(202) 555-0109"],
         address="Sample Street 1, Apt; 2", city="New York", region="NY", postal_code="10001", country="USA", employer="Example, Sons & Co", job_title="Head of Examples", dob="1969-12-31"),
    dict(email="bob@example.net", full_name="Bob Example", first_name="Bob", last_name="Example", phone="+44 20 7946 0102"),
    dict(email="celik@example.org", full_name="Çelik Örnek", first_name="Çelik", last_name="Örnek", url="https://celik.example.org/"),
    dict(email="dmitri@example.com", full_name="Дмитрий Сергеевич Пример-Длинная-Фамилия", first_name="Дмитрий", last_name="Пример-Длинная-Фамилия", phone="+7 495 555-01-04"),
    dict(phone="+86 10 5555 0106", full_name="李 例子", first_name="例子", last_name="李"),
]
PHOTO = bytes(range(256)) * 3


def case(name, text, records):
    (CASES / (name + ".vcf")).write_bytes(text if isinstance(text, bytes) else text.encode())
    (CASES / (name + ".jsonl")).write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in records), encoding="utf-8")


def many(value):
    return value if isinstance(value, list) else [value] if value else []


# vobject, version 3.0: folded at 75 bytes, within letters too
text, records = "", []
for at, person in enumerate(PEOPLE):
    card = vobject.vCard()
    card.add("n").value = vobject.vcard.Name(family=person["last_name"], given=person["first_name"])
    card.add("fn").value = person["full_name"]
    for address in many(person.get("email")):
        card.add("email").value = address
        card.email_list[-1].type_param = ["INTERNET", "HOME"]
    for number in many(person.get("phone")):
        card.add("tel").value = number
        card.tel_list[-1].type_param = "CELL"
    if "city" in person:
        card.add("adr").value = vobject.vcard.Address(street=person["address"], city=person["city"], region=person["region"], code=person["postal_code"], country=person["country"])
        card.add("org").value = [person["employer"]]
        card.add("title").value = person["job_title"]
        card.add("bday").value = person["dob"]
        photo = card.add("photo")
        photo.value, photo.encoding_param, photo.type_param = PHOTO, "b", "JPEG"
    if "url" in person:
        card.add("url").value = person["url"]
    note = "A note, that is long; longer than a line may be, with ünicode and\nlines of its own. EMAIL:nobody@example.com is none of its addresses."
    card.add("note").value = note
    text += card.serialize()
    records.append(dict(person, extra=dict(NOTE=note)))
case("vobject", text, records)

# Version 2.1, as old phones and Outlook write it: quoted-printable with soft breaks, bare parameters, pictures
def quoted(value):
    return quopri.encodestring(value.encode(), quotetabs=False).decode().replace("\n", "\r\n")

def old(person, end="\r\n"):
    lines = ["BEGIN:VCARD", "VERSION:2.1",
             f"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted(person['last_name'])};{quoted(person['first_name'])};;;",
             f"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted(person['full_name'])}"]
    lines += [f"TEL;CELL;VOICE:{number}" for number in many(person.get("phone"))]
    lines += [f"EMAIL;PREF;INTERNET:{address}" for address in many(person.get("email"))]
    if "city" in person:
        lines += [f"ADR;HOME;ENCODING=QUOTED-PRINTABLE:;;{person['address'].replace(';', chr(92) + ';')};{person['city']};{person['region']};{person['postal_code']};{person['country']}",
                  f"ORG:{person['employer']};Department of Lamps", f"TITLE:{person['job_title']}", f"BDAY:{person['dob'].replace('-', '')}"]
        photo = base64.b64encode(PHOTO).decode()
        lines += ["PHOTO;ENCODING=BASE64;JPEG:" + photo[:60]] + [" " + photo[at:at + 74] for at in range(60, len(photo), 74)] + [""]
    lines += ["REV:20200102T030405Z", "END:VCARD", ""]
    return end.join(lines)
def of_old(person):
    out = {key: value for key, value in person.items() if key != "url"}
    return dict(out, dob=person["dob"].replace("-", ""), extra={"department": "Department of Lamps"}) if "city" in person else out
case("outlook-2.1", "".join(map(old, PEOPLE)), [of_old(person) for person in PEOPLE])

latin = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=FCrgen\r\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=windows-1251:=CF=F0=E8=EC=E5=F0\r\nEMAIL:juergen@example.com\r\nNOTE;ENCODING=QUOTED-PRINTABLE:=\r\nA line=0D=0A=\r\nEMAIL:nobody@example.com=\r\n\r\nEND:VCARD\r\n"
case("charsets", latin, [dict(last_name="Müller", first_name="Jürgen", full_name="Пример", email="juergen@example.com", extra={"NOTE": "A line\r\nEMAIL:nobody@example.com"})])

# Version 4.0 and Apple's groups
new = """BEGIN:VCARD
VERSION:4.0
PRODID:-//Example//EN
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1
N:Example;Eve;Maria,Anna;Dr.;
FN:Eve Example
GENDER:F;female
item1.EMAIL;TYPE=INTERNET;type=pref:eve@example.com
item1.X-ABLabel:_$!<Home>!$_
EMAIL;TYPE="work,home";PREF=1;X-NOTE="a:b;c":eve.work@example.org
TEL;VALUE=uri;TYPE="voice,cell":tel:+49-170-555-0105;ext=12
ADR;TYPE=home;LABEL="Sample Street 5\\n10115 Berlin":;;Sample Street 5;Berlin;;10115;Germany
ADR;TYPE=work:PO Box 7;;;Hamburg;;20095;Germany
BDAY:--0304
URL:https\\://eve.example.com
X-SKYPE:eve.skype
X-PASSWORD:hunter2!
IMPP:xmpp:eve@example.com
NOTE:no blank\\, no
 thing\\; back\\\\slash
PHOTO:data:image/jpeg;base64,AAAA
 BBBB
END:VCARD

BEGIN:VCARD
VERSION:4.0
FN:Example Company
END:VCARD
begin:vcard
version:4.0
fn:gus
email:MAILTO:gus@example.net
bday:1985-03-04T00:00:00Z
end:vcard
"""
case("apple-4.0", new, [
    dict(last_name="Example", first_name="Eve", full_name="Eve Example", gender="F", email=["eve@example.com", "eve.work@example.org"], phone="+49-170-555-0105",
         address=["Sample Street 5", "PO Box 7"], city="Berlin", postal_code="10115", country="Germany", url="https://eve.example.com", password="hunter2!",
         extra={"UID": "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1", "middle_name": "Maria,Anna", "city": "Hamburg", "postal_code": "20095", "country": "Germany", "BDAY": "--0304",
                "X-SKYPE": "eve.skype", "IMPP": "xmpp:eve@example.com", "NOTE": "no blank, nothing; back\\slash"}),
    dict(full_name="gus", email="gus@example.net", dob="1985-03-04T00:00:00Z")])

# Broken cards amid good ones
good = lambda name: f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nEMAIL:{name}@example.com\nEND:VCARD\n"
of = lambda name: dict(full_name=name, email=name + "@example.com")
reject = lambda reason: {"reject": reason}
case("broken", good("ann") + "BEGIN:VCARD\nVERSION:3.0\nFN:torn\nEMAIL:torn@example.com\n\n" + good("bob") + "FN:stray\nEMAIL:stray@example.com\nEND:VCARD\n" + good("cem")
     + "BEGIN:VCARD\nVERSION:2.1\nFN:agent's\nAGENT:\nBEGIN:VCARD\nFN:agent\nEMAIL:agent@example.com\nEND:VCARD\nEMAIL:dora@example.com\nno property\nEND:VCARD\n"
     + "BEGIN:VCARD\nFN:cut\nEMAIL:cut@exam",
     [of("ann"), reject("card-not-closed"), of("bob"), reject("no-card"), of("cem"), dict(full_name="agent's", email="dora@example.com"), reject("card-not-closed")])
