"""LDIF: what slapcat gives of a directory of OpenLDAP's, and what LDIF writers give."""
import base64, io, shutil, tempfile
from pathlib import Path

from ldif3 import LDIFWriter

# ldif3 asks for a name that Python 3.9 took away.
base64.encodestring = base64.encodebytes

from people import no_line_ends
from workshop import tool

SCHEMES = ["ldap_ssha", "ldap_sha", "", "sha512crypt", "md5crypt"]


def files(make):
    yield slapcat(make)
    yield written(make)
    yield directory(make)


def value(person):
    """userPassword as directories have it, RFC 2307."""
    return "{CRYPT}" + person.hash if "crypt" in person.kind else person.hash or person.password


def told(person):
    """The record's hash is the attribute's value, scheme and all."""
    if person.hash:
        kind = person.kind
        person.hash, person.kind = value(person), kind
    return person


def attributes(person):
    return {"objectClass": ["inetOrgPerson"], "uid": [person.username], "cn": [f"{person.first} {person.last}"], "sn": [person.last], "givenName": [person.first], "mail": [person.email],
            "telephoneNumber": ["+1 202 555 0100"], "l": [person.city], "postalAddress": [f"{person.street} $ {person.city} $ c/o B. $mith"], "userPassword": [value(person)],
            "description": ["a description that is long enough for whatever writes this file to fold it, and has a colon: here"]}


def people(make, dialect, by):
    file, crowd, random = make("ldif", dialect, "ldif", by=by, allows=lambda text: no_line_ends(text) and not text.startswith("{"))
    everybody = []
    for person in make.people(crowd):
        make.hasher.fill(person, random.choice(SCHEMES))
        everybody.append((person, attributes(person)))
        file.expect(told(person), username=True)
    return file, everybody, random


def entries(everybody, base="ou=people,dc=example,dc=com", wrap=76):
    out = io.BytesIO()
    writer = LDIFWriter(out, cols=wrap)
    for person, having in everybody:
        writer.unparse(f"uid={person.username},{base}", having)
    return out.getvalue()


def slapcat(make):
    file, everybody, _ = people(make, "slapcat", "slapcat")
    folder = Path(tempfile.mkdtemp(prefix="recall-l"))
    (folder / "data").mkdir()
    schemas = "\n".join(f"include /etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
    (folder / "conf").write_text(f'{schemas}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nmaxsize 200000000\nsuffix "dc=example,dc=com"\ndirectory {folder}/data\n')
    head = b"dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\ndn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n"
    (folder / "in.ldif").write_bytes(head + entries(everybody))
    tool("/usr/sbin/slapadd", "-q", "-f", folder / "conf", "-l", folder / "in.ldif")
    make.write(file, tool("/usr/sbin/slapcat", "-f", folder / "conf"))
    shutil.rmtree(folder)
    return file


def written(make):
    file, everybody, _ = people(make, "ldif3's writer", "ldif3")
    return make.write(file, b"version: 1\n\n" + entries(everybody, wrap=70))


def directory(make):
    """Active Directory's export, as ldifde writes it: `changetype: add`, CRLF, the login in sAMAccountName."""
    file, crowd, random = make("ldif", "ldifde", "ldif", by="documented form")
    out = []
    for person in make.people(crowd):
        file.expect(person, secret="none", username=True)
        name = f"{person.first} {person.last}"
        line = lambda key, text: f"{key}: {text}" if text.isascii() else f"{key}:: {base64.b64encode(text.encode()).decode()}"
        dn = line("dn", f"CN={name.replace(',', chr(92) + ',')},CN=Users,DC=example,DC=com")
        out += [dn, "changetype: add", "objectClass: top", "objectClass: person", "objectClass: user", line("cn", name), line("sn", person.last), line("givenName", person.first), f"whenCreated: {person.joined:%Y%m%d%H%M%S}.0Z",
                "userAccountControl: 512", f"pwdLastSet: {132223104000000000 + person.number}", f"sAMAccountName: {person.username}", f"userPrincipalName: {person.username}@corp.example.com", f"mail: {person.email}", "objectGUID:: " + base64.b64encode(random.randbytes(16)).decode(), ""]
    return make.write(file, "\r\n".join(out))
