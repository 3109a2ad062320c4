//! The ranges' generations and the switch between them: publish and retract are one transaction each, so that a query sees
//! a load with its breach's count and its segments, or nothing of it.

use serde::{Deserialize, Serialize};
use sluice_record::{BreachId, LoadId, SegmentRef};

use crate::{
    Catalogue, Error, LoadState, Result, Topic, UnixMs, audit,
    breach::{self, Follow},
    load::load_columns,
    row::{Columns, all, from_json, query, to_json},
    tx::Tx,
};

/// Generations kept for readers that still hold one, and for the record.
const GENERATIONS_KEPT: i64 = 16;

/// What the ranges consist of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Generation {
    /// Grows by one with each switch.
    pub number: u64,
    /// Its segments.
    pub segments: Vec<SegmentRef>,
    /// The published loads, ascending, each with its breach, read in the same instant.
    pub loads: Vec<(LoadId, BreachId)>,
    /// When it became the current one.
    pub created_at: UnixMs,
}

/// A load to be published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish {
    /// Which.
    pub load: LoadId,
    /// All segments of the generation that includes it.
    pub segments: Vec<SegmentRef>,
    /// The generation those were planned from.
    pub expected_generation: u64,
}

impl Catalogue {
    /// The current generation.
    pub async fn generation(&self) -> Result<Generation> {
        // One statement, so one snapshot: a switch between two reads would pair one's segments with another's loads.
        let row = query(
            "SELECT number, segments, created_at,
             COALESCE((SELECT '[' || string_agg('[' || id || ',' || breach || ']', ',') || ']' FROM loads WHERE state = 'published'), '[]') AS loads
             FROM generations ORDER BY number DESC LIMIT 1",
        )
        .fetch_one(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        let mut loads: Vec<(LoadId, BreachId)> = from_json("loads", &row.text("loads")?)?;
        loads.sort_unstable();
        Ok(Generation { number: row.count("number")?, segments: row.json("segments")?, loads, created_at: row.number("created_at")? })
    }

    /// The current generation's number.
    pub async fn generation_number(&self) -> Result<u64> {
        let row = query("SELECT MAX(number) AS number FROM generations").fetch_one(&mut *self.reader().await?).await.map_err(Error::sql)?;
        row.count("number")
    }

    /// The segments with a load's rows that older generations had and the current one does not, as far back as they are kept.
    pub async fn superseded_segments(&self, load: LoadId) -> Result<Vec<SegmentRef>> {
        let rows = query("SELECT segments FROM generations ORDER BY number DESC")
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        let mut kept: Vec<Vec<SegmentRef>> = all(&rows, |row| row.json("segments"))?;
        let current = if kept.is_empty() { vec![] } else { kept.remove(0) };
        let mut superseded: Vec<SegmentRef> = kept.into_iter().flatten().filter(|segment| segment.loads.contains(&load)).collect();
        superseded.retain(|segment| !current.iter().any(|used| used.object.key == segment.object.key));
        superseded.sort_by(|left, right| left.object.key.cmp(&right.object.key));
        superseded.dedup_by(|left, right| left.object.key == right.object.key);
        Ok(superseded)
    }

    /// Makes a verified load visible: its state, its breach's count, classes and dates, and the generation, in one transaction.
    /// `Conflict` if the load is not verified, has a quarantine nobody accepted, was not counted together with its breach's other
    /// published loads, or the generation is no longer the expected one (plan anew from the current one). Gives the new generation's number.
    pub async fn publish(&self, publish: &Publish) -> Result<u64> {
        let mut tx = self.begin().await?;
        let load = load_of(&mut tx, publish.load).await?;
        if load.quarantined_bytes > 0 && !load.quarantine_accepted {
            let message = format!("load {} has {} quarantined bytes", publish.load, load.quarantined_bytes);
            return Err(Error::conflict(message, "look at its quarantined tasks; accept the quarantine to publish without them"));
        }
        expect_state(&load, LoadState::Verified, "only a verified load can be published")?;
        let number = switch(&mut tx, publish.expected_generation, &publish.segments, &format!("publish {}", publish.load)).await?;
        query("UPDATE loads SET state = 'published', published_at = COALESCE(published_at, $2), changed_at = $2 WHERE id = $1")
            .bind(publish.load.0)
            .bind(tx.now)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        let follow = if load.published_at.is_some() { Follow::PublishAgain } else { Follow::Publish };
        breach::follow_loads(&mut tx, load.breach, follow).await?;
        audit::append(&mut tx, "controller", "load.publish", &format!("load {}", publish.load), &format!("generation {number}")).await?;
        tx.commit(&[Topic::Catalogue, Topic::Jobs]).await?;
        Ok(number)
    }

    /// Takes a published load out of what queries see, in one transaction; the same conflicts as [`Catalogue::publish`].
    pub async fn retract(&self, load: LoadId, segments: &[SegmentRef], expected_generation: u64) -> Result<u64> {
        let mut tx = self.begin().await?;
        let found = load_of(&mut tx, load).await?;
        expect_state(&found, LoadState::Published, "only a published load can be retracted")?;
        let number = switch(&mut tx, expected_generation, segments, &format!("retract {load}")).await?;
        query("UPDATE loads SET state = 'retracted', retracted_at = $2, changed_at = $2 WHERE id = $1")
            .bind(load.0)
            .bind(tx.now)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        breach::follow_loads(&mut tx, found.breach, Follow::Retract).await?;
        audit::append(&mut tx, "controller", "load.retract", &format!("load {load}"), &format!("generation {number}")).await?;
        tx.commit(&[Topic::Catalogue, Topic::Jobs]).await?;
        Ok(number)
    }

    /// Replaces segments by others that say the same: a compaction. `Conflict` if the generation is no longer the expected one.
    pub async fn replace_segments(&self, segments: &[SegmentRef], expected_generation: u64) -> Result<u64> {
        let mut tx = self.begin().await?;
        let number = switch(&mut tx, expected_generation, segments, "compact").await?;
        tx.commit(&[Topic::Catalogue]).await?;
        Ok(number)
    }
}

async fn load_of(tx: &mut Tx, load: LoadId) -> Result<crate::Load> {
    let row = query(load_columns!("WHERE id = $1")).bind(load.0).fetch_optional(&mut **tx).await.map_err(Error::sql)?;
    crate::load::read(&row.ok_or_else(|| Error::not_found("load", load))?)
}

fn expect_state(load: &crate::Load, state: LoadState, hint: &'static str) -> Result<()> {
    if load.state == state {
        return Ok(());
    }
    Err(Error::conflict(format!("load {} is {}", load.id, load.state), hint))
}

/// Compare and swap on the generation's number.
async fn switch(tx: &mut Tx, expected: u64, segments: &[SegmentRef], reason: &str) -> Result<u64> {
    let row = query("SELECT MAX(number) AS number FROM generations").fetch_one(&mut **tx).await.map_err(Error::sql)?;
    let current = row.count("number")?;
    if current != expected {
        let message = format!("generation {current} is current, not {expected}");
        return Err(Error::conflict(message, "plan anew from the current generation"));
    }
    query("INSERT INTO generations (number, segments, reason, created_at) VALUES ($1, $2, $3, $4)")
        .bind(current as i64 + 1)
        .bind(to_json("segments", &segments)?)
        .bind(reason)
        .bind(tx.now)
        .execute(&mut **tx)
        .await
        .map_err(Error::sql)?;
    query("DELETE FROM generations WHERE number <= $1")
        .bind(current as i64 + 1 - GENERATIONS_KEPT)
        .execute(&mut **tx)
        .await
        .map_err(Error::sql)?;
    Ok(current + 1)
}
