-- somebody's own
begin transaction
delete from members
insert into members(mail, pass, note) values('ann@example.com', 'a' + char(39) + N'b', null)
insert into members (mail, pass, note)
   values ( 'bob@example.net' , 'x' , 'first' ) , ( 'cy@example.org','y' || 'z', upper('z') )
INSERT INTO members (mail, pass, note) VALUES ('broken@example.com, 'oops', 1);
INSERT INTO members (mail, pass, note) VALUES ('dee@example.com', 'after', getdate());
INSERT INTO members (mail, pass, note) VALUES ('eve@example.com', 'short');
INSERT INTO members (mail, pass, note) VALUES ('fay@example.com', 'cut o