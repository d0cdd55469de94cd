//! How a service's image is built.

use super::fields::Fields;
use super::parts;
use crate::compose::model::Build;
use crate::source::{Span, Spanned, Text};
use crate::yaml::{Node, Scalar};

/// The `build` section, whose key stands at `span`.
pub(super) fn build(fields: Fields, span: Span) -> Build {
    let any = |key| fields.read(key, |scalar: &Scalar| Some(scalar.canonical_text())).map(Box::new);
    let text = |key| fields.text(key).map(Box::new);
    Build {
        span,
        context: fields.text("context"),
        dockerfile: fields.text("dockerfile"),
        dockerfile_inline: fields.text("dockerfile_inline"),
        target: text("target"),
        args: fields.entries("args").map(argument).collect(),
        labels: fields.labels("labels"),
        tags: fields.texts("tags"),
        platforms: fields.texts("platforms"),
        additional_contexts: fields.labels("additional_contexts"),
        secrets: parts::references(fields, "secrets"),
        ssh: fields.labels("ssh"),
        cache_from: fields.texts("cache_from"),
        cache_to: fields.texts("cache_to"),
        no_cache: fields.boolean("no_cache"),
        no_cache_filter: fields.texts("no_cache_filter"),
        pull: fields.boolean("pull"),
        network: text("network"),
        extra_hosts: fields.texts("extra_hosts"),
        shm_size: fields.bytes("shm_size").map(Box::new),
        ulimits: parts::ulimits(fields),
        entitlements: fields.texts("entitlements"),
        privileged: fields.boolean("privileged"),
        isolation: text("isolation"),
        provenance: any("provenance"),
        sbom: any("sbom"),
    }
}

/// An argument; null takes its value from the environment.
fn argument((name, _, node): (&Text, Span, &Node)) -> (Text, Spanned<Option<Text>>) {
    (name.clone(), Spanned::new(node.as_scalar().filter(|_| !node.is_null()).map(Scalar::canonical_text), node.span))
}
