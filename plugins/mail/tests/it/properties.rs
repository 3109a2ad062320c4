//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use sluice_mail::Mail;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Mail:
    b"\n" b"\r\n" b"\r" b" " b"\t" b"From ann@example.com Thu Jan  2 03:04:05 2020\n" b"\nFrom x 03:04\n" b"From: " b"To: "
    b"CC: bob@example.net\n" b"ann@example.com" b"<ann@example.com>" b"," b";" b":" b"(" b")" b"<" b">" b"\"" b"\\" b"=?utf-8?Q?"
    b"=?utf-8?B?YQ==?=" b"?=" b"=3D" b">From " b"\xff" b"\0" b"text"
);
