//! Text as HTML has it: nothing of what comes from files, engines or monitors is ever markup.

use crate::view::style::safe;

/// A text that stands in an element or in an attribute between quotes.
pub(super) fn text(text: impl ToString) -> String {
    let text = safe(&text.to_string());
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The same, with its lines kept apart, and what stands between backticks as code.
pub(super) fn lines(lines: &str) -> String {
    let escaped = text(lines).replace('\n', "<br>");
    let parts: Vec<&str> = escaped.split('`').collect();
    // An odd one is no bracket.
    if parts.len().is_multiple_of(2) {
        return escaped;
    }
    let part = |(index, part): (usize, &&str)| match index % 2 {
        0 => (*part).to_owned(),
        _ => format!("<code>{part}</code>"),
    };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        assert_eq!(text("<script>alert('1')</script>"), "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
        assert_eq!(text(r#"" onmouseover="x"#), "&quot; onmouseover=&quot;x");
        assert_eq!(text("a&amp;b"), "a&amp;amp;b");
        assert_eq!(text("größer – 日本"), "größer – 日本");
    }

    #[test]
    fn what_is_not_seen_is_replaced() {
        assert_eq!(text("a\u{202e}b\u{0}"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn only_our_own_line_breaks_are_markup() {
        assert_eq!(lines("a\n<br>b"), "a<br>&lt;br&gt;b");
    }

    #[test]
    fn names_between_backticks_are_code() {
        assert_eq!(
            lines("no place for 1 of `web`, 2 of `<b>`"),
            "no place for 1 of <code>web</code>, 2 of <code>&lt;b&gt;</code>"
        );
        assert_eq!(lines("a ` alone"), "a ` alone");
    }
}
