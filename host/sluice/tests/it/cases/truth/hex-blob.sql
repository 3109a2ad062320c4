/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version	10.11.19-MariaDB-0+deb12u1

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

--
-- Table structure for table `articles`
--

DROP TABLE IF EXISTS `articles`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `articles` (
  `id` int(11) NOT NULL,
  `title` varchar(200) DEFAULT NULL,
  `body` text DEFAULT NULL,
  `price` decimal(8,2) DEFAULT NULL,
  `picture` blob DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `articles`
--

LOCK TABLES `articles` WRITE;
/*!40000 ALTER TABLE `articles` DISABLE KEYS */;
INSERT INTO `articles` VALUES
(1,'nobody@example.com wrote','INSERT INTO `users` VALUES (1,\'x\');',9.50,0xFF00FE27),
(2,'it\'s','a;b',-1.00,NULL);
/*!40000 ALTER TABLE `articles` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `users`
--

DROP TABLE IF EXISTS `users`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `users` (
  `user_id` int(11) NOT NULL AUTO_INCREMENT,
  `username` varchar(60) DEFAULT NULL,
  `email` varchar(100) DEFAULT NULL COMMENT 'it''s (e-mail)',
  `passwd` varchar(255) DEFAULT NULL,
  `first_name` varchar(60) DEFAULT NULL,
  `last_name` varchar(60) DEFAULT NULL,
  `phone` varchar(30) DEFAULT NULL,
  `last_ip` varchar(45) DEFAULT NULL,
  `birthday` date DEFAULT NULL,
  `city` varchar(100) DEFAULT NULL,
  `zip` varchar(10) DEFAULT NULL,
  `note` text DEFAULT NULL,
  `icon` varbinary(16) DEFAULT NULL,
  `created_at` datetime DEFAULT NULL,
  PRIMARY KEY (`user_id`),
  KEY `k` (`email`),
  CONSTRAINT `c` CHECK (`email` <> '')
) ENGINE=InnoDB AUTO_INCREMENT=131 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `users`
--

LOCK TABLES `users` WRITE;
/*!40000 ALTER TABLE `users` DISABLE KEYS */;
INSERT INTO `users` VALUES
(1,'user_1','person1@example.org','semi;colon','秀英','王','+12025550101','192.0.2.1','1951-02-11','Paris\r\nTexas','00001','ctrl-z\Zbyte',NULL,'2009-12-02 23:59:01'),
(2,'user_2','person2@example.com','pi|pe','Søren','Østergård','+12025550102','192.0.2.2','1952-03-12','line one\nline two','00002',NULL,NULL,'2009-12-03 23:59:02'),
(3,'user_3','person3@example.com','Summer3!','😀','Smile','+12025550103','192.0.2.3','1953-04-13','Paris\r\nTexas','00003','double\"d',0x03FF27275C00,'2009-12-04 23:59:03'),
(4,'user_4','person4@mail.example.net','5baa61e4c9b93f3f0682250b6cf8331b7ee68f04','さくら','田中','+12025550104','192.0.2.4','1954-05-14','New York, NY','00004',NULL,NULL,'2009-12-05 23:59:04'),
(5,'user_5','person5@example.org',':start','Zoë','Ray \"Bob\"',NULL,'192.0.2.5','1955-06-15','Oslo','00005','line\nfeed',NULL,'2009-12-06 23:59:05'),
(6,'user_6','person6@example.com','Summer6!','Дмитрий','Иванов','+12025550106','192.0.2.6',NULL,'\'s-Hertogenbosch','00006',NULL,0x06FF27275C00,'2009-12-07 23:59:06'),
(7,'user_7','person7@example.com','a b c','Дмитрий','Иванов','+12025550107','2001:db8::7','1957-08-17','line one\nline two','00007','tab	bed',NULL,'2009-12-08 23:59:07'),
(8,'user_8','person8@example.com','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E08','José','Núñez','+12025550108','192.0.2.8','1958-09-18','New York, NY','00008',NULL,NULL,'2009-12-09 23:59:08'),
(9,'user_9','person9@example.org','Summer9!','Chloé','Lefèvre','+12025550109','192.0.2.9','1959-01-19','New York, NY','00009','%_\\%\\_',0x09FF27275C00,'2009-12-10 23:59:09'),
(10,'user_10','person10@example.org','it\'s','Дмитрий','Иванов',NULL,'192.0.2.10','1960-02-10','New York, NY','00010',NULL,NULL,'2009-12-11 23:59:10'),
(11,'user_11','person11@example.com','\'single\'','Søren','Østergård','+12025550111','192.0.2.11','1961-03-11','the \"old\" town','00011','),(1,\'no\',\'row\'),(',NULL,'2009-12-12 23:59:11'),
(12,'user_12','person12@example.com','$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLxy0c','Дмитрий','Иванов','+12025550112','192.0.2.12',NULL,'a;b|c	d','00012',NULL,0x0CFF27275C00,'2009-12-13 23:59:12'),
(13,'user_13','person13@mail.example.net','tail\\','José','Núñez','+12025550113','192.0.2.13','1963-05-13','a;b|c	d','00013','\'\'',NULL,'2009-12-14 23:59:13'),
(14,'user_14','person14@example.com','tab	here','Zoë','Ray \"Bob\"','+12025550114','2001:db8::e','1964-06-14','the \"old\" town','00014',NULL,NULL,'2009-12-15 23:59:14'),
(15,'user_15','person15@mail.example.net','Summer15!','Ann','O\'Neil',NULL,'192.0.2.15','1965-07-15','Oslo','00015','\\',0x0FFF27275C00,'2009-12-16 23:59:15'),
(16,'user_16','person16@mail.example.net','$P$BabcdefghijklmnopqrstuvwxyzAB10','Дмитрий','Иванов','+12025550116','192.0.2.16','1966-08-16','line one\nline two','00016',NULL,NULL,'2009-12-17 23:59:16'),
(17,'user_17','person17@example.com','{SSHA}not','Ann','O\'Neil','+12025550117','192.0.2.17','1967-09-17','北京','00017','ctrl-z\Zbyte',NULL,'2009-12-18 23:59:17'),
(18,'user_18','person18@example.org','Summer18!','Jürgen','Müller','+12025550118','192.0.2.18',NULL,'Oslo','00018',NULL,0x12FF27275C00,'2009-12-19 23:59:18'),
(19,'user_19','person19@example.org','a=b&c=d','Jürgen','Müller','+12025550119','192.0.2.19','1969-02-19','the \"old\" town','00019','double\"d',NULL,'2009-12-20 23:59:19'),
(20,'user_20','person20@mail.example.net','5f4dcc3b5aa765d61d8327deb882cf14','José','Núñez',NULL,'192.0.2.20','1970-03-10','Oslo','00020',NULL,NULL,'2009-12-21 23:59:20'),
(21,'user_21','person21@example.com','Summer21!','Jürgen','Müller','+12025550121','2001:db8::15','1971-04-11','Oslo','00021','line\nfeed',0x15FF27275C00,'2009-12-22 23:59:21'),
(22,'user_22','person22@example.com','/*x*/','さくら','田中','+12025550122','192.0.2.22','1972-05-12','\'s-Hertogenbosch','00022',NULL,NULL,'2009-12-23 23:59:22'),
(23,'user_23','person23@example.com','me@home','さくら','田中','+12025550123','192.0.2.23','1973-06-13','北京','00023','tab	bed',NULL,'2009-12-24 23:59:23'),
(24,'user_24','person24@mail.example.net','5baa61e4c9b93f3f0682250b6cf8331b7ee68f18','Jürgen','Müller','+12025550124','192.0.2.24',NULL,'the \"old\" town','00024',NULL,0x18FF27275C00,'2009-12-25 23:59:24'),
(25,'user_25','person25@example.com','0','😀','Smile',NULL,'192.0.2.25','1975-08-15','line one\nline two','00025','%_\\%\\_',NULL,'2009-12-26 23:59:25'),
(26,'user_26','person26@example.org','00123','Chloé','Lefèvre','+12025550126','192.0.2.26','1976-09-16','Oslo','00026',NULL,NULL,'2009-12-27 23:59:26'),
(27,'user_27','person27@mail.example.net','Summer27!','Ann','O\'Neil','+12025550127','192.0.2.27','1977-01-17','line one\nline two','00027','),(1,\'no\',\'row\'),(',0x1BFF27275C00,'2009-12-28 23:59:27'),
(28,'user_28','person28@example.org','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E1C','Søren','Østergård','+12025550128','2001:db8::1c','1978-02-18','Oslo','00028',NULL,NULL,'2009-12-01 23:59:28'),
(29,'user_29','person29@example.org','-1','Jürgen','Müller','+12025550129','192.0.2.29','1979-03-19','北京','00029','\'\'',NULL,'2009-12-02 23:59:29'),
(30,'user_30','person30@example.com','Summer30!','José','Núñez',NULL,'192.0.2.30',NULL,'Oslo','00030',NULL,0x1EFF27275C00,'2009-12-03 23:59:30'),
(31,'user_31','person31@example.org','`tick`','Zoë','Ray \"Bob\"','+12025550131','192.0.2.31','1981-05-11','New York, NY','00031','\\',NULL,'2009-12-04 23:59:31'),
(32,'user_32','person32@example.com','$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLxy20','Zoë','Ray \"Bob\"','+12025550132','192.0.2.32','1982-06-12','Paris\r\nTexas','00032',NULL,NULL,'2009-12-05 23:59:32'),
(33,'user_33','person33@example.com','Summer33!','秀英','王','+12025550133','192.0.2.33','1983-07-13','北京','00033','ctrl-z\Zbyte',0x21FF27275C00,'2009-12-06 23:59:33'),
(34,'user_34','person34@example.org','любовь моя','José','Núñez','+12025550134','192.0.2.34','1984-08-14','Oslo','00034',NULL,NULL,'2009-12-07 23:59:34'),
(35,'user_35','person35@example.org','Наташа-77','Дмитрий','Иванов',NULL,'2001:db8::23','1985-09-15','Paris\r\nTexas','00035','double\"d',NULL,'2009-12-08 23:59:35'),
(36,'user_36','person36@mail.example.net','$P$BabcdefghijklmnopqrstuvwxyzAB24','Ann','O\'Neil','+12025550136','192.0.2.36',NULL,'New York, NY','00036',NULL,0x24FF27275C00,'2009-12-09 23:59:36'),
(37,'user_37','person37@example.com','密码123','José','Núñez','+12025550137','192.0.2.37','1987-02-17','\'s-Hertogenbosch','00037','line\nfeed',NULL,'2009-12-10 23:59:37'),
(38,'user_38','person38@mail.example.net','我爱你1314','Søren','Østergård','+12025550138','192.0.2.38','1988-03-18','New York, NY','00038',NULL,NULL,'2009-12-11 23:59:38'),
(39,'user_39','person39@example.org','Summer39!','Søren','Østergård','+12025550139','192.0.2.39','1989-04-19','a;b|c	d','00039','tab	bed',0x27FF27275C00,'2009-12-12 23:59:39'),
(40,'user_40','person40@example.org','5f4dcc3b5aa765d61d8327deb882cf28','Jürgen','Müller',NULL,'192.0.2.40','1990-05-10','Oslo','00040',NULL,NULL,'2009-12-13 23:59:40'),
(41,'user_41','person41@mail.example.net','生日快乐520','Ann','O\'Neil','+12025550141','192.0.2.41','1991-06-11','北京','00041','%_\\%\\_',NULL,'2009-12-14 23:59:41'),
(42,'user_42','person42@mail.example.net','Summer42!','秀英','王','+12025550142','2001:db8::2a',NULL,'the \"old\" town','00042',NULL,0x2AFF27275C00,'2009-12-15 23:59:42'),
(43,'user_43','person43@example.org','contraseña','Łukasz','Żak','+12025550143','192.0.2.43','1993-08-13','New York, NY','00043','),(1,\'no\',\'row\'),(',NULL,'2009-12-16 23:59:43'),
(44,'user_44','person44@example.org','5baa61e4c9b93f3f0682250b6cf8331b7ee68f2c','Дмитрий','Иванов','+12025550144','192.0.2.44','1994-09-14','the \"old\" town','00044',NULL,NULL,'2009-12-17 23:59:44'),
(45,'user_45','person45@mail.example.net','Summer45!','Jürgen','Müller',NULL,'192.0.2.45','1995-01-15','Paris\r\nTexas','00045','\'\'',0x2DFF27275C00,'2009-12-18 23:59:45'),
(46,'user_46','person46@mail.example.net','pa:ss','さくら','田中','+12025550146','192.0.2.46','1996-02-16','line one\nline two','00046',NULL,NULL,'2009-12-19 23:59:46'),
(47,'user_47','person47@mail.example.net','semi;colon','😀','Smile','+12025550147','192.0.2.47','1997-03-17','line one\nline two','00047','\\',NULL,'2009-12-20 23:59:47'),
(48,'user_48','person48@example.com','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E30','Søren','Østergård','+12025550148','192.0.2.48',NULL,'Oslo','00048',NULL,0x30FF27275C00,'2009-12-21 23:59:48'),
(49,'user_49','person49@mail.example.net','com,ma','Chloé','Lefèvre','+12025550149','2001:db8::31','1999-05-19','line one\nline two','00049','ctrl-z\Zbyte',NULL,'2009-12-22 23:59:49'),
(50,'user_50','person50@example.org','::','Jürgen','Müller',NULL,'192.0.2.50','1950-06-10','line one\nline two','00050',NULL,NULL,'2009-12-23 23:59:50'),
(51,'user_51','person51@example.com','Summer51!','Ann','O\'Neil','+12025550151','192.0.2.51','1951-07-11','Oslo','00051','double\"d',0x33FF27275C00,'2009-12-24 23:59:51'),
(52,'user_52','person52@example.com','$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLxy34','秀英','王','+12025550152','192.0.2.52','1952-08-12','北京','00052',NULL,NULL,'2009-12-25 23:59:52'),
(53,'user_53','person53@example.org','a b c','Søren','Østergård','+12025550153','192.0.2.53','1953-09-13','Oslo','00053','line\nfeed',NULL,'2009-12-26 23:59:53'),
(54,'user_54','person54@mail.example.net','Summer54!','Zoë','Ray \"Bob\"','+12025550154','192.0.2.54',NULL,'line one\nline two','00054',NULL,0x36FF27275C00,'2009-12-27 23:59:54'),
(55,'user_55','person55@example.org','\"quoted\"','秀英','王',NULL,'192.0.2.55','1955-02-15','a;b|c	d','00055','tab	bed',NULL,'2009-12-28 23:59:55'),
(56,'user_56','person56@example.com','$P$BabcdefghijklmnopqrstuvwxyzAB38','Chloé','Lefèvre','+12025550156','2001:db8::38','1956-03-16','a;b|c	d','00056',NULL,NULL,'2009-12-01 23:59:56'),
(57,'user_57','person57@example.com','Summer57!','Jürgen','Müller','+12025550157','192.0.2.57','1957-04-17','北京','00057','%_\\%\\_',0x39FF27275C00,'2009-12-02 23:59:57'),
(58,'user_58','person58@example.com','back\\slash','秀英','王','+12025550158','192.0.2.58','1958-05-18','北京','00058',NULL,NULL,'2009-12-03 23:59:58'),
(59,'user_59','person59@example.com','tail\\','Łukasz','Żak','+12025550159','192.0.2.59','1959-06-19','a;b|c	d','00059','),(1,\'no\',\'row\'),(',NULL,'2009-12-04 23:59:59'),
(60,'user_60','person60@example.org','5f4dcc3b5aa765d61d8327deb882cf3c','Łukasz','Żak',NULL,'192.0.2.60',NULL,'\'s-Hertogenbosch','00060',NULL,0x3CFF27275C00,'2009-12-05 23:59:00'),
(61,'user_61','person61@example.com','$HOME123$$','Zoë','Ray \"Bob\"','+12025550161','192.0.2.61','1961-08-11','Oslo','00061','\'\'',NULL,'2009-12-06 23:59:01'),
(62,'user_62','person62@example.org','100%','Søren','Østergård','+12025550162','192.0.2.62','1962-09-12','line one\nline two','00062',NULL,NULL,'2009-12-07 23:59:02'),
(63,'user_63','person63@example.org','Summer63!','Chloé','Lefèvre','+12025550163','2001:db8::3f','1963-01-13','New York, NY','00063','\\',0x3FFF27275C00,'2009-12-08 23:59:03'),
(64,'user_64','person64@example.com','5baa61e4c9b93f3f0682250b6cf8331b7ee68f40','Chloé','Lefèvre','+12025550164','192.0.2.64','1964-02-14','Oslo','00064',NULL,NULL,'2009-12-09 23:59:04'),
(65,'user_65','person65@example.com','a=b&c=d','José','Núñez',NULL,'192.0.2.65','1965-03-15','\'s-Hertogenbosch','00065','ctrl-z\Zbyte',NULL,'2009-12-10 23:59:05'),
(66,'user_66','person66@example.org','Summer66!','秀英','王','+12025550166','192.0.2.66',NULL,'北京','00066',NULL,0x42FF27275C00,'2009-12-11 23:59:06'),
(67,'user_67','person67@example.com','-- x','Jürgen','Müller','+12025550167','192.0.2.67','1967-05-17','\'s-Hertogenbosch','00067','double\"d',NULL,'2009-12-12 23:59:07'),
(68,'user_68','person68@mail.example.net','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E44','Łukasz','Żak','+12025550168','192.0.2.68','1968-06-18','New York, NY','00068',NULL,NULL,'2009-12-13 23:59:08'),
(69,'user_69','person69@example.com','Summer69!','😀','Smile','+12025550169','192.0.2.69','1969-07-19','北京','00069','line\nfeed',0x45FF27275C00,'2009-12-14 23:59:09'),
(70,'user_70','person70@mail.example.net','NULL1','さくら','田中',NULL,'2001:db8::46','1970-08-10','New York, NY','00070',NULL,NULL,'2009-12-15 23:59:10'),
(71,'user_71','person71@example.org','0','😀','Smile','+12025550171','192.0.2.71','1971-09-11','a;b|c	d','00071','tab	bed',NULL,'2009-12-16 23:59:11'),
(72,'user_72','person72@example.org','$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLxy48','Jürgen','Müller','+12025550172','192.0.2.72',NULL,'the \"old\" town','00072',NULL,0x48FF27275C00,'2009-12-17 23:59:12'),
(73,'user_73','person73@example.com','=1+1','Chloé','Lefèvre','+12025550173','192.0.2.73','1973-02-13','New York, NY','00073','%_\\%\\_',NULL,'2009-12-18 23:59:13'),
(74,'user_74','person74@mail.example.net','+49','秀英','王','+12025550174','192.0.2.74','1974-03-14','Oslo','00074',NULL,NULL,'2009-12-19 23:59:14'),
(75,'user_75','person75@example.org','Summer75!','秀英','王',NULL,'192.0.2.75','1975-04-15','Oslo','00075','),(1,\'no\',\'row\'),(',0x4BFF27275C00,'2009-12-20 23:59:15'),
(76,'user_76','person76@example.org','$P$BabcdefghijklmnopqrstuvwxyzAB4c','😀','Smile','+12025550176','192.0.2.76','1976-05-16','Oslo','00076',NULL,NULL,'2009-12-21 23:59:16'),
(77,'user_77','person77@example.com','`tick`','Zoë','Ray \"Bob\"','+12025550177','2001:db8::4d','1977-06-17','\'s-Hertogenbosch','00077','\'\'',NULL,'2009-12-22 23:59:17'),
(78,'user_78','person78@mail.example.net','Summer78!','José','Núñez','+12025550178','192.0.2.78',NULL,'\'s-Hertogenbosch','00078',NULL,0x4EFF27275C00,'2009-12-23 23:59:18'),
(79,'user_79','person79@example.com','привет:1990','José','Núñez','+12025550179','192.0.2.79','1979-08-19','New York, NY','00079','\\',NULL,'2009-12-24 23:59:19'),
(80,'user_80','person80@example.com','5f4dcc3b5aa765d61d8327deb882cf50','Łukasz','Żak',NULL,'192.0.2.80','1980-09-10','北京','00080',NULL,NULL,'2009-12-25 23:59:20'),
(81,'user_81','person81@example.org','Summer81!','Дмитрий','Иванов','+12025550181','192.0.2.81','1981-01-11','New York, NY','00081','ctrl-z\Zbyte',0x51FF27275C00,'2009-12-26 23:59:21'),
(82,'user_82','person82@example.com','солнышко','Jürgen','Müller','+12025550182','192.0.2.82','1982-02-12','Oslo','00082',NULL,NULL,'2009-12-27 23:59:22'),
(83,'user_83','person83@example.com','密码123','Łukasz','Żak','+12025550183','192.0.2.83','1983-03-13','New York, NY','00083','double\"d',NULL,'2009-12-28 23:59:23'),
(84,'user_84','person84@example.com','5baa61e4c9b93f3f0682250b6cf8331b7ee68f54','Jürgen','Müller','+12025550184','2001:db8::54',NULL,'Paris\r\nTexas','00084',NULL,0x54FF27275C00,'2009-12-01 23:59:24'),
(85,'user_85','person85@mail.example.net','中国:北京','Łukasz','Żak',NULL,'192.0.2.85','1985-05-15','\'s-Hertogenbosch','00085','line\nfeed',NULL,'2009-12-02 23:59:25'),
(86,'user_86','person86@example.org','你好世界','Ann','O\'Neil','+12025550186','192.0.2.86','1986-06-16','New York, NY','00086',NULL,NULL,'2009-12-03 23:59:26'),
(87,'user_87','person87@example.com','Summer87!','Zoë','Ray \"Bob\"','+12025550187','192.0.2.87','1987-07-17','Paris\r\nTexas','00087','tab	bed',0x57FF27275C00,'2009-12-04 23:59:27'),
(88,'user_88','person88@mail.example.net','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E58','Ann','O\'Neil','+12025550188','192.0.2.88','1988-08-18','\'s-Hertogenbosch','00088',NULL,NULL,'2009-12-05 23:59:28'),
(89,'user_89','person89@example.com','contraseña','Łukasz','Żak','+12025550189','192.0.2.89','1989-09-19','北京','00089','%_\\%\\_',NULL,'2009-12-06 23:59:29'),
(90,'user_90','person90@example.com','Summer90!','秀英','王',NULL,'192.0.2.90',NULL,'New York, NY','00090',NULL,0x5AFF27275C00,'2009-12-07 23:59:30'),
(91,'user_91','person91@example.org','😀smile','Zoë','Ray \"Bob\"','+12025550191','2001:db8::5b','1991-02-11','the \"old\" town','00091','),(1,\'no\',\'row\'),(',NULL,'2009-12-08 23:59:31'),
(92,'user_92','person92@example.com','$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLxy5c','秀英','王','+12025550192','192.0.2.92','1992-03-12','the \"old\" town','00092',NULL,NULL,'2009-12-09 23:59:32'),
(93,'user_93','person93@example.com','Summer93!','José','Núñez','+12025550193','192.0.2.93','1993-04-13','New York, NY','00093','\'\'',0x5DFF27275C00,'2009-12-10 23:59:33'),
(94,'user_94','person94@example.com','pi|pe','Ann','O\'Neil','+12025550194','192.0.2.94','1994-05-14','New York, NY','00094',NULL,NULL,'2009-12-11 23:59:34'),
(95,'user_95','person95@example.com','com,ma','😀','Smile',NULL,'192.0.2.95','1995-06-15','Paris\r\nTexas','00095','\\',NULL,'2009-12-12 23:59:35'),
(96,'user_96','person96@example.org','$P$BabcdefghijklmnopqrstuvwxyzAB60','Jürgen','Müller','+12025550196','192.0.2.96',NULL,'Oslo','00096',NULL,0x60FF27275C00,'2009-12-13 23:59:36'),
(97,'user_97','person97@example.org',':start','秀英','王','+12025550197','192.0.2.97','1997-08-17','the \"old\" town','00097','ctrl-z\Zbyte',NULL,'2009-12-14 23:59:37'),
(98,'user_98','person98@example.org','end:','Zoë','Ray \"Bob\"','+12025550198','2001:db8::62','1998-09-18','New York, NY','00098',NULL,NULL,'2009-12-15 23:59:38'),
(99,'user_99','person99@example.com','Summer99!','José','Núñez','+12025550199','192.0.2.99','1999-01-19','a;b|c	d','00099','double\"d',0x63FF27275C00,'2009-12-16 23:59:39'),
(100,'user_100','person100@example.org','5f4dcc3b5aa765d61d8327deb882cf64','さくら','田中',NULL,'192.0.2.100','1950-02-10','the \"old\" town','00100',NULL,NULL,'2009-12-17 23:59:40'),
(101,'user_101','person101@mail.example.net','\"quoted\"','Ann','O\'Neil','+12025550101','192.0.2.101','1951-03-11','a;b|c	d','00101','line\nfeed',NULL,'2009-12-18 23:59:41'),
(102,'user_102','person102@example.com','Summer102!','Łukasz','Żak','+12025550102','192.0.2.102',NULL,'New York, NY','00102',NULL,0x66FF27275C00,'2009-12-19 23:59:42'),
(103,'user_103','person103@mail.example.net','\'single\'','さくら','田中','+12025550103','192.0.2.103','1953-05-13','Oslo','00103','tab	bed',NULL,'2009-12-20 23:59:43'),
(104,'user_104','person104@mail.example.net','5baa61e4c9b93f3f0682250b6cf8331b7ee68f68','Søren','Østergård','+12025550104','192.0.2.104','1954-06-14','Paris\r\nTexas','00104',NULL,NULL,'2009-12-21 23:59:44'),
(105,'user_105','person105@example.com','Summer105!','Łukasz','Żak',NULL,'2001:db8::69','1955-07-15','Oslo','00105','%_\\%\\_',0x69FF27275C00,'2009-12-22 23:59:45'),
(106,'user_106','person106@mail.example.net','tab	here','😀','Smile','+12025550106','192.0.2.106','1956-08-16','line one\nline two','00106',NULL,NULL,'2009-12-23 23:59:46'),
(107,'user_107','person107@example.com','$HOME123$$','Søren','Østergård','+12025550107','192.0.2.107','1957-09-17','line one\nline two','00107','),(1,\'no\',\'row\'),(',NULL,'2009-12-24 23:59:47'),
(108,'user_108','person108@mail.example.net','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E6C','Zoë','Ray \"Bob\"','+12025550108','192.0.2.108',NULL,'Oslo','00108',NULL,0x6CFF27275C00,'2009-12-25 23:59:48'),
(109,'user_109','person109@example.com','{SSHA}not','Søren','Østergård','+12025550109','192.0.2.109','1959-02-19','Oslo','00109','\'\'',NULL,'2009-12-26 23:59:49'),
(110,'user_110','person110@mail.example.net','<b>','Zoë','Ray \"Bob\"',NULL,'192.0.2.110','1960-03-10','the \"old\" town','00110',NULL,NULL,'2009-12-27 23:59:50'),
(111,'user_111','person111@example.org','Summer111!','Дмитрий','Иванов','+12025550111','192.0.2.111','1961-04-11','Paris\r\nTexas','00111','\\',0x6FFF27275C00,'2009-12-28 23:59:51'),
(112,'user_112','person112@example.org','$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLxy70','秀英','王','+12025550112','2001:db8::70','1962-05-12','Paris\r\nTexas','00112',NULL,NULL,'2009-12-01 23:59:52'),
(113,'user_113','person113@mail.example.net','-- x','Дмитрий','Иванов','+12025550113','192.0.2.113','1963-06-13','the \"old\" town','00113','ctrl-z\Zbyte',NULL,'2009-12-02 23:59:53'),
(114,'user_114','person114@mail.example.net','Summer114!','Jürgen','Müller','+12025550114','192.0.2.114',NULL,'a;b|c	d','00114',NULL,0x72FF27275C00,'2009-12-03 23:59:54'),
(115,'user_115','person115@mail.example.net','me@home','秀英','王',NULL,'192.0.2.115','1965-08-15','\'s-Hertogenbosch','00115','double\"d',NULL,'2009-12-04 23:59:55'),
(116,'user_116','person116@mail.example.net','$P$BabcdefghijklmnopqrstuvwxyzAB74','秀英','王','+12025550116','192.0.2.116','1966-09-16','line one\nline two','00116',NULL,NULL,'2009-12-05 23:59:56'),
(117,'user_117','person117@mail.example.net','Summer117!','Zoë','Ray \"Bob\"','+12025550117','192.0.2.117','1967-01-17','Oslo','00117','line\nfeed',0x75FF27275C00,'2009-12-06 23:59:57'),
(118,'user_118','person118@example.com','00123','Zoë','Ray \"Bob\"','+12025550118','192.0.2.118','1968-02-18','line one\nline two','00118',NULL,NULL,'2009-12-07 23:59:58'),
(119,'user_119','person119@example.org','=1+1','Zoë','Ray \"Bob\"','+12025550119','2001:db8::77','1969-03-19','Oslo','00119','tab	bed',NULL,'2009-12-08 23:59:59'),
(120,'user_120','person120@example.com','5f4dcc3b5aa765d61d8327deb882cf78','José','Núñez',NULL,'192.0.2.120',NULL,'Paris\r\nTexas','00120',NULL,0x78FF27275C00,'2009-12-09 23:59:00'),
(121,'user_121','person121@example.com','-1','😀','Smile','+12025550121','192.0.2.121','1971-05-11','New York, NY','00121','%_\\%\\_',NULL,'2009-12-10 23:59:01'),
(122,'user_122','person122@mail.example.net','(x)','Zoë','Ray \"Bob\"','+12025550122','192.0.2.122','1972-06-12','北京','00122',NULL,NULL,'2009-12-11 23:59:02'),
(123,'user_123','person123@example.org','Summer123!','José','Núñez','+12025550123','192.0.2.123','1973-07-13','Paris\r\nTexas','00123','),(1,\'no\',\'row\'),(',0x7BFF27275C00,'2009-12-12 23:59:03'),
(124,'user_124','person124@example.com','5baa61e4c9b93f3f0682250b6cf8331b7ee68f7c','Jürgen','Müller','+12025550124','192.0.2.124','1974-08-14','北京','00124',NULL,NULL,'2009-12-13 23:59:04'),
(125,'user_125','person125@example.com','привет:1990','秀英','王',NULL,'192.0.2.125','1975-09-15','Paris\r\nTexas','00125','\'\'',NULL,'2009-12-14 23:59:05'),
(126,'user_126','person126@example.org','Summer126!','さくら','田中','+12025550126','2001:db8::7e',NULL,'New York, NY','00126',NULL,0x7EFF27275C00,'2009-12-15 23:59:06'),
(127,'user_127','person127@example.org','Наташа-77','秀英','王','+12025550127','192.0.2.127','1977-02-17','Oslo','00127','\\',NULL,'2009-12-16 23:59:07'),
(128,'user_128','person128@example.org','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E80','Søren','Østergård','+12025550128','192.0.2.128','1978-03-18','the \"old\" town','00128',NULL,NULL,'2009-12-17 23:59:08'),
(129,'user_129','person129@example.com','Summer129!','Jürgen','Müller','+12025550129','192.0.2.129','1979-04-19','Oslo','00129','ctrl-z\Zbyte',0x81FF27275C00,'2009-12-18 23:59:09'),
(130,'user_130','person130@example.com','我爱你1314','Zoë','Ray \"Bob\"',NULL,'192.0.2.130','1980-05-10','New York, NY','00130',NULL,NULL,'2009-12-19 23:59:10');
/*!40000 ALTER TABLE `users` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `zz_subscribers`
--

DROP TABLE IF EXISTS `zz_subscribers`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `zz_subscribers` (
  `mail` varchar(100) DEFAULT NULL,
  `phone` varchar(30) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `zz_subscribers`
--

LOCK TABLES `zz_subscribers` WRITE;
/*!40000 ALTER TABLE `zz_subscribers` DISABLE KEYS */;
INSERT INTO `zz_subscribers` VALUES
('sub1@example.com','+12025550107'),
('sub2@example.com',NULL);
/*!40000 ALTER TABLE `zz_subscribers` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed
