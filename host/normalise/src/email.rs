//! E-mail addresses by the pragmatic rules that the best-known service publishes, not by RFC 5322: what people have, not what a
//! grammar allows.
//!
//! - Local part: 1–64 characters of `a-z 0-9 _ . + -`, the apostrophe, and letters, marks and digits of other scripts; no dot at its
//!   start or end, no two in a row. Lower case.
//! - Domain: host labels under a real top-level domain by the public suffix list. An international domain has one canonical form, its
//!   ASCII one (`xn--…`): it is what look-ups hash, so a client must send that form, or the API convert it.
//! - Quotes, `~`, `|`, a backslash (a literal `\r`, `\n`, `\t`), blanks, brackets and list punctuation end an address; before it,
//!   quotes, `mailto:` and a display name with `<` are passed over.
//!
//! Not here: plus-addressing and dots in local parts are left alone. They are other addresses.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

const LOCAL_CHARS_MAX: usize = 64;
const DOMAIN_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

const INVALID: &str = "email-invalid";
const NO_SUCH_TLD: &str = "email-tld-unknown";

/// What a byte means in an address.
const LOCAL: u8 = 1;
const HOST: u8 = 2;
const END: u8 = 4;

const CLASSES: [u8; 128] = {
    let mut classes = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        classes[byte] = if c.is_ascii_alphanumeric() || c == b'-' || c == b'.' {
            LOCAL | HOST
        } else if c == b'_' || c == b'+' {
            LOCAL
        } else if c == b'\'' {
            LOCAL | END
        } else if c <= b' '
            || matches!(c, b'"' | b'`' | b'~' | b'|' | b'\\' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';' | b':')
        {
            END
        } else {
            0
        };
        byte += 1;
    }
    classes
};

/// Appends the canonical address; `true` if the text was nothing but the address.
pub(crate) fn canonical(raw: &str, out: &mut String) -> Result<bool, &'static str> {
    let text = without_wrapping(raw);
    let at = memchr::memchr(b'@', text.as_bytes()).ok_or(INVALID)?;
    let (before, rest) = (&text[..at], &text[at + 1..]);
    let local = before.bytes().rposition(|byte| byte == b'<').map_or(before, |bracket| &before[bracket + 1..]);
    let domain = &rest[..domain_len(rest)?];
    push_local(local, out)?;
    out.push('@');
    push_domain(domain.trim_end_matches('.'), out)?;
    Ok(local.len() + 1 + domain.len() == raw.len())
}

fn without_wrapping(raw: &str) -> &str {
    let is_wrapped = raw.as_bytes().first().is_some_and(|first| first | 0x20 == b'm' || !first.is_ascii_alphanumeric());
    if !is_wrapped {
        return raw;
    }
    let is_wrapping = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '~' | '|' | '(' | '[' | '{' | '<' | '«' | '“' | '‘');
    let text = raw.trim_start_matches(is_wrapping);
    if text.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:")) {
        return text[7..].trim_start_matches(is_wrapping);
    }
    text
}

fn domain_len(rest: &str) -> Result<usize, &'static str> {
    for (index, byte) in rest.bytes().enumerate() {
        // Of other scripts, what may stand in a host name is IDNA's to say; only their quotes and blanks end it.
        let class = if byte < 128 { CLASSES[usize::from(byte)] } else { HOST };
        if class & END != 0 {
            return Ok(index);
        }
        if class & HOST == 0 {
            return Err(INVALID);
        }
    }
    let is_end = |c: char| c.is_whitespace() || matches!(c, '»' | '”' | '’' | '，' | '；' | '：');
    Ok(if rest.is_ascii() { rest.len() } else { rest.find(is_end).unwrap_or(rest.len()) })
}

fn push_local(local: &str, out: &mut String) -> Result<(), &'static str> {
    let bytes = local.as_bytes();
    if bytes.is_empty() || bytes[0] == b'.' || bytes[bytes.len() - 1] == b'.' {
        return Err(INVALID);
    }
    let (mut classes, mut previous, mut double_dot, mut high) = (LOCAL, 0, false, false);
    for &byte in bytes {
        classes &= if byte < 128 { CLASSES[usize::from(byte)] } else { LOCAL };
        high |= byte >= 128;
        double_dot |= byte == b'.' && previous == b'.';
        previous = byte;
    }
    if classes & LOCAL == 0 || double_dot {
        return Err(INVALID);
    }
    if !high {
        if bytes.len() > LOCAL_CHARS_MAX {
            return Err(INVALID);
        }
        push_lower(local, out);
        return Ok(());
    }
    let start = out.len();
    out.extend(local.chars().flat_map(char::to_lowercase));
    let may_stand = |(index, c): (usize, char)| c.is_ascii() || c.is_alphanumeric() || (index > 0 && is_mark(c));
    let lowered = &out[start..];
    if lowered.chars().enumerate().all(may_stand) && lowered.chars().nth(LOCAL_CHARS_MAX).is_none() { Ok(()) } else { Err(INVALID) }
}

/// Combining marks that belong to a letter before them and that `char::is_alphanumeric` leaves out.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{093c}' | '\u{094d}' | '\u{09bc}' | '\u{09cd}' | '\u{0e47}'..='\u{0e4e}' | '\u{1ab0}'..='\u{1aff}')
}

fn push_domain(domain: &str, out: &mut String) -> Result<(), &'static str> {
    let start = out.len();
    let host = Host::of(domain.as_bytes());
    if domain.is_ascii() && !host.has_ace_label {
        if domain.len() > DOMAIN_BYTES_MAX || !host.has_host_labels {
            return Err(INVALID);
        }
        push_lower(domain, out);
    } else {
        out.push_str(&host_to_ascii(domain).ok_or(INVALID)?);
    }
    let tld = out[start..].bytes().rposition(|byte| byte == b'.').ok_or(INVALID)? + start + 1;
    if is_under_real_tld(&out[start..], &out[tld..]) { Ok(()) } else { Err(NO_SUCH_TLD) }
}

/// The one canonical form of an international host name; `None` if it is no host name.
pub(crate) fn host_to_ascii(host: &str) -> Option<String> {
    let ascii = Uts46::new().to_ascii(host.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify).ok()?;
    Some(ascii.into_owned())
}

/// What one walk over a host name's labels tells.
struct Host {
    has_host_labels: bool,
    has_ace_label: bool,
}

impl Host {
    fn of(name: &[u8]) -> Self {
        let (mut host, mut start) = (Self { has_host_labels: true, has_ace_label: false }, 0);
        for end in 0..=name.len() {
            if name.get(end).is_some_and(|byte| *byte != b'.') {
                continue;
            }
            let label = &name[start..end];
            host.has_host_labels &= is_host_label(label);
            host.has_ace_label |= label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"xn--"));
            start = end + 1;
        }
        host
    }
}

fn is_host_label(label: &[u8]) -> bool {
    !label.is_empty() && label.len() <= LABEL_BYTES_MAX && label[0] != b'-' && label[label.len() - 1] != b'-'
}

/// The suffixes that most addresses have spare the walk through the list.
fn is_under_real_tld(domain: &str, tld: &str) -> bool {
    matches!(tld, "com" | "net" | "org" | "de" | "ru" | "fr" | "uk" | "it" | "edu" | "br" | "cn" | "jp" | "pl" | "in" | "es")
        || psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

fn push_lower(text: &str, out: &mut String) {
    let start = out.len();
    out.push_str(text);
    out[start..].make_ascii_lowercase();
}
