"""People's tables as sites have them: columns in several languages, decoys among them, and what each row's record is to be."""
from datetime import datetime, timezone

# Name of a column in four languages by what it holds; `None` where a table of that language would hardly have it.
NAMES = {
    "id": ["id", "user_id", "ID", "kundennummer", "編號"],
    "username": ["username", "user_login", "Benutzername", "логин", "用户名"],
    "email": ["email", "user_email", "E-Mail", "почта", "邮箱"],
    "secret": ["password", "user_pass", "Kennwort", "пароль", "密码"],
    "salt": ["salt", "password_salt", "Salz", "соль", "盐"],
    "first": ["first_name", "firstname", "Vorname", "имя", "名"],
    "last": ["last_name", "lastname", "Nachname", "фамилия", "姓"],
    "phone": ["phone", "mobile", "Telefon", "телефон", "手机"],
    "ip": ["ip", "last_ip", "IP-Adresse", "ip_адрес", "登录ip"],
    "born": ["dob", "birthday", "Geburtsdatum", "дата_рождения", "生日"],
    "street": ["address", "street", "Straße", "адрес", "地址"],
    "city": ["city", "town", "Ort", "город", "城市"],
    "zip": ["zip", "postcode", "PLZ", "индекс", "邮编"],
    "country": ["country", "country_code", "Land", "страна", "国家"],
    "joined": ["created_at", "registered", "Registriert am", "дата_регистрации", "注册时间"],
    "verified": ["email_verified", "email_confirmed_at", "E-Mail bestätigt", "email_verified", "email_verified"],
    "changed": ["password_changed_at", "passworddate", "Passwort geändert am", "password_changed_at", "password_changed_at"],
    "note": ["note", "bio", "Bemerkung", "примечание", "备注"],
    "token": ["remember_token", "password_reset_token", "token", "token", "token"],
}
NOTES = ["", "", "likes tea; hates coffee", "INSERT INTO `users` VALUES (1,'x','y@example.com');", 'says "hi"', "a, b, c", "it's ok\nsecond line", "tab\there", "back\\slash", "--", "email: nobody",
         "); DROP TABLE x; --", "<p>hello</p>", "ünïcödé 😀", "COPY users (id) FROM stdin;", "1|2|3", "{\"k\": [1,2]}"]


class Table:
    """Columns in an order of chance; `language` picks the names."""

    def __init__(self, file, random, kind="", language=None, columns=None, salted=None):
        # For the peers, who are told what we find out.
        file.table = self
        self.random, self.kind = random, kind
        self.language = random.randrange(2) if language is None else language
        salted = kind.startswith("vbulletin") or kind.endswith("+") if salted is None else salted
        wanted = columns or ["username", "email", "secret"] + (["salt"] if salted else []) + random.sample(["first", "last", "phone", "ip", "born", "street", "city", "zip", "country", "joined", "verified", "changed", "note", "token"], 7)
        if not columns:
            random.shuffle(wanted)
            wanted.insert(0, "id")
        self.columns = wanted
        self.names = [NAMES[column][self.language] for column in wanted]

    def row(self, person, notes=True):
        """Values by column: texts, numbers, dates, `None`."""
        random = self.random
        values = {
            "id": person.number, "username": person.username, "email": person.email, "secret": person.hash or person.password, "salt": person.salt, "first": person.first, "last": person.last,
            "phone": person.phone, "ip": person.ip if random.random() > 0.05 else None, "born": person.born if random.random() > 0.1 else None, "street": person.street, "city": person.city,
            "zip": person.zip, "country": person.country, "joined": person.joined, "verified": person.number % 2, "changed": person.joined,
            "note": random.choice(NOTES) if notes else "", "token": f"{random.getrandbits(80):020x}" if random.random() > 0.5 else None,
        }
        return [values[column] for column in self.columns]


def text(value):
    """As most exports write it."""
    return "" if value is None else value.isoformat(" ") if isinstance(value, datetime) else str(value)


def epoch(day):
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp())
