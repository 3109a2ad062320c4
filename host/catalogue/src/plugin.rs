//! Plugins known to this service: which versions there are, and which one a name stands for.

use serde::{Deserialize, Serialize};
use sluice_record::{Descriptor, PluginDigest};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, PluginState, Result, Topic, UnixMs,
    row::{Columns, all, plain, query, selects, to_json},
};

/// A plugin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Plugin {
    /// Of its component.
    pub digest: PluginDigest,
    /// What it says of itself.
    pub descriptor: Descriptor,
    /// May it run, and is it chosen by probing?
    pub state: PluginState,
    /// Where its component is: an object's key, or a file.
    pub object: String,
    /// When it was installed.
    pub installed_at: UnixMs,
    /// When its state changed.
    pub changed_at: UnixMs,
}

fn read(row: &AnyRow) -> Result<Plugin> {
    Ok(Plugin {
        digest: row.parsed("digest")?,
        descriptor: row.json("descriptor")?,
        state: row.word("state")?,
        object: row.text("object")?,
        installed_at: row.number("installed_at")?,
        changed_at: row.number("changed_at")?,
    })
}

selects!($ plugin_columns "SELECT digest, descriptor, state, object, installed_at, changed_at FROM plugins ");

impl Catalogue {
    /// Installs a plugin, not yet active. One that is there already keeps its state; where it is, is updated.
    pub async fn install_plugin(&self, digest: PluginDigest, descriptor: &Descriptor, object: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        query(
            "INSERT INTO plugins (digest, name, version, descriptor, state, object, installed_at, changed_at)
             VALUES ($1, $2, $3, $4, 'installed', $5, $6, $6) ON CONFLICT (digest) DO UPDATE SET object = excluded.object",
        )
        .bind(digest.to_string())
        .bind(plain(&descriptor.name))
        .bind(plain(&descriptor.version))
        .bind(to_json("descriptor", descriptor)?)
        .bind(object)
        .bind(tx.now)
        .execute(&mut *tx)
        .await
        .map_err(Error::sql)?;
        tx.commit(&[Topic::Catalogue]).await
    }

    /// Makes it the version its name stands for; the one before it stays installed. A revoked one is refused.
    pub async fn activate_plugin(&self, digest: PluginDigest) -> Result<()> {
        let plugin = self.plugin(digest).await?;
        let mut tx = self.begin().await?;
        query("UPDATE plugins SET state = 'installed', changed_at = $2 WHERE name = $1 AND state = 'active' AND digest <> $3")
            .bind(plain(&plugin.descriptor.name))
            .bind(tx.now)
            .bind(digest.to_string())
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        let done = query("UPDATE plugins SET state = 'active', changed_at = $2 WHERE digest = $1 AND state <> 'revoked'")
            .bind(digest.to_string())
            .bind(tx.now)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            return Err(Error::conflict(format!("plugin {digest} is revoked"), "install another version"));
        }
        tx.commit(&[Topic::Catalogue]).await
    }

    /// Takes a plugin out of probing, or out of use altogether and for good.
    pub async fn retire_plugin(&self, digest: PluginDigest, revoke: bool) -> Result<()> {
        let state = if revoke { PluginState::Revoked } else { PluginState::Installed };
        let mut tx = self.begin().await?;
        let done = query("UPDATE plugins SET state = $2, changed_at = $3 WHERE digest = $1 AND state <> 'revoked'")
            .bind(digest.to_string())
            .bind(state.name())
            .bind(tx.now)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            return Err(Error::not_found("plugin", digest));
        }
        tx.commit(&[Topic::Catalogue]).await
    }

    /// One plugin.
    pub async fn plugin(&self, digest: PluginDigest) -> Result<Plugin> {
        let row = query(plugin_columns!("WHERE digest = $1")).bind(digest.to_string()).fetch_optional(&mut *self.reader().await?).await;
        read(&row.map_err(Error::sql)?.ok_or_else(|| Error::not_found("plugin", digest))?)
    }

    /// The active version of a name.
    pub async fn active_plugin(&self, name: &str) -> Result<Plugin> {
        let row = query(plugin_columns!("WHERE name = $1 AND state = 'active'"))
            .bind(plain(name))
            .fetch_optional(&mut *self.reader().await?)
            .await;
        read(&row.map_err(Error::sql)?.ok_or_else(|| Error::not_found("active plugin", name))?)
    }

    /// Every plugin, by name, newest first.
    pub async fn plugins(&self) -> Result<Vec<Plugin>> {
        let rows = query(plugin_columns!("ORDER BY name, installed_at DESC, digest")).fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, read)
    }
}
