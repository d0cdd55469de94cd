//! Two things are mounted at one path of a container.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::collections::HashMap;

use crate::source::Span;
use crate::yaml::Node;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C121",
    name: "duplicate-mount-target",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "Two things are mounted at one path of a container.",
    why: "docker compose refuses a file that mounts a volume and a tmpfs at one path. Of two volumes at one path it takes the last without a word, which is a warning here.",
    ignore: "",
    example: example!("duplicate_mount_target"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, entry) in context.written_services() {
        let mut taken: HashMap<&str, (Span, bool)> = HashMap::new();
        let volumes = items(&entry.value, "volumes").filter_map(|item| target(item));
        let tmpfs = items(&entry.value, "tmpfs")
            .filter_map(|item| Some((item.as_scalar()?.text.split(':').next()?, item.span, true)));
        for (target, span, memory) in volumes.chain(tmpfs) {
            let target = if target.len() > 1 { target.trim_end_matches('/') } else { target };
            if let Some((first, other)) = taken.insert(target, (span, memory)) {
                let mut finding = RULE
                    .finding(format!("service `{name}` mounts two things at `{target}`"))
                    .label(span, "mounted again here")
                    .label(first, "mounted first here")
                    .help("remove one of them, or give it a path of its own");
                if memory == other {
                    finding.severity = Severity::Warning;
                }
                findings.push(finding);
            }
        }
    }
}

/// The items under a key; one alone may stand without the list.
fn items<'n>(service: &'n Node, key: &str) -> impl Iterator<Item = &'n Node> {
    let node = service.get(key);
    let list = node.and_then(Node::as_sequence).into_iter().flatten();
    list.chain(node.filter(|node| node.as_scalar().is_some()))
}

/// The path in the container and where it stands, if it stands there without variables; it is no memory.
fn target(item: &Node) -> Option<(&str, Span, bool)> {
    let (text, span) = match item.as_scalar() {
        Some(scalar) => (scalar.text.rsplit(':').find(|part| part.starts_with('/'))?, item.span),
        None => {
            let target = item.get("target")?;
            (&*target.as_scalar()?.text, target.span)
        }
    };
    (!text.contains('$')).then_some((text, span, false))
}
