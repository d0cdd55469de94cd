//! Text from outside (files, engines, ssh), made fit for people to read.

/// Whether a character does something to a terminal, or to the order in which a line is read, in place of being seen.
pub fn is_harmful(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || reorders || matches!(c, '\u{2028}' | '\u{2029}')
}

/// One line of it.
pub fn tame(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_replaced_and_the_rest_stays() {
        assert_eq!(tame("a\u{1b}[2J\n\u{202e}b\u{7f}"), "a\u{fffd}[2J\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(tame("größer – 日本 👩‍💻"), "größer – 日本 👩‍💻");
    }
}
