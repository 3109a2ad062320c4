//! Dumps and their arrival: parts are appended at the offset reached, so that an upload goes on where it broke off.

use serde::{Deserialize, Serialize};
use sluice_record::{BlobDigest, DumpId, Frame, limits};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, DumpState, Error, Result, Topic, UnixMs,
    row::{Columns, all, plain, query, selects},
};

/// A dump about to arrive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewDump {
    /// The file's name, for display and for probing.
    pub name: String,
    /// How many bytes it has, if that is known beforehand.
    pub bytes: Option<u64>,
}

/// A dump.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Dump {
    /// Its id.
    pub id: DumpId,
    /// The file's name, for display and for probing.
    pub name: String,
    /// Arriving, or all there.
    pub state: DumpState,
    /// Of all its bytes, once they are there.
    pub digest: Option<BlobDigest>,
    /// Bytes that have arrived: the offset at which an upload goes on.
    pub bytes: u64,
    /// How many are to arrive, if that was said.
    pub bytes_expected: Option<u64>,
    /// When it was begun.
    pub created_at: UnixMs,
    /// When its last part came.
    pub changed_at: UnixMs,
}

fn read(row: &AnyRow) -> Result<Dump> {
    Ok(Dump {
        id: DumpId(row.number("id")?),
        name: row.text("name")?,
        state: row.word("state")?,
        digest: row.parsed_or_none("digest")?,
        bytes: row.count("bytes")?,
        bytes_expected: row.number_or_none("bytes_expected")?.map(|bytes| bytes as u64),
        created_at: row.number("created_at")?,
        changed_at: row.number("changed_at")?,
    })
}

selects!($ dump_columns "SELECT id, name, state, digest, bytes, bytes_expected, created_at, changed_at FROM dumps ");

impl Catalogue {
    /// Begins a dump: no bytes yet.
    pub async fn create_dump(&self, new: &NewDump) -> Result<DumpId> {
        let mut tx = self.begin().await?;
        let id = tx.ids("dump", 1).await?;
        query(
            "INSERT INTO dumps (id, name, state, bytes, bytes_expected, created_at, changed_at) VALUES ($1, $2, 'receiving', 0, $3, $4, $4)",
        )
        .bind(id)
        .bind(plain(&new.name))
        .bind(new.bytes.map(|bytes| bytes as i64))
        .bind(tx.now)
        .execute(&mut *tx)
        .await
        .map_err(Error::sql)?;
        tx.commit(&[]).await?;
        Ok(DumpId(id))
    }

    /// Appends a part that begins at byte `offset`, which must be where the dump stands; gives the new offset. `Conflict` if the
    /// offset is another (ask [`Catalogue::dump`] for it), the dump is complete, or it would outgrow what was announced.
    pub async fn append_part(&self, dump: DumpId, offset: u64, part: &Frame) -> Result<u64> {
        let mut tx = self.begin().await?;
        let stands = read(&one(&mut tx, dump).await?)?;
        if stands.state != DumpState::Receiving || stands.bytes != offset {
            let message = format!("dump {dump} stands at byte {} ({}), not at {offset}", stands.bytes, stands.state);
            return Err(Error::conflict(message, "go on at the offset it stands at"));
        }
        let bytes = offset.saturating_add(part.bytes);
        let bytes_max = stands.bytes_expected.unwrap_or(limits::DUMP_BYTES_MAX);
        if part.bytes == 0 || bytes > bytes_max {
            return Err(Error::conflict(
                format!("dump {dump} may have {bytes_max} bytes"),
                "announce its true size, and send no empty part",
            ));
        }
        query("INSERT INTO dump_parts (dump, starts_at_byte, object_key, bytes) VALUES ($1, $2, $3, $4)")
            .bind(dump.0)
            .bind(offset as i64)
            .bind(part.key.as_str())
            .bind(part.bytes as i64)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        query("UPDATE dumps SET bytes = $2, changed_at = $3 WHERE id = $1")
            .bind(dump.0)
            .bind(bytes as i64)
            .bind(tx.now)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        tx.commit(&[]).await?;
        Ok(bytes)
    }

