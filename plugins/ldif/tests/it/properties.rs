//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use sluice_ldif::Ldif;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Ldif:
    b"\n" b"\r\n" b"\r" b" " b":" b"::" b":< " b"#" b"-\n" b"\n\n" b"\n " b"dn: " b"dn:: " b"dn: uid=ann," b"version: 1\n"
    b"mail: ann@example.com\n" b"userPassword:: e1NTSEF9\n" b"uid: " b"=" b"\\" b"\\2c" b"x;lang-de: " b"\xff" b"\0" b"changetype: "
    b"search: 2\n"
);
