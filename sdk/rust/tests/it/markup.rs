//! Markup: pieces and what is broken, entities, and what mail is written in.

use sluice_plugin::{
    mime::{decoded, encoded_words, quoted_printable},
    xml::{Index, Token, attribute, attributes, text, unescape},
};

/// Pieces, in short: `<name>`, `</name>`, text, `-` for what says nothing, `!` for what is broken.
fn pieces(bytes: &[u8]) -> Vec<String> {
    let mut index = Index::default();
    let mut reader = index.read(bytes, true);
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some((range, token)) = reader.next_token() {
        assert_eq!(range.start, at, "no gap");
        assert!(range.end > at, "nothing empty");
        at = range.end;
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        all.push(match token {
            Token::Open(tag) => format!("<{}{}>", lossy(tag.name), if tag.is_empty { "/" } else { "" }),
            Token::Close(name) => format!("</{}>", lossy(name)),
            Token::Text(raw) => lossy(&text(raw)),
            Token::Aside => "-".into(),
            Token::Broken => "!".into(),
        });
    }
    assert_eq!(at, bytes.len(), "all of it");
    all
}

#[test]
fn markup_is_cut_into_pieces() {
    assert_eq!(pieces(b"<a b='>'>x &lt; y</a ><c/>"), ["<a>", "x < y", "</a>", "<c/>"]);
    assert_eq!(pieces(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b '>'>]><!-- <a> -->"), ["-", "-", "-"]);
    assert_eq!(pieces(b"<![CDATA[<a>]]&amp;]]>"), ["<a>]]&amp;"]);
    assert_eq!(pieces(b"1 < 2 <3 <>"), ["1 ", "< 2 ", "<3 ", "<>"]);
}

#[test]
fn what_is_broken_costs_what_stands_before_the_next_tag() {
    assert_eq!(pieces(b"<a b=\"x><c>y</c>"), ["!", "<c>", "y", "</c>"]);
    assert_eq!(pieces(b"<a <b>"), ["!", "<b>"]);
    assert_eq!(pieces(b"<a"), ["!"]);
    assert_eq!(pieces(b"<!-- <a>"), ["!", "<a>"]);
    assert_eq!(pieces(b"<![CDATA[x<a>y</a><![CDATA[z]]>"), ["!", "<a>", "y", "</a>", "z"]);
}

#[test]
fn attributes_and_entities() {
    let said: Vec<(&[u8], &[u8])> = attributes(b" x:a=\"1>\" b = '\"' c=3").collect();
    assert_eq!(said, [(&b"x:a"[..], &b"1>"[..]), (b"b", b"\"")]);
    assert_eq!(attribute(b" x:a='&#228;'", b"a").as_deref(), Some("ä".as_bytes()));
    assert_eq!(*unescape(b"&#x1F600;&&nbsp;&amp;lt;&#0;&"), *"😀&&nbsp;&lt;\0&".as_bytes());
    assert_eq!(*text(b"a<!-- b -->&lt;<![CDATA[&]]>c"), *b"a<&c");
}

#[test]
fn what_mail_is_written_in() {
    assert_eq!(*quoted_printable(b"a=3D=\r\nb=XY=C3=A4="), *"a=b=XYä".as_bytes());
    assert_eq!(*decoded(b"windows-1251", (&b"\xcf"[..]).into()), *"П".as_bytes());
    assert_eq!(*decoded(b"", (&b"\xfc"[..]).into()), *"ü".as_bytes());
    assert_eq!(*encoded_words(b"=?utf-8?Q?J=C3?= \r\n =?UTF-8?B?vHJnZW4=?= M =?x"), *"Jürgen M =?x".as_bytes());
    assert_eq!(*encoded_words(b"=?iso-8859-1?q?M=FCller=2C_A?= <a@example.com>"), *"Müller, A <a@example.com>".as_bytes());
}