    /// All bytes are there, and this is their digest. If a dump with these bytes exists already its id comes back instead, and
    /// this one, with its parts' rows, is forgotten (its objects are the caller's to delete). Doing it twice is harmless.
    pub async fn complete_dump(&self, dump: DumpId, digest: BlobDigest) -> Result<DumpId> {
        let mut tx = self.begin().await?;
        let stands = read(&one(&mut tx, dump).await?)?;
        if stands.digest == Some(digest) {
            return Ok(dump);
        }
        if stands.state != DumpState::Receiving || stands.bytes_expected.is_some_and(|bytes| bytes != stands.bytes) {
            let message = format!("dump {dump} has {} bytes ({}) and can't be completed", stands.bytes, stands.state);
            return Err(Error::conflict(message, "send the rest of its bytes first"));
        }
        let same = query("SELECT id FROM dumps WHERE digest = $1").bind(digest.to_string()).fetch_optional(&mut *tx).await;
        if let Some(same) = same.map_err(Error::sql)? {
            forget(&mut tx, dump).await?;
            tx.commit(&[Topic::Catalogue]).await?;
            return Ok(DumpId(same.number("id")?));
        }
        query("UPDATE dumps SET state = 'complete', digest = $2, changed_at = $3 WHERE id = $1")
            .bind(dump.0)
            .bind(digest.to_string())
            .bind(tx.now)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        tx.commit(&[Topic::Catalogue]).await?;
        Ok(dump)
    }

    /// Gives up a dump that is still arriving; its objects, which come back, are the caller's to delete.
    pub async fn abandon_dump(&self, dump: DumpId) -> Result<Vec<Frame>> {
        let parts = self.dump_parts(dump).await?;
        let mut tx = self.begin().await?;
        if read(&one(&mut tx, dump).await?)?.state != DumpState::Receiving {
            return Err(Error::conflict(format!("dump {dump} is complete"), "a complete dump is immutable"));
        }
        forget(&mut tx, dump).await?;
        tx.commit(&[Topic::Catalogue]).await?;
        Ok(parts)
    }

    /// One dump.
    pub async fn dump(&self, dump: DumpId) -> Result<Dump> {
        let row =
            query(dump_columns!("WHERE id = $1")).bind(dump.0).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?;
        read(&row.ok_or_else(|| Error::not_found("dump", dump))?)
    }

    /// The complete dump with these bytes, if there is one.
    pub async fn dump_with_digest(&self, digest: BlobDigest) -> Result<Option<Dump>> {
        let row = query(dump_columns!("WHERE digest = $1")).bind(digest.to_string()).fetch_optional(&mut *self.reader().await?).await;
        row.map_err(Error::sql)?.as_ref().map(read).transpose()
    }

    /// A dump's parts, in order.
    pub async fn dump_parts(&self, dump: DumpId) -> Result<Vec<Frame>> {
        let rows = query("SELECT object_key, bytes FROM dump_parts WHERE dump = $1 ORDER BY starts_at_byte")
            .bind(dump.0)
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, |row| Ok(Frame { key: row.text("object_key")?, bytes: row.count("bytes")? }))
    }

    /// The newest dumps, at most `limit`.
    pub async fn dumps(&self, limit: u32) -> Result<Vec<Dump>> {
        let rows = query(dump_columns!("ORDER BY id DESC LIMIT $1")).bind(i64::from(limit)).fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, read)
    }
}

async fn one(tx: &mut crate::tx::Tx, dump: DumpId) -> Result<AnyRow> {
    let row = query(dump_columns!("WHERE id = $1")).bind(dump.0).fetch_optional(&mut **tx).await.map_err(Error::sql)?;
    row.ok_or_else(|| Error::not_found("dump", dump))
}

async fn forget(tx: &mut crate::tx::Tx, dump: DumpId) -> Result<()> {
    for sql in ["DELETE FROM dump_parts WHERE dump = $1", "DELETE FROM dumps WHERE id = $1"] {
        query(sql).bind(dump.0).execute(&mut **tx).await.map_err(Error::sql)?;
    }
    Ok(())
}
