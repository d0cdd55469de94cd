//! Published ports in their canonical form.

use std::sync::Arc;

use indexmap::IndexMap;

use super::scalar::{plain, quoted};
use super::{entries, put, text, value};
use crate::compose::decode::ports::short;
use crate::compose::model::Port;
use crate::compose::schema::service::PORT_ENTRY;
use crate::source::{Span, Spanned, Text};
use crate::yaml::{Mapping, Node, Value};

/// Sets the ports of a service, of which `node` is what the files say. Of several that are the same the last counts.
pub(super) fn ports(service: &mut Mapping, node: &Node) {
    let Some(written) = node.get("ports") else { return };
    let mut ports: IndexMap<[String; 4], Node> = IndexMap::new();
    for item in written.as_sequence().unwrap_or_default() {
        let read = match item.as_scalar() {
            Some(scalar) => match short(item, &scalar.canonical()) {
                Ok(read) => read.iter().map(from_short).collect(),
                // Of what is left as it is written nothing is known.
                Err(_) => vec![value::untyped(item)],
            },
            None => vec![from_long(item)],
        };
        ports.extend(read.into_iter().map(|port| (identity(&port), port)));
    }
    service.remove("ports");
    if !ports.is_empty() {
        put(service, "ports", written.span, Value::Sequence(Arc::new(ports.into_values().collect())));
    }
}

fn identity(port: &Node) -> [String; 4] {
    let field = |key: &str| port.get(key).and_then(text).or_else(|| text(port)).unwrap_or_default();
    let host_ip = Some(field("host_ip")).filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".to_owned());
    [host_ip, field("published"), field("target"), field("protocol")]
}

fn from_long(item: &Node) -> Node {
    let mut fields = value::value(item, &PORT_ENTRY).map(entries).unwrap_or_default();
    for (key, default) in [("mode", "ingress"), ("protocol", "tcp")] {
        if item.get(key).is_none() {
            put(&mut fields, key, item.span.at_start(), quoted(default));
        }
    }
    fields.sort_keys();
    Node::new(Value::Mapping(Arc::new(fields)), item.span)
}

fn from_short(port: &Port) -> Node {
    let mut fields = Mapping::new();
    let mut text = |key: &str, value: Option<(Text, Span)>| {
        if let Some((value, span)) = value {
            put(&mut fields, key, span, quoted(value));
        }
    };
    let published = port.published.as_ref().map(|range| (range.value.to_string().into(), range.span));
    let any = port.any_published.then(|| ("0".into(), port.span));
    let Spanned { value: protocol, span } = &port.protocol;
    text("host_ip", port.host_ip.as_ref().map(|ip| (ip.value.to_string().into(), ip.span)));
    text("mode", Some(("ingress".into(), port.span)));
    text("protocol", Some((protocol.clone(), *span)));
    text("published", published.or(any));
    put(&mut fields, "target", port.target.span, plain(port.target.value.to_string()));
    Node::new(Value::Mapping(Arc::new(fields)), port.span)
}
