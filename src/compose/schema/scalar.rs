//! Whether a scalar is what its place asks for.

use super::shape::{Scalar as Wanted, Shape};
use crate::compose::duration;
use crate::diagnostic::{Diagnostic, nearest};
use crate::units::{Bytes, Cpu};
use crate::yaml::{Kind, Scalar, Style};

/// The finding for a scalar that does not fit, without its place.
pub(super) fn check(scalar: &Scalar, wanted: Wanted, shape: &Shape, path: &dyn Fn() -> String) -> Option<Diagnostic> {
    let kind = scalar.kind();
    if kind != Kind::Text && fits_kind(scalar, kind, wanted) || kind == Kind::Text && fits_text(scalar, wanted) {
        return None;
    }
    let (text, path) = (&*scalar.text, path());
    let must_be = |found: &str| format!("`{path}` must be {}, not {found}", shape.noun());
    let finding = match (kind, wanted) {
        (Kind::Text, Wanted::Duration) => Diagnostic::error("C106", format!("`{path}` is no duration: `{text}`"))
            .help("units are us, ms, s, m, h, d and w, such as in `10s` or `1m30s`"),
        (Kind::Text, Wanted::Size | Wanted::SizeInteger | Wanted::SizeText) => {
            Diagnostic::error("C107", format!("`{path}` is no size: `{text}`"))
                .help("units are b, k, m, g, t and p, such as in `512m` or `1.5gb`")
        }
        (Kind::Text, Wanted::OneOf(words)) => {
            let finding = Diagnostic::error("C104", must_be(&format!("`{text}`")));
            match nearest(text, words.iter().copied()) {
                Some(word) => finding.help(format!("did you mean `{word}`?")),
                None => finding,
            }
        }
        (Kind::Text, _) => Diagnostic::error("C104", must_be(&format!("`{text}`"))),
        (Kind::Int(_), Wanted::Duration) => {
            Diagnostic::error("C104", must_be(kind.noun())).help(format!("write it with a unit: `{text}s`"))
        }
        (
            _,
            Wanted::Text
            | Wanted::Command
            | Wanted::Test
            | Wanted::SizeText
            | Wanted::OneOf(_)
            | Wanted::PullPolicy
            | Wanted::ContainerName
            | Wanted::TextOrInteger
            | Wanted::TextOrNumber
            | Wanted::Mode
            | Wanted::ModeNumber,
        ) => Diagnostic::error("C104", must_be(kind.noun())).help(format!("quote it: \"{text}\"")),
        (
            Kind::Int(_) | Kind::Float(_),
            Wanted::Integer | Wanted::Natural | Wanted::Within(..) | Wanted::Cpus | Wanted::Count,
        ) => Diagnostic::error("C104", must_be(&format!("`{text}`"))),
        _ => Diagnostic::error("C104", must_be(kind.noun())),
    };
    Some(match scalar.style {
        Style::Substituted if text.is_empty() => finding.note("it is blank after interpolation"),
        Style::Substituted => finding.note(format!("after interpolation it reads `{text}`")),
        Style::Plain | Style::Quoted => finding,
    })
}

/// Whether a boolean, number or date fits.
fn fits_kind(scalar: &Scalar, kind: Kind, wanted: Wanted) -> bool {
    let number = matches!(kind, Kind::Int(_) | Kind::Float(_));
    match wanted {
        Wanted::Text
        | Wanted::Command
        | Wanted::Test
        | Wanted::OneOf(_)
        | Wanted::PullPolicy
        | Wanted::ContainerName
        | Wanted::SizeText
        | Wanted::Duration => false,
        Wanted::Boolean | Wanted::StrictBoolean | Wanted::OptOut | Wanted::TextOrBoolean => {
            matches!(kind, Kind::Bool(_))
        }
        Wanted::Integer | Wanted::SizeInteger => scalar.as_int().is_some(),
        Wanted::Count | Wanted::TextOrInteger => matches!(kind, Kind::Int(_)),
        Wanted::Strictly(least, most) => matches!(kind, Kind::Int(it) if (least..=most).contains(&it)),
        Wanted::StrictNumber => number,
        Wanted::Natural => is_natural(scalar),
        Wanted::Within(least, most) => is_within(scalar, least, most),
        Wanted::Cpus => is_cpus(scalar),
        Wanted::Number(least) => scalar.as_float().is_some_and(|value| number && value >= least as f64),
        Wanted::Mode => matches!(kind, Kind::Int(_)),
        Wanted::Decimal | Wanted::TextOrNumber | Wanted::ModeNumber | Wanted::Size => number,
        Wanted::Any | Wanted::Option => kind != Kind::Timestamp,
    }
}

fn is_natural(scalar: &Scalar) -> bool {
    scalar.as_int().is_some_and(|number| u32::try_from(number).is_ok())
}

fn is_within(scalar: &Scalar, least: i64, most: i64) -> bool {
    scalar.as_int().is_some_and(|number| (least..=most).contains(&number))
}

fn is_cpus(scalar: &Scalar) -> bool {
    scalar.as_float().is_some() && Cpu::parse(&scalar.canonical()).is_ok()
}

fn is_pull_policy(text: &str) -> bool {
    let words = ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"];
    words.contains(&text) || text.strip_prefix("every_").is_some_and(is_times)
}

/// `1d12h`: one or more numbers, each with a unit.
fn is_times(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match rest[digits..].chars().next() {
            Some('w' | 'd' | 'h' | 'm' | 's') if digits > 0 => rest = &rest[digits + 1..],
            _ => return false,
        }
    }
    !text.is_empty()
}

/// Somewhere a letter or digit with one more character of a name behind it: so loosely docker compose has it.
fn is_container_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_alphanumeric() && allowed(pair[1]))
}

/// Whether a string fits, be it because it can be cast.
fn fits_text(scalar: &Scalar, wanted: Wanted) -> bool {
    let text = &*scalar.text;
    match wanted {
        Wanted::Text
        | Wanted::Command
        | Wanted::Test
        | Wanted::TextOrNumber
        | Wanted::TextOrInteger
        | Wanted::TextOrBoolean
        | Wanted::Any
        | Wanted::Option => true,
        Wanted::OneOf(words) => words.contains(&text),
        Wanted::StrictBoolean => false,
        Wanted::Boolean | Wanted::OptOut => scalar.as_bool().is_some(),
        Wanted::Integer => scalar.as_int().is_some(),
        Wanted::Number(least) => scalar.as_int().is_some_and(|value| value >= least),
        Wanted::Strictly(..) | Wanted::StrictNumber => false,
        Wanted::PullPolicy => is_pull_policy(text),
        Wanted::ContainerName => is_container_name(text),
        Wanted::Natural => is_natural(scalar),
        Wanted::Cpus => is_cpus(scalar),
        Wanted::Within(least, most) => is_within(scalar, least, most),
        Wanted::Decimal => scalar.as_float().is_some(),
        Wanted::Mode | Wanted::ModeNumber => i64::from_str_radix(text, 8).is_ok(),
        Wanted::Count => text == "all" || scalar.as_int().is_some(),
        Wanted::Size | Wanted::SizeInteger => Bytes::parse(text).is_ok() || text == "-1",
        Wanted::SizeText => Bytes::parse(text).is_ok(),
        Wanted::Duration => duration::parse(text).is_some(),
    }
}
