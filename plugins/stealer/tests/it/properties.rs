//! Whatever the bytes and the pushes: no panic, no gap, the same records; and the same again when cut where the scan says.

use sluice_stealer::Stealer;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Stealer:
    b"\n" b"\r\n" b"\r" b" " b"\t" b":" b"\n\n" b"====\n" b"-----\r\n" b"\xEF\xBB\xBF" b"URL: https://example.com/\n"
    b"URL: a\nUsername: ann@example.com\nPassword: b\n\n" b"URL: a\nUsername: ann\nPassword: b\n====\n"
    b"URL: a\nUsername: ann\nPassword:  b \n" b"SOFT: c\r\nURL: a\r\nUSER: EXAMPLE\\ann\r\nPASS: b\r\n"
    b"SOFT: c\r\nURL: a\r\nUSER: ann\r\nPASS: b\r\n" b"Host: example.org:21\r\n" b"Username: ann@example.com\n" b"Login: EXAMPLE\\ann\n"
    b"USER:" b"Password: pa:ss\n" b"PASS: \r\n" b"PASS: a\nb" b"SOFT: Chrome\n" b"Application: Edge\n" b"profile: Default\n"
    b"FORM: email\nVALUE: ann@example.com\n" b"Field: tel | Value: 0441234567\n" b"Name: x\n" b"Value: y" b"IP: 192.0.2.1\n"
    b"HWID: 1\n" b"UNKNOWN" b"ann@example.com:secret\n" b"\xe7\xbd\x91\xe5\x9d\x80\xef\xbc\x9a" b"\xff" b"\0"
);
