//! Stage: a dump is opened, each member's plugin chosen, and its bytes made readable by range.

use std::{io::Write, sync::Arc};

use cap_std::{ambient_authority, fs::Dir};
use sluice_intake::{IntakeError, IntakeLimits, Member, Reference};
use sluice_record::{
    FailureKind, Frame, Framing, InputKind, LoadId, PluginDigest, StagedMember, StagedSource, TaskFailure, TaskId, TaskOutcome,
};
use sluice_sandbox::Plugin;
use sluice_store::objects::keys;

use crate::{
    Watch, Worker, blob,
    failure::{self, Walking},
    plugins::{PluginSet, groups, tournament},
};

/// What is to be staged.
pub(crate) struct Dump {
    pub(crate) name: String,
    pub(crate) parts: Vec<Frame>,
    pub(crate) plugin: Option<String>,
    pub(crate) archive_passwords: Vec<String>,
    pub(crate) only: Vec<PluginDigest>,
    pub(crate) unasked: Vec<String>,
}

pub(crate) fn stage(worker: &Worker, task: TaskId, load: LoadId, dump: &Dump, watch: &Watch) -> Result<TaskOutcome, TaskFailure> {
    let plugins = worker.plugins.current();
    let chosen = match &dump.plugin {
        Some(wanted) => Some(plugins.find(wanted).cloned().ok_or_else(|| unknown_plugin(&plugins, wanted))?),
        None => None,
    };
    let scratch = Dir::open_ambient_dir(&worker.scratch, ambient_authority()).map_err(|error| failure::transient(&error))?;
    let bytes = blob::parts(&worker.objects, &dump.parts)?;
    let asked = match &chosen {
        Some(plugin) => vec![plugin.clone()],
        None if dump.only.is_empty() => plugins.active().cloned().collect(),
        None => dump.only.iter().map(|only| plugins.get(*only).cloned().ok_or_else(|| gone(*only))).collect::<Result<_, _>>()?,
    };
    let mut staging = Staging { asked: &asked, worker, task, load, dump, chosen, members: Vec::new(), watch };
    let with = sluice_intake::Walking {
        name: &dump.name,
        passwords: &dump.archive_passwords,
        limits: &IntakeLimits::default(),
        scratch: &scratch,
    };
    let form = &mut |names: &[String]| {
        watch.check().map_err(Walking)?;
        let mut faults = Vec::new();
        let formed = groups(&asked, names, &mut faults);
        faults.iter().for_each(|fault| tracing::warn!("a plugin's groups failed: {fault}"));
        Ok(formed)
    };
    let notes = sluice_intake::walk_joined(&bytes, with, form, &mut |member| staging.visit(member)).map_err(|Walking(failure)| failure)?;
    Ok(TaskOutcome::Staged { members: staging.members, notes })
}

fn unknown_plugin(plugins: &PluginSet, wanted: &str) -> TaskFailure {
    let names: Vec<_> = plugins.active().map(|plugin| plugin.descriptor().name.as_str()).collect();
    failure::input(format!("no plugin `{wanted}` is installed; there are: {}", names.join(", ")))
}

fn gone(plugin: PluginDigest) -> TaskFailure {
    failure::input(format!("the load was read with plugin {plugin}, which is revoked, or not installed here"))
}

struct Staging<'a> {
    worker: &'a Worker,
    task: TaskId,
    load: LoadId,
    dump: &'a Dump,
    chosen: Option<Arc<Plugin>>,
    /// Who is asked what each member is, and which belong together.
    asked: &'a [Arc<Plugin>],
    members: Vec<StagedMember>,
    watch: &'a Watch,
}

impl Staging<'_> {
    fn visit(&mut self, member: &mut Member<'_>) -> Result<(), Walking> {
        self.watch.check().map_err(Walking)?;
        let (plugin, claims) = match &self.chosen {
            Some(plugin) => (Some(plugin.clone()), Vec::new()),
            None if self.dump.unasked.iter().any(|name| name == member.name()) => (None, Vec::new()),
            None => {
                let tournament = tournament(self.asked, member)?;
                for fault in &tournament.faults {
                    tracing::warn!(member = self.members.len(), "a probe failed: {fault}");
                }
                let claims = tournament.claims.iter().map(|(plugin, claim)| (plugin.descriptor().name.clone(), claim.clone())).collect();
                (tournament.winner().cloned(), claims)
            }
        };
        if let Some(by) = member.grouped_by()
            && plugin.as_ref().is_none_or(|plugin| plugin.digest() != self.asked[by].digest())
        {
            member.break_up();
            return Ok(());
        }
        let want = plugin.as_ref().map_or(InputKind::Text, |plugin| plugin.descriptor().input);
        let Some(staged) = self.bytes(member, want)? else { return Ok(()) };
        let (digest, bytes, encoding, source) = staged;
        self.watch.advance(bytes, 0);
        metrics::counter!("sluice_stage_bytes_total").increment(bytes);
        self.members.push(StagedMember {
            name: member.name().to_owned(),
            digest,
            bytes,
            encoding,
            framing: plugin.as_ref().map_or(Framing::Lines, |plugin| plugin.descriptor().framing),
            plugin: plugin.map(|plugin| plugin.digest()),
            claims,
            source,
            parts: member.parts().to_vec(),
        });
        Ok(())
    }

    /// Stages a member's bytes, by reference if they can be read as they stand; `None` if the member is refused.
    fn bytes(
        &self,
        member: &mut Member<'_>,
        want: InputKind,
    ) -> Result<Option<(sluice_record::BlobDigest, u64, String, StagedSource)>, Walking> {
        if member.is_plain_dump()
            && let Reference::Fits { digest, bytes, encoding } = sluice_intake::check_reference(member, want)?
        {
            return Ok(Some((digest, bytes, encoding, StagedSource::Reference { parts: self.dump.parts.clone() })));
        }
        let (objects, key) = (&self.worker.objects, keys::staged(self.load, self.task, self.members.len() as u32));
        let mut writer = objects.writer(&objects.near(&key)).map_err(|error| Walking(failure::store(&error)))?;
        let staged = match sluice_intake::stage(member, want, &mut writer) {
            Ok(staged) => staged,
            // The walk goes on and notes why; dropping the writer leaves nothing behind.
            Err(IntakeError::Member { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        writer.flush().map_err(|error| Walking(failure::of(FailureKind::Transient, &error)))?;
        let object = writer.finish().map_err(|error| Walking(failure::store(&error)))?;
        Ok(Some((staged.digest, staged.bytes, staged.encoding, StagedSource::Frames { object })))
    }
}
