//! What keys mean: a table of those that stealers write, and the kit's dictionary for all other languages.

use sluice_plugin::{
    FieldKind,
    columns::{self, Meaning},
};

/// What a key says of its value.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Key {
    Url,
    Login,
    Email,
    Password,
    /// The program that kept the login; it leads its block where most stealers write it.
    Soft,
    /// The same, where RedLine and its kin write it: at a block's end.
    Application,
    Profile,
    /// A form's field, and what was typed into it.
    Field,
    Value,
    /// Of the machine: what makes a block with a user name in it none with a login.
    Machine(Machine),
    /// Of a payment card.
    Card,
    /// Of a page that was visited, or a file that was loaded.
    Visit,
    /// Whatever else.
    #[default]
    Other,
}

/// What is told of a machine beside its logins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine {
    Ip,
    Country,
    City,
    PostalCode,
    Id,
    User,
    Name,
    /// Of its hardware, its system and how it was robbed.
    About,
}

/// What a name means.
pub fn key_of(name: &[u8]) -> Key {
    let plain = String::from_utf8_lossy(name).chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    match plain.as_str() {
        "url" | "ur1" | "host" | "hostname" | "site" | "website" | "link" | "server" | "webpage" | "hosturl" | "hostsite" => Key::Url,
        "ссылка" | "хост" | "адрес" | "адресурл" | "сервер" | "адреса" | "посилання" | "链接" | "地址" | "主机" => {
            Key::Url
        }
        "enlace" | "dirección" | "lien" | "adresse" | "endereço" | "indirizzo" | "adres" | "sitio" | "sitioweb" | "serveur" => Key::Url,
        "login" | "user" | "username" | "usr" | "userlogin" | "us3r" | "u53rn4m3" | "l0gin" | "loginname" | "account" => Key::Login,
        "password" | "pass" | "passw" | "psw" | "pwd" | "userpassword" | "p455w0rd" | "pa55" | "pa55w0rd" | "passwd" => Key::Password,
        "email" | "mail" | "emailaddress" => Key::Email,
        "soft" | "software" | "browser" | "storage" | "webbrowser" | "program" | "s0ft" | "client" => Key::Soft,
        "браузер" | "программа" | "софт" | "navegador" | "navigateur" | "tarayıcı" | "浏览器" | "软件" | "przeglądarka" => {
            Key::Soft
        }
        "application" | "app" | "приложение" | "anwendung" | "aplicación" | "aplicativo" | "applicazione" | "应用" | "应用程序" => {
            Key::Application
        }
        "profile" | "profil" | "профиль" | "профіль" | "perfil" | "profilo" | "browserprofile" | "配置文件" => {
            Key::Profile
        }
        "name" | "field" | "form" | "fieldname" | "formname" => Key::Field,
        "value" => Key::Value,
        "ip" | "ipaddress" | "publicip" | "publicipaddress" | "ipinfo" | "externalip" => Key::Machine(Machine::Ip),
        "country" | "countrycode" | "geo" => Key::Machine(Machine::Country),
        "city" => Key::Machine(Machine::City),
        "zip" | "zipcode" | "postalcode" => Key::Machine(Machine::PostalCode),
        "hwid" | "hardwareid" | "machineid" | "guid" | "machineguid" | "botid" => Key::Machine(Machine::Id),
        "windowsuser" | "currentuser" | "pcuser" | "localuser" => Key::Machine(Machine::User),
        "computer" | "computername" | "machinename" | "pcname" | "netbios" | "pc" => Key::Machine(Machine::Name),
        "os"
        | "osversion"
        | "osproduct"
        | "operatingsystem"
        | "operationsystem"
        | "windows"
        | "system"
        | "systemlanguage"
        | "location"
        | "isp"
        | "internetprovider"
        | "buildid"
        | "build"
        | "buildtag"
        | "version"
        | "logdate"
        | "date"
        | "localdate"
        | "localtime"
        | "installdate"
        | "launchedat"
        | "filelocation"
        | "workdir"
        | "path"
        | "executionpath"
        | "runningpath"
        | "elevated"
        | "uac"
        | "processelevation"
        | "screensize"
        | "screenresolution"
        | "displayresolution"
        | "resolution"
        | "timezone"
        | "language"
        | "currentlanguage"
        | "displaylanguage"
        | "keyboard"
        | "keyboardlanguages"
        | "availablekeyboardlayouts"
        | "hardwares"
        | "cpu"
        | "cpuname"
        | "cpucores"
        | "cpuvendor"
        | "cores"
        | "threads"
        | "ram"
        | "ramsize"
        | "gpu"
        | "videocard"
        | "antivirus"
        | "antiviruses"
        | "laptop"
        | "domainname"
        | "lanip"
        | "lid"
        | "configuration"
        | "productname"
        | "productversion"
        | "processlist"
        | "installedapps"
        | "commandline"
        | "useragents"
        | "lastseen"
        | "lid(lummaid)" => Key::Machine(Machine::About),
        "card" | "cardnumber" | "cardno" | "cc" | "ccnumber" | "number" | "holder" | "cardholder" | "cardholdername" | "nameoncard"
        | "cardname" | "cardtype" | "expire" | "expires" | "expiration" | "expirationdate" | "expiry" | "exp" | "expmonth" | "expyear"
        | "cvc" | "cvv" | "cvv2" | "cardexp" | "pin" => Key::Card,
        "title" | "time" | "visits" | "visitcount" | "visit" | "lastvisit" | "lastvisited" | "visited" | "target" | "ssid" | "wifi" => {
            Key::Visit
        }
        // A user name of these is no login of the block's URL, or none at all.
        "telegram" | "skype" | "alias" | "handle" | "domain" | "hash" | "hashes" | "secret" | "key" | "token" => Key::Other,
        _ => match columns::known(name) {
            Some(Meaning::Field(FieldKind::Url)) => Key::Url,
            Some(Meaning::Field(FieldKind::Email)) => Key::Email,
            Some(Meaning::Field(FieldKind::Username)) => Key::Login,
            Some(Meaning::Secret(None)) => Key::Password,
            _ => Key::Other,
        },
    }
}
