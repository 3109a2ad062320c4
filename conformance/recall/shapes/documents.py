"""XLSX by openpyxl and XlsxWriter, vCard by vobject and in phones' forms, XML by ElementTree and in documented forms."""
import io, quopri, re
import xml.etree.ElementTree as ElementTree
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

import openpyxl, vobject, xlsxwriter

from people import no_line_ends
from tables import Table, text

# XML 1.0 has no control characters but tab and line ends, and a reader takes a carriage return for a line feed.
UNWRITABLE = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]")


def files(make):
    yield workbook(make, "openpyxl", by_openpyxl, "")
    yield workbook(make, "XlsxWriter, title rows", by_xlsxwriter, "sha1")
    yield workbook(make, "XlsxWriter, constant memory", by_xlsxwriter, "bcrypt", {"constant_memory": True})
    yield sheets(make)
    for version in ("vCard 3.0, vobject", "vCard 2.1, quoted-printable", "vCard 4.0"):
        yield cards(make, version)
    yield elements(make)
    yield attributes(make)
    yield soap(make)
    yield spreadsheet(make)


def written(text):
    return not UNWRITABLE.search(text)


# --- XLSX

def by_openpyxl(path, table, rows, options):
    book = openpyxl.Workbook(write_only=False)
    sheet = book.active
    sheet.append(table.names)
    for row in rows:
        sheet.append(row)
        for cell in sheet[sheet.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    book.save(path)


def by_xlsxwriter(path, table, rows, options):
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False, **options})
    sheet, first = book.add_worksheet("Members"), 0
    forms = {date: book.add_format({"num_format": "dd/mm/yyyy"}), datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})}
    if not options:
        sheet.write(0, 0, "Members of our club")
        sheet.write(1, 0, "made on")
        sheet.write_datetime(1, 1, datetime(2020, 1, 2), forms[date])
        first = 3
    for at, row in enumerate([table.names, *rows], first):
        for column, value in enumerate(row):
            if isinstance(value, (date, datetime)):
                sheet.write_datetime(at, column, value, forms[type(value)])
            elif isinstance(value, int):
                sheet.write_number(at, column, value)
            elif value is not None and value != "":
                sheet.write_string(at, column, value)
    book.close()


def rows_of(make, file, crowd, table, kind):
    """Phones and all-digit passwords are numbers where a spreadsheet would make them some."""
    at = {meaning: index for index, meaning in enumerate(table.columns)}
    for person in make.people(crowd, kind=kind):
        if person.password.isdigit() and not person.password.startswith("0") and len(person.password) < 12:
            person.password = person.password or "7"
        file.expect(person)
        row = table.row(person, notes=False)
        if not kind and person.password.isdigit() and str(int(person.password)) == person.password and len(person.password) < 12:
            row[at["secret"]] = int(person.password)
        if "phone" in at:
            row[at["phone"]] = 12025550000 + person.number
        yield [None if value == "" else value for value in row]


def workbook(make, dialect, write, kind, options={}):
    file, crowd, random = make("xlsx", dialect, "xlsx", allows=written, by=dialect.split(",")[0])
    table = Table(file, random, kind)
    write(file.path, table, list(rows_of(make, file, crowd, table, kind)), options)
    return file


def sheets(make):
    """Two sheets of people with other columns each, and one of none."""
    file, crowd, random = make("xlsx", "several sheets", "xlsx", allows=written, by="openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Prices"
    for at in range(50):
        book.active.append([f"mug {at}", at * 1.5, "blue"])
    half = make.count
    make.count //= 2
    for language in (0, 2):
        table, sheet = Table(file, random, "", language), book.create_sheet(f"Sheet {language}")
        sheet.append(table.names)
        for row in rows_of(make, file, crowd, table, ""):
            sheet.append(row)
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, str):
                    cell.data_type = "s"
    make.count = half
    book.save(file.path)
    return file


# --- vCard

def cards(make, dialect):
    file, crowd, random = make("vcard", dialect, "vcf", by="vobject" if "3.0" in dialect else "documented form")
    out = []
    for person in make.people(crowd):
        file.expect(person, secret="none")
        if "3.0" in dialect:
            out.append(by_vobject(person))
        elif "2.1" in dialect:
            out.append(phone_card(person))
        else:
            out.append(f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{v4(person.first + ' ' + person.last)}\r\nN:{v4(person.last)};{v4(person.first)};;;\r\nitem1.EMAIL;TYPE=work;PREF=1:{person.email}\r\nTEL;VALUE=uri;TYPE=\"voice,home\":tel:{person.phone.replace(' ', '-')}\r\n"
                       f"ADR;LABEL=\"a; b: c\":;;{v4(person.street)};{v4(person.city)};;{person.zip};{person.country}\r\nBDAY:{person.born:%Y%m%d}\r\nURL:https://example.com/~u?e=nobody@\r\nEND:VCARD\r\n")
    return make.write(file, "".join(out))


def v4(text):
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")


