//! Databases that SQLite itself makes on the spot, of every page size and with trees of many levels: all people in them are found.

use proptest::prelude::*;
use rusqlite::{Connection, params};
use serde_json::Value;
use sluice_plugin::native::{self, cases::items, properties};
use sluice_sqlite::Sqlite;

/// What a database is to be like.
#[derive(Clone, Debug)]
struct Plan {
    page_bytes: u32,
    encoding: &'static str,
    auto_vacuum: bool,
    rows: usize,
    /// Bytes of a column of everybody's.
    filling: usize,
    /// Are rowids in order, or anywhere?
    is_scattered: bool,
    without_rowid: bool,
    vacuum: bool,
    /// Tables that are in the schema before those of people.
    other_tables: usize,
}

fn plans() -> impl Strategy<Value = Plan> {
    let page_bytes = prop::sample::select(vec![512, 512, 512, 1024, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]);
    let encoding = prop::sample::select(vec!["UTF-8", "UTF-8", "UTF-16le", "UTF-16be"]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (page_bytes, encoding, flags, 0usize..2000, 0usize..40, 0usize..25).prop_map(
        |(page_bytes, encoding, (auto_vacuum, is_scattered, without_rowid, vacuum), rows, filling, other_tables)| Plan {
            // In an index's smaller pages a row goes on in others.
            page_bytes: if without_rowid { page_bytes.max(1024) } else { page_bytes },
            encoding,
            auto_vacuum,
            rows,
            filling,
            is_scattered,
            without_rowid,
            vacuum,
            other_tables,
        },
    )
}

/// A table of people, one of the same shape to which nobody belongs but numbers, and one of posts: filled in turns.
fn fill(database: &Connection, plan: &Plan) -> rusqlite::Result<()> {
    database.execute_batch(&format!(
        "PRAGMA page_size={};PRAGMA encoding='{}';PRAGMA auto_vacuum={};PRAGMA journal_mode=memory;PRAGMA synchronous=off;",
        plan.page_bytes,
        plan.encoding,
        u8::from(plan.auto_vacuum)
    ))?;
    for other in 0..plan.other_tables {
        database.execute_batch(&format!("CREATE TABLE other_{other} (id INTEGER PRIMARY KEY, title TEXT, body TEXT, at DATETIME);"))?;
    }
    let people = if plan.without_rowid { "pk TEXT PRIMARY KEY NOT NULL" } else { "id INTEGER PRIMARY KEY" };
    let options = if plan.without_rowid { "WITHOUT ROWID" } else { "" };
    database.execute_batch(&format!(
        "CREATE TABLE users ({people}, email VARCHAR(255) NOT NULL, password TEXT, filling TEXT) {options};
         CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT, author INTEGER NOT NULL, body TEXT);
         CREATE INDEX posts_author ON posts (author);
         CREATE UNIQUE INDEX users_email ON users (email);
         CREATE TABLE members (login TEXT, pass TEXT, age INT);
         BEGIN;"
    ))?;
    let scattered = |nth: usize| (nth as i64 * 7_919) % 100_003 - 50_000;
    for nth in 0..plan.rows {
        let key = if plan.is_scattered { scattered(nth) } else { nth as i64 + 1 };
        let filling = "x".repeat(plan.filling);
        let person = (format!("person{nth}@example.com"), format!("secret-{nth}"), filling);
        if plan.without_rowid {
            database.execute("INSERT INTO users VALUES (?,?,?,?)", params![format!("k{key}"), person.0, person.1, person.2])?;
        } else {
            database.execute("INSERT INTO users VALUES (?,?,?,?)", params![key, person.0, person.1, person.2])?;
        }
        database.execute("INSERT INTO posts (author, body) VALUES (?,?)", params![key, "a post of some length"])?;
        if nth % 3 == 0 {
            database.execute("INSERT INTO members VALUES (?,?,?)", params![format!("member{nth}"), format!("word-{nth}"), 20])?;
        }
    }
    database.execute_batch("COMMIT;")?;
    if plan.vacuum {
        database.execute_batch("VACUUM;")?;
    }
    Ok(())
}

fn made(plan: &Plan) -> Vec<u8> {
    let database = Connection::open_in_memory().unwrap();
    fill(&database, plan).unwrap();
    database.serialize("main").unwrap().to_vec()
}

/// Who is in it, sorted.
fn wanted(plan: &Plan) -> Vec<(String, String)> {
    let users = (0..plan.rows).map(|nth| (format!("person{nth}@example.com"), format!("secret-{nth}")));
    let members = (0..plan.rows).step_by(3).map(|nth| (format!("member{nth}"), format!("word-{nth}")));
    let mut all: Vec<_> = users.chain(members).collect();
    all.sort();
    all
}

fn people(items: &[Value]) -> Vec<(String, String)> {
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let login = |item: &Value| if item["email"].is_null() { text(item, "username") } else { text(item, "email") };
    let mut all: Vec<_> = items.iter().map(|item| (login(item), text(item, "password"))).collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_people_are_found_and_nobody_else(plan in plans()) {
        let bytes = made(&plan);
        let found = people(&items(&native::parse::<Sqlite>(&bytes, 256 << 10)));
        let wanted = wanted(&plan);
        let missing = wanted.iter().filter(|one| found.binary_search(one).is_err()).count();
        let invented = found.iter().filter(|one| wanted.binary_search(one).is_err()).count();
        prop_assert_eq!((missing, invented, found.len()), (0, 0, wanted.len()));
    }

    #[test]
    fn chunks_find_the_same_as_the_whole(plan in plans()) {
        properties::chunks::<Sqlite>(&made(&plan).repeat(3));
    }
}
