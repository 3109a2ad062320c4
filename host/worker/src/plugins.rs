//! The plugins installed, and the tournament that chooses one for a member.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use sluice_intake::{Group, IntakeError, Member};
use sluice_record::{Claim, FailureKind, InputKind, PluginDigest, TaskFailure, limits};
use sluice_sandbox::{Plugin, Sample};

/// Plugins by digest; of each name one is active. An older one stays for the loads that pinned it.
#[derive(Clone, Default)]
pub struct PluginSet {
    plugins: BTreeMap<PluginDigest, Arc<Plugin>>,
    active: BTreeMap<String, PluginDigest>,
}

impl PluginSet {
    /// Adds a plugin without making it the active one of its name.
    pub fn install(&mut self, plugin: Arc<Plugin>) {
        self.plugins.insert(plugin.digest(), plugin);
    }

    /// Adds a plugin and makes it the active one of its name.
    pub fn activate(&mut self, plugin: Arc<Plugin>) {
        self.active.insert(plugin.descriptor().name.clone(), plugin.digest());
        self.install(plugin);
    }

    /// Says which plugins are active; those that are not in the set are left out.
    pub fn set_active(&mut self, digests: impl IntoIterator<Item = PluginDigest>) {
        let named = digests.into_iter().filter_map(|digest| self.plugins.get(&digest));
        self.active = named.map(|plugin| (plugin.descriptor().name.clone(), plugin.digest())).collect();
    }

    /// Forgets all other plugins, active or not.
    pub fn retain(&mut self, keep: impl Fn(PluginDigest) -> bool) {
        self.plugins.retain(|digest, _| keep(*digest));
        self.active.retain(|_, active| keep(*active));
    }

    /// A plugin by digest.
    pub fn get(&self, digest: PluginDigest) -> Option<&Arc<Plugin>> {
        self.plugins.get(&digest)
    }

    /// The active plugins, by name.
    pub fn active(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.active.values().filter_map(|digest| self.plugins.get(digest))
    }

    /// A plugin by what an operator wrote: a name, a digest, or a digest's beginning.
    pub fn find(&self, wanted: &str) -> Option<&Arc<Plugin>> {
        if let Some(digest) = self.active.get(wanted) {
            return self.plugins.get(digest);
        }
        let digits = wanted.strip_prefix("sha256:").unwrap_or(wanted);
        let mut matching = self.plugins.values().filter(|plugin| digits.len() >= 8 && plugin.digest().hex().starts_with(digits));
        matching.next().filter(|_| matching.next().is_none())
    }
}

/// A plugin set that is swapped while workers read it.
#[derive(Clone, Default)]
pub struct SharedPlugins(Arc<RwLock<Arc<PluginSet>>>);

impl SharedPlugins {
    /// The set as it is now.
    pub fn current(&self) -> Arc<PluginSet> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the set; tasks under way keep theirs.
    pub fn change(&self, change: impl FnOnce(&mut PluginSet)) {
        let mut shared = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = PluginSet::clone(&shared);
        change(&mut changed);
        *shared = Arc::new(changed);
    }

    /// The plugin a task pinned.
    pub(crate) fn pinned(&self, digest: PluginDigest) -> Result<Arc<Plugin>, TaskFailure> {
        self.current().get(digest).cloned().ok_or_else(|| {
            let message = format!("the pinned plugin {digest} is not installed here; `sluice plugins install` brings it back");
            TaskFailure::new(FailureKind::Transient, message)
        })
    }
}

/// Asks plugins which of a dump's members belong together. Names are shown sorted; of very many as many at once as a call may have, cut
/// where paths differ most. Who says nonsense says nothing, and is told of in `faults`. [`Group::by`] is a plugin's place in `plugins`.
pub fn groups(plugins: &[Arc<Plugin>], names: &[String], faults: &mut Vec<String>) -> Vec<Group> {
    let mut sorted: Vec<u32> = (0..names.len() as u32).collect();
    sorted.sort_by_key(|place| &names[*place as usize]);
    let (mut groups, mut taken, mut rest) = (Vec::new(), vec![false; names.len()], &sorted[..]);
    while !rest.is_empty() {
        let (shown, behind) = rest.split_at(window(names, rest));
        let paths: Vec<&str> = shown.iter().map(|place| names[*place as usize].as_str()).collect();
        for (by, plugin) in plugins.iter().enumerate() {
            let said = plugin.group(&paths).unwrap_or_else(|fault| {
                faults.push(fault.to_string());
                Vec::new()
            });
            for group in said {
                let members: Vec<u32> = group.iter().map(|place| shown[*place as usize]).collect();
                // Who comes first by name has it; a member is in one group.
                if members.iter().all(|member| !taken[*member as usize]) {
                    members.iter().for_each(|member| taken[*member as usize] = true);
                    groups.push(Group { by, members, want: plugin.descriptor().input });
                }
            }
        }
        rest = behind;
    }
    groups
}

/// How many of the next names are shown at once.
fn window(names: &[String], sorted: &[u32]) -> usize {
    let name = |at: usize| names[sorted[at] as usize].as_bytes();
    let mut bytes = 0;
    let fits = |at: &usize| {
        bytes += name(*at).len();
        bytes <= limits::GROUP_NAMES_BYTES_MAX
    };
    let fitting = (0..sorted.len().min(limits::GROUP_NAMES_MAX)).take_while(fits).count().max(1);
    if fitting == sorted.len() {
        return fitting;
    }
    // Folders that two neighbours have in common.
    let common = |at: &usize| {
        let alike = name(*at - 1).iter().zip(name(*at)).take_while(|(one, other)| one == other);
        alike.filter(|(byte, _)| **byte == b'/').count()
    };
    (fitting / 2 + 1..=fitting).rev().min_by_key(common).unwrap_or(fitting)
}

/// How the plugins' claims on a member compare.
pub struct Tournament {
    /// Every claim, best first.
    pub claims: Vec<(Arc<Plugin>, Claim)>,
    /// What went wrong in probes, in words; such a plugin has no claim.
    pub faults: Vec<String>,
}

impl Tournament {
    /// The winner; `None` if nobody claims the member, or the best two claim it alike.
    pub fn winner(&self) -> Option<&Arc<Plugin>> {
        let ((plugin, best), second) = (self.claims.first()?, self.claims.get(1));
        second.is_none_or(|(_, claim)| claim.confidence < best.confidence).then_some(plugin)
    }
}

/// Shows a member's sample to the plugins that are asked, each in the sandbox.
///
/// # Errors
/// If the sample cannot be read.
pub fn tournament(asked: &[Arc<Plugin>], member: &Member<'_>) -> Result<Tournament, IntakeError> {
    let text = member.sample(InputKind::Text)?;
    let bytes = member.sample(InputKind::Bytes)?;
    let mut tournament = Tournament { claims: Vec::new(), faults: Vec::new() };
    for plugin in asked {
        let sample = if plugin.descriptor().input == InputKind::Text { &text } else { &bytes };
        let size = member.size_hint();
        match plugin.probe(&Sample { name: member.name(), size, head: &sample.head, tail: &sample.tail }) {
            Ok(Some(claim)) => tournament.claims.push((plugin.clone(), claim)),
            Ok(None) => {}
            Err(fault) => tournament.faults.push(fault.to_string()),
        }
    }
    tournament.claims.sort_by_key(|(_, claim)| std::cmp::Reverse(claim.confidence));
    Ok(tournament)
}
