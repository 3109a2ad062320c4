//! Is a member of a stealer's log?

use sluice_plugin::{Claim, Sample};

use crate::{
    block::{self, Block},
    key::{Key, Machine},
    line::{Class, classify},
    path::{self, Holds},
    reader::Reader,
};

/// Claims what reads as logins in blocks or as fields of forms; and, so that nobody takes it for something, what is of such a folder by
/// its path and looks it.
pub fn probe(sample: &Sample<'_>) -> Option<Claim> {
    let holds = path::holds(sample.name);
    let looks = Looks::of(sample, holds);
    if looks.lines == 0 || looks.is_markup {
        return None;
    }
    let share = |bytes: usize| bytes * 100 / looks.told_bytes.max(1);
    if looks.logins > 0 && share(looks.login_bytes) >= 50 {
        let confidence = if looks.logins > 1 || holds == Holds::Logins { 95 } else { 80 };
        return Some(Claim::new(confidence, format!("{} blocks of URL, login and password", looks.logins)));
    }
    if looks.forms > 0 && share(looks.form_bytes) >= 50 {
        return Some(Claim::new(95, "names of forms' fields and what was typed into them"));
    }
    if looks.cookies * 10 >= looks.lines * 8 {
        return Some(Claim::new(90, "cookies as Netscape wrote them: nobody's data, all is skipped"));
    }
    if looks.machine >= 4 && looks.machine_ids > 0 {
        return Some(Claim::new(85, "what a stealer tells of a machine: nobody's account, all is skipped"));
    }
    match holds {
        Holds::Nothing => Some(Claim::new(60, "by its name a list in a stealer's log: nobody's data, all is skipped")),
        Holds::Machine if looks.machine > 0 || looks.lines == 1 => Some(Claim::new(60, "by its name of a machine in a stealer's log")),
        Holds::Logins if looks.odd > 0 => Some(Claim::new(55, "by its name a stealer's logins, and blocks that begin as such")),
        _ if looks.logins > 0 => Some(Claim::new(40, "a block of URL, login and password among other things")),
        _ => None,
    }
}

/// What a sample looks like.
#[derive(Default)]
struct Looks {
    lines: usize,
    /// Bytes that are not skipped, in lines that are neither blank nor rules.
    told_bytes: usize,
    logins: usize,
    login_bytes: usize,
    forms: usize,
    form_bytes: usize,
    odd: usize,
    cookies: usize,
    /// Keys of a machine, and those among them that number or place it.
    machine: usize,
    machine_ids: usize,
    is_markup: bool,
}

impl Looks {
    fn of(sample: &Sample<'_>, holds: Holds) -> Self {
        let whole = sample.size.is_none_or(|size| size <= sample.head.len() as u64);
        let end = if whole { sample.head.len() } else { memchr::memrchr(b'\n', sample.head).map_or(0, |at| at + 1) };
        let text = &sample.head[..end];
        let (mut looks, mut reader) = (Self::default(), Reader { holds, ..Reader::default() });
        let first = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
        looks.is_markup = matches!(first, [b'{' | b'<', ..]) || first.starts_with(b"BEGIN:VCARD");
        for line in sample.lines() {
            looks.look(line, &mut reader);
        }
        let mut at = 0;
        while let Some(block) = block::next(&text[at..], true, &mut reader) {
            let bytes = block.rows().len();
            match &block {
                Block::Login(_, login) if login.has_place() => {
                    (looks.logins, looks.login_bytes) = (looks.logins + 1, looks.login_bytes + bytes)
                }
                Block::Form(..) => (looks.forms, looks.form_bytes) = (looks.forms + 1, looks.form_bytes + bytes),
                Block::Odd(..) => looks.odd += 1,
                Block::Login(..) | Block::Nothing(..) => {}
            }
            let is_told = !matches!(block, Block::Nothing(rows) if is_drawn(rows, &mut reader));
            looks.told_bytes += if is_told { bytes } else { 0 };
            at += bytes;
        }
        looks
    }

    fn look(&mut self, line: &[u8], reader: &mut Reader) {
        match classify(line, &mut reader.keys) {
            Class::Blank | Class::Rule => return,
            Class::Pair(pair) => {
                if let Key::Machine(kind) = pair.key {
                    self.machine += 1;
                    self.machine_ids += usize::from(matches!(kind, Machine::Id | Machine::Name | Machine::Ip));
                }
            }
            Class::Text | Class::Binary => self.cookies += usize::from(is_cookie(line)),
        }
        self.lines += 1;
    }
}

/// Is a stretch of nobody's a blank line or a rule?
fn is_drawn(rows: &[u8], reader: &mut Reader) -> bool {
    matches!(classify(rows.trim_ascii_end(), &mut reader.keys), Class::Blank | Class::Rule)
}

/// A cookie's line: seven columns, of which two are TRUE or FALSE.
fn is_cookie(line: &[u8]) -> bool {
    let mut columns = line.split(|byte| *byte == b'\t');
    let is_flag =
        |column: Option<&[u8]>| column.is_some_and(|text| text.eq_ignore_ascii_case(b"TRUE") || text.eq_ignore_ascii_case(b"FALSE"));
    let has_host = columns.next().is_some_and(|host| !host.is_empty());
    has_host && is_flag(columns.next()) && columns.next().is_some() && is_flag(columns.next())
}
