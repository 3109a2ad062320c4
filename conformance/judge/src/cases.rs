//! Cases: members of a format, and what is to be found in them. In a folder a case is a file that has NAME.jsonl beside it; if no file of
//! the folder has one, every file is a case. `budget.json` is none.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use crate::budget;

/// A member, and what is to be found in it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file's name, which a plugin gets to see.
    pub name: String,
    /// Its bytes, in the form plugins get them: UTF-8 for those that want text.
    pub bytes: Vec<u8>,
    /// Its records and rejects, a JSON object each, in order: a record as `sluice parse` prints it, but a second value of a key makes a
    /// list; a reject as `{"reject": REASON}`. `None` if nobody wrote them down.
    pub expected: Option<Vec<serde_json::Value>>,
}

/// The cases of a folder, by name.
///
/// # Errors
/// If the folder or a file of it cannot be read, or a `.jsonl` is none; the message says which.
pub fn read_folder(folder: &Path) -> io::Result<Vec<Case>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| of(folder, &error))? {
        let path = entry?.path();
        if path.is_file() && path.file_name() != Some(budget::FILE.as_ref()) {
            files.insert(path);
        }
    }
    let is_expectation = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl");
    let are_written = files.iter().any(is_expectation);
    let inputs = files.iter().filter(|path| !is_expectation(path) && (!are_written || files.contains(&path.with_extension("jsonl"))));
    inputs.map(|path| read(path, are_written)).collect()
}

fn read(path: &Path, is_written: bool) -> io::Result<Case> {
    let expected = if is_written { Some(read_expectation(&path.with_extension("jsonl"))?) } else { None };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Case { name, bytes: fs::read(path).map_err(|error| of(path, &error))?, expected })
}

fn read_expectation(path: &Path) -> io::Result<Vec<serde_json::Value>> {
    let text = fs::read(path).map_err(|error| of(path, &error))?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| of(path, &error.into()))).collect()
}

fn of(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
