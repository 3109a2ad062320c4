SET DEFINE OFF;
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (1, 'user0', 'User.0+x@example.com', 'hunter2', 'Ann O''Neil', TO_DATE('03/04/1955 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), 'note 0');
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (2, 'user1', 'User.1+x@example.net', 'AQAAAAEAACcQAAAAEE3/TqNA8Kgj8V0/TwGrYurg5dpXnMuFH4253+hMWLKze4mQOnQOHuFy2nk6bnnVYA==', 'Bob "Ray"', TO_DATE('12/31/1969 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), NULL);
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (3, 'user2', 'User.2+x@example.org', 'AECyRBEmQd143U+TtskZDdRuAJkZTVpEJXt++tbvn/RoPaHtoCRESMs0OqaI9dPv1w==', 'Çelik Yılmaz', NULL, NULL);
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (4, 'user3', NULL, 'it''s; ''quoted''', 'Дмитрий', TO_DATE('02/28/2001 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), NULL);
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (5, 'user4', 'User.4+x@example.net', 'GO
GO', '李小明 😀', TO_DATE('02/29/1984 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), 'note 4');
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (6, 'user5', 'User.5+x@example.org', 'a\''b\', 'Line
break', TO_DATE('03/04/1955 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), NULL);
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (7, 'user6', 'User.6+x@example.com', '$2b$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a', 'Tab	here', TO_DATE('12/31/1969 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), NULL);
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (8, 'user7', 'User.7+x@example.net', 'S:A0F1490A20D0211C997B44BC357E1972DEAB8AE30123456789ABCDEF0123', '-- no comment', NULL, NULL);
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (9, 'user8', 'User.8+x@example.org', '&amp & ]] [x] "y" `z`', '/* none */', TO_DATE('02/28/2001 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), 'note 8');
Insert into WEB.USERS
   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)
 Values
   (10, 'user9', 'User.9+x@example.com', '),(9,''x''', 'INSERT INTO [Users] VALUES (9, ''eve@example.com'');
GO', TO_DATE('02/29/1984 00:00:00', 'MM/DD/YYYY HH24:MI:SS'), NULL);
COMMIT;
