//! URLs: scheme and host in one form, the rest as it was.
//!
//! - Host in lower case and ASCII (`xn--…`), default ports and `.`/`..` segments gone, as the WHATWG standard writes it.
//! - A bare host (`example.com/login`, as stealer logs have) stays without a scheme: none is invented.
//! - A user name and password inside the URL are taken out: they would be a secret in a field that is none.
//! - Schemes of apps (`android://…@package/`) keep what they have; the part before the `@` is a certificate's digest there.

use url::Url;

const INVALID: &str = "url-invalid";

/// Bytes of a URL: browsers stop at about this.
const URL_BYTES_MAX: usize = 8 << 10;

/// Appends the canonical URL.
pub(crate) fn canonical(raw: &str, out: &mut String) -> Result<(), &'static str> {
    if raw.len() > URL_BYTES_MAX {
        return Err(INVALID);
    }
    if has_scheme(raw) {
        let url = absolute(raw)?;
        if is_special(&url) {
            out.push_str(url.as_str());
        } else {
            out.push_str(url.scheme());
            out.push_str(&raw[url.scheme().len()..]);
        }
        return Ok(());
    }
    let url = absolute(&format!("http://{}", raw.trim_start_matches('/')))?;
    let host = url.host_str().ok_or(INVALID)?;
    // A host alone is one only if it looks like one; `hello` is a word.
    if !host.contains('.') && !host.contains(':') && host != "localhost" && url.port().is_none() {
        return Err(INVALID);
    }
    let bare = url.as_str().strip_prefix("http://").ok_or(INVALID)?;
    let is_root = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    out.push_str(if is_root { bare.trim_end_matches('/') } else { bare });
    Ok(())
}

fn has_scheme(raw: &str) -> bool {
    let name = raw.split("://").next().unwrap_or_default();
    name.len() < raw.len()
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn absolute(text: &str) -> Result<Url, &'static str> {
    let mut url = Url::parse(text).map_err(|_| INVALID)?;
    if url.host_str().is_none_or(str::is_empty) && url.scheme() != "file" {
        return Err(INVALID);
    }
    if is_special(&url) && (!url.username().is_empty() || url.password().is_some()) {
        url.set_username("").map_err(|()| INVALID)?;
        url.set_password(None).map_err(|()| INVALID)?;
    }
    Ok(url)
}

fn is_special(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https" | "ftp" | "ws" | "wss")
}
