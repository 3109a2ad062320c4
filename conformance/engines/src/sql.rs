//! A database for the catalogue on either of its engines, and tests that run on both.

use anyhow::Result;
use tempfile::TempDir;

use crate::postgres::Database;

/// What the catalogue runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// A file in a folder of its own.
    Sqlite,
    /// A database of its own on the tests' server.
    Postgres,
}

/// An empty database, gone when it is dropped.
#[derive(Debug)]
pub struct Empty {
    url: String,
    _place: Place,
}

#[derive(Debug)]
enum Place {
    Sqlite { _folder: TempDir },
    Postgres { _database: Database },
}

impl Engine {
    /// An empty database.
    ///
    /// # Errors
    /// If there is no PostgreSQL.
    pub fn database(self) -> Result<Empty> {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir()?;
                let url = format!("sqlite://{}", folder.path().join("catalogue.db").display());
                Ok(Empty { url, _place: Place::Sqlite { _folder: folder } })
            }
            Self::Postgres => {
                let database = Database::new()?;
                Ok(Empty { url: database.url().to_owned(), _place: Place::Postgres { _database: database } })
            }
        }
    }
}

impl Empty {
    /// Where it is, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Makes two tests of each function: it gets the [`Engine`] to run on.
#[macro_export]
macro_rules! on_both_engines {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::sql::Engine::Sqlite).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::sql::Engine::Postgres).await;
            })*
        }
    };
}
