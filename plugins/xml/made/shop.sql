CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE products (id INT PRIMARY KEY, name VARCHAR(99), price DECIMAL(8,2), vendor_note TEXT);
INSERT INTO products VALUES (1, 'A <b>bold</b> lamp & shade', 12.50, 'none'), (2, 'Chair', 99, NULL);
CREATE TABLE users (id INT PRIMARY KEY, login VARCHAR(60), email VARCHAR(120), password VARBINARY(120), real_name VARCHAR(99), phone VARCHAR(30),
  birthday DATE, last_login DATETIME, note TEXT);
INSERT INTO users VALUES
 (1, 'ann', 'ann@example.com', 'pa<ss>&"w''ord', 'Ann Example', '+1 202-555-0101', '1969-12-31', '2020-01-02 03:04:05', NULL),
 (2, 'bob', 'bob@example.net', '5f4dcc3b5aa765d61d8327deb882cf99', 'Bob O''Example', NULL, NULL, NULL, 'two
lines, and </row> in words'),
 (3, 'çelik', 'celik@example.org', 0xC59F6966726520312020, 'Çelik Örnek', '', '1985-03-04', NULL, 'x'),
 (4, 'dmitri', 'dmitri@example.com', '$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a', 'Дмитрий Пример', NULL, NULL, NULL, ''),
 (5, 'eve', 'eve@example.com', 0x00FF10, 'Eve', NULL, NULL, NULL, NULL);
CREATE TABLE zlog (id INT, action VARCHAR(20));
INSERT INTO zlog VALUES (1, 'login'), (2, 'logout');
