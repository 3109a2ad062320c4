//! What a stretch of bytes is, by its magic bytes; a file's name is not asked.

/// What a member turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// No container: a leaf.
    Plain,
    Gzip,
    Zstd,
    Zip,
    Tar,
    /// Known, and not opened yet.
    Unread(&'static str),
}

const UNREAD: [(&[u8], &str); 8] = [
    (b"BZh", "bzip2"),
    (b"\xFD7zXZ\0", "xz"),
    (b"7z\xBC\xAF\x27\x1C", "7z"),
    (b"Rar!\x1A\x07", "rar"),
    (b"\x04\x22\x4D\x18", "lz4"),
    (b"\x1F\x9D", "compress (.Z)"),
    (b"LZIP\x01", "lzip"),
    (b"MSCF\0\0\0\0", "cab"),
];

/// Office documents are zips to their readers and one file to everybody else.
const DOCUMENT_ENTRIES: [&[u8]; 4] = [b"[Content_Types].xml", b"_rels/.rels", b"mimetype", b"docProps/"];

impl Format {
    pub(crate) fn of(head: &[u8]) -> Self {
        if let Some((magic, name)) = UNREAD.into_iter().find(|(magic, _)| head.starts_with(magic)) {
            // `BZh` might begin a word; its block's magic does not.
            if magic != b"BZh" || matches!(head.get(4..10), Some(b"1AY&SY" | b"\x17\x72\x45\x38\x50\x90")) {
                return Self::Unread(name);
            }
        }
        match head {
            [0x1F, 0x8B, 8, ..] => Self::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            [b'P', b'K', 3, 4, ..] if is_document(head) => Self::Plain,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] => Self::Zip,
            _ if is_tar(head) => Self::Tar,
            _ => Self::Plain,
        }
    }
}

fn is_document(head: &[u8]) -> bool {
    head.get(30..).is_some_and(|name| DOCUMENT_ENTRIES.iter().any(|entry| name.starts_with(entry)))
}

/// A tar is known by its first header's checksum; old ones have no magic.
fn is_tar(head: &[u8]) -> bool {
    head.get(..512).is_some_and(|block| block[0] != 0 && crate::tar::checksum_fits(block))
}
