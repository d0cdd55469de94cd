//! Interpolation of a tree: variables are put into its values, never into its keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::environment::Environment;
use super::origins::Origins;
use super::template::{self, Problem, ProblemKind};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::{Sources, Span};
use crate::yaml::{Mapping, Node, Style, Value};

/// What interpolation reads from and writes to.
pub(super) struct Interpolation<'a> {
    pub environment: &'a Environment,
    pub sources: &'a Sources,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub origins: &'a mut Origins,
    /// How many more bytes values may become longer by: variables that hold each other double with every line.
    pub room: &'a mut usize,
    pub done: Done,
}

/// By address: what several places share, which is kept, and what became of it.
type Shared<T> = HashMap<*const T, (Arc<T>, Arc<T>)>;

/// What was interpolated already: what aliases share stays shared.
#[derive(Default)]
pub(super) struct Done {
    scalars: HashMap<Span, Arc<str>>,
    lists: Shared<Vec<Node>>,
    mappings: Shared<Mapping>,
}

impl Interpolation<'_> {
    /// Puts the values of variables into the values below `node`. Every value keeps its span.
    pub(super) fn run(mut self, node: &mut Node) {
        self.visit(node);
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
                scalar.text = self.text(span, &scalar.text);
                scalar.style = Style::Substituted;
            }
            Value::Sequence(items) => {
                let shared = Arc::strong_count(items) > 1;
                if shared && !items.iter().any(mentions_variables) {
                    return;
                }
                if let Some(known) = self.done.lists.get(&Arc::as_ptr(items)) {
                    *items = known.1.clone();
                    return;
                }
                let shared = shared.then(|| items.clone());
                Arc::make_mut(items).iter_mut().for_each(|item| self.visit(item));
                if let Some(shared) = shared {
                    self.done.lists.insert(Arc::as_ptr(&shared), (shared, items.clone()));
                }
            }
            Value::Mapping(mapping) => {
                let shared = Arc::strong_count(mapping) > 1;
                if shared && !mapping.values().any(|entry| mentions_variables(&entry.value)) {
                    return;
                }
                if let Some(known) = self.done.mappings.get(&Arc::as_ptr(mapping)) {
                    *mapping = known.1.clone();
                    return;
                }
                let shared = shared.then(|| mapping.clone());
                Arc::make_mut(mapping).values_mut().for_each(|entry| self.visit(&mut entry.value));
                if let Some(shared) = shared {
                    self.done.mappings.insert(Arc::as_ptr(&shared), (shared, mapping.clone()));
                }
            }
            Value::Null | Value::Scalar(_) => {}
        }
    }

    /// The text of the scalar at `span` with its variables put in.
    fn text(&mut self, span: Span, template: &str) -> Arc<str> {
        if let Some(known) = self.done.scalars.get(&span) {
            return known.clone();
        }
        let mut problems = Vec::new();
        let lookup = |name: &str| self.environment.get(name).map(str::to_owned);
        let text = template::substitute(template, &lookup, self.room, &mut problems);
        self.origins.substituted(span, template, self.environment);
        for problem in problems {
            let place = self.place(span, template, &problem);
            let finding = self.finding(&problem.kind, place);
            self.diagnostics.push(finding);
        }
        let text: Arc<str> = text.into();
        self.done.scalars.insert(span, text.clone());
        text
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
        let (environment, sources, room, origins) = (&environment, &sources, &mut { usize::MAX }, &mut origins);
        Interpolation { environment, sources, diagnostics, origins, room, done: Done::default() }.run(&mut root);
        let places: Vec<_> =
            findings.iter().map(|f| format!("{} {}", sources.locate(f.span().unwrap()), f.code)).collect();
        assert_eq!(places, ["a.yaml:1:6 V201", "a.yaml:2:8 V201", "a.yaml:5:3 V204"]);
        assert_eq!(sources.slice(findings[1].span().unwrap()), "${TWO}");
    }
}
