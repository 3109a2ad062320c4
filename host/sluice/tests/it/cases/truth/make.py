#!/usr/bin/env python3
"""Writes the cases that Python's own csv, gzip, zipfile and tarfile make, with the truth about each beside it.

    python3 make.py        rewrites all but MariaDB's; the result is checked in, so that the tests need no Python

A case is NAME and NAME.truth.jsonl: a record a line, in canonical values and the keys that `sluice parse` prints. `people.py sql` and
`people.py json`, which make.sh runs, are of the same people.
"""
import csv, gzip, io, json, pathlib, random, tarfile, zipfile

HERE = pathlib.Path(__file__).parent
WESTERN = [("Ann", "O'Neil"), ("Jürgen", "Müller"), ("Chloé", "Lefèvre"), ("José", "Núñez"), ("Søren", "Østergård"), ("Zoë", 'Ray "Bob"')]
SCRIPTS = {
    "utf-8": WESTERN + [("Дмитрий", "Иванов"), ("秀英", "王"), ("さくら", "田中"), ("Łukasz", "Żak"), ("😀", "Smile")],
    "utf-16-le": WESTERN + [("Дмитрий", "Иванов"), ("秀英", "王"), ("Łukasz", "Żak"), ("😀", "Smile")],
    "latin-1": WESTERN,
    "cp1251": [("Ольга", "Смирнова"), ("Иван", "Иванов"), ("Наталья", "Соколова"), ("Дмитрий", "Лебедев"), ("Ann", "Lee")],
    "gbk": [("伟", "王"), ("秀英", "李"), ("敏", "张"), ("建国", "刘"), ("丽华", "陈"), ("Ann", "Lee")],
}
CITIES = {"cp1251": ["Новгород", "Тверь, центр", 'ул. "Мира"'], "gbk": ["长沙", "北京", "上海"], "latin-1": ["Köln", "São Pedro", "Málaga, Sur"]}
SECRETS = [
    "pa:ss", "semi;colon", "pi|pe", "com,ma", "::", ":start", "end:", "a b c", 'quo"te', '"quoted"', "it's", "'single'", "back\\slash", "tail\\", "tab\there",
    "$HOME123$$", "100%", "{SSHA}not", "<b>", "a=b&c=d", "#hash", "-- x", "/*x*/", "me@home", "NULL1", "0", "00123", "=1+1", "+49", "-1", "(x)", "`tick`",
    "пароль123", "привет:1990", "любовь моя", "Наташа-77", "солнышко", "密码123", "我爱你1314", "中国:北京", "你好世界", "生日快乐520", "mañana:1", "contraseña", "geändert;1", "😀smile",
]
HASHES = [
    ("md5", "5f4dcc3b5aa765d61d8327deb882cf%02x"), ("sha1", "5baa61e4c9b93f3f0682250b6cf8331b7ee68f%02x"), ("mysql41", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E%02X"),
    ("bcrypt", "$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLxy%02x"), ("phpass", "$P$BabcdefghijklmnopqrstuvwxyzAB%02x"),
]


def writable(text, encoding):
    try:
        text.encode(encoding)
        return True
    except UnicodeEncodeError:
        return False


def people(count, encoding="utf-8", seed=1, hashes=True, avoid=""):
    chance = random.Random(seed)
    names = SCRIPTS[encoding]
    secrets = [one for one in SECRETS if writable(one, encoding) and not set(one) & set(avoid) and (encoding != "gbk" or one.isascii() or one[0] > "\u4e00")]
    for number in range(1, count + 1):
        first, last = chance.choice(names)
        person = dict(user_id=str(number), username=f"user_{number}", email=f"person{number}@{chance.choice(['example.com', 'mail.example.net', 'example.org'])}")
        if hashes and number % 4 == 0:
            kind, shape = HASHES[number // 4 % len(HASHES)]
            person |= dict(hash=shape % (number % 256), hash_kind=kind)
        else:
            person["password"] = secrets[number % len(secrets)] if number % 3 else f"Summer{number}!"
        person |= dict(first_name=first, last_name=last)
        if number % 5:
            person["phone"] = f"+1202555{100 + number % 100:04}"
        person["ip"] = f"192.0.2.{number % 255}" if number % 7 else f"2001:db8::{number:x}"
        if number % 6:
            person["dob"] = f"{1950 + number % 50}-0{1 + number % 9}-1{number % 10}"
        person["city"] = chance.choice(CITIES.get(encoding, ["Oslo", "New York, NY", "line one\nline two", 'the "old" town', "a;b|c\td", "Paris\r\nTexas", "北京", "'s-Hertogenbosch"]))
        person["postal_code"] = f"{number:05}"
        yield person


def truth(name, records):
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (HERE / f"{name}.truth.jsonl").write_text(lines, encoding="utf-8")


def contained(name, data):
    """Wraps the bytes as the ending says; times are left out, so that the same people are the same bytes."""
    out = io.BytesIO()
    if name.endswith(".tar.gz"):
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
            member = tarfile.TarInfo("dump/" + name.removesuffix(".tar.gz"))
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    elif name.endswith(".gz"):
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped:
            zipped.write(data)
    elif name.endswith(".zip"):
        with zipfile.ZipFile(out, "w") as archive:
            member = zipfile.ZipInfo("dump/" + name.removesuffix(".zip"))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    else:
        out.write(data)
    (HERE / name).write_bytes(out.getvalue())


COLUMNS = ["user_id", "username", "email", "password", "first_name", "last_name", "phone", "ip", "dob", "city", "postal_code"]


def table(name, encoding, header, count=120, avoid="", one_line=False, **dialect):
    records = list(people(count, encoding, seed=len(name), avoid=avoid))
    if one_line:
        records = [record | dict(city=record["city"].replace("\r\n", " ").replace("\n", " ")) for record in records]
    text = io.StringIO()
    writer = csv.writer(text, **dialect)
    writer.writerow(header)
    for record in records:
        row = record | ({"password": record["hash"]} if "hash" in record else {})
        writer.writerow([row.get(column, "") for column in COLUMNS])
    contained(name, text.getvalue().encode(encoding))
    truth(name, records)


def lines(name, encoding, rows, end="\n"):
    """Rows are (text, record or None)."""
    rows = list(rows)
    contained(name, end.join(text for text, _ in rows).encode(encoding) + end.encode(encoding))
    truth(name, (record for _, record in rows if record))


def login(record, *keys):
    return {key: record[key] for key in keys if key in record}


def combo(encoding, separator):
    yield "##### SYNTHETIC, NOBODY IS IN IT #####", None
    for record in people(150, encoding, seed=ord(separator), avoid="\t" if separator == "\t" else ""):
        yield f"{record['email']}{separator}{record.get('password') or record['hash']}", login(record, "email", "password", "hash", "hash_kind")
        if record["user_id"].endswith("00"):
            yield "", None


def capture(encoding):
    for record in people(80, encoding, seed=5, hashes=False, avoid="|"):
        plan = "Gold" if int(record["user_id"]) % 2 else "Family Plan"
        extra = {"Plan": plan, "Auto Renew": "True"}
        yield f"{record['email']}:{record['password']} | Plan = {plan} | Country = US | Auto Renew = True", login(record, "email", "password") | {"country": "US", "extra": extra}


def ulp(encoding):
    urls = [
        "https://example.com:8443/login", "http://shop.example.net:81/", "https://www.example.org/a/b?next=home", "http://192.0.2.17/", "http://[2001:db8::1]:8080/x",
        "android://QmFzZTY0LXdpdGgtZGlnaXRzMTIzNDU2Nzg5MA==@com.example.app/", "https://login.example.com/auth/realms/main", "https://example.com/",
    ]
    for record in people(160, encoding, seed=6, hashes=False, avoid="\t"):
        number = int(record["user_id"])
        url = urls[number % len(urls)]
        name = "username" if number % 4 == 3 else "email"
        shape = ["{0}:{1}:{2}", "{0}|{1}|{2}", "{0} {1}:{2}"][number // 40 % 3]
        if "|" in shape and "|" in record["password"] and name == "username":
            continue
        yield shape.format(url, record[name], record["password"]), {"url": url} | login(record, name, "password")
        if number % 50 == 0:
            yield url, None


def main():
    english = ["id", "username", "email", "password", "first_name", "last_name", "phone", "ip", "birthday", "city", "zip"]
    table("excel.csv.zip", "utf-8", english, dialect="excel")
    table("excel-tab.tsv", "utf-16-le", english, dialect="excel-tab", avoid="\t")
    table("unix.csv.gz", "latin-1", ["ID", "User Name", "E-Mail", "Passwd", "First Name", "Surname", "Phone", "IP-Address", "Birthday", "Town", "Zip Code"], dialect="unix")
    russian = ["ид", "Логин", "Почта", "Пароль", "Имя", "Фамилия", "Телефон", "IP-адрес", "Дата рождения", "Город", "Индекс"]
    table("semicolon.csv.tar.gz", "cp1251", russian, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
    chinese = ["编号", "用户名", "邮箱", "密码", "名", "姓", "手机", "登录IP", "生日", "城市", "邮编"]
    table("escaped.txt", "gbk", chinese, delimiter="|", quoting=csv.QUOTE_NONE, escapechar="\\", one_line=True)
    lines("colon.txt.gz", "utf-8", combo("utf-8", ":"), end="\r\n")
    lines("semicolon.txt.zip", "latin-1", combo("latin-1", ";"))
    lines("tab.txt", "utf-16-le", combo("utf-16-le", "\t"))
    lines("bar.txt.tar.gz", "cp1251", combo("cp1251", "|"))
    lines("comma.txt.zip", "gbk", combo("gbk", ","))
    lines("capture.txt", "utf-8", capture("utf-8"))
    lines("ulp.txt.tar.gz", "utf-8", ulp("utf-8"))
    lines("ulp.txt.gz", "utf-16-le", ulp("utf-16-le"))


if __name__ == "__main__":
    main()
