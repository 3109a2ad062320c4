--------------------------------------------------------
--  File created - Thursday-December-31-2020   
--------------------------------------------------------
--------------------------------------------------------
--  DDL for Table USERS
--------------------------------------------------------

  CREATE TABLE "WEB"."USERS" 
   (	"ID" NUMBER(10,0), 
	"LOGIN" VARCHAR2(50 BYTE), 
	"EMAIL" VARCHAR2(255 CHAR), 
	"PASSWORD" VARCHAR2(255 BYTE) DEFAULT 'x,)', 
	"FULL_NAME" VARCHAR2(100 BYTE), 
	"BIRTH_DATE" DATE, 
	"LAST_LOGIN" TIMESTAMP (6), 
	"NOTE" CLOB
   ) SEGMENT CREATION IMMEDIATE 
  PCTFREE 10 PCTUSED 40 INITRANS 1 MAXTRANS 255 
 NOCOMPRESS LOGGING
  TABLESPACE "USERS" ;
REM INSERTING into WEB.USERS
SET DEFINE OFF;
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (1,'user0','User.0+x@example.com','hunter2','Ann O''Neil',to_date('04-MAR-55','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),to_clob('note 0'));
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (2,'user1','User.1+x@example.net','AQAAAAEAACcQAAAAEE3/TqNA8Kgj8V0/TwGrYurg5dpXnMuFH4253+hMWLKze4mQOnQOHuFy2nk6bnnVYA==','Bob "Ray"',to_date('31-DEC-69','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),EMPTY_CLOB());
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (3,'user2','User.2+x@example.org','AECyRBEmQd143U+TtskZDdRuAJkZTVpEJXt++tbvn/RoPaHtoCRESMs0OqaI9dPv1w==','Çelik Yılmaz',null,to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),EMPTY_CLOB());
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (4,'user3',null,'it''s; ''quoted''','Дмитрий',to_date('28-FEB-01','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),EMPTY_CLOB());
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (5,'user4','User.4+x@example.net','GO
GO','李小明 😀',to_date('29-FEB-84','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),to_clob('note 4'));
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (6,'user5','User.5+x@example.org','a\''b\','Line'||chr(13)||chr(10)||'break',to_date('04-MAR-55','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),EMPTY_CLOB());
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (7,'user6','User.6+x@example.com','$2b$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a','Tab'||chr(9)||'here',to_date('31-DEC-69','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),EMPTY_CLOB());
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (8,'user7','User.7+x@example.net','S:A0F1490A20D0211C997B44BC357E1972DEAB8AE30123456789ABCDEF0123','-- no comment',null,to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),EMPTY_CLOB());
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (9,'user8','User.8+x@example.org',''||chr(38)||'amp '||chr(38)||' ]] [x] "y" `z`','/* none */',to_date('28-FEB-01','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),to_clob('note 8'));
Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values (10,'user9','User.9+x@example.com','),(9,''x''','INSERT INTO [Users] VALUES (9, ''eve@example.com'');
GO',to_date('29-FEB-84','DD-MON-RR'),to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM'),EMPTY_CLOB());
--------------------------------------------------------
--  DDL for Trigger USERS_ID
--------------------------------------------------------

  CREATE OR REPLACE EDITIONABLE TRIGGER "WEB"."USERS_ID" before insert on users for each row begin null; end;
/
ALTER TRIGGER "WEB"."USERS_ID" ENABLE;
