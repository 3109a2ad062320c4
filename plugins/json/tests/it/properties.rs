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
