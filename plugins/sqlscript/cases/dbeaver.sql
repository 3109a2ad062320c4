INSERT INTO public.users (id,login,email,"password","name",date_of_birth,last_login,note) VALUES
	 (1,'user0','User.0+x@example.com','hunter2','Ann O''Neil','1955-03-04','2020-12-31 23:59:58','note 0'),
	 (2,'user1','User.1+x@example.net','AQAAAAEAACcQAAAAEE3/TqNA8Kgj8V0/TwGrYurg5dpXnMuFH4253+hMWLKze4mQOnQOHuFy2nk6bnnVYA==','Bob "Ray"','1969-12-31','2020-12-31 23:59:58',NULL),
	 (3,'user2','User.2+x@example.org','AECyRBEmQd143U+TtskZDdRuAJkZTVpEJXt++tbvn/RoPaHtoCRESMs0OqaI9dPv1w==','Çelik Yılmaz',NULL,'2020-12-31 23:59:58',NULL),
	 (4,'user3',NULL,'it''s; ''quoted''','Дмитрий','2001-02-28','2020-12-31 23:59:58',NULL);
INSERT INTO public.users (id,login,email,"password","name",date_of_birth,last_login,note) VALUES
	 (5,'user4','User.4+x@example.net','GO
GO','李小明 😀','1984-02-29','2020-12-31 23:59:58','note 4'),
	 (6,'user5','User.5+x@example.org','a\''b\','Line
break','1955-03-04','2020-12-31 23:59:58',NULL),
	 (7,'user6','User.6+x@example.com','$2b$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a','Tab	here','1969-12-31','2020-12-31 23:59:58',NULL),
	 (8,'user7','User.7+x@example.net','S:A0F1490A20D0211C997B44BC357E1972DEAB8AE30123456789ABCDEF0123','-- no comment',NULL,'2020-12-31 23:59:58',NULL);
INSERT INTO public.users (id,login,email,"password","name",date_of_birth,last_login,note) VALUES
	 (9,'user8','User.8+x@example.org','&amp & ]] [x] "y" `z`','/* none */','2001-02-28','2020-12-31 23:59:58','note 8'),
	 (10,'user9','User.9+x@example.com','),(9,''x''','INSERT INTO [Users] VALUES (9, ''eve@example.com'');
GO','1984-02-29','2020-12-31 23:59:58',NULL);
