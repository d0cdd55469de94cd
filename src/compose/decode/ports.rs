//! Published ports: see the Compose Specification, "ports".

use std::net::IpAddr;

use indexmap::IndexMap;

use super::Decoder;
use super::fields::{Fields, exact};
use crate::compose::ENGINE_REFUSES;
use crate::compose::model::Port;
use crate::compose::normalise::part_span;
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned, Text, word};
use crate::units::PortRange;
use crate::yaml::Node;

/// What makes two entries the same: address, published, target, protocol.
type Identity = (Option<IpAddr>, Option<PortRange>, u16, Text);

/// A part of an entry and where it stands.
type Part<'t> = (&'t str, Span);

impl Decoder<'_, '_> {
    /// The ports of a service, equal ranges taken apart; an entry that is there twice counts once.
    pub(super) fn ports(&mut self, fields: Fields) -> Vec<Port> {
        let mut ports: IndexMap<Identity, Port> = IndexMap::new();
        for item in fields.items("ports") {
            if self.ports_left == 0 {
                break;
            }
            let read = match item.as_scalar() {
                Some(scalar) => short(item, &scalar.canonical()),
                None => long(item),
            };
            match read {
                Ok(read) if read.len() > self.ports_left => {
                    self.ports_left = 0;
                    self.loader.diagnostics.push(bad(item.span, "the project publishes too many ports".to_owned()));
                }
                Ok(read) => {
                    self.ports_left -= read.len();
                    ports.extend(read.into_iter().map(|port| (identity(&port), port)));
                }
                Err(finding) => self.loader.diagnostics.push(finding),
            }
        }
        exact(ports.into_values())
    }
}

fn identity(port: &Port) -> Identity {
    let host_ip = port.host_ip.as_ref().map(|ip| ip.value);
    let published = port.published.as_ref().map(|range| range.value);
    (host_ip, published, port.target.value, port.protocol.value.clone())
}

/// `[[HOST_IP:][PUBLISHED]:]TARGET[/PROTOCOL]`, of which both numbers may be ranges.
pub(in crate::compose) fn short(item: &Node, text: &str) -> Result<Vec<Port>, Diagnostic> {
    let part = |start: usize, end: usize| (&text[start..end], part_span(item, text, &(start..end)));
    let slash = text.find('/').unwrap_or(text.len());
    let before_target = text[..slash].rfind(':');
    let target = part(before_target.map_or(0, |colon| colon + 1), slash);
    let host = &text[..before_target.unwrap_or(0)];
    let before_published = host.rfind(':').filter(|colon| *colon + 1 == host.len() || !host.ends_with(']'));
    let published = part(before_published.map_or(0, |colon| colon + 1), host.len());
    let host_ip = before_published.map(|colon| part(0, colon));
    let protocol = part((slash + 1).min(text.len()), text.len());
    if target.0.is_empty() {
        return Err(bad(target.1, format!("`{text}` names no container port"))
            .help("write `HOST:CONTAINER`, such as `8080:80`"));
    }
    let host_ip = host_ip.filter(|(ip, _)| !ip.is_empty()).map(address).transpose()?.map(Box::new);
    let protocol = protocol_of(Some(protocol).filter(|(name, _)| !name.is_empty()), item.span)?;
    let any_published = published.0 == "0";
    let published = if published.0.is_empty() { None } else { host_range(published)? };
    let template = Port {
        any_published,
        span: item.span,
        host_ip,
        published,
        target: Spanned::new(0, target.1),
        protocol,
        mode: None,
        name: None,
        app_protocol: None,
    };
    expand(&template, range(target)?)
}

