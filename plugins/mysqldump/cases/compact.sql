/*M!999999\- enable the sandbox mode */ 
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
INSERT INTO `articles` VALUES (1,'ann@example.com wrote','INSERT INTO `users` VALUES (1,\'x\');',9.50,'ˇ\0˛\'');
INSERT INTO `articles` VALUES (2,'it\'s','a;b',-1.00,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `users` (
  `user_id` int(11) NOT NULL AUTO_INCREMENT,
  `user login` varchar(60) DEFAULT NULL,
  `email` varchar(100) DEFAULT NULL COMMENT 'login, or (e-mail)',
  `passwd` varchar(255) DEFAULT NULL,
  `full_name` varchar(100) DEFAULT NULL,
  `last_ip` varchar(45) DEFAULT NULL,
  `note` text DEFAULT NULL,
  `token` varbinary(16) DEFAULT NULL,
  PRIMARY KEY (`user_id`),
  KEY `k` (`email`),
  CONSTRAINT `c` CHECK (`email` <> '')
) ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `users` VALUES (1,'ann','ann@example.com','$2y$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a','Ann O\'Neil','192.0.2.1',NULL,'_MÃ;Zße÷É\'ﬁ∏Çœô');
INSERT INTO `users` VALUES (2,'bob','bob@example.net','it\'s; a\\slash','Robert \"Bob\" Ray','192.0.2.2','INSERT INTO `users` VALUES (9,\'eve\',\'eve@example.com\');\n',NULL);
INSERT INTO `users` VALUES (3,'√ßelik','celik@example.org','),(7,\'x\'','√áelik Yƒ±lmaz','2001:db8::3','tab	here, line\nbreak, return\r, end',NULL);
INSERT INTO `users` VALUES (4,'dmitri','dmitri@example.com','nul\0and\Zzed','–î–º–∏—Ç—Ä–∏–π –ò–≤–∞–Ω–æ–≤','192.0.2.4','50%_off\\%\\_',NULL);
INSERT INTO `users` VALUES (5,'eve@example.com','eve@example.com','5f4dcc3b5aa765d61d8327deb882cf99','Eve',NULL,'\'\'',NULL);
INSERT INTO `users` VALUES (6,'CORP\\fay','fay@example.net','*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19','Fay (n√©e Day)','','-- no comment /* none */',NULL);
INSERT INTO `users` VALUES (7,'ÊùéÊòé','li@example.org','üòÄpass','Êùé Â∞èÊòé','192.0.2.7','\\',NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `zz_subscribers` (
  `mail` varchar(100) DEFAULT NULL,
  `phone` varchar(30) DEFAULT NULL,
  `password_hash` binary(16) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
INSERT INTO `zz_subscribers` VALUES ('gus@example.com','+1 202-555-0107','_MÃ;Zße÷É\'ﬁ∏Çœô');
INSERT INTO `zz_subscribers` VALUES ('hal@example.com',NULL,NULL);
INSERT INTO `zz_subscribers` VALUES ('ida@example.com',NULL,'MÃ;Zße÷É(ﬁ∏Çœò');
