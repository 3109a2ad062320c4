//! Every dump of `cases/` gives the records beside it, whatever the size of a push, and is claimed.

use serde_json::json;
use sluice_mysqldump::Mysqldump;
use sluice_plugin::native::cases::{self, gives};

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Mysqldump>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 9);
}

#[test]
fn the_last_row_is_truncated() {
    gives::<Mysqldump>(
        b"CREATE TABLE `u` (`id` int, `email` text);\nINSERT INTO `u` VALUES (1,'ann@example.com'),(2,'bob@exa",
        &[json!({"user_id": "1", "email": "ann@example.com"}), json!({"reject": "truncated-row"})],
    );
}

#[test]
fn a_broken_row_costs_itself_alone() {
    gives::<Mysqldump>(
        b"CREATE TABLE `u` (`id` int, `email` text);\nINSERT INTO `u` VALUES (1,'ann'@example.com'),(2,'bob@example.net'),\n(3),\n(4,'dee@example.com');\ngarbage\n",
        &[
            json!({"reject": "malformed-row"}),
            json!({"user_id": "2", "email": "bob@example.net"}),
            json!({"reject": "column-count"}),
            json!({"user_id": "4", "email": "dee@example.com"}),
            json!({"reject": "stray-text"}),
        ],
    );
}

#[test]
fn columns_of_the_insert_win_and_rows_may_follow_an_unknown_table() {
    gives::<Mysqldump>(
        b"CREATE TABLE `u` (`id` int, `email` text);\n\
          INSERT INTO shop.u (`email`, \"id\") VALUES ('ann@example.com', 1), ('bob@example.net', 2) ON DUPLICATE KEY UPDATE id = id;\n\
          insert ignore into `unknown` values (7,'cy@example.org',NULL,'5f4dcc3b5aa765d61d8327deb882cf99'),(8,'dee@example.com',1.5e3,'');\n",
        &[
            json!({"email": "ann@example.com", "user_id": "1"}),
            json!({"email": "bob@example.net", "user_id": "2"}),
            json!({"email": "cy@example.org", "hash": "5f4dcc3b5aa765d61d8327deb882cf99", "hash_kind": "md5", "extra": {"column_1": "7"}}),
            json!({"email": "dee@example.com", "extra": {"column_1": "8", "column_3": "1.5e3"}}),
        ],
    );
}

#[test]
fn every_way_to_write_a_value() {
    gives::<Mysqldump>(
        b"CREATE TABLE IF NOT EXISTS `a``b` (`mail` varchar(9) DEFAULT 'x,)', `password` blob, `city` text, `first_name` text, UNIQUE KEY (`mail`(5)));\n\
          REPLACE INTO `a``b` VALUES (_utf8mb4'ann@example.com',0x68756E74657232,X'4F736C6F',concat('a',\"b)\")),\n\
          (_binary 'bob@example.net',_binary '_M\xcc;Z\xa7e\xd6\x1d\x83\\'\xde\xb8\x82\xcf\x99',null,\"Bo\"\"b\");\n",
        &[
            json!({"email": "ann@example.com", "password": "hunter2", "city": "Oslo", "first_name": "ab)"}),
            json!({"email": "bob@example.net", "hash": "5F4DCC3B5AA765D61D8327DEB882CF99", "hash_kind": "md5", "first_name": "Bo\"b"}),
        ],
    );
}
