//! Splitting a command line into words, as docker compose does: like a shell, but without running anything.

/// The words of a line, and where splitting ended: docker compose drops everything from an unquoted `;`, `&`, `|`,
/// `<` or `>` on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// The words.
    pub words: Vec<String>,
    /// The operator from which on the line is dropped, if there is one.
    pub cut: Option<char>,
}

/// Splits a line. The error says what is wrong with it.
pub(super) fn split(line: &str) -> Result<Words, &'static str> {
    let mut out = Words::default();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', Some('\'')) => word.get_or_insert_default().push(c),
            ('\\', _) => word.get_or_insert_default().push(chars.next().ok_or("it ends with a backslash")?),
            (' ' | '\t' | '\r' | '\n', None) => out.words.extend(word.take()),
            ('"' | '\'', None) => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            ('"' | '\'', Some(open)) if open == c => quote = None,
            // Kept as they are: nothing is run, but what stands between them is one word.
            ('`', None) => {
                word.get_or_insert_default().push(c);
                quote = Some('`');
            }
            ('(', None) if word.as_ref().is_some_and(|word| word.ends_with('$')) => {
                word.get_or_insert_default().push(c);
                quote = Some(')');
            }
            ('(' | ')', None) => return Err("a bracket stands outside of quotes"),
            ('`' | ')', Some(open)) if open == c => {
                word.get_or_insert_default().push(c);
                quote = None;
            }
            (';' | '&' | '|' | '<' | '>', None) => {
                // The number of a redirection, such as in `2>file`, is a part of it.
                let number = |word: &String| c == '>' && word.starts_with(|first: char| first.is_ascii_digit());
                out.cut = Some(c);
                word = word.filter(|word| !number(word));
                break;
            }
            (other, _) => word.get_or_insert_default().push(other),
        }
    }
    out.words.extend(word);
    match quote {
        None => Ok(out),
        Some(')') => Err("`$(` is not closed"),
        Some('`') => Err("a backtick is not closed"),
        Some(_) => Err("a quote is not closed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_docker_compose() {
        let cases: [(&str, &[&str]); 9] = [
            ("a b  c", &["a", "b", "c"]),
            ("sh -c 'echo \"x y\"'", &["sh", "-c", "echo \"x y\""]),
            ("a \"b \\\" c\" d\\ e", &["a", "b \" c", "d e"]),
            ("a''b", &["ab"]),
            ("'' x", &["", "x"]),
            ("  ", &[]),
            ("a\n b", &["a", "b"]),
            ("a $(b c) `d e`", &["a", "$(b c)", "`d e`"]),
            ("a \"(\" '&&'", &["a", "(", "&&"]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).unwrap().words, words, "{line}");
        }
        for line in ["'a", "\"a", "a\\", "a (b)", "$(a"] {
            assert!(split(line).is_err(), "{line}");
        }
    }

    #[test]
    fn an_operator_ends_the_command() {
        let cut = split("a b && c").unwrap();
        assert_eq!((cut.words, cut.cut), (vec!["a".to_owned(), "b".to_owned()], Some('&')));
        assert_eq!(split("a 2>x").unwrap().words, ["a"]);
    }
}
