#!/usr/bin/env python3
"""Writes a dump of mariadb-dump --complete-insert as phpMyAdmin lays it out: a row a line, a blank behind each comma, keys added at the end."""
import re, sys

VALUE = re.compile(rb"'(?:[^'\\]|\\.|'')*'|[^,'()]+", re.S)
dump = sys.stdin.buffer.read()
out = [b"""-- phpMyAdmin SQL Dump
-- version 5.2.1deb1
-- https://www.phpmyadmin.net/
--
-- Host: localhost:3306
-- Generation Time: Jan 01, 2024 at 10:00 AM

SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
START TRANSACTION;
SET time_zone = "+00:00";


/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;

--
-- Database: `shop`
--
DELIMITER $$
--
-- Procedures
--
CREATE DEFINER=`root`@`localhost` PROCEDURE `forget` (IN `who` INT)   BEGIN
  IF who > 0 THEN DELETE FROM users WHERE id = who; END IF;
  INSERT INTO users VALUES (1, 'nobody', 'nobody@example.com');
END$$

DELIMITER ;
"""]
for create in re.finditer(rb"CREATE TABLE `(\w+)` \((.*?)\n\) ([^;]*);", dump, re.S):
    table, columns, options = create.groups()
    columns = b"\n".join(line for line in columns.split(b"\n") if not re.match(rb"\s+(PRIMARY )?KEY", line)).rstrip(b",")
    dashes = b"-- " + b"-" * 56
    out.append(b"\n%s\n\n--\n-- Table structure for table `%s`\n--\n\nCREATE TABLE `%s` (%s\n) %s;\n" % (dashes, table, table, columns, options))
    insert = re.search(rb"INSERT INTO `" + table + rb"` (\([^)]*\)) VALUES\n?(.*?);\n(?:/\*!|UNLOCK)", dump, re.S)
    rows, row, at, text = [], [], 0, insert.group(2)
    while at < len(text):
        if text[at : at + 1] in (b"(", b" ", b"\n"):
            row, at = ([] if text[at : at + 1] == b"(" else row), at + 1
            continue
        value = VALUE.match(text, at)
        row.append(value.group())
        at = value.end()
        if text[at : at + 1] == b")":
            rows.append(b"(" + b", ".join(row) + b")")
            at += 1
        at += 1
    names = insert.group(1).replace(b"`,`", b"`, `")
    out.append(b"\n--\n-- Dumping data for table `%s`\n--\n\nINSERT INTO `%s` %s VALUES\n" % (table, table, names) + b",\n".join(rows) + b";\n")
out.append(b"""
--
-- Indexes for dumped tables
--

--
-- Indexes for table `users`
--
ALTER TABLE `users`
  ADD PRIMARY KEY (`user_id`);

--
-- AUTO_INCREMENT for table `users`
--
ALTER TABLE `users`
  MODIFY `user_id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=8;
COMMIT;

/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
""")
sys.stdout.buffer.write(b"".join(out))
