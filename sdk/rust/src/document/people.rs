//! Who is who in a document: which of its objects are people, which are parts of one, and which values are told of each.
//!
//! An object is somebody if something in it finds a person: an e-mail address, a telephone number, a login with a secret or a name. What
//! is parted into objects of its own (`profile`, `emails`, an address) is still the same person; objects in an array are people of their
//! own if each has what finds one, and so are two objects beside each other that have different addresses. Objects around people, and
//! such as have nobody in them, are nobody's.

use sluice_record::{FieldKind, HashKind};

use crate::{
    columns::Meaning,
    document::{
        Form, PathId, Paths,
        role::{Info, Kin, Wrap},
        tree::{Leaf, Tree},
    },
};

/// Values of one kind of column that a record keeps beyond the standard ones.
const EXTRAS_MAX: usize = 64;
/// Values of one person.
const FIELDS_MAX: usize = 256;

// What is known of a person, a bit each.
const EMAIL: u16 = 1;
const LOGIN: u16 = 2;
const PHONE: u16 = 4;
const SECRET: u16 = 8;
const NAME: u16 = 16;
const BORN: u16 = 32;
const IP: u16 = 64;
const LOG: u16 = 128;
/// A name of which it is not sure that it is a login.
const NICK: u16 = 256;

/// A value to be told.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) leaf: u32,
    pub(crate) form: Form,
    pub(crate) tell: Tell,
}

/// What becomes of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tell {
    As(FieldKind),
    Secret(Option<HashKind>),
    /// In a column by the name of its path.
    Extra(PathId),
}

/// A person, and the object that is.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) node: u32,
    pub(crate) fields: Vec<Field>,
    /// Would the person be found without an address or a number?
    pub(crate) by_login: bool,
}

/// Everybody in a document, in its order.
#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) all: Vec<Person>,
    /// Did values decide? Then another document of the same shape may be otherwise.
    pub(crate) by_values: bool,
}

/// Does something of this find a person?
fn finds(bits: u16) -> bool {
    bits & (EMAIL | PHONE) != 0
        || bits & (LOGIN | NICK) != 0 && bits & (SECRET | BORN) != 0
        || bits & (LOGIN | NAME) == LOGIN | NAME
        || bits & (LOGIN | IP | LOG) == LOGIN | IP
}

fn bits_of(info: Info) -> u16 {
    use FieldKind::*;
    match info.role {
        Meaning::Field(Username) if info.is_weak_login => NICK,
        Meaning::Field(Email) => EMAIL,
        Meaning::Field(Username) => LOGIN,
        Meaning::Field(Phone) => PHONE,
        Meaning::Field(FullName | FirstName | LastName) => NAME,
        Meaning::Field(Dob) => BORN,
        Meaning::Field(Ip) => IP,
        Meaning::Secret(_) => SECRET,
        _ => 0,
    }
}

/// Is there something of a person in an object that was not read to its end, outside of the arrays in it?
pub(crate) fn is_personal(tree: &Tree, paths: &Paths) -> bool {
    let own = |node: u32| {
        let path = paths.get(tree.nodes[node as usize].path);
        node == 0 || path.key.is_some() && path.info.kin == Kin::Same && tree.nodes[node as usize].parent == 0
    };
    tree.leaves.iter().any(|leaf| own(leaf.node) && bits_of(paths.get(leaf.path).info) & (EMAIL | LOGIN | PHONE | SECRET) != 0)
}

/// What is known of an object while it is found out whose it is.
#[derive(Clone, Default)]
struct Known {
    bits: u16,
    /// The first e-mail address in it: leaf and 1, or 0.
    email: u32,
    first_child: u32,
    sibling: u32,
    /// Somebody of their own.
    is_separate: bool,
    /// Nobody's.
    is_dropped: bool,
}

