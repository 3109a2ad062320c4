-- phpMyAdmin SQL Dump
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

-- --------------------------------------------------------

--
-- Table structure for table `articles`
--

CREATE TABLE `articles` (
  `id` int(11) NOT NULL,
  `title` varchar(200) DEFAULT NULL,
  `body` text DEFAULT NULL,
  `price` decimal(8,2) DEFAULT NULL,
  `picture` blob DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

--
-- Dumping data for table `articles`
--

INSERT INTO `articles` (`id`, `title`, `body`, `price`, `picture`) VALUES
(1, 'ann@example.com wrote', 'INSERT INTO `users` VALUES (1,\'x\');', 9.50, 'ˇ\0˛\''),
(2, 'it\'s', 'a;b', -1.00, NULL);

-- --------------------------------------------------------

--
-- Table structure for table `users`
--

CREATE TABLE `users` (
  `user_id` int(11) NOT NULL AUTO_INCREMENT,
  `user login` varchar(60) DEFAULT NULL,
  `email` varchar(100) DEFAULT NULL COMMENT 'login, or (e-mail)',
  `passwd` varchar(255) DEFAULT NULL,
  `full_name` varchar(100) DEFAULT NULL,
  `last_ip` varchar(45) DEFAULT NULL,
  `note` text DEFAULT NULL,
  `token` varbinary(16) DEFAULT NULL,
  CONSTRAINT `c` CHECK (`email` <> '')
) ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

--
-- Dumping data for table `users`
--

INSERT INTO `users` (`user_id`, `user login`, `email`, `passwd`, `full_name`, `last_ip`, `note`, `token`) VALUES
(1, 'ann', 'ann@example.com', '$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a', 'Ann O\'Neil', '192.0.2.1', NULL, '_MÃ;Zße÷É\'ﬁ∏Çœô'),
(2, 'bob', 'bob@example.net', 'it\'s; a\\slash', 'Robert \"Bob\" Ray', '192.0.2.2', 'INSERT INTO `users` VALUES (9,\'eve\',\'eve@example.com\');\n', NULL),
(3, '√ßelik', 'celik@example.org', '),(7,\'x\'', '√áelik Yƒ±lmaz', '2001:db8::3', 'tab	here, line\nbreak, return\r, end', NULL),
(4, 'dmitri', 'dmitri@example.com', 'nul\0and\Zzed', '–î–º–∏—Ç—Ä–∏–π –ò–≤–∞–Ω–æ–≤', '192.0.2.4', '50%_off\\%\\_', NULL),
(5, 'eve@example.com', 'eve@example.com', '5f4dcc3b5aa765d61d8327deb882cf99', 'Eve', NULL, '\'\'', NULL),
(6, 'CORP\\fay', 'fay@example.net', '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19', 'Fay (n√©e Day)', '', '-- no comment /* none */', NULL),
(7, 'ÊùéÊòé', 'li@example.org', 'üòÄpass', 'Êùé Â∞èÊòé', '192.0.2.7', '\\', NULL);

-- --------------------------------------------------------

--
-- Table structure for table `zz_subscribers`
--

CREATE TABLE `zz_subscribers` (
  `mail` varchar(100) DEFAULT NULL,
  `phone` varchar(30) DEFAULT NULL,
  `password_hash` binary(16) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;

--
-- Dumping data for table `zz_subscribers`
--

INSERT INTO `zz_subscribers` (`mail`, `phone`, `password_hash`) VALUES
('gus@example.com', '+1 202-555-0107', '_MÃ;Zße÷É\'ﬁ∏Çœô'),
('hal@example.com', NULL, NULL),
('ida@example.com', NULL, 'MÃ;Zße÷É(ﬁ∏Çœò');

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
