//! Any encoding, over a stream of UTF-8.

use std::io::{self, Write};

use encoding_rs::{CoderResult, Encoder, Encoding, UTF_8, WINDOWS_1252};

/// How a dump's text is written.
#[derive(Clone, Copy, Debug)]
pub enum TextEncoding {
    /// One of the WHATWG's encodings; UTF-8 too.
    Whatwg(&'static Encoding),
    /// UTF-16, which the WHATWG decodes but never writes.
    Utf16 {
        /// Big endian?
        big: bool,
        /// With a byte-order mark?
        mark: bool,
    },
    /// UTF-8 that somebody took for windows-1252 and made UTF-8 once more.
    Twice,
}

impl TextEncoding {
    /// `utf-8`, `utf-16le`, `utf-16be`, either with `-bom`, `utf-8-twice`, or a WHATWG label (`latin1`, `windows-1251`, `gbk`, `shift_jis` …).
    pub fn from_label(label: &str) -> Option<Self> {
        let lower = label.to_ascii_lowercase();
        let (name, mark) = lower.strip_suffix("-bom").map_or((lower.as_str(), false), |name| (name, true));
        match name {
            "utf-16le" => Some(Self::Utf16 { big: false, mark }),
            "utf-16be" => Some(Self::Utf16 { big: true, mark }),
            "utf-8-twice" => Some(Self::Twice),
            _ => Encoding::for_label(label.as_bytes()).map(Self::Whatwg),
        }
    }

    /// The encoding whose repertoire it has.
    pub fn repertoire(self) -> &'static Encoding {
        match self {
            Self::Whatwg(encoding) => encoding,
            Self::Utf16 { .. } | Self::Twice => UTF_8,
        }
    }

    /// A writer that takes UTF-8 and passes on this encoding.
    pub fn wrap<'a>(self, out: &'a mut dyn Write) -> Box<dyn Write + 'a> {
        match self {
            Self::Whatwg(encoding) if encoding == UTF_8 => Box::new(out),
            Self::Whatwg(encoding) => Box::new(Encoded { out, encoder: encoding.new_encoder(), buffer: vec![0; 64 << 10] }),
            Self::Utf16 { big, mark } => Box::new(Utf16 { out, big, mark, buffer: Vec::new() }),
            Self::Twice => Box::new(Twice(out)),
        }
    }
}

fn text(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Takes whole characters at each write.
struct Encoded<'a> {
    out: &'a mut dyn Write,
    encoder: Encoder,
    buffer: Vec<u8>,
}

impl Write for Encoded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = text(bytes)?;
        loop {
            let (result, read, written, unmappable) = self.encoder.encode_from_utf8(rest, &mut self.buffer, false);
            if unmappable {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a character that the encoding cannot write"));
            }
            self.out.write_all(&self.buffer[..written])?;
            rest = &rest[read..];
            if result == CoderResult::InputEmpty {
                return Ok(bytes.len());
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Takes whole characters at each write.
struct Utf16<'a> {
    out: &'a mut dyn Write,
    big: bool,
    mark: bool,
    buffer: Vec<u8>,
}

impl Write for Utf16<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.clear();
        let mark = std::mem::take(&mut self.mark).then_some(0xfeff);
        for unit in mark.into_iter().chain(text(bytes)?.encode_utf16()) {
            self.buffer.extend(if self.big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
        self.out.write_all(&self.buffer)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct Twice<'a>(&'a mut dyn Write);

impl Write for Twice<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(WINDOWS_1252.decode_without_bom_handling(bytes).0.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
