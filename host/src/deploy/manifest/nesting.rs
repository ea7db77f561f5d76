//! How deep the brackets of a text are nested, found without recursion.
//!
//! The parser of TOML recurses, and its own guard of 80 levels loses count in texts whose brackets don't fit each other:
//! 10 KB of those overflow the stack, which ends the process. So depth is looked at before.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::ManifestError;

/// As deep as the parser goes by itself.
const DEEPEST: usize = 80;

/// Refuses a text with brackets nested too deep. A bracket that closes nothing is left to the parser to complain about:
/// the one it should have closed stays open, as it does in the parser.
pub(super) fn check(text: &str) -> Result<(), ManifestError> {
    let mut open = Vec::new();
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::LeftSquareBracket => open.push(TokenKind::RightSquareBracket),
            TokenKind::LeftCurlyBracket => open.push(TokenKind::RightCurlyBracket),
            closing if open.last() == Some(&closing) => drop(open.pop()),
            _ => {}
        }
        if open.len() > DEEPEST {
            let found =
                format!("brackets nested more than {DEEPEST} levels deep; expected a list of tables at most");
            return Err(ManifestError::at(
                text,
                token.span().start(),
                found,
                String::new(),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> String {
        format!("x = {}{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn depth_is_counted_and_brackets_in_texts_and_comments_are_not() {
        for text in [
            nested(80),
            "x = [1]\n".repeat(200),
            format!("x = '{}' # {}", "[".repeat(200), "{".repeat(200)),
            "[[a]]\nx = { b = [ { } ] }\n".repeat(200),
        ] {
            assert!(check(&text).is_ok(), "{text}");
        }
        let error = check(&format!("\n{}", nested(81))).unwrap_err().to_string();
        let expected =
            "line 2, column 85: brackets nested more than 80 levels deep; expected a list of tables at most";
        assert_eq!(error, expected);
    }

    /// At each `[]` in the place of a key the parser counts its depth down by one, and with the next `{` it goes deeper.
    #[test]
    fn brackets_that_lead_the_parser_astray_do_not_end_the_process() {
        let astray = format!("x = {{{}", "[]p{".repeat(100_000));
        assert!(check(&astray).is_err());
        let error = super::super::Manifest::parse(&astray, std::path::Path::new("")).unwrap_err();
        assert!(error.to_string().contains("nested"), "{error}");
    }
}
