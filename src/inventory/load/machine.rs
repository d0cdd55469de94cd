//! One machine.

use std::path::Path;

use indexmap::IndexMap;

use super::endpoint;
use super::reader::Reader;
use crate::diagnostic::{Diagnostic, Severity};
use crate::inventory::model::{Availability, Endpoint, Machine, TlsFiles};
use crate::source::{Span, Spanned};
use crate::units::{Bytes, Cpu, PortRange, Resource, UnitError};
use crate::yaml::{Mapping, Node, Scalar};

/// The keys of a machine.
pub(super) const KEYS: &[&str] = &[
    "name",
    "endpoint",
    "tls",
    "address",
    "cpus",
    "memory",
    "disk",
    "gpus",
    "resources",
    "labels",
    "platform",
    "reserve",
    "ports",
    "reserved_ports",
    "cost",
    "target",
    "availability",
];
/// The amounts of a machine, and what `reserve` and `unsized` may name.
pub(super) const AMOUNT_KEYS: &[&str] = &["cpus", "memory", "disk", "gpus"];
/// The keys of `tls`.
pub(super) const TLS_KEYS: &[&str] = &["ca", "cert", "key"];

/// The machine `name`, whose entry stands at `span`. What has the wrong form is reported and left out.
pub(super) fn machine(name: Spanned<String>, entries: &Mapping, span: Span, reader: &mut Reader) -> Machine {
    reader.known_keys(entries, KEYS, "a machine");
    let availability = availability(entries, reader).unwrap_or(Spanned::new(Availability::Active, name.span));
    let mut capacity = amounts(entries, reader);
    capacity.extend(resources(entries, reader));
    let reserve = reserve(entries, &capacity, reader);
    Machine {
        endpoint: endpoint(&name, entries, availability.value, reader),
        address: address(&name.value, entries, reader),
        labels: labels(entries, reader),
        platform: platform(entries, reader),
        ports: match entries.get("ports").and_then(|entry| reader.ports(&entry.value)) {
            Some(range) => range.value,
            None => PortRange::DEFAULT,
        },
        reserved_ports: reserved_ports(entries, reader),
        cost: reader.read(entries, "cost", "I102", "a number from 0", |scalar| {
            scalar.as_float().filter(|cost| *cost >= 0.0 && cost.is_finite())
        }),
        target: reader.read(entries, "target", "I102", "a percentage such as 80%", |scalar| percentage(&scalar.text)),
        name,
        capacity,
        reserve,
        availability,
        span,
    }
}

/// `80%`: above 0, at most 100.
fn percentage(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.trim_end().parse().ok()?;
    (number > 0.0 && number <= 100.0).then_some(number / 100.0)
}

/// The amounts among the entries.
pub(super) fn amounts(entries: &Mapping, reader: &mut Reader) -> IndexMap<Resource, Spanned<u64>> {
    let mut amounts = IndexMap::new();
    for key in AMOUNT_KEYS {
        let Some(entry) = entries.get(key) else { continue };
        let parse = |text: &str| match *key {
            "cpus" => Cpu::parse(text).map(|cpu| cpu.0),
            "memory" | "disk" => Bytes::parse(text).map(|bytes| bytes.0),
            _ => count(text),
        };
        if let Some(amount) = reader.amount(key, &entry.value, parse) {
            amounts.insert(Resource((*key).to_owned()), amount);
        }
    }
    amounts
}

/// `resources`: amounts by names of the user's own.
pub(super) fn resources(entries: &Mapping, reader: &mut Reader) -> IndexMap<Resource, Spanned<u64>> {
    let mut resources = IndexMap::new();
    let Some(entry) = entries.get("resources") else { return resources };
    let Some(named) = reader.mapping(&entry.value, "`resources`") else { return resources };
    for (name, entry) in named {
        if AMOUNT_KEYS.contains(&&**name) {
            let help = "write it beside `resources`, not under it";
            reader.report("I101", entry.key, &format!("`{name}` is no resource of your own"), Some(help));
        } else if let Some(amount) = reader.amount(name, &entry.value, count) {
            resources.insert(Resource(name.to_string()), amount);
        }
    }
    resources
}

fn count(text: &str) -> Result<u64, UnitError> {
    let syntax = || UnitError::Syntax { text: text.to_owned(), expected: "a whole number from 0" };
    text.parse::<u32>().map(u64::from).map_err(|_| syntax())
}

/// `reserve`: what is kept back for the system.
pub(super) fn reserve(
    entries: &Mapping,
    capacity: &IndexMap<Resource, Spanned<u64>>,
    reader: &mut Reader,
) -> IndexMap<Resource, Spanned<u64>> {
    let Some(entry) = entries.get("reserve") else { return IndexMap::new() };
    let Some(kept) = reader.mapping(&entry.value, "`reserve`") else { return IndexMap::new() };
    reader.known_keys(kept, AMOUNT_KEYS, "`reserve`");
    let reserve = amounts(kept, reader);
    too_much_reserved(capacity, &reserve, reader);
    reserve
}

fn too_much_reserved(
    capacity: &IndexMap<Resource, Spanned<u64>>,
    reserve: &IndexMap<Resource, Spanned<u64>>,
    reader: &mut Reader,
) {
    for (resource, kept) in reserve {
        if let Some(all) = capacity.get(resource).filter(|all| kept.value > all.value) {
            let (kept_text, all_text) = (resource.show(kept.value), resource.show(all.value));
            let message = format!("more {resource} is kept back than the machine has: nothing can run on it");
            let finding = Diagnostic::new("I109", Severity::Warning, message);
            reader.diagnostics.push(
                finding.label(kept.span, format!("keeps back {kept_text}")).label(all.span, format!("has {all_text}")),
            );
        }
    }
}

