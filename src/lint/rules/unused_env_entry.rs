//! A variable of the project's `.env` that no file uses.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::collections::BTreeSet;

use crate::lint::variables;
use crate::source::Spanned;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "V206",
    name: "unused-env-entry",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A variable of the project's `.env` that no file uses.",
    why: "`.env` only fills in variables of the compose files; it does not reach the containers. An entry that nothing uses is left over, misspelt, or was meant for a container, which needs `environment` or `env_file`.",
    ignore: "Where other programs read the same `.env`.",
    example: example!("unused_env_entry"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.assigned.is_empty() || !context.complete {
        return;
    }
    let mut used: BTreeSet<String> = BTreeSet::new();
    variables::each(context, &mut |found, _| {
        used.insert(found.name.to_owned());
    });
    // Handed through to containers by name alone.
    for (_, entry) in context.written_services() {
        for name in variables::handed_through(&entry.value) {
            used.insert(name.to_owned());
        }
    }
    let files: BTreeSet<_> = context.assigned.iter().map(|it| it.span.file).collect();
    for file in &files {
        let text = &context.sources.get(*file).text;
        used.extend(variables::in_text(text).iter().map(|it| it.name.to_owned()));
    }
    let given_whole = |file| {
        let mut values = context.all_services().flat_map(|service| service.environment.values());
        values.any(|value| value.span.file == file)
    };
    let reserved = |name: &str| ["COMPOSE_", "DOCKER_", "BUILDKIT_"].iter().any(|prefix| name.starts_with(prefix));
    for file in files.into_iter().filter(|file| !given_whole(*file)) {
        let idle = context.assigned.iter().filter(|it| it.span.file == file);
        let idle: Vec<_> = idle.filter(|it| !used.contains(&it.value) && !reserved(&it.value)).collect();
        findings.extend(finding(&idle));
    }
}

/// One finding for all of a file: an `.env` that serves more than this project has many.
fn finding(idle: &[&Spanned<String>]) -> Option<Diagnostic> {
    let (first, others) = idle.split_first()?;
    let message = match others.len() {
        0 => format!("`{}` is set and nothing uses it", first.value),
        count => format!("`{}` and {count} more are set and nothing uses them", first.value),
    };
    let finding = RULE
        .finding(message)
        .label(first.span, "no compose file names it")
        .help("remove it, or hand it to a container with `environment` or `env_file`");
    let names: Vec<&str> = others.iter().take(20).map(|it| it.value.as_str()).collect();
    Some(if names.is_empty() { finding } else { finding.note(format!("also: {}", names.join(", "))) })
}
