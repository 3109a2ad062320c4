//! Passwords of encrypted archives, as commands are given them.

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::exit::{Failure, Sysexit};

/// What is tried on encrypted archives and members, in this order.
#[derive(clap::Args, Debug)]
pub(crate) struct Passwords {
    /// A password for encrypted archives and members; may be given several times.
    #[arg(long = "password", value_name = "PASSWORD")]
    given: Vec<String>,
    /// A file of such passwords, one a line.
    #[arg(long = "password-file", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Passwords {
    /// Those given, then those of the file.
    pub(crate) fn all(&self) -> Result<Vec<String>> {
        let mut all = self.given.clone();
        if let Some(path) = &self.file {
            let text = fs::read_to_string(path).map_err(|error| {
                let said = format!("cannot read the passwords in {}: {error}", path.display());
                Failure::new(Sysexit::NoInput, said, "the file has one password a line, in UTF-8")
            })?;
            all.extend(text.trim_start_matches('\u{FEFF}').lines().filter(|line| !line.is_empty()).map(str::to_owned));
        }
        Ok(all)
    }
}
