//! The parts of a URL that a request needs. What makes sense of them, and decides, is the host.

use std::fmt;

/// `scheme://authority/path?query`, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    text: String,
    scheme_end: usize,
    path_start: usize,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.split('#').next().unwrap_or_default();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a URL has no spaces and no letters beyond ASCII: encode them as %xx");
        }
        let scheme_end = ["http://", "https://"]
            .iter()
            .find(|scheme| {
                text.get(..scheme.len())
                    .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
            })
            .map(|scheme| scheme.len() - 3)
            .ok_or("a URL begins with `https://` or `http://`")?;
        let after = scheme_end + 3;
        if text[after..]
            .split(['/', '?'])
            .next()
            .is_some_and(|authority| authority.contains('@'))
        {
            return Err("a URL has no user name and no password here: send them in a header");
        }
        let path_start = text[after..].find(['/', '?']).map_or(text.len(), |at| after + at);
        if path_start == after {
            return Err("a URL names a host");
        }
        Ok(Self {
            text: text.to_owned(),
            scheme_end,
            path_start,
        })
    }

    /// All of it.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Without the query, in which tokens travel: for errors and grants.
    pub(crate) fn without_query(&self) -> &str {
        self.text.split('?').next().unwrap_or_default()
    }

    /// What can be shown of a text that is no URL.
    pub(crate) fn shown(text: &str) -> String {
        let text = text.split(['?', '#']).next().unwrap_or_default();
        match text.split_once("://") {
            Some((scheme, rest)) => {
                let at = rest.split('/').next().and_then(|authority| authority.rfind('@'));
                format!("{scheme}://{}", &rest[at.map_or(0, |at| at + 1)..])
            }
            None => text.to_owned(),
        }
    }

    #[cfg(target_family = "wasm")]
    pub(crate) fn is_https(&self) -> bool {
        self.scheme_end == "https".len()
    }

    #[cfg(target_family = "wasm")]
    pub(crate) fn authority(&self) -> &str {
        &self.text[self.scheme_end + 3..self.path_start]
    }

    #[cfg(target_family = "wasm")]
    pub(crate) fn path_with_query(&self) -> String {
        let path = &self.text[self.path_start..];
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.without_query())
    }
}
