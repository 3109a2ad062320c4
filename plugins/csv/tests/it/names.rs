//! The shared dictionary, as people name their columns.

use sluice_plugin::{
    FieldKind, HashKind,
    columns::{Meaning, meaning},
};

#[test]
fn names_in_every_language_mean_what_they_say() {
    use FieldKind::*;
    let cases: [(Meaning, &[&str]); 14] = [
        (
            Meaning::Field(Email),
            &[
                "E-Mail",
                "emailAddress2",
                "user_email",
                "Correo Electrónico",
                "Почта",
                "邮箱",
                "メールアドレス",
                "customeremail",
                "comment_author_email",
                "EMAIL_ADDRESS_1",
            ],
        ),
        (Meaning::Field(Username), &["Benutzername", "user_login", "ЛОГИН", "用户名", "sAMAccountName", "pseudo"]),
        (
            Meaning::Secret(None),
            &[
                "passwd",
                "Kennwort",
                "пароль",
                "密码",
                "user_pass",
                "clave",
                "mdp",
                "PasswordHash",
                "senha",
                "hasło",
                "ŞİFRE",
                "usr_pwd",
                "비밀번호",
            ],
        ),
        (Meaning::Secret(Some(HashKind::Md5)), &["md5_password", "password_md5", "MD5"]),
        (Meaning::Secret(Some(HashKind::Ntlm)), &["nthash", "NT_Hash", "ntlm"]),
        (Meaning::Field(Salt), &["salt", "members_pass_salt"]),
        (Meaning::Field(Ip), &["last_ip", "IP-Address", "reg_ip", "ipAddress", "signup_ip"]),
        (Meaning::Field(PostalCode), &["billing_zip", "PLZ", "postcode"]),
        (Meaning::Field(Phone), &["mobile_phone", "Telefonnummer", "手机号", "phone2"]),
        (Meaning::Field(FirstName), &["Vorname", "first name", "имя"]),
        (Meaning::Field(Dob), &["date_of_birth", "Geburtsdatum", "birthday"]),
        (Meaning::Field(CreatedAt), &["created_at", "user_registered", "regdate"]),
        (Meaning::Field(LastLoginAt), &["last_login", "lastVisit"]),
        (
            Meaning::Extra,
            &[
                "passworddate",
                "email_verified",
                "password_reset_token",
                "emailVerifiedAt",
                "password_hint",
                "pass_changed_at",
                "phone_verified",
                "is_email_confirmed",
                "ip_country",
                "user_status",
                "user_activation_key",
                "address_type",
                "username_history",
                "",
                "_",
                "12",
                "🙂",
            ],
        ),
    ];
    for (wanted, names) in cases {
        for name in names {
            assert_eq!(meaning(name.as_bytes()), wanted, "{name}");
        }
    }
}
