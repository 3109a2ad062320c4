//! What of the catalogue cannot be made again, as rows of JSON that any engine takes: a list of tables and columns, a reader that sees one
//! instant of them, and a writer that takes all or nothing. Of jobs and loads only what it takes to make the loads again is kept.
//!
//! Deliberately not here: files, objects, and whether what objects hold is what rows say.

use futures::TryStreamExt as _;
use serde_json::{Map, Value};
use sluice_record::{BlobDigest, Descriptor, LoadId, PluginDigest, StagedMember};
use sqlx::{Any, AssertSqlSafe, any::AnyRow, pool::PoolConnection, raw_sql};

use crate::{
    Again, Catalogue, Error, JobSpec, LoadState, NewJob, Plan, PluginState, Resolved, Result, Topic, audit, job,
    load::{self, load_columns},
    open::{Engine, MIGRATIONS},
    row::{Columns as _, plain, query, to_json},
    tx::Tx,
};

/// The schema's version.
pub const SCHEMA: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// What a column holds.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// From 0 on.
    Number,
    Signed,
    Flag,
    Text,
    /// Text that this takes.
    Checked(fn(&str) -> bool),
}

#[derive(Clone, Copy, Debug)]
struct Column {
    name: &'static str,
    kind: Kind,
    may_be_null: bool,
}

/// Rows of one kind.
#[derive(Debug)]
pub struct Table {
    name: &'static str,
    columns: &'static [Column],
    /// Which rows, in which order.
    rows: &'static str,
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Kind::Number, may_be_null: false }
}

const fn flag(name: &'static str) -> Column {
    Column { name, kind: Kind::Flag, may_be_null: false }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, may_be_null: false }
}

const fn checked(name: &'static str, takes: fn(&str) -> bool) -> Column {
    Column { name, kind: Kind::Checked(takes), may_be_null: false }
}

const fn or_null(column: Column) -> Column {
    Column { may_be_null: true, ..column }
}

const SEQUENCES: &str = "sequences";
const IMPORTS: &str = "imports";

/// All that is kept, in the order it is restored in. A breach's counts and classes follow from its loads and are left out. `imports` is
/// no table of the schema: a row is the import that makes a load again, in the order they were published.
#[rustfmt::skip] // which gives each column a line
pub static TABLES: [Table; 9] = [
    Table { name: SEQUENCES, columns: &[text("name"), number("value")], rows: "ORDER BY name" },
    Table {
        name: "breaches",
        columns: &[
            number("id"), text("name"), text("name_folded"), text("title"), text("domain"), text("breach_date"), number("added_at"),
            number("modified_at"), text("description"), text("logo_path"), or_null(text("attribution")), or_null(text("disclosure_url")),
            flag("is_verified"), flag("is_fabricated"), flag("is_sensitive"), flag("is_retired"), flag("is_spam_list"), flag("is_malware"),
            flag("is_subscription_free"), flag("is_stealer_log"),
        ],
        rows: "ORDER BY id",
    },
    Table {
        name: "dumps",
        columns: &[
            number("id"), text("name"), checked("state", |state| state == "complete"),
            checked("digest", |digest| digest.parse::<BlobDigest>().is_ok()), number("bytes"), or_null(number("bytes_expected")),
            number("created_at"), number("changed_at"),
        ],
        rows: "WHERE state = 'complete' ORDER BY id",
    },
    Table {
        name: "dump_parts",
        columns: &[number("dump"), number("starts_at_byte"), checked("object_key", |key| key.starts_with("dumps/")), number("bytes")],
        rows: "WHERE dump IN (SELECT id FROM dumps WHERE state = 'complete') ORDER BY dump, starts_at_byte",
    },
    Table {
        name: "plugins",
        columns: &[
            checked("digest", |digest| digest.parse::<PluginDigest>().is_ok()), text("name"), text("version"),
            checked("descriptor", |json| serde_json::from_str::<Descriptor>(json).is_ok()),
            checked("state", |state| PluginState::from_name(state).is_some()), text("object"), number("installed_at"), number("changed_at"),
        ],
        rows: "ORDER BY digest",
    },
    Table {
        name: "api_keys",
        columns: &[
            number("id"), checked("key_sha256", |hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())),
            flag("operator"), text("label"), checked("plan", |json| serde_json::from_str::<Plan>(json).is_ok()), number("rpm"),
            number("created_at"), or_null(number("expires_at")), or_null(number("revoked_at")),
        ],
        rows: "ORDER BY id",
    },
    Table {
        name: "verified_domains",
        columns: &[
            number("api_key"), text("domain"), number("verified_at"), or_null(number("accounts")),
            or_null(number("accounts_outside_spam_lists")),
        ],
        rows: "ORDER BY api_key, domain",
    },
    Table {
        name: "audit",
        columns: &[number("id"), number("at"), text("actor"), text("action"), text("subject"), text("detail")],
        rows: "ORDER BY id",
    },
    Table {
        name: IMPORTS,
        columns: &[
            checked("spec", |json| matches!(serde_json::from_str(json), Ok(JobSpec::Import { .. }))),
            Column { name: "priority", kind: Kind::Signed, may_be_null: false },
        ],
        rows: "",
    },
];

