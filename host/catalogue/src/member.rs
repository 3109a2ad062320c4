//! Members of a load's dumps: which plugin each is pinned to, and how much of it was parsed.

use serde::{Deserialize, Serialize};
use sluice_record::{DumpId, Framing, JobId, LoadId, MemberId, PluginDigest, StagedMember};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, MemberState, PluginState, Result, Topic,
    row::{Columns, all, query, selects, to_json},
};

/// A member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Of which load.
    pub load: LoadId,
    /// From which dump.
    pub dump: DumpId,
    /// Where it stands.
    pub state: MemberState,
    /// As it was staged: name, size, claims, where its bytes are.
    pub staged: StagedMember,
    /// The plugin pinned.
    pub plugin: Option<PluginDigest>,
    /// How that one wants it cut.
    pub framing: Framing,
    /// Bytes accounted for by finished parse tasks.
    pub parsed_bytes: u64,
}

/// What an operator says to a member nobody claims, or two do alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// Parse it with this plugin.
    Plugin(PluginDigest),
    /// Leave it out; its bytes count as skipped.
    Skip,
}

fn read(row: &AnyRow) -> Result<Member> {
    Ok(Member {
        id: MemberId(row.number("id")?),
        load: LoadId(row.number("load")?),
        dump: DumpId(row.number("dump")?),
        state: row.word("state")?,
        staged: row.json("staged")?,
        plugin: row.parsed_or_none("plugin")?,
        framing: row.word("framing")?,
        parsed_bytes: row.count("parsed_bytes")?,
    })
}

selects!($ member_columns "SELECT id, load, dump, state, staged, bytes, parsed_bytes, plugin, framing FROM members ");

impl Catalogue {
    /// One member.
    pub async fn member(&self, member: MemberId) -> Result<Member> {
        let row =
            query(member_columns!("WHERE id = $1")).bind(member.0).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?;
        read(&row.ok_or_else(|| Error::not_found("member", member))?)
    }

    /// A load's members after `after`, at most `limit`, by id.
    pub async fn members(&self, load: LoadId, after: Option<MemberId>, limit: u32) -> Result<Vec<Member>> {
        let rows = query(member_columns!("WHERE load = $1 AND id > $2 ORDER BY id LIMIT $3"))
            .bind(load.0)
            .bind(after.map_or(0, |member| member.0))
            .bind(i64::from(limit))
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, read)
    }

    /// A load's members in a state, at most `limit`, by id.
    pub async fn members_in(&self, load: LoadId, state: MemberState, limit: u32) -> Result<Vec<Member>> {
        let rows = query(member_columns!("WHERE load = $1 AND state = $2 ORDER BY id LIMIT $3"))
            .bind(load.0)
            .bind(state.name())
            .bind(i64::from(limit))
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, read)
    }

    /// A load's members that have a plugin and for which the job has no scan (the task `scan/MEMBER`), at most `limit`, by id.
    pub async fn members_to_scan(&self, load: LoadId, job: JobId, limit: u32) -> Result<Vec<Member>> {
        let rows = query(member_columns!(
            "WHERE load = $1 AND state = 'staged'
             AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.job = $2 AND tasks.task_key = 'scan/' || members.id) ORDER BY id LIMIT $3"
        ))
        .bind(load.0)
        .bind(job.0)
        .bind(i64::from(limit))
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        all(&rows, read)
    }

    /// The members whose parsed bytes are not all of their bytes, at most `limit`: what verify looks at.
    pub async fn members_short(&self, load: LoadId, limit: u32) -> Result<Vec<Member>> {
        let rows = query(member_columns!("WHERE load = $1 AND state <> 'skipped' AND parsed_bytes <> bytes ORDER BY id LIMIT $2"))
            .bind(load.0)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, read)
    }

    /// Says what becomes of a member nobody claims. `Conflict` unless it waits for that, or if the plugin is not one that may run.
    pub async fn resolve_member(&self, member: MemberId, resolution: Resolution) -> Result<()> {
        let found = self.member(member).await?;
        let (state, plugin, framing) = match resolution {
            Resolution::Skip => (MemberState::Skipped, None, found.framing),
            Resolution::Plugin(digest) => {
                let plugin = self.plugin(digest).await?;
                if plugin.state == PluginState::Revoked {
                    return Err(Error::conflict(format!("plugin {digest} is revoked"), "choose another one"));
                }
                (MemberState::Staged, Some(digest), plugin.descriptor.framing)
            }
        };
        let mut tx = self.begin().await?;
        let done = query("UPDATE members SET state = $2, plugin = $3, framing = $4 WHERE id = $1 AND state = 'unclaimed'")
            .bind(member.0)
            .bind(state.name())
            .bind(plugin.map(|plugin| plugin.to_string()))
            .bind(framing_word(framing))
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            let message = format!("member {member} is {} and does not wait for a plugin", found.state);
            return Err(Error::conflict(message, "import the dump again to parse it otherwise"));
        }
        if state == MemberState::Skipped {
            crate::step::skip_bytes(&mut tx, found.load, found.staged.bytes).await?;
        }
        if let Some(plugin) = plugin {
            pin(&mut tx, found.load, plugin).await?;
        }
        tx.commit(&[Topic::Jobs]).await
    }
}

pub(crate) const fn framing_word(framing: Framing) -> &'static str {
    match framing {
        Framing::Lines => "lines",
        Framing::Marks => "marks",
        Framing::Whole => "whole",
    }
}

/// Adds a plugin to those a load is pinned to.
pub(crate) async fn pin(tx: &mut crate::tx::Tx, load: LoadId, plugin: PluginDigest) -> Result<()> {
    let row = query("SELECT plugins FROM loads WHERE id = $1").bind(load.0).fetch_one(&mut **tx).await.map_err(Error::sql)?;
    let mut plugins: Vec<PluginDigest> = row.json("plugins")?;
    if !plugins.contains(&plugin) {
        plugins.push(plugin);
        query("UPDATE loads SET plugins = $2 WHERE id = $1")
            .bind(load.0)
            .bind(to_json("plugins", &plugins)?)
            .execute(&mut **tx)
            .await
            .map_err(Error::sql)?;
    }
    Ok(())
}
