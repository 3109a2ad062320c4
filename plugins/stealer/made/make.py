#!/usr/bin/env python3
"""Makes synthetic logs of information stealers, and what is to be found in them.

    make.py cases ../cases          the cases beside this plugin, always the same
    make.py trees FOLDER SEED [N]   N machines' folders a family, expectations beside them (FOLDER/expected.jsonl),
                                    and each family as a zip, a zip with an AES password and a 7z, where pyzipper and py7zr are there

No stealer is at hand to write these, and none is wanted: the shapes follow public descriptions of what they write. Nobody in them lives.
"""
import json
import random
import sys
from pathlib import Path

ARCHIVE_PASSWORD = "synthetic"
NAMES = ["ann", "ben", "chloé", "dario", "eva", "фёдор", "glen", "海", "ida", "jörg", "kim", "lou"]
WORDS = ["river", "copper", "lantern", "maple", "orbit", "pebble", "quartz", "saddle", "timber", "velvet"]
HOSTS = ["example.com", "shop.example.net", "login.example.org", "www.example.com", "mail.example.net", "bücher.example.org"]
BROWSERS = ["Chrome", "Edge", "Firefox", "Opera GX", "Brave"]
RULES = ["=" * 15, "-" * 40, "*" * 30, "━" * 40, "=-" * 12]
ART = [
    "  ____  _   _  ____  ",
    " / ___|| | | |/ ___| ",
    " \\___ \\| |_| | |     ",
    "  ___) |  _  | |___  ",
    " |____/|_| |_|\\____| ",
    "",
    "*  Telegram: https://t.me/example_channel  *",
    "   Buy logs: @example_shop | Support: @example_support",
]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def word(self):
        return self.random.choice(WORDS) + str(self.random.randrange(1000))

    def email(self):
        plain = [name for name in NAMES if name.isascii()]
        return f"{self.random.choice(plain)}.{self.word()}@{self.random.choice(['example.com', 'example.net', 'mail.example.org'])}"

    def ip(self):
        return f"{self.random.choice(['192.0.2', '198.51.100', '203.0.113'])}.{self.random.randrange(1, 255)}"

    def url(self):
        host = self.random.choice(HOSTS)
        return self.random.choice([
            f"https://{host}/", f"https://{host}/login?next=https://{host}/a:b", f"http://{host}:8080/admin", host, f"{host}/signin",
            f"android://{'Zm9v' * 10}==@com.example.{self.random.choice(WORDS)}/", f"http://{self.ip()}:9000/", f"{self.ip()}",
            f"https://{host}/ü?q=[x]&y={{z}}", "http://localhost:3000/", "ftp://" + host, "chrome-extension://abcdefgh/popup.html",
        ])

    def login(self):
        kind = self.random.randrange(12)
        if kind < 6:
            return self.email()
        return [self.word(), "+49 30 " + str(self.random.randrange(10**6, 10**7)), f"EXAMPLE\\{self.word()}", "",
                f"{self.random.choice(NAMES)}[{self.word()}]:x", "UNKNOWN"][kind - 6]

    def password(self):
        word = self.word()
        return self.random.choice([
            word, word.title() + "!", f"{word}:{word}", f"[{word}]", f"a b {word}", f"=={word}==", f"пароль{word}", f"密码{word}", f"{word};|,",
            f"Password: {word}", f"URL:{word}", f"\"{word}\"", f"'{word}", f"\\{word}\\n", f"$HEX[{word}]", f"http://{word}", f" {word}",
            f"{word} ", "5f4dcc3b5aa765d61d8327deb882cf99x", "", "UNKNOWN", f"#{word}", f"@{word}", f"<{word}>&amp;", f"{word}\t{word}",
            f"{word}@example.com", word * 12, "-", f"--{word}", f"{word}: {word}",
        ])

    def people(self, count, may_be_lines=True):
        """Logins as (soft, profile, url, login, password)."""
        for _ in range(count):
            password = self.password()
            if may_be_lines and self.random.randrange(25) == 0:
                password = f"{self.word()}\n{self.word()} {self.word()}"
            profile = self.random.choice(["Default", "Profile 1", "Профиль 2"])
            yield self.random.choice(BROWSERS), profile, self.url(), self.login(), password


def expected(soft, profile, url, login, password):
    """What `sluice parse` is to tell of a login; nothing of one without who and with what."""
    record, extra = {"url": url}, {}
    something = lambda value: value not in ("", "UNKNOWN")
    password = password.rstrip() if not password.strip() else password
    if not something(login) and not something(password):
        return None
    if "@" in login:
        record["email"] = login
    elif something(login):
        domain, _, user = login.rpartition("\\")
        record["username"] = user
        if domain:
            extra["domain"] = domain
    if something(password):
        record["password"] = password
    if soft:
        extra["application"] = soft
    if profile:
        extra["profile"] = profile
    if extra:
        record["extra"] = extra
    return record


