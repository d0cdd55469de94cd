//! A service that is no mapping of keys. Found by loading; here are those that are empty in all files.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C105",
    name: "service-not-a-mapping",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A service that is no mapping of keys.",
    why: "Often the image stands where the service's keys should: `web: nginx`. Or nothing stands there at all.",
    ignore: "",
    example: example!("service_not_a_mapping"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, entry) in context.written_services() {
        // Another file may give what this one leaves open, or a tag may take it away on purpose.
        let known = context.compose.services.contains_key(name) || context.compose.inactive.contains_key(name);
        // A file that is only extended need not be whole.
        let file = &context.sources.get(entry.key.file).name;
        let ours = context.compose.files.iter().any(|path| path.ends_with(file));
        if ours && entry.value.is_null() && entry.value.tag.is_none() && !known {
            findings.push(
                RULE.finding(format!("service `{name}` is empty"))
                    .label(entry.key, "nothing says what to run")
                    .help(format!("{name}:\n  image: …")),
            );
        }
    }
}
