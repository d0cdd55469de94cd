//! Names of machines: `one`, or `node-{01..20}` for many alike.

use super::reader::Reader;
use crate::source::{Span, Spanned};
use crate::yaml::Mapping;

/// The names that a machine's entry gives, with the place of its `name`.
pub(super) fn of(entries: &Mapping, span: Span, reader: &mut Reader) -> Option<Spanned<Vec<String>>> {
    if !entries.contains_key("name") {
        reader.report("I108", span.at_start(), "a machine needs a name", Some("name: one"));
        return None;
    }
    let written = reader.text(entries, "name")?;
    match expand(&written.value) {
        Ok(names) => Some(Spanned::new(names, written.span)),
        Err(what) => {
            reader.report("I108", written.span, &format!("`{}` cannot be a name: {what}", written.value), None);
            None
        }
    }
}

/// The names of a pattern. Numbers keep their leading zeros. The error says what is wrong.
fn expand(pattern: &str) -> Result<Vec<String>, &'static str> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return is_name(pattern).map(|()| vec![pattern.to_owned()]);
    };
    let (range, after) = rest.split_once('}').ok_or("the `{` is not closed")?;
    let (first, last) = range.split_once("..").ok_or("between `{` and `}` stands a range such as `01..20`")?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| digits).ok_or("a range goes from one number to another")
    };
    let (low, high) = (number(first)?, number(last)?);
    if low > high {
        return Err("the range ends before it begins");
    }
    if (high - low) as usize >= super::MAX_MACHINES {
        return Err("the range is too long");
    }
    is_name(&format!("{before}0{after}"))?;
    let width = if first.starts_with('0') { first.len() } else { 0 };
    Ok((low..=high).map(|number| format!("{before}{number:0width$}{after}")).collect())
}

fn is_name(name: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match name.bytes().next() {
        None => Err("it is empty"),
        Some(b'-' | b'.') => Err("it must begin with a letter, a digit or `_`"),
        Some(_) if !name.bytes().all(allowed) => Err("it may hold only letters, digits, `-`, `_` and `.`"),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_give_many_names() {
        assert_eq!(expand("one").unwrap(), ["one"]);
        assert_eq!(expand("node-{08..10}.x").unwrap(), ["node-08.x", "node-09.x", "node-10.x"]);
        assert_eq!(expand("n{9..10}").unwrap(), ["n9", "n10"]);
        for pattern in ["", "-a", "a b", "a;b", "a{1..", "a{1}", "a{2..1}", "a{1..99999}", "a{1..2}{1..2}", "a{x..y}"] {
            assert!(expand(pattern).is_err(), "{pattern}");
        }
    }
}
