"""Stealer logs: a tree a machine, its passwords in blocks of five dialects; as single files, and as whole archives with what else is in them."""
import subprocess, zipfile

import pyzipper

from people import printable
from shapes.lines import url
from workshop import tool

BLOCKS = {
    "URL/Username/Password/Application": ("URL: {u}\nUsername: {l}\nPassword: {p}\nApplication: {a}\n===============\n", ""),
    "SOFT/URL/USER/PASS": ("SOFT: {a}\nURL: {u}\nUSER: {l}\nPASS: {p}\n\n", ""),
    "Soft/Host/Login/Password": ("Soft: {a}\nHost: {u}\nLogin: {l}\nPassword: {p}\n\n", ""),
    "browser/profile/url/login/password": ("browser: {a}\nprofile: Default\nurl: {u}\nlogin: {l}\npassword: {p}\n\n", ""),
    "URL/USR/PASS": ("URL: {u}\nUSR: {l}\nPASS: {p}\n\n", ""),
}
BANNER = "*" * 60 + "\n*   _____  _   ___   logs of nobody: synthetic   *\n*  | __\\ \\/ / | _ \\                              *\n" + "*" * 60 + "\n\n"
BROWSERS = ["Google_[Chrome]_Default", "Mozilla Firefox (abc.default)", "Microsoft_[Edge]_Profile 1", "Opera"]


def files(make):
    for dialect in BLOCKS:
        yield single(make, dialect)
    yield mixed(make)
    yield tree(make, "tree, zip", "zip", "deflated")
    yield tree(make, "tree, AES zip", "zip", "aes")
    yield tree(make, "tree, 7z", "7z", "7z")


def allowed(text):
    return printable(text)


def block(random, dialect, person, file):
    """A block, and its record: some have no login, some no password."""
    site, draw = url(random, bare=False), random.random()
    login = person.email if draw < 0.6 else person.username
    expected = file.expect(person, email=draw < 0.6, username=draw >= 0.6, url=site)
    if 0.6 <= draw < 0.63:
        login, expected.usernames, expected.emails = "", (), ()
    elif draw > 0.97:
        expected.secrets, person.password = (), ""
    return BLOCKS[dialect][0].format(u=site, l=login, p=person.password, a=random.choice(BROWSERS))


def passwords(make, random, crowd, file, dialects, count):
    out = [BANNER] if random.random() < 0.5 else []
    for person in make.people(crowd, count=count):
        out.append(block(random, random.choice(dialects), person, file))
    text = "".join(out)
    return ("\ufeff" + text.replace("\n", "\r\n") if random.random() < 0.5 else text).encode()


def single(make, dialect):
    file, crowd, random = make("stealer", dialect, "txt", allows=allowed)
    return make.write(file, passwords(make, random, crowd, file, [dialect], make.count))


def mixed(make):
    file, crowd, random = make("stealer", "dialects in turn", "txt", allows=allowed)
    parts = [passwords(make, random, crowd, file, [dialect], make.count // 5).removeprefix(b"\xef\xbb\xbf") for dialect in BLOCKS]
    return make.write(file, b"".join(parts))


def machine(make, random, crowd, file, number):
    """A machine's folder: only its passwords are anybody's account."""
    dialect = random.choice(list(BLOCKS))
    country = random.choice(["US", "DE", "BR"])
    folder = f"{country}[{random.getrandbits(64):016X}] [2021-0{number % 9 + 1}-01T0{number % 10}_00_00.0000000]"
    cookies = "".join(f".example.com\tTRUE\t/\tFALSE\t{1700000000 + at}\tsession{at}\t{random.getrandbits(64):x}\n" for at in range(30))
    autofills = "".join(f"Name: {name}\nValue: {value}\n===============\n" for name, value in (("search", "cheap mugs"), ("q", "weather: tomorrow"), ("amount", "12")))
    system = f"Build ID: example\nIP: 192.0.2.{number % 250 + 1}\nFileLocation: C:\\Users\\pc{number}\\file.exe\nUserName: pc{number}\nCountry: {country}\nZip Code: 12345\nHWID: {random.getrandbits(64):016X}\nCurrent Language: English\nScreenSize: {{Width=1920, Height=1080}}\nTimeZone: (UTC)\nOperation System: Windows 10 x64\n"
    software = "".join(f"{at}) Program {at} [1.{at}]\n" for at in range(1, 30))
    return {
        f"{folder}/Passwords.txt": passwords(make, random, crowd, file, [dialect], make.count // 20),
        f"{folder}/Cookies/Google_[Chrome]_Default Network.txt": cookies.encode(),
        f"{folder}/Autofills/Google_[Chrome]_Default.txt": autofills.encode(),
        f"{folder}/UserInformation.txt": (BANNER + system).encode(),
        f"{folder}/InstalledSoftware.txt": software.encode(),
        f"{folder}/ProcessList.txt": "".join(f"ID: {at}, Name: proc{at}.exe, CommandLine: \n===============\n" for at in range(30)).encode(),
        f"{folder}/DomainDetects.txt": b"PDD: \n\nCDD: [BANK] example.com (BANK-12)\n",
        f"{folder}/Screenshot.jpg": b"\xff\xd8\xff\xe0" + random.randbytes(900),
    }


def tree(make, dialect, extension, how):
    file, crowd, random = make("stealer", dialect, extension, allows=allowed, by={"7z": "7z", "aes": "pyzipper", "deflated": "python zipfile"}[how])
    members = {}
    for number in range(20):
        members |= machine(make, random, crowd, file, number)
    if how == "7z":
        folder = file.path.parent / "tree"
        tool("rm", "-rf", folder, file.path)
        for name, content in members.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        tool("7za", "a", "-bd", file.path, ".", cwd=folder)
        tool("rm", "-rf", folder)
        return file
    if how == "aes":
        file.passwords = ("https://t.example.net/logs",)
        with pyzipper.AESZipFile(file.path, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(file.passwords[0].encode())
            for name, content in members.items():
                archive.writestr(name, content)
        return file
    with zipfile.ZipFile(file.path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file
