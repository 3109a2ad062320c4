//! The plugins installed, and the tournament that chooses one for a member.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use sluice_intake::{IntakeError, Member};
use sluice_record::{Claim, FailureKind, InputKind, PluginDigest, TaskFailure};
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

    /// Forgets a plugin, active or not.
    pub fn remove(&mut self, digest: PluginDigest) {
        self.plugins.remove(&digest);
        self.active.retain(|_, active| *active != digest);
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

/// Shows a member's sample to every active plugin, each in the sandbox.
///
/// # Errors
/// If the sample cannot be read.
pub fn tournament(plugins: &PluginSet, member: &Member<'_>) -> Result<Tournament, IntakeError> {
    let text = member.sample(InputKind::Text)?;
    let bytes = member.sample(InputKind::Bytes)?;
    let mut tournament = Tournament { claims: Vec::new(), faults: Vec::new() };
    for plugin in plugins.active() {
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