/// Finds everybody in a document.
pub(crate) fn find(tree: &Tree, paths: &Paths, bytes: &[u8]) -> People {
    let mut finding = Finding { tree, paths, bytes, known: vec![Known::default(); tree.nodes.len()], by_values: false };
    for (at, leaf) in tree.leaves.iter().enumerate() {
        let info = paths.get(leaf.path).info;
        let known = &mut finding.known[leaf.node as usize];
        if info.is_noise || leaf.form == Form::Word {
            continue;
        }
        let bits = bits_of(info) | if info.is_log { LOG } else { 0 };
        known.bits |= bits;
        if bits & EMAIL != 0 && known.email == 0 {
            known.email = at as u32 + 1;
        }
    }
    // Children come behind what they stand in: from the last to the first, each is settled before its parent.
    for node in (0..tree.nodes.len()).rev() {
        finding.settle(node);
        let parent = tree.nodes[node].parent as usize;
        if node > 0 {
            finding.known[node].sibling = finding.known[parent].first_child;
            finding.known[parent].first_child = node as u32;
        }
    }
    finding.people()
}

struct Finding<'t> {
    tree: &'t Tree,
    paths: &'t Paths,
    bytes: &'t [u8],
    known: Vec<Known>,
    by_values: bool,
}

impl Finding<'_> {
    /// Decides whose the objects within one are.
    fn settle(&mut self, node: usize) {
        let is_array_of_parts = self.paths.get(self.tree.nodes[node].path).info.is_part;
        let mut uncertain: Vec<usize> = Vec::new();
        let mut child = self.known[node].first_child as usize;
        while child != 0 {
            let bits = self.known[child].bits;
            let in_array = self.paths.get(self.tree.nodes[child].path).key.is_none();
            match self.kin(child) {
                _ if in_array && is_array_of_parts => self.join(node, child),
                _ if in_array && finds(bits) => self.known[child].is_separate = true,
                _ if in_array && bits & SECRET == 0 && !self.is_array(child) => self.known[child].is_dropped = true,
                Kin::Same => self.join(node, child),
                Kin::Other if finds(bits) => self.known[child].is_separate = true,
                Kin::Other if !self.is_array(child) => self.known[child].is_dropped = true,
                _ if bits & (EMAIL | LOGIN | SECRET | PHONE) != 0 && !in_array => uncertain.push(child),
                _ => self.join(node, child),
            }
            child = self.known[child].sibling as usize;
        }
        let mut apart = vec![false; uncertain.len()];
        for at in 0..uncertain.len() {
            // With those before it only: a map of many is told by any two that stand beside each other.
            if at > 0 && self.differ(uncertain[at - 1], uncertain[at]) {
                (apart[at - 1], apart[at]) = (true, true);
            }
        }
        let is_map = apart.iter().any(|apart| *apart);
        for child in uncertain {
            let differs = is_map || self.differ(node, child);
            if differs && finds(self.known[child].bits) { self.known[child].is_separate = true } else { self.join(node, child) }
        }
    }

    fn kin(&self, node: usize) -> Kin {
        self.paths.get(self.tree.nodes[node].path).info.kin
    }

    /// Arrays stand among the nodes too: what they have in them decides, not they.
    fn is_array(&self, node: usize) -> bool {
        self.tree.nodes[node].is_array
    }

    fn join(&mut self, node: usize, child: usize) {
        let (bits, email) = (self.known[child].bits, self.known[child].email);
        let known = &mut self.known[node];
        known.bits |= bits;
        if known.email == 0 {
            known.email = email;
        }
    }

    /// Are two objects two people? If both have an address, and it is another; if neither has, by their logins.
    fn differ(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.known[one], &self.known[other]);
        if one.email != 0 && other.email != 0 {
            self.by_values = true;
            let email =
                |at: u32| self.tree.leaves.get(at as usize - 1).and_then(|leaf| self.bytes.get(leaf.start as usize..leaf.end as usize));
            return match (email(one.email), email(other.email)) {
                (Some(one), Some(other)) => !one.eq_ignore_ascii_case(other),
                _ => true,
            };
        }
        one.bits & other.bits & LOGIN != 0 && finds(one.bits) && finds(other.bits)
            || one.bits & other.bits & (PHONE | EMAIL | LOGIN) == PHONE && one.bits & other.bits & NAME != 0
    }

    fn people(self) -> People {
        const NOBODY: u32 = u32::MAX;
        let mut whose = vec![NOBODY; self.tree.nodes.len()];
        let mut all: Vec<Person> = Vec::new();
        for (at, known) in self.known.iter().enumerate() {
            if (at == 0 || known.is_separate) && finds(known.bits) {
                whose[at] = all.len() as u32;
                all.push(Person { node: at as u32, fields: Vec::new(), by_login: finds(known.bits & !(EMAIL | PHONE)) });
            } else if at > 0 && !known.is_dropped && !known.is_separate {
                whose[at] = whose[self.tree.nodes[at].parent as usize];
            }
        }
        for (at, leaf) in self.tree.leaves.iter().enumerate() {
            if let Some(person) = all.get_mut(whose[leaf.node as usize] as usize) {
                self.add(person, at as u32, leaf);
            }
        }
        for person in &mut all {
            self.settle_logins(person);
        }
        People { all, by_values: self.by_values }
    }

    /// A value of a person.
    fn add(&self, person: &mut Person, at: u32, leaf: &Leaf) {
        let info = self.paths.get(leaf.path).info;
        if info.is_noise || person.fields.len() >= FIELDS_MAX {
            return;
        }
        let is_direct = leaf.node == person.node && person.node != 0;
        let meaning = if is_direct { info.own_role } else { info.role };
        // Escapes are no matter of a shape.
        let leaf = Leaf { form: if leaf.form == Form::Escaped { Form::Text } else { leaf.form }, ..*leaf };
        let form = match (info.wrap, leaf.form) {
            (Wrap::Date, Form::Number) => Form::Milliseconds,
            (Wrap::Date, Form::Text) if self.paths.get(leaf.path).key.as_deref() == Some(b"$numberLong") => Form::Milliseconds,
            (Wrap::Binary, Form::Text) => Form::Base64,
            (_, form) => form,
        };
        if let Meaning::Field(kind) = meaning
            && is_single(kind)
            && info.is_inner
        {
            let path = |field: &Field| self.tree.leaves[field.leaf as usize].path;
            for field in person.fields.iter_mut().filter(|field| field.tell == Tell::As(kind) && !self.paths.get(path(field)).info.is_inner)
            {
                field.tell = Tell::Extra(path(field));
            }
        }
        let tell = match meaning {
            Meaning::Field(_) | Meaning::Secret(_) if leaf.form == Form::Word => Tell::Extra(leaf.path),
            Meaning::Field(kind)
                if is_single(kind) && person.fields.iter().any(|field| field.tell == Tell::As(kind)) && kind != FieldKind::Username =>
            {
                Tell::Extra(leaf.path)
            }
            Meaning::Field(kind) => Tell::As(kind),
            Meaning::Secret(hint) => Tell::Secret(hint),
            Meaning::Extra => Tell::Extra(leaf.path),
        };
        let extras = || person.fields.iter().filter(|field| matches!(field.tell, Tell::Extra(_))).count();
        if !matches!(tell, Tell::Extra(_)) || extras() < EXTRAS_MAX {
            person.fields.push(Field { leaf: at, form, tell });
        }
    }

    /// Of several logins the first whose name says so is the login.
    fn settle_logins(&self, person: &mut Person) {
        let logins: Vec<usize> = (0..person.fields.len()).filter(|at| person.fields[*at].tell == Tell::As(FieldKind::Username)).collect();
        let path = |field: &Field| self.tree.leaves[field.leaf as usize].path;
        let is_weak = |at: usize| self.paths.get(path(&person.fields[at])).info.is_weak_login;
        let login = logins.iter().copied().find(|at| !is_weak(*at)).or(logins.first().copied());
        for at in logins {
            if Some(at) != login {
                person.fields[at].tell = Tell::Extra(path(&person.fields[at]));
            }
        }
    }
}

/// Kinds of which a person has one.
fn is_single(kind: FieldKind) -> bool {
    use FieldKind::{Address, Email, Ip, Phone, Salt};
    !matches!(kind, Email | Phone | Ip | Address | Salt)
}
