//! Patterns and targets, as tables.

use super::*;

fn covers(pattern: &str, url: &str) -> bool {
    let pattern = HttpPattern::parse(pattern).unwrap();
    HttpTarget::parse(url).is_ok_and(|target| pattern.covers(&target))
}

#[track_caller]
fn check(pattern: &str, covered: &[&str], others: &[&str]) {
    for url in covered {
        assert!(covers(pattern, url), "{pattern} should cover {url}");
    }
    for url in others {
        assert!(!covers(pattern, url), "{pattern} should not cover {url}");
    }
}

#[test]
fn a_host_is_itself_only() {
    check(
        "https://api.example.org",
        &[
            "https://api.example.org",
            "https://api.example.org/",
            "https://API.Example.org./a/b?c=/../d#e",
            "https://api.example.org:443/x",
            "HTTPS://api.example.org/a//b/../c",
        ],
        &[
            "http://api.example.org/",
            "https://api.example.org:8443/",
            "https://example.org/",
            "https://x.api.example.org/",
            "https://api.example.org.evil.test/",
            "https://evil.test/https://api.example.org",
            "https://api.example.org@evil.test/",
            "https://user@api.example.org/",
            "https://api.example.org:0/",
            "https://api.example.org:+443/",
        ],
    );
}

#[test]
fn a_star_is_one_or_more_names() {
    check(
        "https://*.example.org",
        &["https://a.example.org", "https://a.b.example.org/x"],
        &[
            "https://example.org",
            "https://badexample.org",
            "https://.example.org",
        ],
    );
}

#[test]
fn a_path_is_whole_segments_that_nobody_reads_otherwise() {
    check(
        "http://a.test:8080/v1/",
        &[
            "http://a.test:8080/v1",
            "http://a.test:8080/v1/",
            "http://a.test:8080/v1/x?q=..",
        ],
        &[
            "http://a.test:8080",
            "http://a.test:8080/v10",
            "http://a.test:8080/V1",
            "http://a.test:8080/v1/../admin",
            "http://a.test:8080/v1/%2e%2E/admin",
            "http://a.test:8080/v1/%252e%252e/admin",
            "http://a.test:8080/v1/..%2fadmin",
            "http://a.test:8080/v1/..\\admin",
            "http://a.test:8080/v1//admin",
        ],
    );
}

#[test]
fn addresses_have_one_notation() {
    check(
        "http://127.0.0.1:80",
        &["http://127.0.0.1/", "http://[::ffff:127.0.0.1]/"],
        &[
            "http://localhost/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://127.0.0.01/",
        ],
    );
    check(
        "http://[::1]",
        &["http://[0:0::1]/"],
        &["http://[::2]/", "http://::1/"],
    );
}

#[test]
fn patterns_include_narrower_ones() {
    let includes = |a: &str, b: &str| {
        HttpPattern::parse(a)
            .unwrap()
            .includes(&HttpPattern::parse(b).unwrap())
    };
    for (wide, narrow) in [
        ("https://a.test", "https://a.test"),
        ("https://a.test", "https://a.test/v1"),
        ("https://*.a.test", "https://*.a.test"),
        ("https://*.a.test", "https://*.b.a.test"),
        ("https://*.a.test", "https://b.a.test"),
    ] {
        assert!(includes(wide, narrow), "{wide} {narrow}");
    }
    for (narrow, wide) in [
        ("https://a.test/v1", "https://a.test"),
        ("https://a.test/v1", "https://a.test/v10"),
        ("https://a.test", "https://*.a.test"),
        ("https://b.a.test", "https://*.a.test"),
        ("https://*.b.a.test", "https://*.a.test"),
        ("https://*.a.test", "https://a.test"),
        ("https://a.test", "http://a.test"),
        ("https://a.test", "https://a.test:1"),
    ] {
        assert!(!includes(narrow, wide), "{narrow} {wide}");
    }
}

#[test]
fn odd_patterns_are_refused() {
    let mut said = String::new();
    for text in [
        "api.example.org",
        "ftp://a.test",
        "https://",
        "https://*",
        "https://a.*.test",
        "https://*.1.2.3.4",
        "https://user@a.test",
        "https://a.test:0",
        "https://a.test:https",
        "https://a.test/x?y",
        "https://a.test/a/../b",
        "https://a..test",
        "https://bücher.test",
        "https://127.1",
        "https://[::1",
        "https://[a]",
        "https://a.test/ä",
    ] {
        said.push_str(&format!(
            "{text}: {}\n",
            HttpPattern::parse(text).unwrap_err().problem
        ));
    }
    expect_test::expect![[r#"
        api.example.org: it has no scheme
        ftp://a.test: its scheme is neither `http` nor `https`
        https://: it has no host
        https://*: `*` can only stand for the first part of a host's name, as in `*.example.org`
        https://a.*.test: `*` can only stand for the first part of a host's name, as in `*.example.org`
        https://*.1.2.3.4: `*` can't stand for a part of an address
        https://user@a.test: it has a user name or a password
        https://a.test:0: its port is not a number from 1 to 65535
        https://a.test:https: its port is not a number from 1 to 65535
        https://a.test/x?y: it has a query or a fragment
        https://a.test/a/../b: its path has segments that are empty, `.` or `..`
        https://a..test: its host is not a name of letters, digits, `-`, `_` and dots (write names of other scripts in their `xn--` form)
        https://bücher.test: its host is not a name of letters, digits, `-`, `_` and dots (write names of other scripts in their `xn--` form)
        https://127.1: its host ends in a number, but is no IPv4 address of four numbers from 0 to 255
        https://[::1: the bracket of its address isn't closed
        https://[a]: what is in brackets is no IPv6 address
        https://a.test/ä: its path has characters that the path of a URL doesn't have (write them as `%xx`)
    "#]].assert_eq(&said);
    let long = format!("https://a.test/{}", "x".repeat(MAX_PATTERN_BYTES));
    assert_eq!(
        HttpPattern::parse(&long).unwrap_err().problem,
        "it is longer than 512 bytes"
    );
}

#[test]
fn patterns_are_shown_in_their_shortest_form() {
    for (text, shown) in [
        ("HTTPS://*.Example.org:443/v1/", "https://*.example.org/v1"),
        ("http://[::ffff:10.0.0.1]:8080", "http://10.0.0.1:8080"),
        ("http://[0::1]/", "http://[::1]"),
    ] {
        assert_eq!(HttpPattern::parse(text).unwrap().to_string(), shown);
        assert_eq!(HttpPattern::parse(shown).unwrap().to_string(), shown);
    }
    let target = HttpTarget::parse("http://a.test:81/x?y").unwrap();
    assert_eq!(target.origin().to_string(), "http://a.test:81");
}
