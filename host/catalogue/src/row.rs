//! Reading rows: columns by name into typed values, with the column's name in the error.

use std::str::FromStr;

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Any, Row,
    any::{AnyArguments, AnyRow},
    query::Query,
};

use crate::{Error, Result};

/// Makes a macro that begins statements with the columns of a table. They are named, for a newer process may add some, and what is
/// prepared must not change under an older one.
#[rustfmt::skip] // which indents the inner macro further each time
macro_rules! selects {
    ($dollar:tt $name:ident $head:literal) => {
        macro_rules! $name {
            ($dollar rest:literal) => {
                concat!($head, $dollar rest)
            };
        }
    };
}
pub(crate) use selects;

/// A prepared statement.
pub(crate) fn query(sql: &'static str) -> Query<'static, Any, AnyArguments> {
    sqlx::query(sql)
}

/// JSON for a text column. What the catalogue keeps has no map with odd keys, so this cannot fail on our types.
pub(crate) fn to_json<T: Serialize>(column: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|source| Error::Corrupt { column, source: Some(source) })
}

/// Text of the input's, for a column that is no JSON: PostgreSQL's has no NUL.
pub(crate) fn plain(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

pub(crate) fn from_json<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|source| Error::Corrupt { column, source: Some(source) })
}

pub(crate) trait Columns {
    fn number(&self, column: &'static str) -> Result<i64>;
    fn number_or_none(&self, column: &'static str) -> Result<Option<i64>>;
    fn text(&self, column: &'static str) -> Result<String>;
    fn text_or_none(&self, column: &'static str) -> Result<Option<String>>;

    fn count(&self, column: &'static str) -> Result<u64> {
        u64::try_from(self.number(column)?).map_err(|_| Error::Corrupt { column, source: None })
    }

    fn flag(&self, column: &'static str) -> Result<bool> {
        Ok(self.number(column)? != 0)
    }

    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        from_json(column, &self.text(column)?)
    }

    fn json_or_none<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>> {
        self.text_or_none(column)?.map(|text| from_json(column, &text)).transpose()
    }

    /// A region; none is anywhere.
    fn region(&self) -> Result<Option<String>> {
        Ok(Some(self.text("region")?).filter(|region| !region.is_empty()))
    }

    fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T> {
        self.text(column)?.parse().map_err(|_| Error::Corrupt { column, source: None })
    }

    fn parsed_or_none<T: FromStr>(&self, column: &'static str) -> Result<Option<T>> {
        self.text_or_none(column)?.map(|text| text.parse().map_err(|_| Error::Corrupt { column, source: None })).transpose()
    }

    /// A word of one of the enums in `words`, or of a record enum with a unit variant a word.
    fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        serde_json::from_value(serde_json::Value::String(self.text(column)?))
            .map_err(|source| Error::Corrupt { column, source: Some(source) })
    }
}

impl Columns for AnyRow {
    fn number(&self, column: &'static str) -> Result<i64> {
        self.try_get(column).map_err(Error::Sql)
    }

    fn number_or_none(&self, column: &'static str) -> Result<Option<i64>> {
        self.try_get(column).map_err(Error::Sql)
    }

    fn text(&self, column: &'static str) -> Result<String> {
        self.try_get(column).map_err(Error::Sql)
    }

    fn text_or_none(&self, column: &'static str) -> Result<Option<String>> {
        self.try_get(column).map_err(Error::Sql)
    }
}

pub(crate) fn all<T>(rows: &[AnyRow], read: impl Fn(&AnyRow) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(read).collect()
}
