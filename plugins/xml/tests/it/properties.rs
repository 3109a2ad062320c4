//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use sluice_xml::Xml;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Xml:
    b"\n" b"<users>" b"</users>" b"<user>" b"</user>" b"<user id=\"1\" email=\"ann@example.com\"/>"
    b"<user><email>ann@example.com</email><password>x</password></user>" b"<email>ann@example.com</email>" b"<password>" b"</password>"
    b"<![CDATA[" b"]]>" b"<!--" b"-->" b"<!DOCTYPE x [<!ENTITY a \"b\">]>" b"<?xml version=\"1.0\"?>" b"<?" b"<!" b"<" b">" b"</" b"/>"
    b"\"" b"'" b"=" b"&amp;" b"&#x" b"&" b"<a b=\"" b"<field name=\"email\">" b"</field>" b"<key>email</key>" b"text" b"\xff" b"\0"
);
