//! Word from process to process, by PostgreSQL's LISTEN and NOTIFY: what is written by one wakes the others at once.
//!
//! It is sent behind the commit, by one connection and many changes at a time: within a transaction it would make all commits wait
//! for one another. So it may be missed, as any word of a change may be, and whoever waits for it polls behind it.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

use sqlx::{AnyPool, postgres::PgListener};

use crate::{changes::Bell, row::query};

const CHANNEL: &str = "sluice";
/// How long until another try at a server that is away.
const AWAY: Duration = Duration::from_secs(1);
/// After so long a silence the connection is tried: one that is dead says nothing either.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Sends and receives until it is dropped.
#[derive(Debug)]
pub(crate) struct Wake([tokio::task::AbortHandle; 2]);

impl Wake {
    pub(crate) fn start(bell: Arc<Bell>, pool: AnyPool, url: String) -> Self {
        // What this process says, it has heard already.
        let name = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        let tell = tokio::spawn(tell(Arc::clone(&bell), pool, name.clone())).abort_handle();
        Self([tell, tokio::spawn(listen(bell, url, name)).abort_handle()])
    }

    pub(crate) fn stop(&self) {
        self.0.iter().for_each(tokio::task::AbortHandle::abort);
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn tell(bell: Arc<Bell>, pool: AnyPool, name: String) {
    loop {
        let topics = bell.untold().await;
        let told = query("SELECT CAST(pg_notify($1, $2) AS TEXT) AS told").bind(CHANNEL).bind(format!("{name} {topics}"));
        if let Err(error) = told.execute(&pool).await {
            tracing::debug!(%error, "other processes could not be told of a change; they will see it by looking");
        }
    }
}

async fn listen(bell: Arc<Bell>, url: String, name: String) {
    loop {
        if let Err(error) = hear(&bell, &url, &name).await {
            tracing::debug!(%error, "word of other processes' changes does not come through; they are seen by looking");
        }
        tokio::time::sleep(AWAY).await;
    }
}

async fn hear(bell: &Bell, url: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    // Whatever was said before somebody listened.
    bell.heard(u8::MAX);
    loop {
        let Ok(said) = tokio::time::timeout(SILENCE_MAX, listener.try_recv()).await else {
            sqlx::query("SELECT 1").execute(&mut listener).await?;
            continue;
        };
        let Some(said) = said? else { return Ok(()) };
        if let Some((from, topics)) = said.payload().split_once(' ')
            && from != name
        {
            bell.heard(topics.parse().unwrap_or(u8::MAX));
        }
    }
}
