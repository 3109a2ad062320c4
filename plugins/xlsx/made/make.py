#!/usr/bin/env python3
"""Writes the cases: workbooks by openpyxl and XlsxWriter (`pip install openpyxl xlsxwriter`), unpacked, for the host unpacks archives; and the XML of 2003 by hand.

    python3 make.py        rewrites them in ../cases, each with the records that must come out; the result is checked in
"""
import datetime, io, json, pathlib, shutil, zipfile
from xml.sax.saxutils import escape
import openpyxl, xlsxwriter

CASES = pathlib.Path(__file__).parent.parent / "cases"
DAY = datetime.date
PEOPLE = [
    dict(user_id="1", username="ann", email="ann@example.com", password="pa<ss>&\"w'ord", full_name="Ann O'Example", phone="12025550101", dob=DAY(1969, 12, 31), city="New York"),
    dict(user_id="2", username="bob", email="bob@example.net", password="  blanks ", full_name="Bob Example", phone="442079460102", dob=DAY(1985, 3, 4), city=""),
    dict(user_id="3", username="çelik", email="celik@example.org", password="20200102", full_name="Çelik Örnek", phone="903125550103", dob=DAY(2000, 2, 29), city="Ankara"),
    dict(user_id="4", username="dmitri", email="dmitri@example.com", hash="5f4dcc3b5aa765d61d8327deb882cf99", full_name="Дмитрий Пример", phone="74955550104", dob=DAY(1904, 1, 2), city="Москва"),
    dict(user_id="5", username="李", email="li@example.net", hash="$2b$12$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a", full_name="李 例子", phone="861055550106", dob=None, city="北京"),
]
KEPT = ("xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml")
SEEN = datetime.datetime(2020, 1, 2, 3, 4, 5)


def record(person, keep=None, **more):
    out = {key: str(value) for key, value in person.items() if value and (keep is None or key in keep)}
    if "hash" in out:
        out["hash_kind"] = {32: "md5", 60: "bcrypt"}[len(out["hash"])]
    return dict(out, **more)


def expect(name, records):
    (CASES / (name + ".jsonl")).write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in records), encoding="utf-8")


def case(name, data, records):
    """A workbook's parts that are read, in a folder."""
    shutil.rmtree(CASES / name, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.namelist():
            if part in KEPT or part.startswith("xl/worksheets/sheet"):
                path = CASES / name / part
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(part))
    expect(name, records)


def secret(person):
    return person.get("password") or person.get("hash")


# openpyxl: titles above the header, numbers for phones and a password, days by style, three sheets of which two have people
book = openpyxl.Workbook()
sheet = book.active
sheet.append(["Customers of Example & Sons"])
sheet.append(["exported", SEEN])
sheet.append([])
sheet.append(["ID", "Login", "E-Mail", "Password", "Name", "Phone", "Birthday", "City", "Last login"])
for person in PEOPLE:
    password = int(secret(person)) if secret(person).isdigit() else secret(person)
    sheet.append([int(person["user_id"]), person["username"], person["email"], password, person["full_name"], int(person["phone"]), person["dob"], person["city"] or None, SEEN])
sheet.append([])
sheet.append(["Total", "=COUNTA(C5:C9)"])
prices = book.create_sheet("prices")
prices.append(["Article", "Price"])
prices.append(["Lamp", 12.5])
other = book.create_sheet("other people")
other.append(["mail", "pwd"])
for person in PEOPLE:
    other.append([person["email"], secret(person)])
other["F9"] = "far away"
saved = io.BytesIO()
book.save(saved)
case("openpyxl", saved.getvalue(), [record(person, last_login_at="2020-01-02 03:04:05") for person in PEOPLE] + [record(person, ("email", "password", "hash")) for person in PEOPLE])

# XlsxWriter: days since 1904, rich texts, formulas with what they came to, errors, truth, zeros before a number, empty cells
def written(options, fill):
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved, {"in_memory": True, **options}) as book:
        fill(book)
    return saved.getvalue()

