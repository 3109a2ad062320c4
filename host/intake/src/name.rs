//! Names from archives: text for people, bounded and free of tricks. They never name a file.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// Bytes of a name, in whatever encoding the archiver's machine had, as text.
pub(crate) fn decode(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(raw, true);
            detector.guess(None, Utf8Detection::Deny).decode_without_bom_handling(raw).0.into_owned()
        }
    }
}

/// What may be shown: no controls, nothing that turns the writing direction, no more than `bytes_max` bytes.
pub(crate) fn for_display(name: &str, bytes_max: usize) -> String {
    let mut shown = String::with_capacity(name.len().min(bytes_max));
    for char in name.chars() {
        let char = if hides(char) { char::REPLACEMENT_CHARACTER } else { char };
        if shown.len() + char.len_utf8() + '…'.len_utf8() > bytes_max {
            shown.push('…');
            break;
        }
        shown.push(char);
    }
    shown
}

fn hides(char: char) -> bool {
    char.is_control() || matches!(char, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The name of what is inside a compressed stream.
pub(crate) fn unpacked(name: &str) -> String {
    let Some((stem, extension)) = name.rsplit_once('.') else { return name.to_owned() };
    match extension.to_ascii_lowercase().as_str() {
        "gz" | "gzip" | "z" | "zst" | "zstd" | "bz2" | "xz" | "lzma" | "lz4" if !stem.is_empty() && !stem.ends_with('/') => stem.to_owned(),
        "tgz" | "tzst" | "tbz" | "tbz2" | "txz" | "tlz" => format!("{stem}.tar"),
        _ => name.to_owned(),
    }
}

/// Files that archivers and desktops leave behind and that hold nobody's data.
pub(crate) fn is_desktop_junk(name: &str, head: &[u8]) -> bool {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let apple_double = head.starts_with(b"\x00\x05\x16\x07");
    name.split(['/', '\\']).any(|folder| folder == "__MACOSX") || (last.starts_with("._") && apple_double) || last == ".DS_Store"
}
