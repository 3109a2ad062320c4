//! A synthetic dump of any size from a recipe: the same bytes for the same recipe, in constant memory.

use std::io::{self, Seek, Write};

use crate::{
    containers::Container,
    encodings::TextEncoding,
    formats::{Format, Truth},
    people::{People, Person, Random},
    traits::Traits,
};

/// How much to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// Rows until the UTF-8 text has so many bytes, and what closes the file.
    Bytes(u64),
    /// So many records.
    Records(u64),
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The format.
    pub format: Format,
    /// One of [`Format::dialects`].
    pub dialect: String,
    /// How much.
    pub size: Size,
    /// Where chance begins.
    pub seed: u64,
    /// How nasty.
    pub traits: Traits,
    /// How the text is written.
    pub encoding: TextEncoding,
    /// What it is wrapped in.
    pub container: Container,
}

/// What was made.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Made {
    /// Records, each with its truth.
    pub records: u64,
    /// Bytes of UTF-8 before encoding and container.
    pub text_bytes: u64,
}

/// Text is handed on in pieces of about this.
const PIECE_BYTES: usize = 128 << 10;

impl Recipe {
    /// Usual values: UTF-8, plain, no traits, the format's first dialect.
    pub fn new(format: Format, size: Size, seed: u64) -> Self {
        Self {
            format,
            dialect: format.dialects()[0].to_owned(),
            size,
            seed,
            traits: Traits::NONE,
            encoding: TextEncoding::Whatwg(encoding_rs::UTF_8),
            container: Container::Plain,
        }
    }

    /// Writes the dump, in its container, and the truth if that is wanted. `member` names the file inside an archive.
    ///
    /// # Errors
    /// Those of the writers; `InvalidInput` if the format has no such dialect.
    pub fn write<W: Write + Seek>(&self, out: W, member: &str, mut truth: Option<&mut dyn Write>) -> io::Result<(Made, W)> {
        let mut made = Made::default();
        // A tar's first pass only counts: the truth belongs to the second.
        let mut passes = if self.container == Container::TarGz { 2 } else { 1 };
        let out = self.container.wrap(out, member, |out| {
            passes -= 1;
            let truth = if passes == 0 { truth.take() } else { None };
            made = self.write_text(&mut *self.encoding.wrap(out), truth)?;
            Ok(())
        })?;
        Ok((made, out))
    }

    /// Writes the text alone, in UTF-8.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_text(&self, out: &mut dyn Write, mut truth: Option<&mut dyn Write>) -> io::Result<Made> {
        let unknown = || {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("no dialect `{}`; there are {}", self.dialect, self.format.dialects().join(", ")),
            )
        };
        let mut format = self.format.writer(&self.dialect, self.traits).ok_or_else(unknown)?;
        let mut random = Random::new(self.seed);
        let mut people = People::new(self.encoding.repertoire(), self.traits.contains(Traits::PASSWORDS), &mut random);
        let (mut person, mut made) = (Person::default(), Made::default());
        let (mut text, mut lines) = (String::with_capacity(2 * PIECE_BYTES), String::new());
        format.head(&mut text);
        if self.encoding.repertoire() != encoding_rs::UTF_8 {
            // Programs write a byte-order mark where there is one to write.
            text = text.trim_start_matches('\u{feff}').to_owned();
        }
        while match self.size {
            Size::Bytes(bytes) => made.text_bytes + (text.len() as u64) < bytes,
            Size::Records(records) => made.records < records,
        } {
            format.draw(&mut people, &mut random, &mut person);
            let mut of_record = Truth::begin(truth.is_some().then_some(&mut lines));
            format.row(&mut random, &person, &mut text, &mut of_record);
            of_record.end();
            made.records += 1;
            if text.len() > PIECE_BYTES {
                // The last line end may have to go yet: it stays back.
                let kept = text.len() - text.trim_end_matches(['\r', '\n']).len();
                let piece = text.len() - kept;
                out.write_all(&text.as_bytes()[..piece])?;
                made.text_bytes += piece as u64;
                text.drain(..piece);
                if let Some(truth) = &mut truth {
                    truth.write_all(lines.as_bytes())?;
                    lines.clear();
                }
            }
        }
        format.tail(made.records, &mut text);
        if self.traits.contains(Traits::NO_FINAL_NEWLINE) {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        out.write_all(text.as_bytes())?;
        made.text_bytes += text.len() as u64;
        if let Some(truth) = &mut truth {
            truth.write_all(lines.as_bytes())?;
            truth.flush()?;
        }
        out.flush()?;
        Ok(made)
    }
}
