//! Where HTTP requests may go: patterns that operators grant, and the targets that requests have.
//!
//! Both are read into the same few parts, by the same code, and compared as these: a notation that one of them reads
//! another way than the connector would is a hole. So whatever is odd is refused, not interpreted: numbers in the
//! place of a name that are no plain IPv4 address, user names, ports of zero.

// `core`, not `std`: these are numbers, and nothing here can reach a network.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 512;

/// How often a path is decoded before it is refused as too clever.
const MAX_DECODINGS: usize = 8;

/// `http` or `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host as it is named: in lower case, without the dot of the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Host {
    Name(String),
    Address(IpAddr),
}

/// Where a grant lets HTTP requests go: `scheme://host[:port][/path]`.
///
/// Without a port it is the scheme's own. With a path it is that path and what lies under it, by whole segments. A host
/// `*.example.org` is every name under `example.org`, and not `example.org` itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpPattern {
    scheme: Scheme,
    /// Whether the host is any name under `host`.
    is_suffix: bool,
    host: Host,
    port: u16,
    /// Without a `/` at its end; empty for all paths.
    path: String,
}

/// A text that is not an [`HttpPattern`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an origin: {problem}; expected `scheme://host[:port][/path]`, like `https://api.example.org` or `https://*.example.org/v1`"
)]
pub struct InvalidPattern {
    /// What was found.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// Where one HTTP request goes, or what is wrong with that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    scheme: Scheme,
    host: Host,
    port: u16,
    /// As it was given, without a query.
    path: String,
}

/// A URL that no HTTP request can go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an HTTP request can't go there: {problem}")]
pub struct InvalidTarget {
    /// What is wrong with it.
    pub problem: &'static str,
}

impl HttpPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        Self::read(text).map_err(|problem| InvalidPattern {
            text: text.chars().take(MAX_PATTERN_BYTES).collect(),
            problem,
        })
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_PATTERN_BYTES {
            return Err("it is longer than 512 bytes");
        }
        if text.contains(['?', '#']) {
            return Err("it has a query or a fragment");
        }
        let (scheme, authority, path) = split(text)?;
        let (is_suffix, authority) = match authority.strip_prefix("*.") {
            Some(suffix) => (true, suffix),
            None => (false, authority),
        };
        if authority.contains('*') {
            return Err("`*` can only stand for the first part of a host's name, as in `*.example.org`");
        }
        let (host, port) = read_authority(authority, scheme)?;
        if is_suffix && matches!(host, Host::Address(_)) {
            return Err("`*` can't stand for a part of an address");
        }
        if !path.bytes().all(is_of_path) {
            return Err("its path has characters that the path of a URL doesn't have (write them as `%xx`)");
        }
        let path = path.trim_end_matches('/').to_owned();
        if !is_plain(&path) {
            return Err("its path has segments that are empty, `.` or `..`");
        }
        Ok(Self {
            scheme,
            is_suffix,
            host,
            port,
            path,
        })
    }

    /// Whether a request to `target` is one of those that the pattern stands for.
    pub fn covers(&self, target: &HttpTarget) -> bool {
        self.scheme == target.scheme
            && self.port == target.port
            && self.covers_host(&target.host)
            && self.covers_path(&target.path)
    }

    /// Whether every request that `other` stands for is one of those that this pattern stands for.
    pub fn includes(&self, other: &Self) -> bool {
        let has_hosts = match (&self.host, &other.host) {
            (Host::Name(own), Host::Name(name)) if self.is_suffix && other.is_suffix && own == name => true,
            (_, host) if self.is_suffix || !other.is_suffix => self.covers_host(host),
            _ => false,
        };
        has_hosts && self.scheme == other.scheme && self.port == other.port && self.covers_path(&other.path)
    }

    fn covers_host(&self, host: &Host) -> bool {
        match (&self.host, host) {
            (Host::Name(suffix), Host::Name(name)) if self.is_suffix => name
                .strip_suffix(suffix.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| !rest.is_empty()),
            (own, host) => own == host,
        }
    }

    /// A path that another reader could understand differently is under none.
    fn covers_path(&self, path: &str) -> bool {
        if self.path.is_empty() {
            return true;
        }
        let rest = path.strip_prefix(self.path.as_str());
        is_plain(path) && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the pattern itself names where the request goes on the network: an address, or the host's own name for
    /// itself. It then needs no further word to go to addresses of private networks.
    pub fn names_private(&self) -> bool {
        match &self.host {
            Host::Address(_) => true,
            Host::Name(name) => !self.is_suffix && name == "localhost",
        }
    }
}

impl fmt::Display for HttpPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wildcard = if self.is_suffix { "*." } else { "" };
        write!(f, "{}://{wildcard}", self.scheme.as_str())?;
        write_authority(f, &self.host, self.port, self.scheme)?;
        f.write_str(&self.path)
    }
}

