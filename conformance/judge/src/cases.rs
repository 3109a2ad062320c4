//! Cases: members of a format, and what is to be found in them. In a folder a case is a file that has NAME.jsonl beside it; if no file of
//! the folder has one, every file is a case. `budget.json` is none. A folder within it that has a NAME.jsonl is a case of members that belong
//! together.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use sluice_record::{InputKind, Part};
use sluice_sandbox::{Plugin, Start};

use crate::{Finding, budget};

/// A member, and what is to be found in it.
#[derive(Clone, Default, Debug)]
pub struct Case {
    /// Its file's path in the folder of cases, which a plugin gets to see; of several the first one's.
    pub name: String,
    /// Its bytes, in the form plugins get them: UTF-8 for those that want text.
    pub bytes: Vec<u8>,
    /// Its records and rejects, a JSON object each, in order: a record as `sluice parse` prints it, but a second value of a key makes a
    /// list; a reject as `{"reject": REASON}`. `None` if nobody wrote them down.
    pub expected: Option<Vec<serde_json::Value>>,
    /// The members it was joined of.
    pub parts: Vec<Part>,
    /// Paths and bytes of members that the plugin is to join; then the bytes are none yet.
    pub members: Vec<(String, Vec<u8>)>,
}

impl Case {
    /// What a plugin is told of the member.
    pub(crate) fn told(&self) -> Start<'_> {
        Start { name: &self.name, parts: &self.parts, ..Start::default() }
    }

    /// With its members as one, as the plugin has them.
    pub(crate) fn joined(&self, plugin: &Plugin) -> Result<Self, Finding> {
        if self.members.is_empty() {
            return Ok(self.clone());
        }
        let finding = |what: String| Finding { case: self.name.clone(), what, input: None };
        let names: Vec<_> = self.members.iter().map(|(name, _)| name.as_str()).collect();
        let groups = plugin.group(&names).map_err(|fault| finding(fault.message))?;
        let [group] = &groups[..] else {
            return Err(finding(format!("its members belong together, and `group` makes {} groups of them", groups.len())));
        };
        let is_text = plugin.descriptor().input == InputKind::Text;
        let mut joined = Self { expected: self.expected.clone(), ..Self::default() };
        for (name, bytes) in group.iter().map(|place| &self.members[*place as usize]) {
            let base = joined.bytes.len() as u64;
            joined.bytes.extend_from_slice(bytes);
            if is_text && !bytes.is_empty() && !bytes.ends_with(b"\n") {
                joined.bytes.push(b'\n');
            }
            joined.parts.push(Part { name: name.clone(), base, bytes: joined.bytes.len() as u64 - base });
        }
        joined.name = joined.parts.first().map_or(String::new(), |part| part.name.clone());
        Ok(joined)
    }
}

/// The cases of a folder, by name.
///
/// # Errors
/// If the folder or a file of it cannot be read, or a `.jsonl` is none; the message says which.
pub fn read_folder(folder: &Path) -> io::Result<Vec<Case>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| of(folder, &error))? {
        let path = entry?.path();
        let is_case = if path.is_dir() { path.with_extension("jsonl").is_file() } else { path.file_name() != Some(budget::FILE.as_ref()) };
        if is_case {
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
    if path.is_dir() {
        let mut members = Vec::new();
        read_members(path, &name, &mut members)?;
        members.sort();
        return Ok(Case { name, members, expected, ..Case::default() });
    }
    Ok(Case { name, bytes: fs::read(path).map_err(|error| of(path, &error))?, expected, ..Case::default() })
}

/// The files below a folder.
fn read_members(folder: &Path, name: &str, members: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| of(folder, &error))? {
        let path = entry?.path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            read_members(&path, &name, members)?;
        } else {
            members.push((name, fs::read(&path).map_err(|error| of(&path, &error))?));
        }
    }
    Ok(())
}

fn read_expectation(path: &Path) -> io::Result<Vec<serde_json::Value>> {
    let text = fs::read(path).map_err(|error| of(path, &error))?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| of(path, &error.into()))).collect()
}

fn of(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
