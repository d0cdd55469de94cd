//! A network, volume, secret or config that no service uses.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::collections::BTreeSet;

use crate::compose::model::MountKind;
use crate::source::Span;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y704",
    name: "unused-declaration",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A network, volume, secret or config that no service uses.",
    why: "It is left over, or a service that was to use it does not: often the real fault is there. Services of inactive profiles count as users.",
    ignore: "Where another file, merged elsewhere, uses it.",
    example: example!("unused_declaration"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.complete || context.all_services().next().is_none() {
        return;
    }
    let compose = context.compose;
    let services = || context.all_services();
    let networks: BTreeSet<&str> =
        services().flat_map(|it| it.networks.keys().map(|key| &**key)).chain(["default"]).collect();
    let volumes: BTreeSet<&str> = services()
        .flat_map(|it| &it.mounts)
        .filter_map(|mount| match &mount.kind {
            MountKind::Volume { source, .. } | MountKind::Other { source, .. } => Some(&*source.as_ref()?.value),
            _ => None,
        })
        .collect();
    let configs: BTreeSet<&str> = services().flat_map(|it| &it.configs).map(|it| &*it.source.value).collect();
    let mut secrets: BTreeSet<&str> =
        services().flat_map(|it| &it.secrets).map(|it| &*it.source.value).collect();
    for (_, entry) in context.written_services() {
        secrets.extend(build_secrets(&entry.value));
    }
    let declared = compose
        .networks
        .iter()
        .map(|(name, it)| ("network", name, it.span, &networks))
        .chain(compose.volumes.iter().map(|(name, it)| ("volume", name, it.span, &volumes)))
        .chain(compose.configs.iter().map(|(name, it)| ("config", name, it.span, &configs)))
        .chain(compose.secrets.iter().map(|(name, it)| ("secret", name, it.span, &secrets)));
    for (kind, name, span, used) in declared {
        if !used.contains(&**name) {
            findings.push(finding(context, kind, name, span));
        }
    }
}

fn finding(context: &Context<'_>, kind: &'static str, name: &str, span: Span) -> Diagnostic {
    let finding = RULE
        .finding(format!("the {kind} `{name}` is declared and no service uses it"))
        .label(span, "")
        .help("remove it, or use it");
    let key = match kind {
        "network" => "networks",
        "volume" => "volumes",
        "config" => "configs",
        _ => "secrets",
    };
    // The last one of its section cannot go alone: an empty section would be left.
    let siblings = context.mappings(key).count();
    let entry = context.mappings(key).find(|(_, entry)| entry.key == span).map(|(_, entry)| entry);
    let whole = entry.map(|entry| Span { end: entry.value.span.end.max(entry.key.end + 1), ..entry.key });
    match whole.filter(|_| siblings > 1).and_then(|whole| context.remove_lines(whole)) {
        Some(edit) => finding.fix(true, vec![edit]),
        None => finding,
    }
}

/// Names under `build.secrets`.
fn build_secrets(service: &crate::yaml::Node) -> Vec<&str> {
    let items = service.get("build").and_then(|build| build.get("secrets")).and_then(crate::yaml::Node::as_sequence);
    let name = |item| match item {
        node if crate::yaml::Node::as_scalar(node).is_some() => node.as_scalar(),
        node => node.get("source").and_then(crate::yaml::Node::as_scalar),
    };
    items.into_iter().flatten().filter_map(name).map(|scalar| &*scalar.text).collect()
}