impl fmt::Debug for HttpPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl FromStr for HttpPattern {
    type Err = InvalidPattern;
    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        Self::parse(text)
    }
}

impl TryFrom<String> for HttpPattern {
    type Error = InvalidPattern;
    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        Self::parse(&text)
    }
}

impl From<HttpPattern> for String {
    fn from(pattern: HttpPattern) -> String {
        pattern.to_string()
    }
}

impl HttpTarget {
    /// Reads a URL. What follows a `?` or `#` doesn't matter for where it goes.
    pub fn parse(url: &str) -> Result<Self, InvalidTarget> {
        let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
        let read = || {
            let (scheme, authority, path) = split(url)?;
            let (host, port) = read_authority(authority, scheme)?;
            Ok(Self {
                scheme,
                host,
                port,
                path: if path.is_empty() { "/" } else { path }.to_owned(),
            })
        };
        read().map_err(|problem| InvalidTarget { problem })
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The host: its name in lower case, or its address without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        }
    }

    /// The address, if the host is named by it. An IPv4 address in an IPv6 one is the IPv4 address.
    pub fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Name(_) => None,
            Host::Address(address) => Some(address),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The pattern for the whole host that it goes to.
    pub fn origin(&self) -> HttpPattern {
        HttpPattern {
            scheme: self.scheme,
            is_suffix: false,
            host: self.host.clone(),
            port: self.port,
            path: String::new(),
        }
    }
}

/// Scheme, authority, path: the path is empty or begins with `/`.
fn split(text: &str) -> Result<(Scheme, &str, &str), &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("it has no scheme")?;
    let scheme = Scheme::parse(scheme).ok_or("its scheme is neither `http` nor `https`")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Ok((scheme, authority, path))
}

fn read_authority(text: &str, scheme: Scheme) -> Result<(Host, u16), &'static str> {
    if text.contains('@') {
        return Err("it has a user name or a password");
    }
    // The colons within brackets belong to the address.
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = match port {
        None => scheme.port(),
        Some(digits) => read_port(digits).ok_or("its port is not a number from 1 to 65535")?,
    };
    Ok((read_host(host)?, port))
}

fn read_port(digits: &str) -> Option<u16> {
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|port| is_number && *port > 0)
}

fn read_host(text: &str) -> Result<Host, &'static str> {
    if let Some(address) = text.strip_prefix('[') {
        let address = address
            .strip_suffix(']')
            .ok_or("the bracket of its address isn't closed")?;
        let address: Ipv6Addr = address
            .parse()
            .map_err(|_| "what is in brackets is no IPv6 address")?;
        return Ok(Host::Address(IpAddr::V6(address).to_canonical()));
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if name.is_empty() {
        return Err("it has no host");
    }
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err(
            "its host is not a name of letters, digits, `-`, `_` and dots (write names of other scripts in their `xn--` form)",
        );
    }
    // Where a name ends in a number, resolvers see an IPv4 address: 2130706433, 0x7f.1, 127.1.
    let last = name.rsplit('.').next().unwrap_or_default();
    let ends_in_number = last.bytes().all(|b| b.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    if !ends_in_number {
        return Ok(Host::Name(name));
    }
    let address: Ipv4Addr = name
        .parse()
        .map_err(|_| "its host ends in a number, but is no IPv4 address of four numbers from 0 to 255")?;
    Ok(Host::Address(IpAddr::V4(address)))
}

fn write_authority(f: &mut fmt::Formatter<'_>, host: &Host, port: u16, scheme: Scheme) -> fmt::Result {
    match host {
        Host::Name(name) => f.write_str(name)?,
        Host::Address(IpAddr::V4(address)) => write!(f, "{address}")?,
        Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
    }
    if port == scheme.port() {
        Ok(())
    } else {
        write!(f, ":{port}")
    }
}

/// Whether the byte can stand in the path of a URL as it is (RFC 3986). None of these ends a text in a manifest, or
/// means something else in it: a pattern comes from a guest, and is shown as a line to add.
fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/%-._~!$&'()*+,;=:@".contains(&byte)
}

/// Whether everybody who reads the path sees the same segments: none is empty (but the last), `.` or `..`, and none
/// becomes that when it is decoded, however often.
fn is_plain(path: &str) -> bool {
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..MAX_DECODINGS {
        let has_odd_segment = {
            let mut segments: Vec<&[u8]> = bytes.split(|b| *b == b'/' || *b == b'\\').skip(1).collect();
            if segments.last().is_some_and(|last| last.is_empty()) {
                segments.pop();
            }
            segments.iter().any(|it| matches!(*it, b"" | b"." | b".."))
        };
        if has_odd_segment {
            return false;
        }
        match decode(&bytes) {
            Some(decoded) => bytes = decoded,
            None => return true,
        }
    }
    false
}

/// The path with each `%xx` as what it stands for; `None` if it has none.
fn decode(path: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        let hex = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    (decoded.len() < path.len()).then_some(decoded)
}

#[cfg(test)]
mod tests;