# A family: its lines, what stands between blocks, line end, whether it begins with a byte order mark and a banner.
FAMILIES = {
    "redline": ("URL: {url}\nUsername: {login}\nPassword: {password}\nApplication: {soft}\n", RULES[0] + "\n", "\r\n", True, True),
    "meta": ("URL: {url}\nUsername: {login}\nPassword: {password}\nApplication: {soft}\n", "\n", "\n", False, True),
    "lumma": ("SOFT: {soft}\nURL: {url}\nUSER: {login}\nPASS: {password}\n", "\n", "\r\n", False, False),
    "lumma_dense": ("SOFT: {soft}\nURL: {url}\nUSER: {login}\nPASS: {password}\n", "", "\n", False, True),
    "vidar": ("Soft: {soft}\nHost: {url}\nLogin: {login}\nPassword: {password}\n", "\n\n", "\n", False, False),
    "stealc": ("browser: {soft}\nprofile: {profile}\nurl: {url}\nlogin: {login}\npassword: {password}\n", "\n", "\n", False, True),
    "raccoon": ("URL: {url}\nUSR: {login}\nPASS: {password}\n", "\n", "\n", False, False),
    "raccoon_dense": ("URL:{url}\nUSR:{login}\nPASS:{password}\n", "", "\r\n", True, False),
    "azorult": ("SOFT:\t{soft}\nHOST:\t{url}\nUSER:\t{login}\nPASS:\t{password}\n", "\n", "\r\n", False, False),
    "risepro": ("URL: {url}\nUsername: {login}\nPassword: {password}\nApplication: {soft} [Profile: {profile}]\n", RULES[3] + "\n", "\n", False, True),
    "russian": ("Сайт: {url}\nЛогин: {login}\nПароль: {password}\nБраузер: {soft}\n", RULES[1] + "\n", "\r\n", True, False),
    "spanish": ("Navegador: {soft}\nSitio web: {url}\nUsuario: {login}\nContraseña: {password}\n", "\n", "\n", False, False),
    "chinese": ("网址：{url}\n用户名：{login}\n密码：{password}\n", RULES[1] + "\n", "\n", False, False),
    "filezilla": ("Host: {url}\nLogin: {login}\nPassword: {password}\n", "\n", "\r\n", False, False),
}


def blocks(family, logins, truth):
    lines, between, _, _, _ = FAMILIES[family]
    text = []
    for soft, profile, url, login, password in logins:
        # In these two a blank before a password is one of the writer's.
        password = password.strip() if family in ("azorult", "chinese", "raccoon_dense") else password
        text.append(lines.format(soft=soft, profile=profile, url=url, login=login, password=password) + between)
        told = soft + f" [Profile: {profile}]" if family == "risepro" else soft
        record = expected(told if "{soft}" in lines else "", profile if "profile:" in lines else "", url, login, password)
        if record:
            truth.append(record)
    return "".join(text)


def passwords_file(maker, family, count, truth):
    _, _, end, has_mark, has_banner = FAMILIES[family]
    logins = list(maker.people(count))
    if family in ("lumma_dense", "raccoon_dense", "spanish"):
        # The last of a block with nothing behind it: a line more would be a banner's as well.
        logins[-1] = (*logins[-1][:4], "plain1")
    banner = "\n".join(ART) + "\n\n" if has_banner else ""
    text = banner + blocks(family, logins, truth)
    return ("\ufeff" if has_mark else "") + text.replace("\n", end)


def forms(maker, shape, truth):
    """What was typed into forms, and the one record of it."""
    email, other = maker.email(), maker.email()
    typed = [("email", email), ("q", "weather tomorrow"), ("first-name", "Ann"), ("last-name", "Example"), ("login", maker.word()),
             ("phone", "+44 20 7946 0018"), ("cardnumber", "4111 1111 1111 1111"), ("city", "Utrecht"), ("loginfmt", other),
             ("email", email.upper()), ("postal_code", "3511 AB"), ("country", "Netherlands"), ("comment", "no one")]
    record = {"email": [email, other], "first_name": "Ann", "last_name": "Example", "phone": "+44 20 7946 0018", "city": "Utrecht",
              "postal_code": "3511 AB", "country": "Netherlands"}
    truth.append(record)
    return "".join(shape.format(name=name, value=value) for name, value in typed)


FORMS = {
    "redline": "Name: {name}\nValue: {value}\n===============\n",
    "meta": "Field: {name} | Value: {value}\n",
    "lumma": "FORM: {name}\nVALUE: {value}\n\n",
    "stealc": "{name} {value}\n",
    "vidar": "{name}\t{value}\n",
}


def cookies(maker, count):
    flag = lambda: maker.random.choice(["TRUE", "FALSE"])
    return "".join(f".{maker.random.choice(HOSTS)}\t{flag()}\t/\t{flag()}\t1798572423\tsid\t{maker.word()}:{maker.email()}\n" for _ in range(count))


