//! URLs: scheme and host in one form, the rest as it was.
//!
//! - Host in lower case and ASCII (`xn--…`), default ports and `.`/`..` segments gone, as the WHATWG standard writes it.
//! - A bare host (`example.com/login`, as stealer logs have) stays without a scheme: none is invented.
//! - A user name and password inside the URL are taken out: they would be a secret in a field that is none.
//! - Schemes of apps (`android://…@package/`) keep what they have; the part before the `@` is a certificate's digest there.
//! - A website is known by the domain it is registered under, by the public suffix list; an address without a name by its IP.
//!   A package of Android's says its maker's domain backwards, as its documentation asks for.

use std::{borrow::Cow, net::Ipv4Addr};

use url::{Host, Url};

const INVALID: &str = "url-invalid";

/// Bytes of a URL: browsers stop at about this.
const URL_BYTES_MAX: usize = 8 << 10;

/// Bytes of a domain's name.
const DOMAIN_BYTES_MAX: usize = 253;

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

/// The website of a canonical URL: `example.com`, `192.0.2.1`. `None` if it is on no network (an extension, a host without a dot).
pub(crate) fn website(url: &str) -> Option<Cow<'_, str>> {
    let scheme = if has_scheme(url) { url.split("://").next()? } else { "" };
    let rest = if scheme.is_empty() { url } else { &url[scheme.len() + 3..] };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    if matches!(scheme, "android" | "androidapp") {
        let backwards = host.rsplit('.').collect::<Vec<_>>().join(".").to_ascii_lowercase();
        let is_known = psl::suffix(backwards.as_bytes()).is_some_and(|suffix| suffix.is_known());
        return registered(&backwards).filter(|domain| is_known && is_host_name(domain)).map(|domain| Cow::Owned(domain.to_owned()));
    }
    let host = match host.strip_prefix('[') {
        Some(bracketed) => {
            return bracketed.split_once(']').and_then(|(ip, _)| Some(ip.parse::<std::net::Ipv6Addr>().ok()?.to_string().into()));
        }
        None => host.split(':').next()?.trim_end_matches('.'),
    };
    // Of schemes that the web does not know, the host is as somebody wrote it.
    if host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte)) {
        return if host.parse::<Ipv4Addr>().is_ok() { Some(host.into()) } else { registered(host).map(Cow::Borrowed) };
    }
    match Host::parse(host).ok()? {
        Host::Domain(domain) => registered(domain.trim_end_matches('.')).map(|domain| Cow::Owned(domain.to_owned())),
        ip => Some(ip.to_string().into()),
    }
}

/// What of a host is registered; a public suffix that is a host itself is its own.
fn registered(host: &str) -> Option<&str> {
    let domain = psl::domain_str(host).unwrap_or(host);
    (domain.contains('.') && !domain.starts_with('.') && domain.len() <= DOMAIN_BYTES_MAX).then_some(domain)
}

fn is_host_name(domain: &str) -> bool {
    domain.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
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
