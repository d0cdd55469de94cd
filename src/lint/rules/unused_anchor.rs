//! An anchor that no alias refers to.

use crate::diagnostic::Edit;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y705",
    name: "unused-anchor",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "An anchor that no alias refers to.",
    why: "`&name` without a `*name` does nothing: it is left over, or the alias that was to use it is misspelt.",
    ignore: "",
    example: example!("unused_anchor"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (file, outline) in &context.outlines {
        let text = &context.sources.get(*file).text;
        for (anchor, _) in outline.anchors.iter().filter(|(_, used)| !used) {
            let finding = RULE
                .finding(format!("no alias refers to the anchor `{}`", anchor.value))
                .label(anchor.span, "")
                .help("remove it");
            let mut span = anchor.span;
            // The space that set it apart goes with it.
            if text[..span.range().start].ends_with(' ') {
                span.start -= 1;
            }
            findings.push(finding.fix(true, vec![Edit { span, text: String::new() }]));
        }
    }
}
