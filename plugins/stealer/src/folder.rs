//! Which members of a dump are of one machine's folder, and where each ends when the host has joined them.

use sluice_plugin::Part;

use crate::path::{Holds, holds};

/// Machines' folders: of each the members about the machine, then those with its logins. All else is read by itself.
pub fn groups(names: &[&str]) -> Vec<Vec<u32>> {
    let machines = || (0..).zip(names).filter(|(_, name)| holds(name) == Holds::Machine);
    let mut roots: Vec<(&str, Vec<u32>, bool)> = Vec::new();
    for (at, name) in machines() {
        let root = folder(name);
        match roots.last_mut() {
            Some((known, members, _)) if *known == root => members.push(at),
            _ => roots.push((root, vec![at], false)),
        }
    }
    roots.sort_by_key(|(root, ..)| *root);
    for (at, name) in (0..).zip(names).filter(|(_, name)| holds(name) == Holds::Logins && !is_grabbed(name)) {
        if let Some(root) = ancestors(name).find_map(|folder| roots.binary_search_by_key(&folder, |(root, ..)| root).ok()) {
            roots[root].1.push(at);
            roots[root].2 = true;
        }
    }
    roots.into_iter().filter(|(.., has_logins)| *has_logins).map(|(_, members, _)| members).collect()
}

/// A path without its last part, with the slash.
fn folder(path: &str) -> &str {
    path.rfind(['/', '\\']).map_or("", |slash| &path[..=slash])
}

/// The folders that a path is in, the nearest first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder(path)), |inner| (!inner.is_empty()).then(|| folder(&inner[..inner.len() - 1])))
}

/// Is it a file that lay on the machine, and none that the stealer wrote?
fn is_grabbed(path: &str) -> bool {
    let path = path.to_lowercase();
    ["grab", "files/", "desktop/", "documents/"].iter().any(|folder| path.contains(folder))
}

/// A member that was joined: what it holds, and where it ends.
#[derive(Clone, Copy)]
pub struct Member {
    pub holds: Holds,
    pub end: u64,
}

/// The members of a joined one; a member by itself is the only one.
pub fn members(name: &str, parts: &[Part<'_>]) -> Vec<Member> {
    if parts.is_empty() {
        return vec![Member { holds: holds(name), end: u64::MAX }];
    }
    parts.iter().map(|part| Member { holds: holds(part.name), end: part.base.saturating_add(part.size) }).collect()
}
