INSERT ALL
  INTO users (login, email, password) VALUES ('user0', 'User.0+x@example.com', 'hunter2')
  INTO users (login, email, password) VALUES ('user1', 'User.1+x@example.net', 'AQAAAAEAACcQAAAAEE3/TqNA8Kgj8V0/TwGrYurg5dpXnMuFH4253+hMWLKze4mQOnQOHuFy2nk6bnnVYA==')
  INTO users (login, email, password) VALUES ('user2', 'User.2+x@example.org', 'AECyRBEmQd143U+TtskZDdRuAJkZTVpEJXt++tbvn/RoPaHtoCRESMs0OqaI9dPv1w==')
  INTO users (login, email, password) VALUES ('user3', NULL, 'it''s; ''quoted''')
  INTO users (login, email, password) VALUES ('user4', 'User.4+x@example.net', 'GO
GO')
  INTO users (login, email, password) VALUES ('user5', 'User.5+x@example.org', 'a\''b\')
  INTO users (login, email, password) VALUES ('user6', 'User.6+x@example.com', '$2b$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a')
  INTO users (login, email, password) VALUES ('user7', 'User.7+x@example.net', 'S:A0F1490A20D0211C997B44BC357E1972DEAB8AE30123456789ABCDEF0123')
  INTO users (login, email, password) VALUES ('user8', 'User.8+x@example.org', '&amp & ]] [x] "y" `z`')
  INTO users (login, email, password) VALUES ('user9', 'User.9+x@example.com', '),(9,''x''')
SELECT * FROM dual;
COMMIT;
