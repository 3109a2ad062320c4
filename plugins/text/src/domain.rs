//! Is a name a domain's, under a top-level domain that is real?

/// Sorted by bytes: `made/tlds.py` writes it.
static TLDS: &[u8] = include_bytes!("../data/tlds.txt");
const LABEL_BYTES_MAX: usize = 63;
const DOMAIN_BYTES_MAX: usize = 253;
/// Delegated, but what has these at its end is a file, or a unit of systemd's.
const NO_ADDRESSES: [&[u8]; 3] = [b"zip", b"mov", b"target"];

/// Two labels or more, the last a top-level domain, and the first ones no version and no size of a picture.
pub fn is_domain(name: &[u8]) -> bool {
    let mut labels = name.split(|byte| *byte == b'.');
    let (Some(first), Some(second)) = (labels.next(), labels.next()) else { return false };
    let tld = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    name.len() <= DOMAIN_BYTES_MAX && name.split(|byte| *byte == b'.').all(is_label) && !is_version(first, second) && is_tld(tld)
}

fn is_label(label: &[u8]) -> bool {
    (1..=LABEL_BYTES_MAX).contains(&label.len()) && label[0] != b'-' && label[label.len() - 1] != b'-'
}

/// `1.0`, `v2.1`; `2x`, as pictures are named for screens.
fn is_version(first: &[u8], second: &[u8]) -> bool {
    let digits = |label: &[u8]| label.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = first.strip_prefix(b"v").unwrap_or(first);
    let count = digits(number);
    let is_number = count > 0 && count == number.len();
    is_number && digits(second) > 0 || count > 0 && matches!(number[count..], [b'x' | b'X'])
}

fn is_tld(tld: &[u8]) -> bool {
    // Nearly all are one of these.
    if [&b"com"[..], b"net", b"org"].iter().any(|usual| tld.eq_ignore_ascii_case(usual)) {
        return true;
    }
    let tld = match std::str::from_utf8(tld) {
        Ok(tld) => tld.to_lowercase(),
        Err(_) => return false,
    };
    let tld = tld.as_bytes();
    !NO_ADDRESSES.contains(&tld) && is_listed(tld)
}

/// A search by halves in lines of different lengths: whichever line a middle falls into is compared.
fn is_listed(name: &[u8]) -> bool {
    let (mut from, mut to) = (0, TLDS.len());
    while from < to {
        let middle = (from + to) / 2;
        let start = TLDS[from..middle].iter().rposition(|byte| *byte == b'\n').map_or(from, |end| from + end + 1);
        let end = TLDS[middle..to].iter().position(|byte| *byte == b'\n').map_or(to, |len| middle + len);
        match TLDS[start..end].cmp(name) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => from = end + 1,
            std::cmp::Ordering::Greater => to = start,
        }
    }
    false
}
