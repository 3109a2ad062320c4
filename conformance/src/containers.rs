//! Containers around a dump, written as a stream; but for 7z, whose writer wants to read, and which is held in memory.

use std::io::{self, Seek, Write};

use zip::{AesMode, unstable::write::FileOptionsExt, write::SimpleFileOptions};

/// What encrypted containers are locked with.
pub const PASSWORD: &str = "synthetic";

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
    /// bzip2.
    Bz2,
    /// xz.
    Xz,
    /// lz4.
    Lz4,
    /// 7z with one member.
    #[value(name = "7z")]
    SevenZ,
    /// zip whose member is encrypted as by old tools, with [`PASSWORD`].
    ZipCrypto,
    /// zip whose member is encrypted by AES-256, with [`PASSWORD`].
    ZipAes,
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
            Self::Zip | Self::ZipCrypto | Self::ZipAes => {
                let mut zip = zip::ZipWriter::new(out);
                let options = SimpleFileOptions::default().large_file(true).compression_level(Some(1));
                let options = match self {
                    Self::ZipCrypto => options.with_deprecated_encryption(PASSWORD.as_bytes())?,
                    Self::ZipAes => options.with_aes_encryption(AesMode::Aes256, PASSWORD),
                    _ => options,
                };
                zip.start_file(member, options)?;
                fill(&mut zip)?;
                out = zip.finish()?;
            }
            Self::Bz2 => {
                let mut bz2 = bzip2::write::BzEncoder::new(out, bzip2::Compression::fast());
                fill(&mut bz2)?;
                out = bz2.finish()?;
            }
            Self::Xz => {
                let mut xz = lzma_rust2::XzWriter::new(out, lzma_rust2::XzOptions::with_preset(1))?;
                fill(&mut xz)?;
                out = xz.finish()?;
            }
            Self::Lz4 => {
                let mut lz4 = lz4_flex::frame::FrameEncoder::new(out);
                fill(&mut lz4)?;
                out = lz4.finish()?;
            }
            Self::SevenZ => {
                let mut bytes = Vec::new();
                fill(&mut bytes)?;
                let mut archive = sevenz_rust2::ArchiveWriter::new(out).map_err(io::Error::other)?;
                archive.push_archive_entry(sevenz_rust2::ArchiveEntry::new_file(member), Some(&bytes[..])).map_err(io::Error::other)?;
                out = archive.finish()?;
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
            Self::Zip | Self::ZipCrypto | Self::ZipAes => ".zip",
            Self::Bz2 => ".bz2",
            Self::Xz => ".xz",
            Self::Lz4 => ".lz4",
            Self::SevenZ => ".7z",
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
