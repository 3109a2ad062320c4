//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use sluice_text::Text;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Text:
    b"\n" b"\r\n" b" " b"@" b"@" b"." b".." b"ann" b"example.com" b"ann@example.com" b"2x.png" b"<" b">" b"://" b":" b"/" b"\\n" b"%20"
    b"'" b"message-id=<" b"\xff" b"\xc3\xa9" b"\xe2\x80\x9c" b"xn--p1ai"
);