def rich(book):
    sheet = book.add_worksheet()
    day, zeros, bold = book.add_format({"num_format": 'dd/mm/yyyy;@'}), book.add_format({"num_format": "00000"}), book.add_format({"bold": True})
    moment, words = book.add_format({"num_format": '[$-409]d\\-mmm\\-yy h:mm AM/PM'}), book.add_format({"num_format": '0 "days"'})
    sheet.write_row(0, 0, ["email", "password", "name", "zip", "birthday", "active", "phone", "registered", "age", "note"])
    for at, person in enumerate(PEOPLE, 1):
        sheet.write_formula(at, 0, f'=CONCATENATE("{person["username"]}","@",1)', None, person["email"])
        sheet.write_string(at, 1, secret(person))
        name = person["full_name"]
        sheet.write_rich_string(at, 2, bold, name[:2], name[2:])
        sheet.write_number(at, 3, 700 + at, zeros)
        if person["dob"]:
            sheet.write_datetime(at, 4, datetime.datetime.combine(person["dob"], datetime.time()), day)
        else:
            sheet.write_formula(at, 4, "=NA()", day, "#N/A")
        sheet.write_boolean(at, 5, True)
        sheet.write_number(at, 6, float(person["phone"]))
        sheet.write_datetime(at, 7, SEEN, moment)
        sheet.write_number(at, 8, 30.5, words)
        sheet.write_string(at, 9, "two\r\nlines_x000D_\x01" if at == 2 else "")
def of_rich(at, person):
    extra = {"active": "TRUE", "age": "30.5"}
    if at == 2:
        extra["note"] = "two\r\nlines_x000D_\x01"
    return record(person, ("email", "password", "hash", "full_name", "dob", "phone"), postal_code=f"00{700 + at}", created_at="2020-01-02 03:04:05", extra=extra)
case("xlsxwriter-1904", written({"date_1904": True}, rich), [of_rich(at, person) for at, person in enumerate(PEOPLE, 1)])

# Texts in their cells, no header, no texts shared
def inline(book):
    sheet = book.add_worksheet()
    for at, person in enumerate(PEOPLE):
        sheet.write_row(at + 2, 1, [person["email"], "s3cret-" + person["user_id"], person["full_name"]])
case("xlsxwriter-inline", written({"constant_memory": True}, inline), [record(person, ("email", "full_name"), password="s3cret-" + person["user_id"]) for person in PEOPLE])

# The XML of 2003
def cell(value, kind="String", index=None):
    place = f' ss:Index="{index}"' if index else ""
    return f'    <Cell{place} ss:StyleID="s1"><Data ss:Type="{kind}">{escape(value)}</Data></Cell>\n'

text = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">
 <Styles><Style ss:ID="s1"/></Styles>
 <Worksheet ss:Name="People">
  <Table ss:ExpandedColumnCount="6">
   <Column ss:Width="99"/>
   <Row><Cell ss:MergeAcross="5"><Data ss:Type="String">All people</Data></Cell></Row>
   <Row ss:Index="3">
"""
text += "".join(map(cell, ("email", "login", "password", "name", "phone", "birthday"))) + "   </Row>\n"
for person in PEOPLE:
    text += "   <Row>\n" + cell(person["email"])
    if person["user_id"] == "2":
        text += cell(secret(person), index=3) + '    <Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>Bob</B><Font> Example</Font></ss:Data></Cell>\n'
    else:
        text += cell(person["username"]) + cell(secret(person)) + cell(person["full_name"])
    text += cell(f"{int(person['phone']):.11E}", "Number")
    text += cell(f"{person['dob']}T00:00:00.000", "DateTime") if person["dob"] else '    <Cell ss:Formula="=NA()"><Data ss:Type="Error">#N/A</Data></Cell>\n'
    text += "   </Row>\n"
text += "   <Row>\n    <Cell><Data ss:Type=\"String\">torn@example.com</Data>\n"
text += "   <Row>\n" + cell("last@example.com") + cell("last") + cell("x") + "   </Row>\n  </Table>\n </Worksheet>\n</Workbook>\n"
(CASES / "excel-2003.xml").write_text(text)
keys = ("email", "username", "password", "hash", "full_name", "phone", "dob")
expect("excel-2003", [record(person, [key for key in keys if (key, person["user_id"]) != ("username", "2")]) for person in PEOPLE]
       + [{"reject": "row-not-closed"}, {"email": "last@example.com", "username": "last", "password": "x"}])
