//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use sluice_json::Json;
use sluice_plugin::native::properties;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Json:
    b"{" b"}" b"[" b"]" b"," b":" b"\"" b"'" b"\\" b"\n" b"\r\n" b"}\n{" b"  " b"\t" b"\xef\xbb\xbf"
    b"{\"email\":\"ann@example.com\",\"password\":\"pa55word\"}\n" b"{\"email\":\"bob@example.com\",\"name\":{\"first\":\"Bob\"}},"
    b"\"email\":\"cat@example.com\"" b"\"users\":{\"u1\":{" b"{\"items\":[" b"\"_id\":{\"$oid\":\"0123456789abcdef01234567\"},"
    b"\"username\":" b"ObjectId(\"" b"ISODate(" b"null" b"true" b"-1.5e3" b"\\u00e4" b"\\ud83d" b"\"\""
    b"\"dan@example.com\":\"secret1\"" b"// comment\n" b"var users = " b"\0" b"\xc3\xa4"
);

#[test]
fn chunks_give_what_the_whole_does() {
    let good: &[&[u8]] = &[
        b"{\"email\":\"eve@example.com\"}\n",
        b"{\"email\":\"eve@example.com\"},\n",
        b"[{\"email\":\"eve@example.com\"},{\"email\":\"fay@example.com\"}]",
    ];
    properties::chunks_hold::<Json>(properties::strung(PIECES), good, 3 << 19);
}

#[test]
fn a_document_gives_the_same_whatever_was_read_before_it() {
    properties::rows_hold::<Json>(&[
        b"{\"email\":\"ann@example.com\",\"password\":\"pa55word\",\"visits\":17}\n",
        b"{\"email\":\"ben@example.com\",\"password\":\"another\",\"visits\":3}\n",
        b"{\"email\":\"cat@example.com\",\"password\":\"\",\"visits\":3}\n",
        b"{\"email\":\"dan@example.com\",\"password\":\"a\\\"b\\u00e4\",\"visits\":-1.5}\n",
        b"{\"email\":\"eve@example.com\",\"password\":12345678,\"visits\":\"many\"}\n",
        b"{\"email\":\"fay@example.com\",\"visits\":null}\n",
        b"{\"email\":\"gus@example.com\",\"password\":\"pa55word\",\"visits\":17,\"active\":true}\n",
        b"{\"email\":\"hal@example.com\",\"profile\":{\"name\":\"Hal Example\",\"phone\":\"+44 20 7946 0958\"},\"visits\":17}\n",
        b"{\"password\":\"pa55word\",\"email\":\"ida@example.com\"}\n",
        b"{\"email\":\"joe@example.com\",\"password\":\"pa55word\",\"visits\":17\n",
        b"{\"users\":[{\"email\":\"kim@example.com\"},{\"email\":\"lou@example.com\",\"password\":\"x\"}]}\n",
        b"{\"visits\":17}\n",
        b"{}\n",
    ]);
}
