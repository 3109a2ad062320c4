//! PostgreSQL is there again after a crash, and a standby follows it.

use sluice_engines::postgres::{Database, Running};

#[test]
fn postgres_comes_back_with_what_it_knew_and_a_replica_follows() {
    let server = Running::start(&[]).unwrap();
    server.sql("postgres", "CREATE TABLE kept (value BIGINT); INSERT INTO kept VALUES (7)").unwrap();
    server.stop().unwrap();
    assert!(server.sql("postgres", "SELECT 1").is_err());
    server.start_again().unwrap();
    assert_eq!(server.sql("postgres", "SELECT value FROM kept").unwrap(), "7");
    let replica = server.replica().unwrap();
    server.sql("postgres", "UPDATE kept SET value = 8").unwrap();
    while replica.sql("postgres", "SELECT value FROM kept").unwrap() != "8" {
        std::thread::yield_now();
    }
    assert!(replica.sql("postgres", "UPDATE kept SET value = 9").is_err());
}

#[test]
fn a_database_is_a_test_s_own() {
    let (one, other) = (Database::new().unwrap(), Database::new().unwrap());
    assert_ne!(one.url(), other.url());
}
