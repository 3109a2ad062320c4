//! IP addresses: one notation a machine can compare.
//!
//! A port, brackets and a zone are stripped, of a forwarding list the first address is taken, an IPv4 address in IPv6 clothes is the
//! IPv4 address, and octets padded with zeros are decimal, as the programs that pad them mean them.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

const INVALID: &str = "ip-invalid";

/// Appends the canonical address.
pub(crate) fn canonical(raw: &str, out: &mut String) -> Result<(), &'static str> {
    let first = raw.split([',', ' ', ';', '\t']).next().unwrap_or_default();
    let address = address(first).ok_or(INVALID)?;
    if address.is_unspecified() {
        return Err("ip-unspecified");
    }
    write!(out, "{address}").map_err(|_| INVALID)
}

fn address(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        return v6(rest.split(']').next()?);
    }
    if text.bytes().filter(|byte| *byte == b':').count() > 1 {
        return v6(text);
    }
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    port.parse::<u16>().ok()?;
    v4(host.split('/').next()?).map(IpAddr::V4)
}

fn v6(text: &str) -> Option<IpAddr> {
    let address: Ipv6Addr = text.split(['%', '/']).next()?.parse().ok()?;
    Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}

fn v4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}
