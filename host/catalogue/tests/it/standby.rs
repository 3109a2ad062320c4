//! A standby that streams: reads that may be a little old go there, and nowhere if it is gone or too far behind.

use sluice_catalogue::Settings;
use sluice_engines::postgres::{PASSWORD, Running};

use crate::{breach, connect, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_read_while_it_keeps_up() {
    let primary = Running::start(&["fsync=off"]).unwrap();
    primary.database("catalogue").unwrap();
    let replica = primary.replica().unwrap();
    let settings = Settings {
        password: Some(PASSWORD.into()),
        replica_url: Some(replica.url_without_password("catalogue")),
        ..Settings::at(primary.url_without_password("catalogue"))
    };
    // Before it has played the migrations it is not asked, however little it is behind.
    let catalogue = connect(&settings).await;
    replica.sql("postgres", "SELECT pg_wal_replay_pause()").unwrap();
    catalogue.migrate().await.unwrap();
    let lagging = catalogue.may_lag();
    assert!(lagging.breaches().await.unwrap().is_empty() && !catalogue.replica_is_fresh());
    replica.sql("postgres", "SELECT pg_wal_replay_resume()").unwrap();
    let fresh = async |fresh: bool| until(async || (catalogue.replica_is_fresh() == fresh).then_some(())).await;
    fresh(true).await;
    let names = async || lagging.breaches().await.unwrap().into_iter().map(|breach| breach.about.name).collect::<Vec<_>>();
    let reads_there = || replica.sql("catalogue", "SELECT SUM(seq_scan) FROM pg_stat_user_tables WHERE relname = 'breaches'").unwrap();
    catalogue.create_breach(&breach("One")).await.unwrap();
    until(async || (names().await == ["One"]).then_some(())).await;
    // It was the standby that said so.
    until(async || (reads_there() != "0").then_some(())).await;

    // It plays its log no further: what it says grows old, and the primary is asked.
    replica.sql("postgres", "SELECT pg_wal_replay_pause()").unwrap();
    catalogue.create_breach(&breach("Two")).await.unwrap();
    fresh(false).await;
    assert_eq!(names().await, ["One", "Two"]);
    replica.sql("postgres", "SELECT pg_wal_replay_resume()").unwrap();
    fresh(true).await;
    assert_eq!(names().await, ["One", "Two"]);

    // It is gone, at an instant when it still counts as fresh: nobody who reads notices.
    replica.stop().unwrap();
    for _ in 0..50 {
        assert_eq!(names().await.len(), 2);
    }
    fresh(false).await;
    replica.start_again().unwrap();
    fresh(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_to_a_standby() {
    let primary = Running::start(&["fsync=off"]).unwrap();
    primary.database("catalogue").unwrap();
    let replica = primary.replica().unwrap();
    let refused = sluice_catalogue::Catalogue::open(&replica.url("catalogue")).await.unwrap_err();
    assert!(!refused.hint().is_empty(), "{refused:?}");
}
