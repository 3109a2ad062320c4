//! Tells a layout by a member's first lines.

use std::collections::HashSet;

use sluice_plugin::{
    FieldKind, HashKind, Secret,
    columns::{self, Meaning, is_email, is_ip},
    identify,
};

use crate::{
    field::{self, Form},
    layout::{COLUMNS_MAX, Layout, Place, is_nothing},
};

/// Lines that are looked at.
const LINES_MAX: usize = 400;
/// No row of people has more.
pub const LINE_BYTES_MAX: usize = 16 << 10;
/// A header is no longer.
const HEADER_BYTES_MAX: usize = 1 << 10;

/// A layout, and how it was told.
pub struct Told {
    pub layout: Layout,
    /// Rows of the sample, and how many of them have all columns.
    pub rows: usize,
    pub whole: usize,
    pub has_header: bool,
}

/// A field of a row of the sample.
#[derive(Clone, Copy)]
struct Field<'a> {
    value: &'a [u8],
    form: Form,
}

type Row<'a> = Vec<Field<'a>>;

/// The layout of these lines, if they have one.
pub fn layout<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Told> {
    let is_row = |line: &&[u8]| !line.trim_ascii().is_empty() && line.len() <= LINE_BYTES_MAX && !is_banner(line);
    let lines: Vec<&[u8]> = lines.map(without_mark).filter(is_row).take(LINES_MAX).collect();
    b":;|\t".iter().filter_map(|separator| with_separator(&lines, *separator)).max_by_key(|told| told.whole)
}

/// Without a byte order mark.
pub fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
}

/// Rules and comments.
pub fn is_banner(line: &[u8]) -> bool {
    let rule = |byte: &u8| matches!(byte, b'=' | b'-' | b'*' | b'~' | b'+' | b'#' | b'_');
    line.starts_with(b"# ") || line.starts_with(b"#") && !line.contains(&b'@') || line.len() >= 3 && line[..3].iter().all(rule)
}

fn split(line: &[u8], separator: u8) -> Row<'_> {
    let (mut row, mut at) = (Row::new(), 0);
    while row.len() < COLUMNS_MAX {
        let (end, form) = field::end(line, at, separator);
        row.push(Field { value: &line[at..end], form });
        if end == line.len() {
            break;
        }
        at = end + 1;
    }
    row
}

fn with_separator(lines: &[&[u8]], separator: u8) -> Option<Told> {
    let header = lines.first().and_then(|line| Some((*line, header(line, separator)?)));
    let lines = &lines[usize::from(header.is_some())..];
    let rows: Vec<Row<'_>> = lines.iter().map(|line| split(line, separator)).filter(|row| row.len() >= 3).collect();
    if rows.len() * 10 < lines.len() * 8 || rows.is_empty() {
        return None;
    }
    let table = match &header {
        Some((_, names)) => named(&rows, names),
        None => by_content(&rows),
    }?;
    let Columns { meanings, places, rest } = table;
    let has_header = header.is_some();
    let (head, names) = header.map_or((&b""[..], None), |(line, names)| (line, Some(names)));
    let layout = Layout::new(separator, places, rest, meanings, names, head);
    let (mut whole, count) = (0, lines.len());
    for line in lines {
        whole += usize::from(crate::row::split(&layout, line).is_ok());
    }
    Some(Told { layout, rows: count, whole, has_header })
}

/// The names of a header: all of them known, or looking like names, and one of them a person's.
fn header(line: &[u8], separator: u8) -> Option<Vec<Vec<u8>>> {
    let names: Vec<Vec<u8>> = line.split(|byte| *byte == separator).map(|name| name.trim_ascii().to_vec()).collect();
    let is_name = |name: &Vec<u8>| {
        let fine = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ' | b'.') || *byte >= 0x80;
        !name.is_empty() && name.len() <= 40 && name.iter().all(fine) && !name[0].is_ascii_digit()
    };
    let known = names.iter().filter(|name| columns::known(name).is_some()).count();
    (line.len() <= HEADER_BYTES_MAX
        && (3..=COLUMNS_MAX).contains(&names.len())
        && names.iter().all(is_name)
        && known * 3 >= names.len() * 2)
        .then_some(names)
}

struct Columns {
    meanings: Vec<Meaning>,
    places: Vec<Place>,
    rest: usize,
}

