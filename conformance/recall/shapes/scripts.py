"""SQL scripts of tools that don't install here (SSMS, SQL Developer, DBeaver, HeidiSQL, Adminer), in their documented forms."""
from datetime import date, datetime

from tables import Table


def files(make):
    yield ssms(make, "SSMS, UTF-16", "aspnet_identity_v3", "utf-16")
    yield ssms(make, "SSMS, plain passwords", "", "utf-16")
    yield ssms(make, "SSMS, UTF-8", "mssql2012", "utf-8-sig")
    yield developer(make, "SQL Developer", "")
    yield developer(make, "SQL Developer, oracle11", "oracle11")
    for dialect, how in GENERIC.items():
        yield generic(make, dialect, *how)


def no_nul(text):
    return "\0" not in text


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def ssms(make, dialect, kind, encoding):
    file, crowd, random = make("mssql", dialect, "sql", allows=no_nul, by="documented form")
    crowd.hard += ["x\r\nGO\r\ny", "]] x", "N''"]
    table = Table(file, random, kind, 1)
    type = {"id": "[int] IDENTITY(1,1) NOT NULL", "joined": "[datetime] NULL", "changed": "[datetime] NULL", "born": "[date] NULL", "verified": "[bit] NOT NULL"}
    columns = ",\r\n".join(f"\t[{name}] {type.get(meaning, '[nvarchar](256) NULL')}" for name, meaning in zip(table.names, table.columns))
    names = ", ".join(f"[{name}]" for name in table.names)
    out = [f"USE [Shop]\r\nGO\r\n/****** Object:  Table [dbo].[Users]    Script Date: 1/2/2020 3:04:05 AM ******/\r\nSET ANSI_NULLS ON\r\nGO\r\nSET QUOTED_IDENTIFIER ON\r\nGO\r\nCREATE TABLE [dbo].[Users](\r\n{columns},\r\n CONSTRAINT [PK_Users] PRIMARY KEY CLUSTERED \r\n(\r\n\t[{table.names[0]}] ASC\r\n)WITH (PAD_INDEX = OFF) ON [PRIMARY]\r\n) ON [PRIMARY]\r\nGO\r\n"
           "CREATE TABLE [dbo].[Orders](\r\n\t[Id] [int] NOT NULL,\r\n\t[Title] [nvarchar](50) NULL\r\n) ON [PRIMARY]\r\nGO\r\nINSERT [dbo].[Orders] ([Id], [Title]) VALUES (1, N'INSERT [dbo].[Users] ([Email]) VALUES (N''x@example.com'')')\r\nGO\r\nSET IDENTITY_INSERT [dbo].[Users] ON \r\nGO\r\n"]
    for at, person in enumerate(make.people(crowd, file.expect, kind=kind)):
        values = ", ".join(mssql(value) for value in table.row(person))
        out.append(f"INSERT [dbo].[Users] ({names}) VALUES ({values})\r\n" + ("GO\r\n" if random.random() < 0.5 or at % 100 == 99 else ""))
    out.append("SET IDENTITY_INSERT [dbo].[Users] OFF\r\nGO\r\nALTER TABLE [dbo].[Users] ADD  DEFAULT ((0)) FOR [" + table.names[1] + "]\r\nGO\r\n")
    return make.write(file, "".join(out), encoding)


def mssql(value):
    if isinstance(value, datetime):
        return f"CAST(N'{value.isoformat()}.000' AS DateTime)"
    if isinstance(value, date):
        return f"CAST(N'{value}' AS Date)"
    return "NULL" if value is None else str(value) if isinstance(value, int) else value if value.startswith("0x0") and len(value) > 50 else "N" + quoted(value)


def developer(make, dialect, kind):
    file, crowd, random = make("oracle", dialect, "sql", allows=no_nul, by="documented form")
    crowd.hard += ["a&b", "&&x", "q'[x]'", "chr(38)"]
    table = Table(file, random, kind, 0)
    columns = ",\n".join(f'\t"{name.upper()}" {"NUMBER" if meaning == "id" else "DATE" if meaning in ("joined", "changed", "born") else "VARCHAR2(255 BYTE)"}' for name, meaning in zip(table.names, table.columns))
    names = ",".join(name.upper() for name in table.names)
    out = [f'--------------------------------------------------------\n--  DDL for Table USERS\n--------------------------------------------------------\n\n  CREATE TABLE "SHOP"."USERS" \n   (\n{columns}\n   ) ;\nREM INSERTING into SHOP.USERS\nSET DEFINE OFF;\n']
    for person in make.people(crowd, file.expect, kind=kind):
        out.append(f"Insert into SHOP.USERS ({names}) values ({','.join(oracle(value) for value in table.row(person))});\n")
    return make.write(file, "".join(out))


def oracle(value):
    if isinstance(value, datetime):
        return f"to_date('{value:%d-%m-%y %H:%M:%S}','DD-MM-RR HH24:MI:SS')"
    if isinstance(value, date):
        return f"to_date('{value}','YYYY-MM-DD')"
    if value is None or isinstance(value, int):
        return "null" if value is None else str(value)
    text = quoted(value)
    for char in "&\n\r\t":
        text = text.replace(char, f"'||chr({ord(char)})||'")
    return text


GENERIC = {
    "DBeaver": ("INSERT INTO public.users ({names}) VALUES\n\t ", ",\n\t ", "({row})", ";\n", '"{}"', 10, ","),
    "HeidiSQL": ("INSERT INTO `users` ({names}) VALUES\n\t", ",\n\t", "({row})", ";\n", "`{}`", 100, ", "),
    "Adminer": ("INSERT INTO `users` ({names}) VALUES\n", ",\n", "({row})", ";\n", "`{}`", 100, ",\t"),
    "one a statement": ("INSERT INTO users ({names}) VALUES ", "", "({row})", ";\n", "{}", 1, ", "),
}


def generic(make, dialect, begin, between, row, end, name, count, comma):
    """Strings by the standard: quotes doubled, a backslash is itself; no line ends, which each of these tools has another way for."""
    is_mysql = "`" in name
    file, crowd, random = make("sql script", dialect, "sql", allows=lambda text: no_nul(text) and "\\" not in text and "\n" not in text)
    table = Table(file, random, "sha1", 0)
    names = ", ".join(name.format(column) for column in table.names)
    heads = {"HeidiSQL": "-- --------------------------------------------------------\n-- Host:                         127.0.0.1\n-- HeidiSQL Version:             12.6.0.6765\n-- --------------------------------------------------------\n\n",
             "Adminer": "-- Adminer 4.8.1 MySQL 8.0.36 dump\n\nSET NAMES utf8;\n\n"}
    out = [heads.get(dialect, "")]
    if is_mysql:
        out.append("CREATE TABLE IF NOT EXISTS `users` (\n" + ",\n".join(f"  `{column}` varchar(255) DEFAULT NULL" for column in table.names) + "\n);\n\n")
    people = list(make.people(crowd, file.expect, kind="sha1"))
    for at in range(0, len(people), count):
        rows = []
        for person in people[at:at + count]:
            values = ["" if isinstance(value, str) and ("\\" in value or "\n" in value) else value for value in table.row(person)]
            rows.append(row.format(row=comma.join("NULL" if value is None else str(value) if isinstance(value, int) else quoted(str(value)) for value in values)))
        out.append(begin.format(names=names) + between.join(rows) + end)
    return make.write(file, "".join(out))