fn endpoint(
    name: &Spanned<String>,
    entries: &Mapping,
    availability: Availability,
    reader: &mut Reader,
) -> Spanned<Endpoint> {
    // A machine that is down is never asked; for one that has no valid endpoint an error is reported.
    let fallback = Endpoint::Ssh { user: None, host: name.value.clone(), port: None };
    let tls = tls(entries, reader);
    let help = format!("endpoint: ssh://user@{}", name.value);
    if !entries.contains_key("endpoint") {
        if availability != Availability::Down && !reader.is_told("I105", name.span) {
            let message = format!("machine `{}` has no endpoint", name.value);
            reader.report("I105", name.span, &message, Some(&help));
        }
        return Spanned::new(fallback, name.span);
    }
    let Some(written) = reader.text(entries, "endpoint") else { return Spanned::new(fallback, name.span) };
    let text = written.value.replace("{name}", &name.value);
    let endpoint = match (endpoint::parse(&text), tls) {
        (Ok(Endpoint::Tcp { host, port, .. }), tls) => Endpoint::Tcp { host, port, tls: tls.map(|tls| tls.value) },
        (Ok(endpoint), None) => endpoint,
        (Ok(endpoint), Some(tls)) => {
            reader.report("I105", tls.span, "`tls` is for `tcp://` endpoints only", Some("remove it"));
            endpoint
        }
        (Err(what), _) => {
            reader.report("I105", written.span, &format!("`{text}` is no endpoint: {what}"), Some(&help));
            fallback
        }
    };
    Spanned::new(endpoint, written.span)
}

fn tls(entries: &Mapping, reader: &mut Reader) -> Option<Spanned<TlsFiles>> {
    let node = &entries.get("tls")?.value;
    let files = reader.mapping(node, "`tls`")?;
    reader.known_keys(files, TLS_KEYS, "`tls`");
    let folder = reader.folder.clone();
    let mut file = |key: &str| {
        if !files.contains_key(key) {
            reader.report("I105", node.span, &format!("`tls` needs `{key}`"), Some("give `ca`, `cert` and `key`"));
        }
        let written = reader.text(files, key)?.value;
        Some(folder.join(Path::new(&written)).to_string_lossy().into_owned())
    };
    let (ca, cert, key) = (file("ca"), file("cert"), file("key"));
    Some(Spanned::new(TlsFiles { ca: ca?, cert: cert?, key: key? }, node.span))
}

fn address(name: &str, entries: &Mapping, reader: &mut Reader) -> Option<Spanned<String>> {
    reader.read(entries, "address", "I102", "a host name or an IP address", |scalar| {
        Some(scalar.text.replace("{name}", name)).filter(|address| endpoint::is_host(address))
    })
}

/// A mapping, or a list of `key=value`.
fn labels(entries: &Mapping, reader: &mut Reader) -> IndexMap<String, Spanned<String>> {
    let Some(entry) = entries.get("labels") else { return IndexMap::new() };
    let value = |node: &Node| node.as_scalar().map(|scalar| scalar.canonical().into_owned());
    let mut labels = IndexMap::new();
    if let Some(items) = entry.value.as_sequence() {
        for item in items {
            let text = value(item).unwrap_or_default();
            match text.split_once('=') {
                Some((key, value)) => {
                    labels.insert(key.trim().to_owned(), Spanned::new(value.trim().to_owned(), item.span));
                }
                None => reader.report("I102", item.span, "a label in a list is `key=value`", None),
            }
        }
    } else if let Some(mapping) = reader.mapping(&entry.value, "`labels`") {
        for (key, entry) in mapping {
            match value(&entry.value) {
                Some(value) => {
                    labels.insert(key.to_string(), Spanned::new(value, entry.value.span));
                }
                None if entry.value.is_null() => {
                    labels.insert(key.to_string(), Spanned::new(String::new(), entry.value.span));
                }
                None => {
                    let message = format!("the label `{key}` must be a string, not {}", entry.value.noun());
                    reader.report("I102", entry.value.span, &message, None);
                }
            }
        }
    }
    labels
}

pub(super) fn platform(entries: &Mapping, reader: &mut Reader) -> Option<Spanned<String>> {
    reader.read(entries, "platform", "I102", "a platform such as `linux/amd64`", |scalar| {
        let parts: Vec<&str> = scalar.text.split('/').collect();
        let word =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        ((2..=3).contains(&parts.len()) && parts.iter().all(word)).then(|| scalar.text.to_string())
    })
}

fn reserved_ports(entries: &Mapping, reader: &mut Reader) -> Vec<Spanned<PortRange>> {
    let Some(entry) = entries.get("reserved_ports") else { return Vec::new() };
    let items = entry.value.as_sequence().unwrap_or(std::slice::from_ref(&entry.value));
    items.iter().filter_map(|item| reader.ports(item)).collect()
}

fn availability(entries: &Mapping, reader: &mut Reader) -> Option<Spanned<Availability>> {
    let word = |scalar: &Scalar| match &*scalar.text {
        "active" => Some(Availability::Active),
        "drain" => Some(Availability::Drain),
        "down" => Some(Availability::Down),
        _ => None,
    };
    reader.read(entries, "availability", "I102", "`active`, `drain` or `down`", word)
}
