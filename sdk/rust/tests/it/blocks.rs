//! Lines of `Key: value`, and the rules between them.

use sluice_plugin::{
    Line,
    blocks::{is_rule, pair},
};

#[test]
fn a_pair_has_a_key_and_what_stands_behind_its_colon() {
    for (line, key, value) in [
        ("Login: ann", "Login", " ann"),
        ("URL:https://example.com/a:b", "URL", "https://example.com/a:b"),
        ("Password :  a: b ", "Password", "  a: b "),
        ("- [User name] : ann", "User name", " ann"),
        ("🔑 Pass: x", "Pass", " x"),
        ("密码：x：y", "密码", "x：y"),
        ("รหัสผ่าน: x", "รหัสผ่าน", " x"),
        ("user[email]: ann@example.com", "user[email", " ann@example.com"),
        ("Empty:", "Empty", ""),
    ] {
        let found = pair(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((found.key, found.value), (key.as_bytes(), value.as_bytes()), "{line}");
    }
}

#[test]
fn urls_tables_and_sentences_are_no_pairs() {
    let far = format!("{}: x", "a".repeat(60));
    for line in ["https://example.com/", "ann@example.com:secret", "a\tb: c", ": x", "::", "a, b: c", "{\"a\": 1}", "", &far] {
        assert_eq!(pair(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn rules_are_strokes_perhaps_around_a_title() {
    for line in ["====", "---", "-=-=-=-", "━━━━", "╔════╗", "***** Chrome *****", "+-----+", "| | |", "▄▄▄▄"] {
        assert!(is_rule(line.as_bytes()), "{line}");
    }
    for line in ["", "--", "=a=", "abc", "- x", "--- x", "…", "пароль", "!!!!"] {
        assert!(!is_rule(line.as_bytes()), "{line}");
    }
}

#[test]
fn a_line_is_there_when_its_end_is_or_nothing_follows() {
    assert_eq!(Line::at(b"a\r\nb", false).map(|line| (line.raw, line.text)), Some((&b"a\r\n"[..], &b"a"[..])));
    assert_eq!(Line::at(b"a", false), None);
    assert_eq!(Line::at(b"a", true).map(|line| (line.raw, line.text)), Some((&b"a"[..], &b"a"[..])));
    assert_eq!(Line::at(b"", true), None);
}