/// The columns of a table with a header.
fn named(rows: &[Row<'_>], names: &[Vec<u8>]) -> Option<Columns> {
    let meanings: Vec<Meaning> = names.iter().map(|name| columns::meaning(name)).collect();
    let position = |is: &dyn Fn(Meaning) -> bool| meanings.iter().position(|meaning| is(*meaning));
    let secret = position(&|meaning| matches!(meaning, Meaning::Secret(_)));
    let salt = position(&|meaning| meaning == Meaning::Field(FieldKind::Salt));
    let rest = salt.or(secret).unwrap_or(meanings.len() - 1);
    let place = |at: usize| place(rows.iter().filter_map(|row| nth(row, at, names.len(), rest)));
    let places = (0..names.len()).map(place).collect();
    meanings.iter().any(|meaning| meaning.is_identity()).then_some(Columns { meanings, places, rest })
}

fn place<'a>(values: impl Iterator<Item = Field<'a>>) -> Place {
    let values: Vec<Field<'_>> = values.filter(|field| !is_nothing(field.value)).collect();
    let special = values.iter().filter(|field| field.form != Form::Word).map(|field| field.form).next();
    let Some(form) = special else { return Place { form: Form::Word, inner: Some(0) } };
    let colons = |field: &Field<'_>| field.value.iter().filter(|byte| **byte == b':').count();
    let inner = values.first().map(colons).filter(|first| values.iter().all(|field| colons(field) == *first));
    // Not all are of that form: they are looked at one by one.
    Place { form, inner: inner.and_then(|inner| u8::try_from(inner).ok()) }
}

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Hash(Option<HashKind>),
    Field(FieldKind),
    /// Numbers, none of which tells what it is.
    Number,
    Word,
}

/// The columns of a table without a header. Needs an identity and a secret, with more than those two.
fn by_content(rows: &[Row<'_>]) -> Option<Columns> {
    let values = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|field| field.value).collect::<Vec<_>>();
    let mut kinds = Vec::new();
    let width = usual_width(rows);
    for at in 0..width {
        kinds.push(kind(&values(at), at));
        if matches!(kinds[at], Kind::Hash(_)) {
            let is_known = |kind: &Kind| matches!(kind, Kind::Word | Kind::Field(FieldKind::Email));
            let after_salt = at > 1 && kinds[at - 1] == Kind::Word && kinds[..at - 1].iter().any(is_known) && is_salt_like(&values(at - 1));
            return after_salt.then(|| hash_last(rows, width)).flatten().or_else(|| around_hash(rows, kinds));
        }
    }
    hash_last(rows, width).or_else(|| with_password(rows, kinds))
}