def by_vobject(person):
    card = vobject.vCard()
    card.add("n").value = vobject.vcard.Name(family=person.last, given=person.first)
    card.add("fn").value = f"{person.first} {person.last}"
    mail = card.add("email")
    mail.value, mail.type_param = person.email, ["INTERNET", "HOME"]
    card.add("tel").value = person.phone
    card.add("adr").value = vobject.vcard.Address(street=person.street, city=person.city, code=person.zip, country=person.country)
    card.add("bday").value = person.born.isoformat()
    card.add("note").value = "a note; with, marks: and a line\nbreak that is long enough for the writer to fold it somewhere in its middle, or so"
    return card.serialize()


def phone_card(person):
    """As old phones export: quoted-printable with soft line breaks, a photo in base64."""
    code = lambda value: quopri.encodestring(value.encode(), quotetabs=True).decode().replace("\n", "\r\n").replace(";", "=3B")
    photo = "".join(f" {'QUJD' * 18}\r\n" for _ in range(3))
    return (f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{code(person.last)};{code(person.first)};;;\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{code(person.first + ' ' + person.last)}\r\nTEL;CELL:{person.phone}\r\n"
            f"EMAIL;HOME;INTERNET:{person.email}\r\nADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;{code(person.street)};{code(person.city)};;{person.zip};{person.country}\r\nPHOTO;JPEG;ENCODING=BASE64:\r\n{photo}\r\nEND:VCARD\r\n")


# --- XML

def elements(make):
    file, crowd, random = make("xml", "elements, ElementTree", "xml", allows=written, by="ElementTree")
    table, root = Table(file, random, "sha256", 0), ElementTree.Element("export", made="2020-01-02")
    users = ElementTree.SubElement(root, "users")
    for person in make.people(crowd, file.expect, kind="sha256"):
        user = ElementTree.SubElement(users, "user")
        for name, value in zip(table.names, table.row(person)):
            ElementTree.SubElement(user, name).text = text(value)
    if random.random() < 0.5:
        ElementTree.indent(root)
    return make.write(file, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def attributes(make):
    """A row an element, its columns the attributes."""
    file, crowd, random = make("xml", "attributes", "xml", allows=lambda value: written(value) and no_line_ends(value) and "\t" not in value, by="documented form")
    table = Table(file, random, "", 0)
    attribute = lambda name, value: f"{name}={quoteattr(re.sub('[^ -~]', lambda char: ' ' if char[0] < ' ' else char[0], text(value)))}"
    row = lambda person: " ".join(attribute(name, value) for name, value in zip(table.names, table.row(person)) if value is not None)
    rows = [f"  <row {row(person)} />" for person in make.people(crowd, file.expect)]
    return make.write(file, "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<users>\r\n" + "\r\n".join(rows) + "\r\n</users>")


def soap(make):
    """Namespaces, CDATA, xsi:nil, comments, an object within."""
    file, crowd, random = make("xml", "SOAP, namespaces, CDATA", "xml", allows=lambda value: written(value) and "]]>" not in value, by="documented form")
    out = ['<?xml version="1.0"?>\n<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="urn:example:members" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body><m:GetMembersResponse>\n<!-- <m:Member><m:Email>not@example.com</m:Email></m:Member> -->\n']
    for person in make.people(crowd, file.expect):
        out.append(f'<m:Member id="{person.number}"><m:Email>{escape(person.email)}</m:Email><m:Password><![CDATA[{person.password}]]></m:Password><m:Name><m:FirstName>{escape(person.first)}</m:FirstName><m:LastName>{escape(person.last)}</m:LastName></m:Name><m:Phone xsi:nil="true"/><m:City>{escape(person.city)}</m:City></m:Member>\n')
    return make.write(file, "".join(out) + "</m:GetMembersResponse></soap:Body></soap:Envelope>\n")


def spreadsheet(make):
    """Excel 2003's XML: cells may name their index."""
    file, crowd, random = make("xml", "SpreadsheetML 2003", "xml", allows=lambda value: written(value) and "\n" not in value, by="documented form")
    table = Table(file, random, "", 0)
    out = ['<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">\n <Worksheet ss:Name="Sheet1">\n  <Table>\n']
    line = lambda cells: "   <Row>\n" + "".join(cells) + "   </Row>\n"
    out.append(line(f'    <Cell><Data ss:Type="String">{escape(name)}</Data></Cell>\n' for name in table.names))
    for person in make.people(crowd, file.expect):
        cells, gap = [], False
        for at, value in enumerate(table.row(person, notes=False), 1):
            if value is None or value == "":
                gap = True
                continue
            index, kind = f' ss:Index="{at}"' if gap else "", "Number" if isinstance(value, int) else "String"
            cells.append(f'    <Cell{index}><Data ss:Type="{kind}">{escape(text(value))}</Data></Cell>\n')
            gap = False
        out.append(line(cells))
    return make.write(file, "".join(out) + "  </Table>\n </Worksheet>\n</Workbook>\n")
