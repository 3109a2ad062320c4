//! people-list: a person a line, `name|email|password`, below a header that begins with `#`.
//!
//! It is a beginning, to be changed. Where an author must decide something, a comment says what;
//! `sluice plugin test` says whether what was decided holds.

use sluice_plugin::*;

/// The first line of a whole list.
const HEADER: &[u8] = b"# name|email|password";
/// Of a list's beginning, what is looked at to tell whether it is one.
const LINES_PROBED: usize = 200;

/// The parser. One reads one chunk; as every line stands alone, there is nothing to remember.
struct List;

impl Parser for List {
    fn describe() -> Descriptor {
        Descriptor {
            // What it goes by in commands, metrics and file names.
            name: "people-list",
            version: env!("CARGO_PKG_VERSION"),
            title: "Lists of name|email|password",
            formats: &["name|email|password"],
            // Decide who may cut a big member into chunks, which are read side by side: `Lines`,
            // if every line stands alone; `Marks`, if what comes before matters; else `Whole`.
            framing: Framing::Lines,
            // Decide what bytes you want: `TEXT` has them decoded to UTF-8, whatever they were.
            ..Descriptor::TEXT
        }
    }

    /// Decide what only your format has: the surest claim gets the member. Above 50 says "this
    /// format and hardly any other". A file's name alone is worth little.
    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        if sample.lines().next() == Some(HEADER) {
            return Some(Claim::new(95, "it begins with the header"));
        }
        // A part of a list has no header.
        let (mut people, mut others) = (0, 0);
        for line in sample.lines().take(LINES_PROBED) {
            match read(line) {
                Row::Person(..) => people += 1,
                Row::Unreadable => others += 1,
                Row::Nobody => {}
            }
        }
        (people > 9 * others).then(|| Claim::new(60, "nearly all lines are name|email|password"))
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self)
    }

    /// Gives every line to exactly one of `record`, `skip` and `reject`, line end included.
    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        while let Some(line) = input.next_line() {
            match read(line.text) {
                Row::Person(name, email, secret) => {
                    // `secret` tells hashes from passwords; empty values are left out.
                    let record = out.record(line.raw).full_name(name).email(email);
                    record.secret(secret).end();
                }
                Row::Nobody => out.skip(line.raw),
                // A reject means that data was lost. Its reason never has a value of the input.
                Row::Unreadable => out.reject(line.raw, "no-name-email-password"),
            }
        }
        Ok(())
    }
}

/// What a line is.
enum Row<'a> {
    /// Name, e-mail address, password or hash.
    Person(&'a [u8], &'a [u8], &'a [u8]),
    /// No data: a comment, or an empty line.
    Nobody,
    /// Data, but of what?
    Unreadable,
}

fn read(line: &[u8]) -> Row<'_> {
    if line.is_empty() || line.starts_with(b"#") {
        return Row::Nobody;
    }
    // Decide what a separator within a value is. Here the first two count: a password may have more.
    let mut values = line.splitn(3, |byte| *byte == b'|');
    match (values.next(), values.next(), values.next()) {
        (Some(name), Some(email), Some(secret)) if columns::is_email(email) => {
            Row::Person(name, email, secret)
        }
        _ => Row::Unreadable,
    }
}

sluice_plugin::export!(List);

#[cfg(test)]
mod tests {
    use super::*;

    /// Natively: what `sluice plugin test` does in the sandbox, but quick, and with a debugger.
    #[test]
    fn every_case_gives_what_stands_beside_it() {
        native::cases::check::<List>("cases");
    }
}
