//! A key that the Compose Specification has given up.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::source::Span;
use crate::yaml::Node;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y707",
    name: "deprecated-key",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A key that the Compose Specification has given up.",
    why: "`links` and `external_links` are from a time before networks: services find each other by their names anyway. `external: {name: …}` has become `external: true` with `name` beside it.",
    ignore: "",
    example: example!("deprecated_key"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, entry) in context.written_services() {
        for (key, help) in [
            ("links", "remove it: services of one network find each other by name"),
            ("external_links", "join the other's network: `networks`, with `external: true`"),
        ] {
            let found = entry.value.as_mapping().and_then(|service| service.get(key));
            findings.extend(
                found.map(|entry| finding(format!("`{name}` uses `{key}`, which is given up"), entry.key, help)),
            );
        }
    }
    for section in ["networks", "volumes", "configs", "secrets"] {
        for (name, entry) in context.mappings(section) {
            let external = entry.value.as_mapping().and_then(|it| it.get("external"));
            let named =
                external.filter(|external| external.value.get("name").is_some_and(|it| Node::as_scalar(it).is_some()));
            findings.extend(named.map(|external| {
                let message = format!("`{section}.{name}.external.name` is given up");
                finding(message, external.key, "external: true\nname: …")
            }));
        }
    }
}

fn finding(message: String, span: Span, help: &str) -> Diagnostic {
    RULE.finding(message).label(span, "").help(help)
}
