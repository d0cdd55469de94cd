//! `extra_hosts`.

use std::sync::Arc;

use super::forms::{text, text_of};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// A mapping of host names, or a list of `name:address`, becomes a list of `name=address`.
pub(super) fn hosts(node: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut list = Vec::new();
    let mut bad = |what: String, place: Span| {
        diagnostics
            .push(Diagnostic::error("C104", what).label(place, "").help("write `NAME=ADDRESS`, such as `db=10.0.0.2`"));
    };
    match &node.value {
        Value::Sequence(items) => {
            for item in items.iter() {
                let Some(written) = text_of(item) else { continue };
                let pair = written.split_once('=').or_else(|| written.split_once(':'));
                let Some((name, addresses)) = pair else {
                    bad(format!("the host `{written}` has no address"), item.span);
                    continue;
                };
                if name.is_empty() {
                    bad("a host has no name".to_owned(), item.span);
                }
                list.extend(addresses.split(',').map(|address| host(name, address, item.span)));
            }
        }
        Value::Mapping(mapping) => {
            for (name, entry) in mapping.iter() {
                let addresses = match &entry.value.value {
                    Value::Sequence(items) => items.as_slice(),
                    _ => std::slice::from_ref(&entry.value),
                };
                for address in addresses {
                    let Some(written) = text_of(address) else { continue };
                    list.push(host(name, written, address.span));
                }
            }
        }
        Value::Null | Value::Scalar(_) => return,
    }
    node.value = Value::Sequence(Arc::new(list));
}

/// `name=address`, without the brackets of IPv6.
fn host(name: &str, address: &str, span: Span) -> Node {
    let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']')).unwrap_or(address);
    text(format!("{name}={bare}"), span)
}
