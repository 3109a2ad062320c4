//! A catalogue that is restored elsewhere: its loads are made again, are what they were, and are seen as they were.

use serde_json::Value;
use sluice_catalogue::{Breach, Catalogue, Error, JobSpec, JobState, LoadState, NewJob, Resolution, Row, TABLES};
use sluice_engines::{on_both_engines, sql::Engine};
use sluice_record::{PluginDigest, TaskKind, TaskOutcome, TaskSpec};

use crate::by_hand::{Rig, usual};

on_both_engines!(
    loads_are_made_again_as_they_were,
    a_load_that_comes_out_otherwise_waits_for_a_word,
    only_what_is_empty_is_filled,
    what_is_asked_for_meanwhile_counts,
);

/// Members nobody claims are staged without a plugin.
async fn rig(engine: Engine) -> Rig {
    Rig::new(engine, |spec| {
        let TaskSpec::Stage { .. } = spec else { return None };
        let mut staged = usual(spec, 0, &crate::Store::default()).unwrap();
        let TaskOutcome::Staged { members, .. } = &mut staged else { panic!("{staged:?}") };
        members[1].plugin = None;
        Some(Ok(staged))
    })
    .await
}

/// A catalogue with a published load, of which a member was left out by hand.
async fn published(engine: Engine) -> Rig {
    let mut rig = rig(engine).await;
    let job = rig.bench.import(true).await;
    rig.turn_on().await;
    let unclaimed = rig.catalogue().members_in(rig.load_of(job).await.id, sluice_catalogue::MemberState::Unclaimed, 10).await.unwrap();
    rig.catalogue().resolve_member(unclaimed[0].id, Resolution::Skip).await.unwrap();
    rig.turn_on().await;
    assert_eq!(rig.job(job).await.state, JobState::Done);
    rig.clock.advance(1_000_000);
    rig
}

fn other(engine: Engine) -> Engine {
    if engine == Engine::Sqlite { Engine::Postgres } else { Engine::Sqlite }
}

async fn lines(catalogue: &Catalogue) -> Vec<(&'static str, String)> {
    let mut snapshot = catalogue.snapshot().await.unwrap();
    let mut lines = vec![];
    for table in &TABLES {
        let take = |row: Row| {
            lines.push((table.name(), row.line()));
            Ok::<_, Error>(())
        };
        snapshot.each(table, take).await.unwrap();
    }
    lines
}

