//! The kits of the languages that have no crates: files of `sdk/` as they are, and the dictionary in the language's words.

use std::{fs, io, path::Path};

use crate::{CONTRACT, GuestError, Language, dictionary};

/// In a plugin's folder, what the build writes.
pub(crate) const KIT: &str = ".sluice";

const C: &[(&str, &str)] = &[
    ("sluice.h", include_str!("../../../sdk/c/sluice.h")),
    ("sluice.c", include_str!("../../../sdk/c/sluice.c")),
    ("sluice_text.c", include_str!("../../../sdk/c/sluice_text.c")),
    ("sluice_words.c", include_str!("../../../sdk/c/sluice_words.c")),
];
const PYTHON: &[(&str, &str)] = &[
    ("sluice_plugin.py", include_str!("../../../sdk/python/sluice_plugin.py")),
    ("sluice_text.py", include_str!("../../../sdk/python/sluice_text.py")),
    ("sluice_words.py", include_str!("../../../sdk/python/sluice_words.py")),
    ("sluice_entry.py", include_str!("../../../sdk/python/sluice_entry.py")),
];
const JAVASCRIPT: &[(&str, &str)] = &[
    ("sluice_plugin.js", include_str!("../../../sdk/js/sluice_plugin.js")),
    ("sluice_plugin.d.ts", include_str!("../../../sdk/js/sluice_plugin.d.ts")),
    ("sluice_text.js", include_str!("../../../sdk/js/sluice_text.js")),
    ("sluice_words.js", include_str!("../../../sdk/js/sluice_words.js")),
    ("sluice_entry.js", include_str!("../../../sdk/js/sluice_entry.js")),
    ("build.mjs", include_str!("../../../sdk/js/build.mjs")),
];

/// Writes a language's kit into the folder `.sluice` of a plugin's, for compilers and editors; Rust's is a crate, and nothing is written.
///
/// # Errors
/// If the folder cannot be written.
pub fn write_kit(folder: &Path, language: Language) -> Result<(), GuestError> {
    let kit = folder.join(KIT);
    let write = |name: &str, text: &str| write(&kit.join(name), text).map_err(|source| GuestError::File { path: kit.join(name), source });
    let (files, generated) = match language {
        Language::Rust => return Ok(()),
        Language::Python => (PYTHON, dictionary::python()),
        Language::JavaScript => (JAVASCRIPT, dictionary::javascript()),
        Language::C => (C, dictionary::c()),
    };
    for (name, text) in files {
        write(name, text)?;
    }
    for (name, text) in generated {
        write(name, &text)?;
    }
    write("wit/parser.wit", CONTRACT)
}

/// What is as it should be keeps its date.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, text)
}