impl Table {
    /// The one of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    fn read(&'static self, row: &AnyRow) -> Result<Row> {
        let value = |column: &Column| {
            Ok::<_, Error>(match column.kind {
                Kind::Number | Kind::Signed | Kind::Flag => row.number_or_none(column.name)?.map_or(Value::Null, Value::from),
                Kind::Text | Kind::Checked(_) => row.text_or_none(column.name)?.map_or(Value::Null, Value::from),
            })
        };
        let values = self.columns.iter().map(|column| Ok((column.name.to_owned(), value(column)?))).collect::<Result<_>>()?;
        Ok(Row { table: self, values })
    }
}

/// A row, each of its values of its column's kind.
#[derive(Clone, Debug)]
pub struct Row {
    table: &'static Table,
    values: Map<String, Value>,
}

impl Row {
    /// Reads what [`Row::line`] gave. `Conflict` for what is no row of the table; it is said which column it is about and never what it holds.
    pub fn parse(table: &'static Table, line: &str) -> Result<Self> {
        let wrong =
            |what: &str| Error::conflict(format!("a row of the backup's {} has no fitting {what}", table.name), "use another backup");
        let values: Map<String, Value> = serde_json::from_str(line).map_err(|_| wrong("JSON object"))?;
        // A column that a later version has added may be missing: then it is as new rows have it.
        for (name, value) in &values {
            let column = table.columns.iter().find(|column| column.name == name).ok_or_else(|| wrong("columns"))?;
            let fits = match (column.kind, value) {
                (_, Value::Null) => column.may_be_null,
                (Kind::Signed, value) => value.is_i64(),
                (Kind::Number, value) => value.as_i64().is_some_and(|number| number >= 0),
                (Kind::Flag, value) => value.as_i64().is_some_and(|flag| flag == 0 || flag == 1),
                (Kind::Text, value) => value.is_string(),
                (Kind::Checked(takes), value) => value.as_str().is_some_and(takes),
            };
            if !fits {
                return Err(wrong(column.name));
            }
        }
        Ok(Self { table, values })
    }

    /// It as JSON in one line.
    pub fn line(&self) -> String {
        Value::Object(self.values.clone()).to_string()
    }

    /// Whose it is.
    pub const fn table(&self) -> &'static Table {
        self.table
    }

    /// A column's number; 0 if it has none.
    pub fn number(&self, column: &str) -> i64 {
        self.values.get(column).and_then(Value::as_i64).unwrap_or_default()
    }

    /// A column's text; empty if it has none.
    pub fn text(&self, column: &str) -> &str {
        self.values.get(column).and_then(Value::as_str).unwrap_or_default()
    }
}

/// One instant of the catalogue, whatever is written meanwhile.
#[derive(Debug)]
pub struct Snapshot {
    connection: PoolConnection<Any>,
}

