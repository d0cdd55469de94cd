//! A scalar as its place asks for it.

use std::sync::Arc;

use crate::compose::schema::shape::Scalar as Wanted;
use crate::compose::{duration, shell};
use crate::units::Bytes;
use crate::yaml::{Kind, Node, Scalar, Style, Value};

/// The canonical value of `scalar`; what does not fit stays as it is, as text: a finding tells of it.
pub(super) fn canonical(scalar: &Scalar, wanted: Wanted, node: &Node) -> Value {
    let converted = match wanted {
        Wanted::Boolean | Wanted::StrictBoolean | Wanted::OptOut => {
            scalar.as_bool().map(|value| plain(value.to_string()))
        }
        Wanted::Integer | Wanted::Natural | Wanted::Within(..) | Wanted::Strictly(..) => {
            scalar.as_int().map(|value| plain(value.to_string()))
        }
        // A whole number for docker compose, which cuts off what is behind the point.
        Wanted::Number(_) | Wanted::StrictNumber => {
            scalar.as_float().filter(|it| it.is_finite()).map(|it| plain((it.trunc() as i64).to_string()))
        }
        Wanted::Decimal | Wanted::Cpus => number(scalar),
        Wanted::Count if &*scalar.text == "all" => Some(plain("-1")),
        Wanted::Count => scalar.as_int().map(|value| plain(value.to_string())),
        Wanted::Size | Wanted::SizeInteger | Wanted::SizeText => bytes(scalar),
        Wanted::Duration => duration::parse(&scalar.text).map(|value| quoted(duration::in_go(value))),
        Wanted::Mode => mode(scalar).map(|mode| quoted(octal(mode))),
        Wanted::ModeNumber => mode(scalar).map(|mode| plain(mode.to_string())),
        Wanted::Command => shell::split(&scalar.text).ok().map(|line| list(line.words, node)),
        Wanted::Test => Some(list(["CMD-SHELL".to_owned(), scalar.text.to_string()], node)),
        Wanted::Option => Some(list([scalar.canonical().into_owned()], node)),
        Wanted::PullPolicy if &*scalar.text == "if_not_present" => Some(quoted("missing")),
        Wanted::Text
        | Wanted::OneOf(_)
        | Wanted::PullPolicy
        | Wanted::ContainerName
        | Wanted::TextOrNumber
        | Wanted::TextOrInteger
        | Wanted::TextOrBoolean
        | Wanted::Any => None,
    };
    converted.unwrap_or_else(|| quoted(&*scalar.canonical()))
}

/// A scalar where anything may stand: of the type that it has by itself.
pub(super) fn untyped(scalar: &Scalar) -> Value {
    match scalar.kind() {
        Kind::Bool(_) | Kind::Int(_) => plain(&*scalar.canonical()),
        Kind::Float(value) if value.is_finite() => plain(&*scalar.canonical()),
        _ => quoted(&*scalar.canonical()),
    }
}

/// A number or truth value.
pub(super) fn plain(text: impl Into<Arc<str>>) -> Value {
    Value::Scalar(Scalar { text: text.into(), style: Style::Plain })
}

/// A string.
pub(super) fn quoted(text: impl Into<Arc<str>>) -> Value {
    Value::Scalar(Scalar { text: text.into(), style: Style::Quoted })
}

fn list(words: impl IntoIterator<Item = String>, node: &Node) -> Value {
    Value::Sequence(Arc::new(words.into_iter().map(|word| Node::new(quoted(word), node.span)).collect()))
}

/// docker compose keeps such numbers with single precision.
fn number(scalar: &Scalar) -> Option<Value> {
    match scalar.as_int() {
        Some(whole) => Some(plain(whole.to_string())),
        None => Some(plain((scalar.as_float().filter(|value| value.is_finite())? as f32).to_string())),
    }
}

fn bytes(scalar: &Scalar) -> Option<Value> {
    // docker compose knows whole numbers and texts; anything else it takes for nothing.
    if matches!(scalar.kind(), Kind::Float(_)) {
        return Some(quoted("0"));
    }
    match scalar.as_int() {
        Some(whole) => Some(quoted(whole.to_string())),
        None => Some(quoted(Bytes::parse(&scalar.canonical()).ok()?.0.to_string())),
    }
}

fn octal(mode: i64) -> String {
    if mode < 0 { format!("0-{:o}", mode.unsigned_abs()) } else { format!("0{mode:o}") }
}

fn mode(scalar: &Scalar) -> Option<i64> {
    match scalar.kind() {
        Kind::Int(mode) => Some(mode),
        Kind::Text => i64::from_str_radix(&scalar.text, 8).ok(),
        _ => None,
    }
}
