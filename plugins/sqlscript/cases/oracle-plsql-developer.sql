prompt PL/SQL Developer import file
prompt Created on Thursday, December 31, 2020 by web
set feedback off
set define off
prompt Loading USERS...
insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (1, 'user0', 'User.0+x@example.com', q'[hunter2]', 'Ann O''Neil', to_date('04-03-1955', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), 'note 0');

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (2, 'user1', 'User.1+x@example.net', 'AQAAAAEAACcQAAAAEE3/TqNA8Kgj8V0/TwGrYurg5dpXnMuFH4253+hMWLKze4mQOnQOHuFy2nk6bnnVYA==', 'Bob "Ray"', to_date('31-12-1969', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), NULL);

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (3, 'user2', 'User.2+x@example.org', q'[AECyRBEmQd143U+TtskZDdRuAJkZTVpEJXt++tbvn/RoPaHtoCRESMs0OqaI9dPv1w==]', 'Çelik Yılmaz', null, to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), NULL);

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (4, 'user3', NULL, 'it''s; ''quoted''', 'Дмитрий', to_date('28-02-2001', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), NULL);

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (5, 'user4', 'User.4+x@example.net', q'[GO
GO]', '李小明 😀', to_date('29-02-1984', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), 'note 4');
commit;
prompt 5 records committed...
insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (6, 'user5', 'User.5+x@example.org', 'a\''b\', 'Line
break', to_date('04-03-1955', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), NULL);

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (7, 'user6', 'User.6+x@example.com', q'[$2b$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a]', 'Tab	here', to_date('31-12-1969', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), NULL);

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (8, 'user7', 'User.7+x@example.net', 'S:A0F1490A20D0211C997B44BC357E1972DEAB8AE30123456789ABCDEF0123', '-- no comment', null, to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), NULL);

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (9, 'user8', 'User.8+x@example.org', q'[&amp & ]] [x] "y" `z`]', '/* none */', to_date('28-02-2001', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), 'note 8');

insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)
values (10, 'user9', 'User.9+x@example.com', '),(9,''x''', 'INSERT INTO [Users] VALUES (9, ''eve@example.com'');
GO', to_date('29-02-1984', 'dd-mm-yyyy'), to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss'), NULL);
commit;
prompt 5 records committed...
commit;
prompt 10 records loaded
set feedback on
set define on
prompt Done.