def machine(maker):
    """What is said of a machine, and what is to be told of it with each login, if the members of its folder are joined."""
    ip, name, number = maker.ip(), f"DESKTOP-{maker.word()}", f"{maker.random.randrange(16**16):016X}"
    text = (f"Build ID: @example\nIP: {ip}\nFileLocation: C:\\Users\\ann\\a.exe\nUserName: ann\nMachineName: {name}\n"
            f"Country: NL\nZip Code: 3511\nLocation: Utrecht\nHWID: {number}\n"
            "Current Language: English\nScreenSize: {Width=1920, Height=1080}\nTimeZone: (UTC+01:00)\nOperation System: Windows 10 x64\n"
            "Log date: 1/2/2023 3:04:05 AM\n\nHardwares: \nName: Total of RAM, 8192 MB\n")
    return text, {"ip": ip, "country": "NL"}, {"hwid": number, "machine": name, "machine_user": "ann"}


def history(maker, count):
    return "".join(f"URL: https://{maker.random.choice(HOSTS)}/{maker.word()}\nTITLE: {maker.word()}\nTIME: 01.02.2023 03:04:05\n\n" for _ in range(count))


def tree(maker, family):
    """A machine's files by path, the records of its logins in the order they are joined, and those of its forms."""
    logins, typed = [], []
    about, fields, extra = machine(maker)
    files = {"UserInformation.txt": about, "FTP/FileZilla.txt": passwords_file(maker, "filezilla", 3, logins)}
    files["Passwords.txt"] = passwords_file(maker, family, maker.random.randrange(5, 40), logins)
    files["Autofills/Google_[Chrome]_Default.txt"] = forms(maker, FORMS.get(family, FORMS["redline"]), typed)
    files["Cookies/Google_[Chrome]_Default Network.txt"] = cookies(maker, 20)
    files["History/Chrome.txt"] = history(maker, 10)
    files["CreditCards.txt"] = "Holder: ANN EXAMPLE\nCardType: Visa\nCard: 4111111111111111\nExpire: 1/2030\n\n"
    files["InstalledSoftware.txt"] = "1) Example Editor [1.2.3]\n2) Example Player [4.5]\n"
    files["ProcessList.txt"] = "ID: [42]\nName: [svchost.exe]\nCommandLine: []\n\n"
    files["Discord/Tokens.txt"] = "mfa.synthetic-token-of-nobody\n"
    for record in logins:
        record.update(fields)
        record["extra"] = record.get("extra", {}) | extra
    return files, logins, typed


def write_tree(folder, files):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8"))


def write_case(folder, name, text, truth):
    (folder / f"{name}.txt").write_bytes(text.encode("utf-8"))
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in truth), "utf-8")


def cases(folder):
    for seed, family in enumerate(FAMILIES):
        truth = []
        write_case(folder, family, passwords_file(Maker(seed), family, 40, truth), truth)
    maker, truth = Maker(99), []
    text = "".join(blocks(family, list(maker.people(6, False)) + [("Chrome", "Default", "example.com", "ann", "plain1")], truth) + "\n"
                   for family in FAMILIES if family != "filezilla")
    write_case(folder, "mixed", text, truth)
    for family, shape in FORMS.items():
        truth = []
        write_case(folder, f"autofill_{family}", forms(Maker(family), shape, truth), truth)
    write_case(folder, "cookies", cookies(Maker(1), 20), [])
    write_case(folder, "userinformation", machine(Maker(1))[0], [])
    write_case(folder, "history", history(Maker(1), 10), [])
    files, logins, _ = tree(Maker(5), "redline")
    write_tree(folder / "machine", files)
    (folder / "machine.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in logins), "utf-8")


def archives(folder, family, files):
    import zipfile
    with zipfile.ZipFile(folder / f"{family}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files:
            archive.writestr(path, data)
    try:
        import pyzipper
        with pyzipper.AESZipFile(folder / f"{family}_aes.zip", "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(ARCHIVE_PASSWORD.encode())
            for path, data in files:
                archive.writestr(path, data)
        import py7zr
        for name, password in ((f"{family}.7z", None), (f"{family}_password.7z", ARCHIVE_PASSWORD)):
            with py7zr.SevenZipFile(folder / name, "w", password=password) as archive:
                for path, data in files:
                    archive.writestr(data, path)
    except ImportError as error:
        print(f"not all archives: {error}", file=sys.stderr)


def trees(folder, seed, count):
    everything = []
    for family in FAMILIES:
        maker, files = Maker(f"{seed} {family}"), []
        for number in range(count):
            name = f"{family}/NL[{maker.random.randrange(16**8):08X}] [2023-01-{number % 28 + 1:02}]"
            machines_files, logins, typed = tree(maker, family)
            everything += logins + typed
            write_tree(folder / name, machines_files)
            files += [(f"{name}/{path}", text.encode("utf-8")) for path, text in machines_files.items()]
        archives(folder, family, files)
    (folder / "expected.jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in everything), "utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["cases", folder]:
            cases(Path(folder))
        case ["trees", folder, seed, *rest]:
            Path(folder).mkdir(parents=True, exist_ok=True)
            trees(Path(folder), seed, int(rest[0]) if rest else 3)
        case _:
            sys.exit(__doc__)
