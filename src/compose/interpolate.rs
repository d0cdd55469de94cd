//! Interpolation of a tree: variables are put into its values, never into its keys.

use std::sync::Arc;

use super::environment::Environment;
use super::origins::Origins;
use super::template::{self, Problem, ProblemKind};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Style, Value};

/// What interpolation reads from and writes to.
pub(super) struct Interpolation<'a> {
    pub environment: &'a Environment,
    pub sources: &'a Sources,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub origins: &'a mut Origins,
}

impl Interpolation<'_> {
    /// Puts the values of variables into the values below `node`. Every value keeps its span.
    pub(super) fn run(mut self, node: &mut Node) {
        if mentions_variables(node) {
            self.visit(node);
        }
    }
}

/// Whether there is anything to do, so that what is shared by aliases is not copied for nothing.
fn mentions_variables(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Scalar(scalar) => scalar.text.contains('$'),
        Value::Sequence(items) => items.iter().any(mentions_variables),
        Value::Mapping(mapping) => mapping.values().any(|entry| mentions_variables(&entry.value)),
    }
}

impl Interpolation<'_> {
    fn visit(&mut self, node: &mut Node) {
        let span = node.span;
        match &mut node.value {
            Value::Scalar(scalar) if scalar.text.contains('$') => {
                let mut problems = Vec::new();
                let text = template::substitute(
                    &scalar.text,
                    &|name| self.environment.get(name).map(str::to_owned),
                    &mut problems,
                );
                self.origins.substituted(span, &scalar.text, self.environment);
                for problem in problems {
                    let place = self.place(span, &scalar.text, &problem);
                    let finding = self.finding(&problem.kind, place);
                    self.diagnostics.push(finding);
                }
                scalar.text = text.into();
                scalar.style = Style::Substituted;
            }
            Value::Sequence(items) => Arc::make_mut(items).iter_mut().for_each(|item| self.visit(item)),
            Value::Mapping(mapping) => {
                Arc::make_mut(mapping).values_mut().for_each(|entry| self.visit(&mut entry.value));
            }
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// The expression in the file: escapes and line folding change texts, but not the order of the dollar signs.
    fn place(&self, span: Span, template: &str, problem: &Problem) -> Span {
        let before = template[..problem.at.start].matches('$').count();
        let written = self.sources.slice(span);
        let Some((dollar, _)) = written.match_indices('$').nth(before) else { return span };
        let expression = &template[problem.at.clone()];
        let length = if written[dollar..].starts_with(expression) { expression.len() } else { 1 };
        let start = span.start as usize + dollar;
        Span::new(span.file, start..start + length)
    }

    fn finding(&self, kind: &ProblemKind, place: Span) -> Diagnostic {
        match kind {
            ProblemKind::Undefined(name) => {
                let finding = Diagnostic::warning("V201", format!("the variable `{name}` is not set"))
                    .label(place, "blank is put in its place");
                match nearest(name, self.environment.names()) {
                    Some(like) => finding.help(format!("did you mean `{like}`?")),
                    None => finding.help(format!("set it in .env, or give a default: `${{{name}:-default}}`")),
                }
            }
            ProblemKind::Required(name, message) => {
                let seen = if message.is_empty() { "required here".to_owned() } else { message.clone() };
                let finding = Diagnostic::error("V203", format!("the required variable `{name}` is missing a value"))
                    .label(place, seen);
                match self.environment.span(name) {
                    Some(set) => finding.label(set, "it is set to blank here"),
                    None => finding.help(format!("set it in .env or in the environment: `{name}=value`")),
                }
            }
            ProblemKind::Syntax(what) => Diagnostic::error("V204", "this is no valid interpolation")
                .label(place, *what)
                .help("write `$$` where a dollar sign itself is meant"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn findings_point_at_the_dollar_sign_in_any_kind_of_scalar() {
        let text = "a: x $ONE\nb: \"y\\n${TWO}\"\nc: |\n  text\n  ${THREE\n";
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", text);
        let mut root = yaml::parse(file, text).documents.unwrap().remove(0);
        let mut findings = Vec::new();
        let environment = Environment::default();
        let mut origins = Origins::default();
        let diagnostics = &mut findings;
        Interpolation { environment: &environment, sources: &sources, diagnostics, origins: &mut origins }
            .run(&mut root);
        let places: Vec<_> =
            findings.iter().map(|f| format!("{} {}", sources.locate(f.span().unwrap()), f.code)).collect();
        assert_eq!(places, ["a.yaml:1:6 V201", "a.yaml:2:8 V201", "a.yaml:5:3 V204"]);
        assert_eq!(sources.slice(findings[1].span().unwrap()), "${TWO}");
    }
}
