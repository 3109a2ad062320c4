//! Documents on their way to become records.

use std::{collections::HashMap, ops::Range, rc::Rc};

use sluice_record::{FieldKind, HashKind};

use crate::{
    Out, Record,
    columns::Meaning,
    document::{
        Form, Leaf, Paths, Tree,
        people::{self, Tell},
        value,
    },
    person::{ColumnTags, EMAIL, LOGIN, NamedColumn, People as Table},
    secret,
};

/// Shapes that are remembered, and values of one.
const PLANS_MAX: usize = 512;
const SHAPE_ITEMS_MAX: usize = 256;
/// Digits of a telephone number that are enough to find somebody.
const PHONE_DIGITS_MIN: usize = 6;

/// What is told of a value.
#[derive(Clone, Copy, Debug)]
struct Told {
    leaf: u32,
    form: Form,
    /// 0 for a secret: its content says.
    tag: u8,
    hint: Option<HashKind>,
    is_nick: bool,
}

/// What is told of a person.
#[derive(Debug)]
struct Person {
    node: u32,
    all: Vec<Told>,
    by_login: bool,
    has_salt: bool,
    has_name: bool,
    emails: usize,
}

/// Who is told of in documents of a shape, and what.
#[derive(Debug)]
pub struct Plan {
    people: Vec<Person>,
    by_values: bool,
}

impl Plan {
    /// Is it one person, who is the document? Then nothing but its values is needed to tell it.
    pub fn is_one(&self) -> bool {
        !self.by_values && self.people.iter().all(|person| person.node == 0)
    }
}

/// What is known of documents of a chunk.
#[derive(Default, Debug)]
pub struct Documents {
    /// The paths in them.
    pub paths: Paths,
    plans: HashMap<Box<[u32]>, Rc<Plan>>,
    /// The plan that was known last, and its shape: mostly the next document is like it.
    last: Option<(Box<[u32]>, Rc<Plan>)>,
    tags: ColumnTags,
    logins: Option<Table>,
    scratch: Vec<u8>,
}

impl Documents {
    /// Is there something of a person in an object that was not read to its end?
    pub fn is_personal(&self, tree: &Tree) -> bool {
        people::is_personal(tree, &self.paths)
    }

    /// To be called between two documents: `true` if all paths were forgotten, for there were too many.
    pub fn forget(&mut self) -> bool {
        let is_full = self.paths.is_full();
        if is_full {
            self.paths = Paths::default();
            self.plans.clear();
            self.last = None;
        }
        is_full
    }

    /// The plan of a shape that was met before.
    pub fn known(&self, shape: &[u32]) -> Option<Rc<Plan>> {
        if shape.is_empty() { None } else { self.plans.get(shape).cloned() }
    }

    /// Who is in a document. `shape` says all of it but its values; it is remembered by that, if there is one.
    pub fn plan(&mut self, tree: &Tree, shape: &[u32], bytes: &[u8], out: &mut Out<'_>) -> Rc<Plan> {
        if let Some((_, plan)) = self.last.as_ref().filter(|(last, _)| is_same_shape(last, shape)) {
            return plan.clone();
        }
        if let Some(known) = self.known(shape) {
            self.last = Some((shape.into(), known.clone()));
            return known;
        }
        let found = people::find(tree, &self.paths, bytes);
        let is_firebase = tree.leaves.iter().any(|leaf| self.paths.get(leaf.path).key.as_deref() == Some(b"localId"));
        let people = found.all.iter().map(|person| self.person(person, is_firebase, tree, out)).collect();
        let plan = Rc::new(Plan { people, by_values: found.by_values });
        if !plan.by_values && (1..=SHAPE_ITEMS_MAX).contains(&shape.len()) {
            if self.plans.len() >= PLANS_MAX {
                self.plans.clear();
            }
            self.plans.insert(shape.into(), plan.clone());
        }
        plan
    }

    fn person(&mut self, person: &people::Person, is_firebase: bool, tree: &Tree, out: &mut Out<'_>) -> Person {
        let from = tree.nodes[person.node as usize].path;
        let mut all = Vec::with_capacity(person.fields.len());
        for field in &person.fields {
            let path = tree.leaves[field.leaf as usize].path;
            let is_nick = self.paths.get(path).info.is_weak_login;
            let told = Told { leaf: field.leaf, form: field.form, tag: 0, hint: None, is_nick };
            match field.tell {
                Tell::As(kind) => all.push(Told { tag: kind.tag(), ..told }),
                // Firebase's own scrypt: sixty-four bytes.
                Tell::Secret(Some(HashKind::Unknown)) if is_firebase => all.push(Told { hint: Some(HashKind::Scrypt), ..told }),
                Tell::Secret(hint) => all.push(Told { hint, ..told }),
                Tell::Extra(path) => {
                    let name = self.paths.name(from, path);
                    let tag = if name.is_empty() { 0 } else { self.tags.tag(&name, out) };
                    if tag != 0 {
                        all.push(Told { tag, ..told });
                    }
                }
            }
        }
        let count = |kind: FieldKind| all.iter().filter(|told| told.tag == kind.tag()).count();
        if count(FieldKind::Username) > 0 && self.logins.is_none() {
            let mut logins = Table::new(vec![NamedColumn { name: b"username".into(), meaning: Meaning::Field(FieldKind::Username) }]);
            logins.name_columns(&mut self.tags, out);
            self.logins = Some(logins);
        }
        let (has_salt, has_name, emails) = (count(FieldKind::Salt) > 0, count(FieldKind::FullName) > 0, count(FieldKind::Email));
        Person { node: person.node, all, by_login: person.by_login, has_salt, has_name, emails }
    }

