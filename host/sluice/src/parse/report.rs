//! What `parse` says at its end, on standard error: by member, and in all.

use std::{
    io::{self, Write},
    path::Path,
    time::Instant,
};

use serde::Serialize;
use sluice_record::{MemberNote, Rejects};

use super::REJECTS_SHOWN_MAX;
use crate::units;

/// What became of a member, or of a chunk of it.
#[derive(Debug, Serialize)]
pub(super) struct MemberReport {
    #[serde(skip)]
    pub(super) number: usize,
    pub(super) bytes: u64,
    pub(super) records: u64,
    pub(super) reject_bytes: u64,
    pub(super) skip_bytes: u64,
    pub(super) rejects: Rejects,
    /// The first ones: offset, length in bytes, reason.
    pub(super) first_rejects: Vec<(u64, u32, String)>,
    /// Faults of the plugin.
    pub(super) faults: Vec<String>,
}

impl MemberReport {
    pub(super) fn new(number: usize, bytes: u64) -> Self {
        Self {
            number,
            bytes,
            records: 0,
            reject_bytes: 0,
            skip_bytes: 0,
            rejects: Rejects::default(),
            first_rejects: Vec::new(),
            faults: Vec::new(),
        }
    }

    pub(super) fn reject(&mut self, offset: u64, len: u32, reason: &[u8]) {
        let reason = std::str::from_utf8(reason).unwrap_or("other");
        self.reject_bytes += u64::from(len);
        self.rejects.add(reason, 1);
        if self.first_rejects.len() < REJECTS_SHOWN_MAX {
            self.first_rejects.push((offset, len, reason.to_owned()));
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.records += other.records;
        self.reject_bytes += other.reject_bytes;
        self.skip_bytes += other.skip_bytes;
        other.rejects.0.iter().for_each(|(reason, count)| self.rejects.add(reason, *count));
        self.first_rejects.extend(other.first_rejects);
        self.first_rejects.truncate(REJECTS_SHOWN_MAX);
        self.faults.extend(other.faults);
    }
}

/// A member as it was met.
#[derive(Debug, Serialize)]
struct Met {
    file: String,
    name: String,
    plugin: Option<String>,
    encoding: String,
    failure: Option<String>,
    #[serde(flatten)]
    report: Option<MemberReport>,
}

/// All of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    #[serde(skip)]
    begun: Instant,
    members: Vec<Met>,
    left_out: Vec<MemberNote>,
}

impl Default for Report {
    fn default() -> Self {
        Self { begun: Instant::now(), members: Vec::new(), left_out: Vec::new() }
    }
}

impl Report {
    /// A member begins; gives its number.
    pub(super) fn begin(&mut self, file: &Path, name: &str, plugin: Option<&str>) -> usize {
        let file = file.display().to_string();
        let plugin = plugin.map(str::to_owned);
        self.members.push(Met { file, name: name.to_owned(), plugin, encoding: String::new(), failure: None, report: None });
        self.members.len() - 1
    }

    pub(super) fn encoding(&mut self, encoding: String) {
        if let Some(member) = self.members.last_mut() {
            member.encoding = encoding;
        }
    }

    pub(super) fn failed(&mut self, message: String) {
        if let Some(member) = self.members.last_mut() {
            member.failure = Some(message);
        }
    }

    pub(super) fn notes(&mut self, file: &Path, notes: Vec<MemberNote>) {
        let notes = notes.into_iter().map(|note| MemberNote { name: format!("{}: {}", file.display(), note.name), ..note });
        self.left_out.extend(notes);
    }

    pub(super) fn take(&mut self, reports: Vec<MemberReport>) {
        for report in reports {
            let number = report.number;
            if let Some(member) = self.members.get_mut(number) {
                member.report = Some(report);
            }
        }
    }

    pub(super) fn members(&self) -> usize {
        self.members.len()
    }

    pub(super) fn unclaimed(&self) -> usize {
        self.members.iter().filter(|member| member.plugin.is_none()).count()
    }

    /// Was something lost that a perfect parser would have read?
    pub(super) fn is_failed(&self) -> bool {
        let faulty = |member: &Met| member.failure.is_some() || member.report.as_ref().is_some_and(|report| !report.faults.is_empty());
        self.members.iter().any(faulty) || self.left_out.iter().any(|note| note.refused)
    }

    pub(super) fn print(&self, json: bool) -> io::Result<()> {
        let mut out = io::stderr().lock();
        if json {
            serde_json::to_writer(&mut out, self)?;
            return writeln!(out);
        }
        for member in &self.members {
            member.print(&mut out)?;
        }
        for note in &self.left_out {
            writeln!(out, "{}: left out: {}", note.name, note.reason)?;
        }
        let (bytes, records, rejects) = self
            .members
            .iter()
            .filter_map(|member| member.report.as_ref())
            .fold((0, 0, 0), |sum, report| (sum.0 + report.bytes, sum.1 + report.records, sum.2 + report.rejects.total()));
        let seconds = self.begun.elapsed().as_secs_f64().max(1e-6);
        writeln!(
            out,
            "{records} records, {rejects} rejects in {} of {} members; {:.1} s, {}/s",
            units::bytes(bytes),
            self.members.len(),
            seconds,
            units::bytes((bytes as f64 / seconds) as u64),
        )
    }
}

impl Met {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Some(plugin) = &self.plugin else {
            return writeln!(out, "{}: no plugin claims it, or two claim it alike", self.name);
        };
        write!(out, "{}: {plugin}", self.name)?;
        if !self.encoding.is_empty() {
            write!(out, ", {}", self.encoding)?;
        }
        match &self.report {
            Some(report) => {
                let rejects = report.rejects.total();
                writeln!(out, ", {} records, {rejects} rejects, {} skipped", report.records, units::bytes(report.skip_bytes))?;
                for (reason, count) in &report.rejects.0 {
                    writeln!(out, "  {count} × {reason}")?;
                }
                for (offset, len, reason) in &report.first_rejects {
                    writeln!(out, "  byte {offset}, {len} bytes: {reason}")?;
                }
                if rejects > report.first_rejects.len() as u64 {
                    writeln!(out, "  … and {} more", rejects - report.first_rejects.len() as u64)?;
                }
                for fault in &report.faults {
                    writeln!(out, "  {fault}")?;
                }
            }
            None => writeln!(out, ", empty")?,
        }
        match &self.failure {
            Some(failure) => writeln!(out, "  broke off: {failure}"),
            None => Ok(()),
        }
    }
}
