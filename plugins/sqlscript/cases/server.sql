USE [Forum]
GO
/****** Object:  User [web]    Script Date: 12/31/2020 11:59:58 PM ******/
CREATE USER [web] FOR LOGIN [web] WITH DEFAULT_SCHEMA=[dbo]
GO
/****** Object:  Table [dbo].[Users]    Script Date: 12/31/2020 11:59:58 PM ******/
SET ANSI_NULLS ON
GO
SET QUOTED_IDENTIFIER ON
GO
CREATE TABLE [dbo].[Users](
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[UserName] [nvarchar](256) NOT NULL,
	[Email] [nvarchar](256) NULL,
	[PasswordHash] [nvarchar](max) NULL,
	[Full]]Name] [nvarchar](50) NULL,
	[DateOfBirth] [date] NULL,
	[LastLogin] [datetime] NULL,
	[Note] [nvarchar](50) NULL,
 CONSTRAINT [PK_Users] PRIMARY KEY CLUSTERED 
(
	[Id] ASC
)WITH (PAD_INDEX = OFF, STATISTICS_NORECOMPUTE = OFF, IGNORE_DUP_KEY = OFF) ON [PRIMARY]
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
GO
CREATE TABLE [dbo].[Log](
	[Line] [nvarchar](max) NULL
) ON [PRIMARY]
GO
SET IDENTITY_INSERT [dbo].[Users] ON 
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (1, N'user0', N'User.0+x@example.com', N'hunter2', N'Ann O''Neil', CAST(N'1955-03-04' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), N'note 0')
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.0+x@example.com')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (2, N'user1', N'User.1+x@example.net', N'AQAAAAEAACcQAAAAEE3/TqNA8Kgj8V0/TwGrYurg5dpXnMuFH4253+hMWLKze4mQOnQOHuFy2nk6bnnVYA==', N'Bob "Ray"', CAST(N'1969-12-31' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), NULL)
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.1+x@example.net')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (3, N'user2', N'User.2+x@example.org', N'AECyRBEmQd143U+TtskZDdRuAJkZTVpEJXt++tbvn/RoPaHtoCRESMs0OqaI9dPv1w==', N'Çelik Yılmaz', NULL, CAST(N'2020-12-31T23:59:58.000' AS DateTime), NULL)
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.2+x@example.org')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (4, N'user3', NULL, N'it''s; ''quoted''', N'Дмитрий', CAST(N'2001-02-28' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), NULL)
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to None')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (5, N'user4', N'User.4+x@example.net', N'GO
GO', N'李小明 😀', CAST(N'1984-02-29' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), N'note 4')
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.4+x@example.net')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (6, N'user5', N'User.5+x@example.org', N'a\''b\', N'Line
break', CAST(N'1955-03-04' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), NULL)
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.5+x@example.org')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (7, N'user6', N'User.6+x@example.com', N'$2b$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a', N'Tab	here', CAST(N'1969-12-31' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), NULL)
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.6+x@example.com')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (8, N'user7', N'User.7+x@example.net', N'S:A0F1490A20D0211C997B44BC357E1972DEAB8AE30123456789ABCDEF0123', N'-- no comment', NULL, CAST(N'2020-12-31T23:59:58.000' AS DateTime), NULL)
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.7+x@example.net')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (9, N'user8', N'User.8+x@example.org', N'&amp & ]] [x] "y" `z`', N'/* none */', CAST(N'2001-02-28' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), N'note 8')
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.8+x@example.org')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (10, N'user9', N'User.9+x@example.com', N'),(9,''x''', N'INSERT INTO [Users] VALUES (9, ''eve@example.com'');
GO', CAST(N'1984-02-29' AS Date), CAST(N'2020-12-31T23:59:58.000' AS DateTime), NULL)
GO
INSERT [dbo].[Log] ([Line]) VALUES (N'mail to User.9+x@example.com')
GO
INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (11, N'sa', NULL, 0x0200A4ABD4448C49562D828115D13A1FCCEA927F52B4D5459297F8B43E42DA89238BC13626E43DCB38DDB082488927EC904FB42057443983E88585179D50551AFE6289ABCDEF, NULL, NULL, NULL, NULL)
GO
INSERT [dbo].[Users] ([Email], [PasswordHash], [PasswordSalt]) VALUES (N'raw@example.com', 0x5F4DCC3B5AA765D61D8327DEB882CF99, 0x00FFAB12)
GO
SET IDENTITY_INSERT [dbo].[Users] OFF
GO
ALTER TABLE [dbo].[Users] ADD  CONSTRAINT [DF_Users]  DEFAULT (getdate()) FOR [LastLogin]
GO
ALTER DATABASE [Forum] SET  READ_WRITE 
GO
