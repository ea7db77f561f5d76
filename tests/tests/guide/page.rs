//! A page of the guide: its blocks, comments and links, in their order.
//!
//! This is no parser of Markdown. It knows fences that begin a line, comments that stand on lines of their own, and links
//! that don't span lines.

use std::fs;
use std::path::Path;

/// A page.
pub(crate) struct Page {
    /// The name of its file.
    pub(crate) name: String,
    /// All of it.
    pub(crate) text: String,
    /// What is to be done for it, in order.
    pub(crate) items: Vec<Item>,
    /// Where its relative links lead, as written.
    pub(crate) links: Vec<String>,
}

/// Something on a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A fenced block.
    Block(Block),
    /// From here on there is a component in the page's folder.
    Component {
        /// Where.
        path: String,
        /// The component of which package.
        name: String,
    },
    /// From here on there is a file in the page's folder.
    File {
        /// Where.
        path: String,
        /// Which file of the repository.
        file: String,
    },
    /// A comment that means nothing.
    Unknown {
        /// Counted from 1.
        line: usize,
        /// What is between its marks.
        comment: String,
    },
}

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
    /// What stands behind the fence, up to a comma.
    pub(crate) language: String,
    /// Its lines.
    pub(crate) text: String,
    /// Which file it is taken from.
    pub(crate) part_of: Option<String>,
    /// Why it isn't run.
    pub(crate) not_executed: Option<String>,
}

impl Page {
    /// Reads a page.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self::parse(&name.unwrap_or_default(), &text)
    }

    fn parse(name: &str, text: &str) -> Self {
        let mut page = Self {
            name: name.to_owned(),
            text: text.to_owned(),
            items: Vec::new(),
            links: Vec::new(),
        };
        let (mut part_of, mut not_executed) = (None, None);
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            if let Some(info) = line.strip_prefix("```") {
                let body: Vec<&str> = lines
                    .by_ref()
                    .map(|(_, line)| line)
                    .take_while(|line| !line.starts_with("```"))
                    .collect();
                page.items.push(Item::Block(Block {
                    line: index + 1,
                    language: info.split(',').next().unwrap_or_default().to_owned(),
                    text: body.join("\n"),
                    part_of: part_of.take(),
                    not_executed: not_executed.take(),
                }));
            } else if let Some(begun) = line.strip_prefix("<!--") {
                let mut comment = begun.to_owned();
                while !comment.contains("-->") {
                    let Some((_, more)) = lines.next() else { break };
                    comment = format!("{comment} {}", more.trim());
                }
                let comment = comment.replace("-->", "").trim().to_owned();
                if let Some(file) = comment.strip_prefix("part of ") {
                    part_of = Some(file.to_owned());
                } else if let Some(why) = comment.strip_prefix("not executed: ") {
                    not_executed = Some(why.to_owned());
                } else {
                    page.items.push(preparation(index + 1, &comment));
                }
            } else {
                page.links.extend(links(line));
            }
        }
        page
    }

    /// Its fenced blocks.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.items.iter().filter_map(|item| match item {
            Item::Block(block) => Some(block),
            _ => None,
        })
    }
}

/// `component PATH is NAME`, `file PATH is FILE`.
fn preparation(line: usize, comment: &str) -> Item {
    let unknown = || Item::Unknown {
        line,
        comment: comment.to_owned(),
    };
    let Some((what, rest)) = comment.split_once(' ') else {
        return unknown();
    };
    let Some((path, is)) = rest.split_once(" is ") else {
        return unknown();
    };
    let (path, is) = (path.to_owned(), is.to_owned());
    match what {
        "component" => Item::Component { path, name: is },
        "file" => Item::File { path, file: is },
        _ => unknown(),
    }
}

/// Where the links of a line lead, but for those to other sites.
fn links(line: &str) -> impl Iterator<Item = String> + '_ {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_comments_and_links_are_found() {
        let text = "See [a](1-a.md#b) and [b](https://b.example).\n\n<!-- part of src/a.rs -->\n```rs\nfn a() {}\n```\n\
                    <!-- component a.wasm is a -->\n<!-- not executed: it takes\n     minutes -->\n```console\n$ a\n```\n<!-- parts of b -->\n";
        let page = Page::parse("a.md", text);
        assert_eq!(page.links, ["1-a.md#b"]);
        let block = |line, language: &str, text: &str| Block {
            line,
            language: language.into(),
            text: text.into(),
            part_of: None,
            not_executed: None,
        };
        assert_eq!(
            page.items,
            [
                Item::Block(Block {
                    part_of: Some("src/a.rs".into()),
                    ..block(4, "rs", "fn a() {}")
                }),
                Item::Component {
                    path: "a.wasm".into(),
                    name: "a".into()
                },
                Item::Block(Block {
                    not_executed: Some("it takes minutes".into()),
                    ..block(10, "console", "$ a")
                }),
                Item::Unknown {
                    line: 13,
                    comment: "parts of b".into()
                },
            ]
        );
    }
}
