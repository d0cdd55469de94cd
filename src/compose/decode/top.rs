//! What a project declares: its services, networks, volumes, configs and secrets.

use std::path::PathBuf;

use super::Decoder;
use super::fields::Fields;
use crate::compose::model::{AddressPool, Compose, External, FileSource, Network, Volume};
use crate::map::Map;
use crate::source::Span;
use crate::yaml::Node;

impl Decoder<'_, '_> {
    /// The project of a merged tree, without its name. Services none of whose profiles is among `profiles` are inactive.
    pub(in crate::compose) fn project(&mut self, root: &Node, profiles: &[String]) -> Compose {
        let fields = Fields::of(root);
        let mut compose = Compose {
            networks: each(fields, "networks", network),
            volumes: each(fields, "volumes", volume),
            configs: each(fields, "configs", file_source),
            secrets: each(fields, "secrets", file_source),
            models: fields.entries("models").map(|(name, span, _)| (name.clone(), span)).collect(),
            extensions: fields.extensions(),
            ..Compose::default()
        };
        // Services are large: a table that grows by doubling would be copied, and half of it lie idle.
        compose.services = Map::with_capacity(fields.entries("services").count());
        for (name, span, node) in fields.entries("services") {
            if node.as_mapping().is_none() {
                continue;
            }
            let own = Fields::of(node).texts("profiles");
            let active = own.is_empty() || own.iter().any(|own| profiles.iter().any(|p| **p == *own.value || p == "*"));
            let service = self.service(name, span, node, active);
            let services = if active { &mut compose.services } else { &mut compose.inactive };
            services.insert(name.clone(), service);
        }
        compose
    }
}

fn each<T>(fields: Fields, key: &str, read: impl Fn(Fields, Span) -> T) -> Map<T> {
    fields.entries(key).map(|(name, span, node)| (name.clone(), read(Fields::of(node), span))).collect()
}

fn external(fields: Fields) -> Option<External> {
    let external = fields.boolean("external")?;
    external.value.then_some(External { span: external.span })
}

fn network(fields: Fields, span: Span) -> Network {
    let ipam = fields.under("ipam");
    let pool = |item: &Node| {
        let fields = Fields::of(item);
        AddressPool {
            subnet: fields.text("subnet"),
            ip_range: fields.text("ip_range"),
            gateway: fields.text("gateway"),
        }
    };
    Network {
        span,
        name: fields.text("name"),
        external: external(fields),
        driver: fields.text("driver"),
        driver_opts: fields.labels("driver_opts"),
        internal: fields.boolean("internal"),
        attachable: fields.boolean("attachable"),
        enable_ipv4: fields.boolean("enable_ipv4"),
        enable_ipv6: fields.boolean("enable_ipv6"),
        ipam_driver: ipam.text("driver"),
        pools: ipam.items("config").iter().map(pool).collect(),
        labels: fields.labels("labels"),
        extensions: fields.extensions(),
    }
}

fn volume(fields: Fields, span: Span) -> Volume {
    Volume {
        span,
        name: fields.text("name"),
        external: external(fields),
        driver: fields.text("driver"),
        driver_opts: fields.labels("driver_opts"),
        labels: fields.labels("labels"),
        extensions: fields.extensions(),
    }
}

fn file_source(fields: Fields, span: Span) -> FileSource {
    FileSource {
        span,
        name: fields.text("name"),
        external: external(fields),
        file: fields.text("file").map(|file| file.map(|file| PathBuf::from(&*file))),
        environment: fields.text("environment"),
        content: fields.text("content"),
        stored: fields.node("driver").is_some(),
    }
}
