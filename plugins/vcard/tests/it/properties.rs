//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use sluice_vcard::Vcard;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Vcard:
    b"\n" b"\r\n" b"\r" b" " b"\t" b"BEGIN:VCARD\n" b"END:VCARD\n" b"BEGIN:VCARD\r\n" b"AGENT:\n" b"VERSION:2.1\n"
    b"EMAIL:ann@example.com\n" b"EMAIL;X=\"a:b" b"TEL;VALUE=uri:tel:" b"N:a;b;" b"FN;ENCODING=QUOTED-PRINTABLE:=" b"=3D" b"=\n"
    b"ADR:;;;" b"item1." b"BDAY:--" b"X-PASSWORD:" b"PHOTO;ENCODING=BASE64:" b"\\" b"\\n" b";" b":" b"\"" b"\xff" b"\0" b"text"
);
