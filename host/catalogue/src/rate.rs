//! How fast tasks go, learnt from those that are done: what the scheduler estimates a slot's length by.

use serde::{Deserialize, Serialize};
use sluice_record::{PluginDigest, TaskKind};

use crate::{
    Catalogue, Error, Result,
    row::{Columns, all, query},
    tx::Tx,
};

/// Adds a task's to a rate. Past 1 GiB older tasks fade by half.
macro_rules! faded {
    () => {
        "UPDATE task_rates SET bytes = (CASE WHEN bytes > 1073741824 THEN bytes / 2 ELSE bytes END) + $3,
         ms = (CASE WHEN bytes > 1073741824 THEN ms / 2 ELSE ms END) + $4 WHERE "
    };
}

/// Before anything was learnt: bytes a millisecond.
const RATE_FIRST_BYTES_PER_MS: u64 = 20_000;
/// What any task takes besides its bytes.
const TASK_OVERHEAD_MS: i64 = 20;
/// No estimate is longer, so that one wrong rate can't close a lane for good.
const ESTIMATE_MS_MAX: i64 = 6 * 3_600_000;

/// What was learnt of a kind of task with a plugin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rate {
    /// What kind.
    pub kind: TaskKind,
    /// With which plugin.
    pub plugin: Option<PluginDigest>,
    /// Bytes of the tasks remembered.
    pub bytes: u64,
    /// What they took, milliseconds.
    pub ms: u64,
}

impl Rate {
    /// What a task of `bytes` will take by this rate, or by the first guess if there is none; milliseconds.
    pub fn estimate_ms(rate: Option<&Self>, bytes: u64) -> i64 {
        Self::estimate_all_ms(rate, 1, bytes).min(ESTIMATE_MS_MAX)
    }

    /// The same of so many tasks with `bytes` together.
    pub(crate) fn estimate_all_ms(rate: Option<&Self>, tasks: u64, bytes: u64) -> i64 {
        let (learnt_bytes, learnt_ms) =
            rate.filter(|rate| rate.bytes > 0).map_or((RATE_FIRST_BYTES_PER_MS, 1), |rate| (rate.bytes, rate.ms));
        let ms = u128::from(bytes) * u128::from(learnt_ms) / u128::from(learnt_bytes);
        let (tasks, ms) = (i64::try_from(tasks).unwrap_or(i64::MAX), i64::try_from(ms).unwrap_or(i64::MAX));
        tasks.saturating_mul(TASK_OVERHEAD_MS).saturating_add(ms).min(tasks.saturating_mul(ESTIMATE_MS_MAX))
    }
}

impl Catalogue {
    /// Everything learnt.
    pub async fn rates(&self) -> Result<Vec<Rate>> {
        let rows =
            query("SELECT kind, plugin, bytes, ms FROM task_rates").fetch_all(&mut *self.reader().await?).await.map_err(Error::sql)?;
        all(&rows, |row| {
            let plugin = row.text("plugin")?;
            Ok(Rate {
                kind: row.word("kind")?,
                plugin: if plugin.is_empty() { None } else { Some(row.parsed("plugin")?) },
                bytes: row.count("bytes")?,
                ms: row.count("ms")?,
            })
        })
    }
}

/// Learns from a task that is done. Where somebody else is learning the same at this instant it is left at that: an estimate is
/// not worth waiting for another's commit.
pub(crate) async fn learn(tx: &mut Tx, kind: &str, plugin: &str, bytes: i64, ms: i64) -> Result<()> {
    if bytes <= 0 {
        return Ok(());
    }
    let update = tx.skipping_locked(
        concat!(faded!(), "kind = $1 AND plugin = $2"),
        concat!(faded!(), "(kind, plugin) IN (SELECT kind, plugin FROM task_rates WHERE kind = $1 AND plugin = $2 FOR UPDATE SKIP LOCKED)"),
    );
    for sql in [update, "INSERT INTO task_rates (kind, plugin, bytes, ms) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, plugin) DO NOTHING"] {
        let done = query(sql).bind(kind).bind(plugin).bind(bytes).bind(ms.max(1)).execute(&mut **tx).await.map_err(Error::sql)?;
        if done.rows_affected() > 0 {
            break;
        }
    }
    Ok(())
}