    /// Tells everybody in a document; what is nobody's of its row is skipped.
    pub fn tell(&mut self, plan: &Plan, tree: &Tree, bytes: &[u8], row: Range<usize>, out: &mut Out<'_>) {
        let mut at = row.start;
        for (nth, person) in plan.people.iter().enumerate() {
            let Some(node) = tree.nodes.get(person.node as usize) else { continue };
            let next = plan.people.get(nth + 1).and_then(|next| tree.nodes.get(next.node as usize));
            let is_all = plan.people.len() == 1 && person.node == 0;
            let (start, end) = if is_all { (row.start, row.end) } else { (node.start as usize, node.end as usize) };
            let end = next.map_or(end, |next| end.min(next.start as usize));
            if self.tell_one(person, &tree.leaves, bytes, start..end, at, out) {
                at = end;
            }
        }
        out.skip(bytes.get(at..row.end).unwrap_or_default());
    }

    /// Tells a person; `false` if nobody is found by the values.
    // A function of its own, as is what it seldom calls: together they would not fit the registers.
    #[inline(never)]
    fn tell_one(&mut self, person: &Person, leaves: &[Leaf], bytes: &[u8], row: Range<usize>, behind: usize, out: &mut Out<'_>) -> bool {
        if !person.by_login && !is_found(person, leaves, bytes) {
            return false;
        }
        if behind < row.start {
            out.skip(bytes.get(behind..row.start).unwrap_or_default());
        }
        let mut record = out.begin();
        let (mut login, mut email) = (None, None);
        for told in &person.all {
            let Some(leaf) = leaves.get(told.leaf as usize) else { continue };
            let range = leaf.start as usize..leaf.end as usize;
            let value = bytes.get(range.clone()).unwrap_or_default();
            let nth = record.values();
            // Escapes do not belong to a shape: the leaf knows of them.
            let is_plain = matches!(told.form, Form::Text | Form::Number | Form::Word) && leaf.form != Form::Escaped;
            let is_text = !is_plain
                && if leaf.form == Form::Escaped {
                    value::render_escaped(told.form, value, &mut self.scratch)
                } else {
                    value::render(told.form, value, &mut self.scratch)
                };
            let tag = if is_text {
                let tag = tag_of(told, person, &self.scratch);
                record.add(tag, &self.scratch);
                tag
            } else {
                let tag = tag_of(told, person, value);
                record.add(tag, range);
                tag
            };
            if tag == LOGIN {
                login = Some(nth);
            } else if tag == EMAIL && email.is_none() {
                email = Some(nth);
            }
        }
        if person.emails > 1 {
            remove_repeated(&mut record, email);
        }
        if person.has_salt {
            record.settle_salted();
        }
        let record = match (&self.logins, login) {
            (Some(logins), Some(login)) if is_login_odd(&record, login, email) => logins.settle_login(record, login, email),
            _ => record,
        };
        record.end_row(row);
        true
    }
}

/// As `==`: that would be a call in WebAssembly, which goes byte by byte.
#[inline(always)]
pub fn is_same_shape(one: &[u32], other: &[u32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differing, (one, other)| differing | (one ^ other)) == 0
}

/// Could a login be the e-mail address, be one, or have its domain before it?
#[inline(always)]
fn is_login_odd(record: &Record<'_, '_>, login: usize, email: Option<usize>) -> bool {
    let event = record.told(login);
    let is_like = email.is_none_or(|email| record.told(email).span().len == event.span().len);
    login < record.values() && event.tag() == LOGIN && (is_like || memchr::memchr(b'\\', record.bytes(event)).is_some())
}

/// The tag to tell a value under.
#[inline(always)]
fn tag_of(told: &Told, person: &Person, value: &[u8]) -> u8 {
    match told.tag {
        0 => secret::identify(value, told.hint).tag(),
        // `Ann Example` is what she is called, and no login.
        LOGIN if told.is_nick && !person.has_name && memchr::memchr(b' ', value).is_some() => FieldKind::FullName.tag(),
        tag => tag,
    }
}

/// Is there an address or a number that finds somebody?
fn is_found(person: &Person, leaves: &[Leaf], bytes: &[u8]) -> bool {
    person.all.iter().any(|told| {
        let Some(leaf) = leaves.get(told.leaf as usize) else { return false };
        let value = bytes.get(leaf.start as usize..leaf.end as usize).unwrap_or_default();
        match FieldKind::from_tag(told.tag) {
            Some(FieldKind::Email) => memchr::memchr(b'@', value).is_some() || memchr::memmem::find(value, b"\\u0040").is_some(),
            Some(FieldKind::Phone) => {
                !matches!(told.form, Form::Text | Form::Number)
                    || value.iter().filter(|byte| byte.is_ascii_digit()).count() >= PHONE_DIGITS_MIN
            }
            _ => false,
        }
    })
}

/// Takes an address back that was told before: services keep it each.
#[cold]
#[inline(never)]
fn remove_repeated(record: &mut Record<'_, '_>, first: Option<usize>) {
    let mut at = first.unwrap_or_default() + 1;
    while at < record.values() {
        let event = record.told(at);
        let is_repeated = event.tag() == EMAIL
            && (0..at).any(|before| {
                let told = record.told(before);
                told.tag() == EMAIL && record.bytes(told).eq_ignore_ascii_case(record.bytes(event))
            });
        if is_repeated { record.remove(at) } else { at += 1 }
    }
}
