//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use sluice_sqlscript::Script;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Script:
    b"'" b"''" b"N'" b"q'[" b"]'" b"]" b"[" b"\"" b"," b"(" b")" b"),(" b"\n" b"\r\n" b";" b"\nGO\n" b"\ngo" b"UPDATE u SET a = 1" b"/\n" b" || " b" + " b"chr(10)"
    b"CAST(" b" AS DateTime)" b"0x0000A33C00B0A5E4" b"to_date('31-DEC-19','DD-MON-RR')"
    b"unistr('\\00e9\\u00e9\\+01F600\\d83d\\de00\\')" b"replace('a\\nb','\\n',char(10))" b"-- " b"/* " b"*/" b"REM "
    b"INSERT INTO u VALUES " b"INSERT [dbo].[u] ([id], [email]) VALUES " b"Insert into \"S\".\"U\" (ID,EMAIL) values "
    b"(1, N'ann@example.com')\n" b"SET IDENTITY_INSERT [u] ON\n" b"BEGIN TRANSACTION\n" b"INSERT ALL INTO u (email) VALUES "
    b"CREATE TABLE u (id int, email text);\n" b"CREATE TRIGGER t BEGIN " b"\xff" b"\0"
);