impl Catalogue {
    /// The catalogue as it is now. Nothing is migrated: a schema that is not this program's is refused.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut connection = self.reader().await?;
        connection.close_on_drop(); // which ends the transaction as well
        let begin = match self.engine() {
            Engine::Sqlite => "BEGIN",
            Engine::Postgres => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; \
                 SET LOCAL idle_in_transaction_session_timeout = 0"
            }
        };
        raw_sql(begin).execute(&mut *connection).await.map_err(Error::sql)?;
        let row = query("SELECT MAX(version) AS version FROM _sqlx_migrations").fetch_one(&mut *connection).await.map_err(Error::sql)?;
        let version = row.number("version")?;
        if version != SCHEMA {
            let message = format!("it has migration {version}, and this program migration {SCHEMA}");
            return Err(Error::Schema { message, hint: "run the version of sluice that serves it", source: None });
        }
        Ok(Snapshot { connection })
    }

    /// Begins to fill an empty catalogue: nothing is there before [`Restoring::commit`]. `Conflict` if it is not empty.
    pub async fn restoring(&self) -> Result<Restoring> {
        let mut tx = self.begin().await?;
        for name in ["breaches", "dumps", "jobs", "plugins", "api_keys", "audit"] {
            // Made of constants alone.
            let sql = AssertSqlSafe(format!("SELECT COUNT(*) AS rows_there FROM {name}"));
            let row = sqlx::query(sql).fetch_one(&mut *tx).await.map_err(Error::sql)?;
            match row.number("rows_there")? {
                0 => {}
                rows => return Err(Error::conflict(format!("the catalogue is not empty: it has {rows} {name}"), EMPTY_PLACE)),
            }
        }
        Ok(Restoring { tx })
    }
}

const EMPTY_PLACE: &str = "a backup is restored into an empty place: name a data folder, or a database, that no service has had";

impl Snapshot {
    /// Gives each row of a table, in order.
    pub async fn each<E: From<Error>>(
        &mut self,
        table: &'static Table,
        mut take: impl FnMut(Row) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        if table.name == IMPORTS {
            return self.imports(table).await?.into_iter().try_for_each(take);
        }
        let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
        // Made of constants alone.
        let sql = AssertSqlSafe(format!("SELECT {} FROM {} {}", columns.join(", "), table.name, table.rows));
        let mut rows = sqlx::query(sql).fetch(&mut *self.connection);
        while let Some(row) = rows.try_next().await.map_err(Error::sql)? {
            take(table.read(&row)?)?;
        }
        Ok(())
    }

    /// The imports that make again what there is: loads that are published or verified, and imports that are under way, which begin anew.
    /// One whose load is being retracted is not among them.
    async fn imports(&mut self, table: &'static Table) -> Result<Vec<Row>> {
        let rows = query(
            "SELECT j.spec AS spec, j.priority AS priority, j.load AS load, l.state AS state,
             (SELECT COUNT(*) FROM jobs p WHERE p.finished_at IS NULL AND (p.id = j.id OR (p.load = j.load AND p.kind = 'publish'))) AS at_work
             FROM jobs j LEFT JOIN loads l ON l.id = j.load
             WHERE j.kind = 'import' AND (l.state IN ('published', 'verified') OR (j.finished_at IS NULL AND j.state <> 'cancelling'
                 AND (l.state IS NULL OR l.state IN ('staging', 'parsing', 'merging'))))
             AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.load = j.load AND r.kind = 'retract' AND r.finished_at IS NULL)
             ORDER BY COALESCE(l.published_at, 9223372036854775807), j.id",
        );
        let rows = rows.fetch_all(&mut *self.connection).await.map_err(Error::sql)?;
        let mut imports = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut spec: JobSpec = row.json("spec")?;
            let state = row.text_or_none("state")?.and_then(|state| LoadState::from_name(&state));
            if let (Some(LoadState::Published | LoadState::Verified), Some(load)) = (state, row.number_or_none("load")?) {
                self.make_again(&mut spec, LoadId(load), row.number("at_work")? > 0).await?;
            }
            let values = [("spec", to_json("spec", &spec)?.into()), ("priority", row.number("priority")?.into())];
            imports.push(Row { table, values: values.map(|(name, value): (&str, Value)| (name.to_owned(), value)).into_iter().collect() });
        }
        Ok(imports)
    }

    async fn make_again(&mut self, spec: &mut JobSpec, load: LoadId, at_work: bool) -> Result<()> {
        let JobSpec::Import { plugin, publish, again, .. } = spec else { return Ok(()) };
        let row = query(load_columns!("WHERE id = $1")).bind(load.0).fetch_one(&mut *self.connection).await.map_err(Error::sql)?;
        let load = load::read(&row)?;
        let is_published = load.state == LoadState::Published;
        *publish = is_published || at_work;
        // A name may stand for another version by then.
        if let (Some(chosen), [pinned]) = (plugin, &load.plugins[..]) {
            *chosen = pinned.to_string();
        }
        *again = Some(Box::new(Again {
            load: load.id,
            resolved: self.resolved(load.id).await?,
            plugins: load.plugins,
            quarantine_accepted: load.quarantine_accepted,
            published_at: load.published_at,
            ledger: load.ledger,
            staged_bytes: load.staged_bytes,
            quarantined_bytes: load.quarantined_bytes,
            accounts: load.accounts,
            passwords: load.passwords,
        }));
        Ok(())
    }

    /// What an operator said to a load's members: those that were staged without a plugin.
    async fn resolved(&mut self, load: LoadId) -> Result<Vec<Resolved>> {
        let rows =
            query("SELECT dump, staged, plugin FROM members WHERE load = $1 AND staged LIKE '%\"plugin\":null%' ORDER BY id").bind(load.0);
        let rows = rows.fetch_all(&mut *self.connection).await.map_err(Error::sql)?;
        let mut resolved = vec![];
        for row in &rows {
            let staged: StagedMember = row.json("staged")?;
            if staged.plugin.is_none() {
                let dump = sluice_record::DumpId(row.number("dump")?);
                resolved.push(Resolved { dump, name: staged.name, plugin: row.parsed_or_none("plugin")? });
            }
        }
        Ok(resolved)
    }
}