/// A mapping with `target` and its like.
fn long(item: &Node) -> Result<Vec<Port>, Diagnostic> {
    let fields = Fields::of(item);
    let Some(target) = fields.node("target") else {
        return Err(bad(item.span, "a port needs a `target`".to_owned()).help("target: 80"));
    };
    let text = |key: &str| {
        let node = fields.node(key)?;
        Some((node.as_scalar()?.canonical().into_owned(), node.span))
    };
    let Some((number, _)) = text("target") else { return Ok(Vec::new()) };
    if let Some((_, span)) = text("host_ip").filter(|(ip, _)| ip.is_empty()) {
        return Err(bad(span, "the host's address is blank".to_owned()).help("remove `host_ip`, or name an address"));
    }
    let part = |text: &Option<(String, Span)>| text.clone().filter(|(text, _)| !text.is_empty());
    let (ip, published, protocol) = (part(&text("host_ip")), part(&text("published")), part(&text("protocol")));
    let borrow = |text: &'_ Option<(String, Span)>| text.as_ref().map(|(text, span)| (text.clone(), *span));
    let template = Port {
        any_published: published.as_ref().is_some_and(|(text, _)| text == "0"),
        span: item.span,
        host_ip: borrow(&ip).map(|(ip, span)| address((&ip, span))).transpose()?.map(Box::new),
        published: borrow(&published)
            .map(|(text, span)| host_range((&text, span)).map_err(engine))
            .transpose()?
            .flatten(),
        target: Spanned::new(0, target.span),
        protocol: match &protocol {
            Some((name, span)) => Spanned::new(name.to_ascii_lowercase().into(), *span),
            None => Spanned::new(word("tcp"), item.span),
        },
        mode: fields.text("mode").map(Box::new),
        name: fields.text("name").map(Box::new),
        app_protocol: fields.text("app_protocol").map(Box::new),
    };
    let looked_at = number.starts_with('-');
    expand(&template, range((&number, target.span)).map_err(|it| if looked_at { it } else { engine(it) })?)
}

/// docker compose itself looks no closer at these.
fn engine(finding: Diagnostic) -> Diagnostic {
    Diagnostic { code: ENGINE_REFUSES, ..finding }
}

/// One port for each of the container's; a range on both sides pairs them off.
fn expand(template: &Port, targets: PortRange) -> Result<Vec<Port>, Diagnostic> {
    let published = template.published.as_ref().map(|range| range.value);
    let pairs = match published {
        Some(range) if targets.count() > 1 && range.count() != targets.count() => {
            let (host, container) = (range.count(), targets.count());
            let message = format!("{host} host ports cannot be paired with {container} container ports");
            return Err(bad(template.span, message).help("make both ranges equally long"));
        }
        published => published.filter(|_| targets.count() > 1),
    };
    let port = |target: u16| {
        let mut port = template.clone();
        port.target.value = target;
        if let (Some(range), Some(published)) = (pairs, &mut port.published) {
            published.value = PortRange::one(range.first + (target - targets.first));
        }
        port
    };
    Ok((targets.first..=targets.last).map(port).collect())
}

fn range((text, span): Part) -> Result<PortRange, Diagnostic> {
    PortRange::parse(text).map_err(|error| bad(span, error.to_string()))
}

/// The host's side; port 0 means that any will do.
fn host_range(part: Part) -> Result<Option<Spanned<PortRange>>, Diagnostic> {
    if part.0 == "0" { Ok(None) } else { Ok(Some(Spanned::new(range(part)?, part.1))) }
}

fn address((text, span): Part) -> Result<Spanned<IpAddr>, Diagnostic> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let help = "write an address of the host, such as `127.0.0.1` or `[::1]`";
    let parsed = bare.parse().map_err(|_| bad(span, format!("`{text}` is no IP address")).help(help))?;
    Ok(Spanned::new(parsed, span))
}

fn protocol_of(part: Option<Part>, whole: Span) -> Result<Spanned<Text>, Diagnostic> {
    let Some((text, span)) = part else { return Ok(Spanned::new(word("tcp"), whole)) };
    let name = text.to_ascii_lowercase();
    if matches!(&*name, "tcp" | "udp" | "sctp") {
        Ok(Spanned::new(name.into(), span))
    } else {
        Err(bad(span, format!("`{text}` is no protocol")).help("use `tcp`, `udp` or `sctp`"))
    }
}

fn bad(span: Span, message: String) -> Diagnostic {
    Diagnostic::error("C108", message).label(span, "")
}
