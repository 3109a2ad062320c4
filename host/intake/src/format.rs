//! What a stretch of bytes is, by its magic bytes; a file's name is not asked.

/// What a member turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// No container: a leaf.
    Plain,
    /// One compressed stream.
    Stream(Codec),
    Archive(Archive),
    /// Known, and not opened.
    Unread(&'static str),
}

/// How a stream is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Codec {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Lzma,
    Lz4,
}

/// What has members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Archive {
    Tar,
    Zip,
    /// A zip to its readers. A workbook's parts are members, of which a plugin makes one again; other documents are one file to everybody.
    Document,
    SevenZip,
    Rar,
}

const MAGICS: [(&[u8], Format); 9] = [
    (b"\x1F\x8B\x08", Format::Stream(Codec::Gzip)),
    (b"\x28\xB5\x2F\xFD", Format::Stream(Codec::Zstd)),
    (b"\xFD7zXZ\0", Format::Stream(Codec::Xz)),
    (b"\x04\x22\x4D\x18", Format::Stream(Codec::Lz4)),
    (b"7z\xBC\xAF\x27\x1C", Format::Archive(Archive::SevenZip)),
    (b"Rar!\x1A\x07", Format::Archive(Archive::Rar)),
    (b"\x1F\x9D", Format::Unread("compress (.Z)")),
    (b"LZIP\x01", Format::Unread("lzip")),
    (b"MSCF\0\0\0\0", Format::Unread("cab")),
];

/// What an office document's first entry is.
const DOCUMENT_ENTRIES: [&[u8]; 5] = [b"[Content_Types].xml", b"_rels/.rels", b"mimetype", b"docProps/", b"xl/"];

impl Format {
    pub(crate) fn of(head: &[u8]) -> Self {
        if let Some((_, format)) = MAGICS.into_iter().find(|(magic, _)| head.starts_with(magic)) {
            return format;
        }
        match head {
            // A frame that zstd's readers skip.
            [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Stream(Codec::Zstd),
            [b'P', b'K', 3, 4, ..] if is_document(head) => Self::Archive(Archive::Document),
            // The third is the first of several parts, or was to be one.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] => Self::Archive(Archive::Zip),
            _ if is_bzip2(head) => Self::Stream(Codec::Bzip2),
            _ if is_lzma(head) => Self::Stream(Codec::Lzma),
            _ if is_tar(head) => Self::Archive(Archive::Tar),
            _ => Self::Plain,
        }
    }

    pub(crate) const fn is_container(self) -> bool {
        matches!(self, Self::Stream(_) | Self::Archive(_))
    }
}

fn is_document(head: &[u8]) -> bool {
    head.get(30..).is_some_and(|name| DOCUMENT_ENTRIES.iter().any(|entry| name.starts_with(entry)))
}

/// `BZh` might begin a word; the magic of the first block, or of the end where there is none, does not.
fn is_bzip2(head: &[u8]) -> bool {
    matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', ..]) && matches!(head.get(4..10), Some(b"1AY&SY" | b"\x17\x72\x45\x38\x50\x90"))
}

/// The format from before xz has no magic: properties, a window of `2^n` or `2^n + 2^(n-1)` bytes, a size or none, and a first byte
/// of data that is zero. All packers write these properties.
fn is_lzma(head: &[u8]) -> bool {
    let Some((&[0x5D, w0, w1, w2, w3, ref size @ .., 0], _)) = head.split_first_chunk::<14>() else { return false };
    let window = u32::from_le_bytes([w0, w1, w2, w3]);
    let is_power = window.is_power_of_two() || (window % 3 == 0 && (window / 3).is_power_of_two());
    window >= 4096 && is_power && (size == &[0xFF; 8] || size[5..] == [0; 3])
}

/// A tar is known by its first header's checksum; old ones have no magic.
fn is_tar(head: &[u8]) -> bool {
    head.get(..512).is_some_and(|block| block[0] != 0 && crate::tar::checksum_fits(block))
}