/// A catalogue that is being filled. Dropped, it is empty as before.
pub struct Restoring {
    tx: Tx,
}

impl Restoring {
    /// Adds a row; tables come in the order of [`TABLES`]. `Conflict` for one that does not fit those before.
    pub async fn add(&mut self, row: &Row) -> Result<()> {
        match row.table.name {
            SEQUENCES => self.sequence(row).await,
            IMPORTS => self.import(row).await,
            _ => self.insert(row).await,
        }
    }

    async fn sequence(&mut self, row: &Row) -> Result<()> {
        let set = query("UPDATE sequences SET value = $2 WHERE name = $1").bind(row.text("name").to_owned()).bind(row.number("value"));
        match set.execute(&mut *self.tx).await.map_err(Error::sql)?.rows_affected() {
            0 => Err(Error::conflict("the backup has a sequence that this version of sluice does not know", "use a newer version")),
            _ => Ok(()),
        }
    }

    async fn import(&mut self, row: &Row) -> Result<()> {
        let spec: JobSpec = crate::row::from_json("spec", row.text("spec"))?;
        if let JobSpec::Import { breach, dumps, .. } = &spec {
            job::check_import(&mut self.tx, *breach, dumps).await?;
        }
        job::insert(&mut self.tx, &NewJob { priority: row.number("priority"), ..spec.into() }, None).await.map(drop)
    }

    async fn insert(&mut self, row: &Row) -> Result<()> {
        let columns: Vec<_> = row.table.columns.iter().filter(|column| row.values.contains_key(column.name)).collect();
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        let places: Vec<_> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        // Made of constants and numbers alone.
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", row.table.name, names.join(", "), places.join(", "));
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for column in columns {
            let value = &row.values[column.name];
            statement = match column.kind {
                Kind::Number | Kind::Signed | Kind::Flag => statement.bind(value.as_i64()),
                Kind::Text | Kind::Checked(_) => statement.bind(value.as_str().map(plain)),
            };
        }
        let kind = |error: &sqlx::Error| error.as_database_error().map(sqlx::error::DatabaseError::kind);
        statement.execute(&mut *self.tx).await.map(drop).map_err(|error| match kind(&error) {
            None | Some(sqlx::error::ErrorKind::Other) => Error::sql(error),
            Some(_) => Error::conflict(format!("rows of the backup's {} do not fit together", row.table.name), "use another backup"),
        })
    }

    /// Makes it the catalogue, and says so in the audit.
    pub async fn commit(mut self, detail: &str) -> Result<()> {
        audit::append(&mut self.tx, "operator", "restore", "catalogue", detail).await?;
        self.tx.commit(&[Topic::Catalogue, Topic::Jobs]).await
    }
}
