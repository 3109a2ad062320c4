//! Every dump of `cases/` gives the records beside it, whatever the size of a push, and is claimed.

use serde_json::json;
use sluice_mysqldump::Mysqldump;
use sluice_plugin::{
    Parser, Sample, Start,
    native::{
        self,
        cases::{self, gives},
    },
};

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

#[test]
fn columns_that_nobody_named_are_told_by_the_rows() {
    let row = |id: u32, login: &str, secret: &str, salt: &str| {
        format!("({id},'{login}','p{id}@example.com','{secret}','{salt}','2020-01-0{id}')")
    };
    let logins = ["ann_1", "bob.2", "cy-3", "dee4", "eve5"];
    let salts = ["a:b", "|''!", "c;d", "e\\\\f", "g,h"];
    let told = ["a:b", "|'!", "c;d", "e\\f", "g,h"];
    let hash = |id: usize| format!("5f4dcc3b5aa765d61d8327deb882cf{:02}", id + 10);
    let rows: Vec<String> = (0..5).map(|at| row(at as u32 + 1, logins[at], &hash(at), salts[at])).collect();
    let wanted: Vec<_> = (0..5)
        .map(|at| {
            json!({"username": logins[at], "email": format!("p{}@example.com", at + 1), "hash": hash(at), "hash_kind": "vbulletin", "salt": told[at],
                "extra": {"column_1": (at + 1).to_string(), "column_6": format!("2020-01-0{}", at + 1)}})
        })
        .collect();
    let one_statement = format!("INSERT INTO `user` VALUES {};\n", rows.join(","));
    let a_statement_each: String = rows.iter().map(|row| format!("INSERT INTO `user` VALUES {row};\n")).collect();
    gives::<Mysqldump>(one_statement.as_bytes(), &wanted);
    gives::<Mysqldump>(a_statement_each.as_bytes(), &wanted);
}

#[test]
fn a_quote_too_few_costs_its_row_alone() {
    gives::<Mysqldump>(
        b"CREATE TABLE `u` (`id` int, `email` text, `password` text);\nINSERT INTO `u` VALUES (1,'ann@example.com','x),(2,'bob@example.net','y'),\
          (3,'cy@example.org,'z'),(4,'dee@example.com','w'),(5,'eve@example.com','v';\nINSERT INTO `u` VALUES (6,'fay@example.net','u');\n",
        &[
            json!({"reject": "malformed-row"}),
            json!({"user_id": "2", "email": "bob@example.net", "password": "y"}),
            json!({"reject": "malformed-row"}),
            json!({"user_id": "4", "email": "dee@example.com", "password": "w"}),
            json!({"reject": "malformed-row"}),
            json!({"user_id": "6", "email": "fay@example.net", "password": "u"}),
        ],
    );
}

#[test]
fn accounts_of_the_server_are_people_too() {
    gives::<Mysqldump>(
        b"CREATE USER `ann`@`localhost` IDENTIFIED WITH 'mysql_native_password' AS '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19' REQUIRE NONE;\n\
          GRANT USAGE ON *.* TO `bob`@`%` IDENTIFIED BY PASSWORD '*0123456789ABCDEF0123456789ABCDEF01234567';\nGRANT SELECT ON `a`.* TO `bob`@`%`;\n",
        &[
            json!({"username": "ann", "hash": "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "hash_kind": "mysql41"}),
            json!({"username": "bob", "hash": "*0123456789ABCDEF0123456789ABCDEF01234567", "hash_kind": "mysql41"}),
        ],
    );
}

#[test]
fn a_row_that_was_cut_off_costs_itself_alone() {
    let create = "CREATE TABLE `u` (`id` int, `email` text, `password` text);\n";
    for cut in ["(2,'bob@example.net','y'", "(2,'bob@exam", "(2", "(2,'bob@example.net',"] {
        let one_list = format!("{create}INSERT INTO `u` VALUES (1,'ann@example.com','x'),{cut},(3,'cy@example.org','z');\n");
        let a_list_each = format!(
            "{create}INSERT INTO `u` VALUES (1,'ann@example.com','x');\nINSERT INTO `u` VALUES {cut};\nINSERT INTO `u` VALUES (3,'cy@example.org','z');\n"
        );
        let ann = json!({"user_id": "1", "email": "ann@example.com", "password": "x"});
        let cy = json!({"user_id": "3", "email": "cy@example.org", "password": "z"});
        for dump in [one_list, a_list_each] {
            let found = cases::items(&native::parse::<Mysqldump>(dump.as_bytes(), 1 << 20));
            let kinds: Vec<bool> = found.iter().map(|item| item.get("reject").is_some()).collect();
            assert_eq!(kinds, [false, true, false], "{cut}");
            assert_eq!((&found[0], &found[2]), (&ann, &cy), "{cut}");
        }
    }
}

#[test]
fn rows_without_their_schema_are_told_by_their_content() {
    let rows = b"1\tann_1\tann@example.com\t$P$B012345678901234567890123456789\t\\N\n\
        2\tbob.2\tbob@example.net\t$P$B012345678901234567890123456789\ta\\\tb\\\nc\n\
        3\tcy-3\tcy@example.org\t\\N\tx\n4\tdee4\tdee@example.com\t$P$B012345678901234567890123456789\t\n5\tbroken\n";
    let sample = Sample { name: "d/people.txt", size: Some(rows.len() as u64), head: rows, tail: b"" };
    assert!(Mysqldump::probe(&sample).is_some_and(|claim| claim.confidence > 60));
    let hash = "$P$B012345678901234567890123456789";
    let wanted = [
        json!({"username": "ann_1", "email": "ann@example.com", "hash": hash, "hash_kind": "phpass", "extra": {"column_1": "1"}}),
        json!({"username": "bob.2", "email": "bob@example.net", "hash": hash, "hash_kind": "phpass", "extra": {"column_1": "2", "column_5": "a\tb\nc"}}),
        json!({"username": "cy-3", "email": "cy@example.org", "extra": {"column_1": "3", "column_5": "x"}}),
        json!({"username": "dee4", "email": "dee@example.com", "hash": hash, "hash_kind": "phpass", "extra": {"column_1": "4"}}),
        json!({"reject": "column-count"}),
    ];
    for push_bytes in cases::PUSH_BYTES {
        let start = Start { name: "d/people.txt", ..Start::default() };
        assert_eq!(cases::items(&native::parse_chunk::<Mysqldump>(rows, &start, push_bytes)), wanted, "in pushes of {push_bytes}");
    }
    // The same name, but statements.
    let start = Start { name: "people.txt", ..Start::default() };
    let dump = b"INSERT INTO `u` (`email`) VALUES ('ann@example.com');\n";
    assert_eq!(cases::items(&native::parse_chunk::<Mysqldump>(dump, &start, 7)), [json!({"email": "ann@example.com"})]);
}
