//! A number or date without quotes reaches the container as another text than was written.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::yaml::{Kind, Node, Scalar, Style};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C109",
    name: "altered-scalar",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A number or date without quotes reaches the container as another text than was written.",
    why: "YAML reads `1.10` as the number 1.1, `010` as 8 and `2024-01-01` as a point in time, and docker compose passes on what it has read: the container sees `1.1`, `8`, `2024-01-01 00:00:00 +0000 UTC`. A file mode such as `440` without its leading zero is a decimal number, 0670 in the octal notation that was meant.",
    ignore: "Where the number itself is meant, in whatever form it arrives.",
    example: example!("altered_scalar"),
    finder: Finder::Rule(check),
};

/// Mappings of texts in a service: what stands there without quotes is a text to the container.
const TEXTS: [&[&str]; 4] = [&["environment"], &["labels"], &["annotations"], &["build", "args"]];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, entry) in context.written_services() {
        for path in TEXTS {
            let node = path.iter().try_fold(&entry.value, |node, key| node.get(key));
            for (key, entry) in node.and_then(Node::as_mapping).into_iter().flatten() {
                findings.extend(altered(&entry.value).map(|(written, read)| {
                    let last = path.last().copied().unwrap_or_default();
                    RULE.finding(format!("`{name}` gets `{key}` as `{read}`, not as `{written}`"))
                        .label(entry.value.span, format!("in `{last}` this is read as a {}", noun(written)))
                        .help(format!("quote it: {key}: \"{written}\""))
                }));
            }
        }
        for key in ["configs", "secrets"] {
            let items = entry.value.get(key).and_then(Node::as_sequence).into_iter().flatten();
            findings.extend(items.filter_map(|item| mode(name, item.get("mode")?)));
        }
    }
}

/// What was written, and what it becomes.
fn altered(node: &Node) -> Option<(&str, String)> {
    let scalar = node.as_scalar().filter(|scalar| scalar.style == Style::Plain)?;
    let read = match scalar.kind() {
        Kind::Text | Kind::Bool(_) => return None,
        _ => scalar.canonical().into_owned(),
    };
    (read != *scalar.text).then_some((&*scalar.text, read))
}

fn noun(written: &str) -> &'static str {
    if written.contains(':') || written.matches('-').count() == 2 { "date" } else { "number" }
}

/// Three octal digits that are no octal number.
fn mode(service: &str, node: &Node) -> Option<Diagnostic> {
    let Scalar { text, style } = node.as_scalar()?;
    let octal = text.len() == 3 && text.bytes().all(|digit| (b'0'..b'8').contains(&digit)) && !text.starts_with('0');
    let value: u32 = text.parse().ok().filter(|_| octal && *style == Style::Plain)?;
    let message = format!("`{service}`: the mode {text} is a decimal number, 0{value:o} in octal notation");
    Some(RULE.finding(message).label(node.span, "without its leading zero").help(format!("mode: 0{text}")))
}
