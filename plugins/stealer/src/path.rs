//! What a member's path within a machine's folder says of it. A hint: blocks of logins are read wherever they stand.

/// What a member holds, by its path.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Holds {
    /// Nobody can say.
    #[default]
    Unknown,
    Logins,
    /// What was typed into forms, a line a field.
    Forms,
    /// Of the machine.
    Machine,
    /// Cookies, pages, programs, cards, tokens: nobody's login.
    Nothing,
}

/// Words of a file's name, or of the folder it is in, and what they say. The first that is there decides.
const WORDS: [(&str, Holds); 46] = [
    ("autofill", Holds::Forms),
    ("cookie", Holds::Nothing),
    ("history", Holds::Nothing),
    ("creditcard", Holds::Nothing),
    ("credit_card", Holds::Nothing),
    ("credit card", Holds::Nothing),
    ("cards.txt", Holds::Nothing),
    ("cc.txt", Holds::Nothing),
    ("download", Holds::Nothing),
    ("bookmark", Holds::Nothing),
    ("token", Holds::Nothing),
    ("brute", Holds::Nothing),
    ("unique_passwords", Holds::Nothing),
    ("processes", Holds::Nothing),
    ("processlist", Holds::Nothing),
    ("process_list", Holds::Nothing),
    ("process list", Holds::Nothing),
    ("installedsoftware", Holds::Nothing),
    ("installedbrowsers", Holds::Nothing),
    ("installed_software", Holds::Nothing),
    ("software.txt", Holds::Nothing),
    ("installedapps", Holds::Nothing),
    ("domaindetect", Holds::Nothing),
    ("domain_detect", Holds::Nothing),
    ("domain detect", Holds::Nothing),
    ("clipboard", Holds::Nothing),
    ("useragent", Holds::Nothing),
    ("user_agent", Holds::Nothing),
    ("debug.txt", Holds::Nothing),
    ("keychain", Holds::Nothing),
    ("wallet", Holds::Nothing),
    ("wifi", Holds::Nothing),
    ("userinformation", Holds::Machine),
    ("user_information", Holds::Machine),
    ("system info", Holds::Machine),
    ("system_info", Holds::Machine),
    ("systeminfo", Holds::Machine),
    ("sysinfo", Holds::Machine),
    ("system.txt", Holds::Machine),
    ("information.txt", Holds::Machine),
    ("info.txt", Holds::Machine),
    ("ip.txt", Holds::Machine),
    ("password", Holds::Logins),
    ("logins", Holds::Logins),
    ("filezilla", Holds::Logins),
    ("ftp", Holds::Logins),
];

/// What a path says: the file's name before its folder's, and no folder above that.
pub fn holds(path: &str) -> Holds {
    let path = path.to_ascii_lowercase();
    let mut parts = path.rsplit(['/', '\\']);
    let (file, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let cards = || (folder == "cc").then_some(Holds::Nothing);
    if is_binary(file) { Holds::Unknown } else { said(file).or_else(cards).or_else(|| said(folder)).unwrap_or_default() }
}

fn said(name: &str) -> Option<Holds> {
    WORDS.iter().find(|(word, _)| name.contains(word)).map(|(_, holds)| *holds)
}

/// Is a file of a kind that no stealer writes its lists in?
fn is_binary(file: &str) -> bool {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    !matches!(extension, "" | "txt" | "log")
}
