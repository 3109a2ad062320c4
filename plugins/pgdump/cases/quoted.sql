--
-- PostgreSQL database dump
--

\restrict gJ2x1nccTpSFWwqVzRHhB2gdY9anYKHdjZE1LZFumq85aAKEcQPnCInaDzbyyWJ

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

DROP DATABASE IF EXISTS "shop";
--
-- Name: shop; Type: DATABASE; Schema: -; Owner: postgres
--

CREATE DATABASE "shop" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C';


ALTER DATABASE "shop" OWNER TO "postgres";

\unrestrict gJ2x1nccTpSFWwqVzRHhB2gdY9anYKHdjZE1LZFumq85aAKEcQPnCInaDzbyyWJ
\connect "shop"
\restrict gJ2x1nccTpSFWwqVzRHhB2gdY9anYKHdjZE1LZFumq85aAKEcQPnCInaDzbyyWJ

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: archive; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "archive";


ALTER SCHEMA "archive" OWNER TO "postgres";

--
-- Name: SCHEMA "public"; Type: COMMENT; Schema: -; Owner: pg_database_owner
--

COMMENT ON SCHEMA "public" IS 'standard public schema';


--
-- Name: mood; Type: TYPE; Schema: public; Owner: postgres
--

CREATE TYPE "public"."mood" AS ENUM (
    'good',
    'bad, or so'
);


ALTER TYPE "public"."mood" OWNER TO "postgres";

--
-- Name: seen(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION "public"."seen"() RETURNS "trigger"
    LANGUAGE "plpgsql"
    AS $$ BEGIN INSERT INTO users VALUES (1, 'nobody@example.com'); RETURN new; END $$;


ALTER FUNCTION "public"."seen"() OWNER TO "postgres";

SET default_tablespace = '';

SET default_table_access_method = "heap";

--
-- Name: users; Type: TABLE; Schema: archive; Owner: postgres
--

CREATE TABLE "archive"."users" (
    "passwd" "text",
    "mail" "text"
);


ALTER TABLE "archive"."users" OWNER TO "postgres";

--
-- Name: users; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE "public"."users" (
    "user_id" integer NOT NULL,
    "user login" character varying(60) DEFAULT 'x,)'::character varying,
    "email" "text",
    "passwd" character varying(255),
    "full_name" "text",
    "last_ip" "text",
    "note" "text",
    "token" "bytea",
    "phones" "text"[],
    "profile" "jsonb",
    "key" "public"."mood" DEFAULT 'good'::"public"."mood",
    "two" integer GENERATED ALWAYS AS (("user_id" * 2)) STORED,
    CONSTRAINT "users_email_check" CHECK (("email" <> ''::"text"))
);


ALTER TABLE "public"."users" OWNER TO "postgres";

--
-- Name: COLUMN "users"."email"; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON COLUMN "public"."users"."email" IS 'it''s; a mail';


--
-- Name: addresses; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW "public"."addresses" AS
 SELECT "users"."email"
   FROM "public"."users";


ALTER TABLE "public"."addresses" OWNER TO "postgres";

--
-- Name: articles; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE "public"."articles" (
    "id" integer NOT NULL,
    "title" "text",
    "body" "text",
    "price" numeric(8,2),
    "picture" "bytea"
);


ALTER TABLE "public"."articles" OWNER TO "postgres";

--
-- Name: people; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE "public"."people" (
    "mail" "text",
    "phone" "text"
);


ALTER TABLE "public"."people" OWNER TO "postgres";

--
-- Name: staff; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE "public"."staff" (
    "password" "text"
)
INHERITS ("public"."people");


ALTER TABLE "public"."staff" OWNER TO "postgres";

--
-- Data for Name: users; Type: TABLE DATA; Schema: archive; Owner: postgres
--

COPY "archive"."users" ("passwd", "mail") FROM stdin;
s3cret	hal@example.com
\N	ida@example.com
\.


--
-- Data for Name: articles; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY "public"."articles" ("id", "title", "body", "price", "picture") FROM stdin;
1	ann@example.com wrote	INSERT INTO users VALUES (1,'x');\n\\.	9.50	\\xff00fe27
2	it's	a;b	-1.00	\N
\.


--
-- Data for Name: people; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY "public"."people" ("mail", "phone") FROM stdin;
jo@example.com	+1 202-555-0107
\.


--
-- Data for Name: staff; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY "public"."staff" ("mail", "phone", "password") FROM stdin;
kim@example.com	\N	hunter2
\.


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY "public"."users" ("user_id", "user login", "email", "passwd", "full_name", "last_ip", "note", "token", "phones", "profile", "key") FROM stdin;
1	ann	ann@example.com	pbkdf2_sha256$260000$x9AkVbnMe5Rk$qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq=	Ann O'Neil	192.0.2.1	\N	\\x5f4dcc3b5aa765d61d8327deb882cf99	{"+1 202-555-0101",+12025550102}	{"n": 1, "city": "Oslo", "tags": ["a", "b"]}	good
2	bob	bob@example.net	it's; a\\slash	Robert "Bob" Ray	192.0.2.2	INSERT INTO public.users VALUES (9, 'eve', 'eve@example.com');\n	\N	{}	\N	good
3	çelik	celik@example.org	\\.	Çelik Yılmaz	2001:db8::3	tab\there, line\nbreak, return\r, end	\\x706c61696e2074657874	\N	{"q": "a \\"quoted\\" \\\\ one", "zip": "0150"}	good
4	dmitri	dmitri@example.com	\\N	Дмитрий Иванов	192.0.2.4	\\.\n\\.	\N	\N	\N	good
5	eve@example.com	eve@example.com	5f4dcc3b5aa765d61d8327deb882cf99	Eve	\N	''	\N	{"x, y"}	\N	good
6	CORP\\fay	fay@example.net	$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu	Fay (née Day)	\N	-- no comment /* none */ $$	\N	\N	{}	good
7	李明	li@example.org	),\n\t(7, 'x'	李 小明	192.0.2.7	\\	\N	\N	\N	good
8	gus	gus@example.com	{curly}	{Gus}	192.0.2.8	E'\\x41'\b\f\v	\N	\N	\N	good
\.


--
-- Name: articles articles_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY "public"."articles"
    ADD CONSTRAINT "articles_pkey" PRIMARY KEY ("id");


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY "public"."users"
    ADD CONSTRAINT "users_pkey" PRIMARY KEY ("user_id");


--
-- Name: users seen; Type: TRIGGER; Schema: public; Owner: postgres
--

CREATE TRIGGER "seen" BEFORE UPDATE ON "public"."users" FOR EACH ROW EXECUTE FUNCTION "public"."seen"();


--
-- PostgreSQL database dump complete
--

\unrestrict gJ2x1nccTpSFWwqVzRHhB2gdY9anYKHdjZE1LZFumq85aAKEcQPnCInaDzbyyWJ

