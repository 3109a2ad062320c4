//! Containers around a dump, written as a stream.

use std::io::{self, Seek, Write};

/// What a dump is wrapped in.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, clap::ValueEnum)]
pub enum Container {
    /// Nothing.
    #[default]
    Plain,
    /// gzip.
    Gz,
    /// Zstandard.
    Zst,
    /// zip with one deflated member.
    Zip,
    /// tar in gzip.
    #[value(name = "tar.gz", alias = "tgz")]
    TarGz,
}

impl Container {
    /// Wraps one member. `fill` writes it, the same each time it is called: a tar header tells the size before the bytes, so there it
    /// is called twice, the first time to be counted.
    ///
    /// # Errors
    /// Those of `out` and `fill`.
    pub fn wrap<W: Write + Seek>(self, mut out: W, member: &str, mut fill: impl FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<W> {
        match self {
            Self::Plain => fill(&mut out)?,
            Self::Gz => {
                let mut gz = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
                fill(&mut gz)?;
                out = gz.finish()?;
            }
            Self::Zst => {
                let mut zst = zstd::Encoder::new(out, 3)?;
                fill(&mut zst)?;
                out = zst.finish()?;
            }
            Self::Zip => {
                let mut zip = zip::ZipWriter::new(out);
                zip.start_file(member, zip::write::SimpleFileOptions::default().large_file(true).compression_level(Some(1)))?;
                fill(&mut zip)?;
                out = zip.finish()?;
            }
            Self::TarGz => {
                let mut counter = Counter(0);
                fill(&mut counter)?;
                let mut gz = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
                let mut header = tar::Header::new_gnu();
                header.set_path(member)?;
                header.set_size(counter.0);
                header.set_mode(0o644);
                header.set_cksum();
                gz.write_all(header.as_bytes())?;
                fill(&mut gz)?;
                // Filled up to a block, and two empty blocks at the end.
                gz.write_all(&[0; 512][..(512 - counter.0 % 512) as usize % 512])?;
                gz.write_all(&[0; 1024])?;
                out = gz.finish()?;
            }
        }
        out.flush()?;
        Ok(out)
    }

    /// The ending of a file's name, with its dot; empty for none.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gz => ".gz",
            Self::Zst => ".zst",
            Self::Zip => ".zip",
            Self::TarGz => ".tar.gz",
        }
    }
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