async fn restore(catalogue: &Catalogue, lines: &[(&'static str, String)]) {
    let mut restoring = catalogue.restoring().await.unwrap();
    for (table, line) in lines {
        let table = TABLES.iter().find(|known| known.name() == *table).unwrap();
        restoring.add(&Row::parse(table, line).unwrap()).await.unwrap();
    }
    restoring.commit("a test").await.unwrap();
}

async fn breach(catalogue: &Catalogue) -> Breach {
    catalogue.breaches().await.unwrap().remove(0)
}

async fn loads_are_made_again_as_they_were(engine: Engine) {
    let (from, mut into) = (published(other(engine)).await, rig(engine).await);
    let before = lines(from.catalogue()).await;
    into.clock.advance(5_000_000);
    restore(into.catalogue(), &before).await;
    assert_eq!(breach(into.catalogue()).await.published_loads, 0, "nothing is seen that is not there");
    into.turn_on().await;
    let load = into.catalogue().loads(10).await.unwrap().remove(0);
    let was = from.catalogue().loads(10).await.unwrap().remove(0);
    assert_eq!((load.state, load.published_at, &load.ledger), (LoadState::Published, was.published_at, &was.ledger));
    assert!(load.id > was.id, "a number is never used twice");
    assert_eq!(breach(into.catalogue()).await, breach(from.catalogue()).await, "dates are as they were");
    let staged = into.seen.iter().find(|(_, _, spec)| spec.kind() == TaskKind::Stage).unwrap();
    let TaskSpec::Stage { only, unasked, .. } = &staged.2 else { panic!("{staged:?}") };
    assert_eq!((&only[..], &unasked[..]), (&[PluginDigest([3; 32])][..], &["empty.txt".to_owned()][..]));

    // Out again it is the same, but for what has happened since.
    let same = |lines: Vec<(&'static str, String)>| -> Vec<(&'static str, String)> {
        lines.into_iter().filter(|(table, _)| !matches!(*table, "sequences" | "audit" | "imports")).collect()
    };
    let after = lines(into.catalogue()).await;
    assert!(before.iter().filter(|(table, _)| *table == "audit").all(|line| after.contains(line)));
    assert_eq!(same(after), same(before));
}

async fn a_load_that_comes_out_otherwise_waits_for_a_word(engine: Engine) {
    let (from, mut into) = (published(engine).await, rig(engine).await);
    let mut before = lines(from.catalogue()).await;
    let import = before.iter_mut().find(|(table, _)| *table == "imports").unwrap();
    let mut row: Value = serde_json::from_str(&import.1).unwrap();
    let mut spec: JobSpec = serde_json::from_str(row["spec"].as_str().unwrap()).unwrap();
    if let JobSpec::Import { again: Some(again), .. } = &mut spec {
        again.ledger.records += 1;
    }
    row["spec"] = serde_json::to_string(&spec).unwrap().into();
    import.1 = row.to_string();
    restore(into.catalogue(), &before).await;
    into.turn_on().await;
    let job = into.catalogue().jobs(10).await.unwrap().remove(0);
    let load = into.load_of(job.id).await;
    assert_eq!((job.state, load.state), (JobState::Failed, LoadState::Verified), "{job:?}");
    assert!(job.message.contains("35 records, and had 36") && load.message == job.message, "{job:?}");
    let publish = NewJob::from(JobSpec::Publish { load: load.id });
    let publish = into.catalogue().create_job(&publish).await.unwrap();
    into.turn_on().await;
    assert_eq!(into.job(publish).await.state, JobState::Done);
}

async fn only_what_is_empty_is_filled(engine: Engine) {
    let from = published(engine).await;
    let full = from.catalogue().restoring().await.err().unwrap();
    assert!(matches!(&full, Error::Conflict { .. }) && full.to_string().contains("1 breaches"), "{full}");
    // What is not restored to its end was never there; what is no row is said to be none.
    let (into, rows) = (rig(engine).await, lines(from.catalogue()).await);
    let mut restoring = into.catalogue().restoring().await.unwrap();
    for (table, line) in rows.iter().filter(|(table, _)| *table != "dumps") {
        let row = Row::parse(TABLES.iter().find(|known| known.name() == *table).unwrap(), line).unwrap();
        if let Err(error) = restoring.add(&row).await {
            assert!(error.to_string().contains("dump_parts do not fit"), "{error}");
            break;
        }
        assert_ne!(*table, "imports");
    }
    drop(restoring);
    assert!(into.catalogue().breaches().await.unwrap().is_empty());
    let keys = TABLES.iter().find(|table| table.name() == "api_keys").unwrap();
    for line in ["", "[]", r#"{"id": -1}"#, r#"{"id": "1"}"#, r#"{"operator": 2}"#, r#"{"key_sha256": "x"}"#, r#"{"id; DROP TABLE": 1}"#] {
        assert!(matches!(Row::parse(keys, line), Err(Error::Conflict { .. })), "{line}");
    }
    restore(into.catalogue(), &rows).await;
}

/// A load whose retract was asked for does not come back; an import that is under way begins anew, by the plugins there are then.
async fn what_is_asked_for_meanwhile_counts(engine: Engine) {
    let rig = published(engine).await;
    let load = rig.catalogue().loads(10).await.unwrap().remove(0).id;
    let first = rig.catalogue().jobs(10).await.unwrap().remove(0).id;
    rig.again(first).await;
    rig.catalogue().create_job(&JobSpec::Retract { load }.into()).await.unwrap();
    let lines = lines(rig.catalogue()).await;
    let imports: Vec<_> = lines.iter().filter(|(table, _)| *table == "imports").collect();
    assert!(imports.len() == 1 && !imports[0].1.contains("again"), "{imports:?}");
}
