//! What is said of a rule in general: the same text on the page and in the terminal.

use std::fmt::Write;

use super::rule::{Finder, Group, Needs, Rule};
use super::rules;

/// One rule in Markdown, its heading at the given depth.
pub fn page(rule: &Rule, depth: usize) -> String {
    let mut text = format!("{} {}: {}\n\n{}\n\n", "#".repeat(depth), rule.code, rule.name, rule.summary);
    let on = match rule.group {
        Group::Default => "on".to_owned(),
        group => format!("off; `--select {}`", group.word()),
    };
    let needs = match rule.needs {
        Needs::Project => "the project's files",
        Needs::Inventory => "the inventory",
        Needs::Machines => "the machines, as `planner plan` sees them",
    };
    let found = match rule.finder {
        Finder::Rule(_) => String::new(),
        Finder::Room(room) => format!(" · found by: {room}"),
    };
    let _ = writeln!(text, "*{} · {on} · needs {needs}{found}*\n", rule.severity.word());
    let _ = writeln!(text, "{}\n", rule.why);
    if !rule.ignore.is_empty() {
        let _ = writeln!(text, "**When to ignore it.** {}\n", rule.ignore);
    }
    if rule.must_be_mended(rule.severity) {
        text.push_str("It cannot be ignored; `severity` in the settings can make a warning of it.\n\n");
    }
    if let Some(example) = &rule.example {
        let _ = writeln!(text, "```yaml\n{}```\n", example.bad);
        let _ = writeln!(text, "```text\n{}```\n", example.out);
        let _ = writeln!(text, "Better:\n\n```yaml\n{}```\n", example.good);
    }
    text
}

/// All rules in Markdown: `docs/rules.md`.
pub fn book() -> String {
    const HEAD: &str = "# What planner finds\n\n\
        Written by the program itself (`planner explain CODE` shows the same); a test holds it to that, and every\n\
        example to what it says. A comment `# planner: ignore[CODE] reason` ignores a finding where it stands; see\n\
        [checking](checking.md) for settings, baselines and formats.\n\n\
        A line `# --- NAME ---` in an example begins a further file.\n\n";
    let mut text = HEAD.to_owned();
    text.push_str("| code | name | severity | on | what |\n|---|---|---|---|---|\n");
    for rule in rules::all() {
        let on = if rule.group == Group::Default { "yes" } else { rule.group.word() };
        let anchor = format!("{}-{}", rule.code.to_lowercase(), rule.name);
        let _ = writeln!(
            text,
            "| [{}](#{anchor}) | {} | {} | {on} | {} |",
            rule.code,
            rule.name,
            rule.severity.word(),
            rule.summary
        );
    }
    text.push('\n');
    rules::all().for_each(|rule| text.push_str(&page(rule, 2)));
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
