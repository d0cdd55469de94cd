//! What a scalar means.
//!
//! docker compose reads YAML with go-yaml, whose rules are neither YAML 1.1's nor 1.2's: `yes`, `on` and `22:22` are
//! texts, `010` is 8, `0o10` too, `0b11` is 3, `1_000` is 1000 and `089` is the float 89.

use std::borrow::Cow;

use super::node::{Scalar, Style};
use crate::source::Text;

/// The type and value of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A text.
    Text,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A date or a point in time.
    Timestamp,
}

impl Scalar {
    /// What it means where it stands; quoted and substituted scalars are texts.
    pub fn kind(&self) -> Kind {
        if self.style == Style::Plain { plain_kind(&self.text) } else { Kind::Text }
    }

    /// The text, if it is one and not a number or the like.
    pub fn as_str(&self) -> Option<&str> {
        (self.kind() == Kind::Text).then_some(&*self.text)
    }

    /// The truth value; that of a text as well, in the words that docker compose casts: `true`, `yes`, `y`, `on` and
    /// their opposites, in any case.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind() {
            Kind::Bool(value) => Some(value),
            Kind::Text => match self.text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" | "on" => Some(true),
                "false" | "no" | "n" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The whole number; that of a text as well, in decimal.
    pub fn as_int(&self) -> Option<i64> {
        match self.kind() {
            Kind::Int(value) => Some(value),
            Kind::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Some(value as i64),
            Kind::Text => self.text.parse().ok(),
            _ => None,
        }
    }

    /// The number; that of a text as well.
    pub fn as_float(&self) -> Option<f64> {
        match self.kind() {
            Kind::Int(value) => Some(value as f64),
            Kind::Float(value) => Some(value),
            Kind::Text => self.text.parse().ok(),
            _ => None,
        }
    }

    /// The scalar as docker compose puts it where a text is wanted: `010` is `8`, `1e3` is `1000`, `1.0` is `1`.
    pub fn canonical(&self) -> Cow<'_, str> {
        match self.kind() {
            Kind::Text => Cow::Borrowed(&*self.text),
            Kind::Bool(value) => Cow::Owned(value.to_string()),
            Kind::Int(value) => Cow::Owned(value.to_string()),
            Kind::Float(value) => Cow::Owned(go_float(value)),
            Kind::Timestamp if self.text.len() == 10 => Cow::Owned(format!("{} 00:00:00 +0000 UTC", self.text)),
            Kind::Timestamp => Cow::Borrowed(&*self.text),
        }
    }
}

impl Scalar {
    /// [`Scalar::as_str`], shared.
    pub fn as_text(&self) -> Option<Text> {
        (self.kind() == Kind::Text).then(|| self.text.clone())
    }

    /// [`Scalar::canonical`], shared where it is as written.
    pub fn canonical_text(&self) -> Text {
        match self.canonical() {
            Cow::Borrowed(_) => self.text.clone(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl Kind {
    /// What it is, as a noun phrase.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Text => "a string",
            Kind::Bool(_) => "a boolean",
            Kind::Int(_) | Kind::Float(_) => "a number",
            Kind::Timestamp => "a date",
        }
    }
}

/// What a plain scalar means.
pub(super) fn plain_kind(text: &str) -> Kind {
    match text {
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        text => number(text).unwrap_or(if is_timestamp(text) { Kind::Timestamp } else { Kind::Text }),
    }
}

/// Whether a plain scalar means nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn number(text: &str) -> Option<Kind> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Kind::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Kind::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Some(Kind::Float(f64::NAN)),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) || text.starts_with("._") {
        return None;
    }
    let plain = text.replace('_', "");
    // go-yaml keeps the sign of a zero, which whole numbers have not.
    if plain == "-0" {
        return Some(Kind::Float(-0.0));
    }
    integer(&plain).map(Kind::Int).or_else(|| float(&plain).map(Kind::Float))
}

/// A whole number in base 10, 2 (`0b`), 8 (`0`, `0o`) or 16 (`0x`).
fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some(_) if lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, &*lower),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    i64::try_from(if negative { -value } else { value }).ok()
}

/// `1.5`, `.5`, `1.`, `1e3`; not what Rust reads beyond that (`inf`, `nan`).
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = unsigned.starts_with(|c: char| c.is_ascii_digit())
        || unsigned.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let allowed = unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if digits && allowed { text.parse().ok() } else { None }
}

/// `2001-01-01`, alone or with a time behind it.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let date =
        digits(0..4) && bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-') && digits(8..10);
    let time = |rest: &[u8]| matches!(rest[0], b'T' | b't' | b' ') && rest.get(1).is_some_and(u8::is_ascii_digit);
    date && (bytes.len() == 10 || time(&bytes[10..]))
}

/// A float as Go prints it: plainly unless it is very small or very large.
fn go_float(value: f64) -> String {
    if value == 0.0 || (1e-4..1e21).contains(&value.abs()) {
        return value.to_string();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        }
        .to_owned();
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, number) = exponent.strip_prefix('-').map_or(('+', exponent), |number| ('-', number));
            format!("{digits}e{sign}{number:0>2}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar { text: text.into(), style: Style::Plain }
    }

    #[test]
    fn types_are_those_of_docker_compose() {
        let cases = [
            ("yes", Kind::Text),
            ("on", Kind::Text),
            ("22:22", Kind::Text),
            ("true", Kind::Bool(true)),
            ("010", Kind::Int(8)),
            ("0o10", Kind::Int(8)),
            ("0b11", Kind::Int(3)),
            ("0x1F", Kind::Int(31)),
            ("1_000", Kind::Int(1000)),
            ("-5", Kind::Int(-5)),
            ("089", Kind::Float(89.0)),
            ("1.5", Kind::Float(1.5)),
            (".5", Kind::Float(0.5)),
            ("1e3", Kind::Float(1000.0)),
            ("2001-01-01", Kind::Timestamp),
            ("2001-01-01T00:00:00Z", Kind::Timestamp),
            ("2001-01-01x", Kind::Text),
            ("infinity", Kind::Text),
            ("1.2.3", Kind::Text),
            ("-", Kind::Text),
            ("+", Kind::Text),
            ("0x", Kind::Text),
        ];
        for (text, kind) in cases {
            assert_eq!(plain(text).kind(), kind, "{text}");
        }
        assert_eq!(Scalar { text: "8".into(), style: Style::Quoted }.kind(), Kind::Text);
        assert_eq!(["-0", "-0.", "0"].map(|text| plain(text).canonical().into_owned()), ["-0", "-0", "0"]);
    }

    #[test]
    fn a_text_is_cast_where_its_place_asks_for_it() {
        let substituted = |text: &str| Scalar { text: text.into(), style: Style::Substituted };
        assert_eq!(substituted("Yes").as_bool(), Some(true));
        assert_eq!(substituted("3").as_int(), Some(3));
        assert_eq!(substituted("1.5").as_float(), Some(1.5));
        assert_eq!(substituted("x").as_int(), None);
    }

    #[test]
    fn numbers_are_put_as_go_puts_them() {
        let cases = [("010", "8"), ("1e3", "1000"), ("1.0", "1"), ("0x1F", "31"), ("yes", "yes"), ("1e21", "1e+21")];
        for (text, shown) in cases {
            assert_eq!(plain(text).canonical(), shown, "{text}");
        }
        assert_eq!(plain("2001-01-01").canonical(), "2001-01-01 00:00:00 +0000 UTC");
    }
}