/// The number of fields that nearly all rows have at least.
fn usual_width(rows: &[Row<'_>]) -> usize {
    let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
    widths.sort_unstable();
    widths[widths.len() / 10]
}

/// What stands left of a hash, the hash, its salt if there is one, and what stands right of that.
fn around_hash(rows: &[Row<'_>], mut kinds: Vec<Kind>) -> Option<Columns> {
    let hash = kinds.len() - 1;
    let behind: Vec<&[Field<'_>]> = rows.iter().filter_map(|row| row.get(hash + 1..)).collect();
    let enough = |most: usize, all: usize| all > 0 && most * 10 >= all * 9;
    let mut right = Vec::new();
    loop {
        let back = right.len();
        let values: Vec<&[u8]> = behind.iter().filter_map(|fields| fields.len().checked_sub(back + 1).map(|at| fields[at].value)).collect();
        let kind = kind(&values, usize::MAX);
        if !enough(values.len(), behind.len()) || matches!(kind, Kind::Word | Kind::Number | Kind::Hash(_)) {
            break;
        }
        right.push(kind);
    }
    let left_over: Vec<usize> = behind.iter().map(|fields| fields.len().saturating_sub(right.len())).collect();
    let bare = left_over.iter().filter(|count| **count == 0).count();
    let mut rest = hash;
    if !enough(bare, left_over.len()) {
        let first: Vec<&[u8]> = behind.iter().filter_map(|fields| fields.first()).map(|field| field.value).collect();
        // Some salts have the shape of a digest: beside an e-mail it is one.
        if matches!(kind(&first, usize::MAX), Kind::Hash(_)) && !kinds.contains(&Kind::Field(FieldKind::Email)) {
            return None;
        }
        // Without an e-mail it could be the password that was found of the hash.
        let is_salt = || is_salt_like(&first) && !first.iter().any(|value| value.starts_with(b"$HEX["));
        if !kinds.contains(&Kind::Field(FieldKind::Email)) && !right.contains(&Kind::Field(FieldKind::Email)) && !is_salt() {
            return None;
        }
        // Where there are several fields in nearly every row they are columns, and what is no salt is one too.
        let mut counts = left_over.clone();
        counts.sort_unstable();
        let columns = counts[counts.len() / 10];
        let hashes = rows.iter().filter_map(|row| row.get(hash));
        let bare = hashes.filter(|field| field.value.iter().all(u8::is_ascii_hexdigit)).count();
        kinds.push(match is_column_of_names(&first, &left_over) {
            true => Kind::Field(FieldKind::Username),
            // Hashes with a marker have their salts in them.
            false if bare * 2 < rows.len() || columns > 1 && !is_salt_like(&first) => Kind::Number,
            false => Kind::Field(FieldKind::Salt),
        });
        rest = hash + 1;
        for back in (right.len()..right.len() + columns.saturating_sub(1)).rev() {
            let values: Vec<&[u8]> =
                behind.iter().filter_map(|fields| fields.len().checked_sub(back + 1).map(|at| fields[at].value)).collect();
            kinds.push(match kind(&values, usize::MAX) {
                Kind::Field(kind) => Kind::Field(kind),
                _ => Kind::Number,
            });
        }
    }
    kinds.extend(right.iter().rev());
    if kinds.len() < 3 {
        return None;
    }
    finish(rows, kinds, rest)
}

/// Names behind a hash are no salts: one field a row, of ordinary letters and of any length.
fn is_column_of_names(values: &[&[u8]], fields: &[usize]) -> bool {
    let lengths: HashSet<usize> = values.iter().map(|value| value.len()).collect();
    let is_name = |value: &&&[u8]| {
        let letters = value.iter().take_while(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_')).count();
        letters >= 3 && value[letters..].iter().all(u8::is_ascii_digit)
    };
    let names = values.iter().filter(is_name).count();
    fields.iter().all(|count| *count == 1) && lengths.len() >= 4 && names * 10 >= values.len() * 8
}

/// Salts are of one length or some, or have signs that names have not.
fn is_salt_like(values: &[&[u8]]) -> bool {
    let lengths: HashSet<usize> = values.iter().map(|value| value.len()).collect();
    let has_sign = |value: &&&[u8]| value.iter().any(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'.' | b'_' | b'-'));
    lengths.len() * 8 <= values.len() || values.iter().filter(has_sign).count() * 2 >= values.len()
}

/// `user:salt:hash`, the salt with whatever is in it.
fn hash_last(rows: &[Row<'_>], width: usize) -> Option<Columns> {
    let last: Vec<&[u8]> = rows.iter().filter_map(|row| row.last()).map(|field| field.value).collect();
    let Kind::Hash(hint) = kind(&last, usize::MAX) else { return None };
    let values = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|field| field.value).collect::<Vec<_>>();
    let mut kinds: Vec<Kind> = (0..width.saturating_sub(2)).map(|at| kind(&values(at), at)).collect();
    // What stands right before the hash is its salt, if it is another in each row.
    let before = values(kinds.len());
    let distinct: HashSet<&[u8]> = before.iter().copied().collect();
    if kinds.is_empty() || distinct.len() * 2 < before.len() {
        return None;
    }
    let rest = kinds.len();
    kinds.extend([Kind::Field(FieldKind::Salt), Kind::Hash(hint)]);
    finish(rows, kinds, rest)
}

/// Without any hash: an e-mail, a password, and more.
fn with_password(rows: &[Row<'_>], kinds: Vec<Kind>) -> Option<Columns> {
    let email = kinds.iter().position(|kind| *kind == Kind::Field(FieldKind::Email))?;
    let words: Vec<usize> = (0..kinds.len()).filter(|at| kinds[*at] == Kind::Word).collect();
    // The last word behind the e-mail, or else the last but one before it.
    let password = words.iter().rev().copied().find(|at| *at > email).or_else(|| (words.len() >= 2).then(|| words[words.len() - 1]))?;
    let mut columns = kinds;
    columns[password] = Kind::Hash(None);
    // The rest is the password's, but the columns behind it are counted from the right.
    let columns = Columns { places: places(rows, &columns, password), meanings: meanings(&columns), rest: password };
    (columns.meanings.len() >= 3).then_some(columns)
}

fn finish(rows: &[Row<'_>], kinds: Vec<Kind>, rest: usize) -> Option<Columns> {
    // What has the shape of a hash without telling it counts beside an e-mail alone.
    let is_told = !kinds.iter().any(|kind| matches!(kind, Kind::Hash(Some(_))));
    if !is_told && !kinds.contains(&Kind::Field(FieldKind::Email)) {
        return None;
    }
    let columns = Columns { places: places(rows, &kinds, rest), meanings: meanings(&kinds), rest };
    columns.meanings.iter().any(|meaning| meaning.is_identity()).then_some(columns)
}

fn places(rows: &[Row<'_>], kinds: &[Kind], rest: usize) -> Vec<Place> {
    let place = |at: usize| match at {
        at if at == rest => Place { form: Form::Word, inner: Some(0) },
        at => place(rows.iter().filter_map(|row| nth(row, at, kinds.len(), rest))),
    };
    (0..kinds.len()).map(place).collect()
}

/// The field of a column, counted from the right behind the one that gets the rest.
fn nth<'a>(row: &Row<'a>, column: usize, columns: usize, rest: usize) -> Option<Field<'a>> {
    let at = if column <= rest { column } else { row.len().checked_sub(columns - column)? };
    row.get(at).copied()
}

/// Of words the first is the user's name, if no other column is.
fn meanings(kinds: &[Kind]) -> Vec<Meaning> {
    let name = kinds.iter().position(|kind| *kind == Kind::Word).filter(|_| !kinds.contains(&Kind::Field(FieldKind::Username)));
    let mut created = false;
    let meaning = |(at, kind): (usize, &Kind)| match kind {
        Kind::Hash(hint) => Meaning::Secret(*hint),
        Kind::Field(FieldKind::CreatedAt) if std::mem::replace(&mut created, true) => Meaning::Field(FieldKind::LastLoginAt),
        Kind::Field(kind) => Meaning::Field(*kind),
        Kind::Word if Some(at) == name => Meaning::Field(FieldKind::Username),
        Kind::Number if at == 0 => Meaning::Field(FieldKind::UserId),
        Kind::Word | Kind::Number => Meaning::Extra,
    };
    kinds.iter().enumerate().map(meaning).collect()
}

/// What nine in ten values of a column are. `at` is its place: numbers in the first one are those of the rows.
fn kind(values: &[&[u8]], at: usize) -> Kind {
    let values: Vec<&[u8]> = values.iter().copied().map(<[u8]>::trim_ascii).filter(|value| !is_nothing(value)).collect();
    let most = |is: &dyn Fn(&[u8]) -> bool| !values.is_empty() && values.iter().filter(|value| is(value)).count() * 10 >= values.len() * 9;
    let digits = |value: &[u8]| value.iter().all(u8::is_ascii_digit);
    let of_seconds = |value: &[u8]| {
        value.len() == 10
            && digits(value)
            && (b"0900000000"..b"2000000000").contains(&<&[u8; 10]>::try_from(value).unwrap_or(b"0000000000"))
    };
    if values.iter().filter(|value| matches!(identify(value, None), Secret::Hash(_))).count() * 10 >= values.len().max(1) * 8 {
        return Kind::Hash(None);
    }
    if at > 0 && most(&is_descrypt) {
        return Kind::Hash(Some(HashKind::Descrypt));
    }
    if at > 0 && most(&|value| value.len() == 16 && value.iter().all(u8::is_ascii_hexdigit)) && !most(&digits) {
        return Kind::Hash(Some(HashKind::Mysql323));
    }
    if most(&is_email) {
        return Kind::Field(FieldKind::Email);
    }
    if most(&is_ip) {
        return Kind::Field(FieldKind::Ip);
    }
    if most(&|value| field::special(value, 0, b':').is_some_and(|(end, form)| form == Form::Time && end == value.len()))
        || at != 0 && most(&of_seconds)
    {
        return Kind::Field(FieldKind::CreatedAt);
    }
    if most(&|value| year(value).is_some()) {
        let years: Vec<u32> = values.iter().filter_map(|value| year(value)).collect();
        let is_born = years.iter().filter(|year| **year < 2003).count() * 2 > years.len();
        return Kind::Field(if is_born { FieldKind::Dob } else { FieldKind::CreatedAt });
    }
    if most(&digits) {
        let is_long = most(&|value| (10..=15).contains(&value.len()));
        return if is_long && at != 0 { Kind::Field(FieldKind::Phone) } else { Kind::Number };
    }
    match columns::infer(&values) {
        Meaning::Field(kind) => Kind::Field(kind),
        _ => Kind::Word,
    }
}

fn is_descrypt(value: &[u8]) -> bool {
    value.len() == 13
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'))
        && b".26AEIMQUYcgkosw".contains(&value[12])
}

/// The year of a date without a time.
fn year(value: &[u8]) -> Option<u32> {
    let parts: Vec<&[u8]> = value.split(|byte| matches!(byte, b'-' | b'/' | b'.')).collect();
    let [first, _, last] = parts.as_slice() else { return None };
    let is_date = parts.iter().all(|part| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit));
    let year = if first.len() == 4 { first } else { last };
    let year = std::str::from_utf8(year).ok()?.parse().ok()?;
    (is_date && (1880..2100).contains(&year)).then_some(year)
}
