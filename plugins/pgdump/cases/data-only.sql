--
-- PostgreSQL database dump
--

\restrict TGyatzssYuF6WGdpjB3X51WCR4lbaDFSjNiqVTNU2y3hg5AbDWofShQLfsHOHZs

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

--
-- Data for Name: users; Type: TABLE DATA; Schema: archive; Owner: postgres
--

COPY archive.users (passwd, mail) FROM stdin;
s3cret	hal@example.com
\N	ida@example.com
\.


--
-- Data for Name: articles; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.articles (id, title, body, price, picture) FROM stdin;
1	ann@example.com wrote	INSERT INTO users VALUES (1,'x');\n\\.	9.50	\\xff00fe27
2	it's	a;b	-1.00	\N
\.


--
-- Data for Name: people; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.people (mail, phone) FROM stdin;
jo@example.com	+1 202-555-0107
\.


--
-- Data for Name: staff; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.staff (mail, phone, password) FROM stdin;
kim@example.com	\N	hunter2
\.


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.users (user_id, "user login", email, passwd, full_name, last_ip, note, token, phones, profile, key) FROM stdin;
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
-- PostgreSQL database dump complete
--

\unrestrict TGyatzssYuF6WGdpjB3X51WCR4lbaDFSjNiqVTNU2y3hg5AbDWofShQLfsHOHZs

