//! Where substituted values come from: a value stands in the compose file, and the variables in it elsewhere.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::environment::Environment;
use super::template;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// The variables that every interpolated value was made with.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// By the value's place.
    values: IndexMap<Span, Vec<Substituted>>,
    variables: BTreeMap<String, VariableUse>,
}

/// A variable that was put into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substituted {
    /// Its name.
    pub name: String,
    /// Its value; `None` where it is not set.
    pub value: Option<String>,
    /// The assignment, if it stands in an env file; else it comes from the process's environment.
    pub span: Option<Span>,
}

/// A variable that the project's files name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariableUse {
    /// Its name.
    pub name: String,
    /// Whether some place cannot do without it.
    pub required: bool,
    /// What stands in for it where it is not set, as written at the first place that says so.
    pub default: String,
    /// What is put in its place where it is set, as written at the first place that says so.
    pub alternate: String,
    /// The values that name it.
    pub places: Vec<Span>,
}

impl Origins {
    /// Notes that the value at `span` is made from `template`.
    pub(super) fn substituted(&mut self, span: Span, template: &str, environment: &Environment) {
        let uses = template::uses(template);
        self.note(span, &uses);
        let mut used: Vec<Substituted> = Vec::new();
        for name in uses.into_iter().map(|found| found.name) {
            if used.iter().all(|known| known.name != name) {
                let value = environment.get(name).map(str::to_owned);
                used.push(Substituted { name: name.to_owned(), value, span: environment.span(name) });
            }
        }
        if !used.is_empty() {
            self.values.insert(span, used);
        }
    }

    /// Notes the variables that the value at `span` names.
    pub(super) fn named(&mut self, span: Span, template: &str) {
        self.note(span, &template::uses(template));
    }

    fn note(&mut self, span: Span, uses: &[template::Use]) {
        for found in uses {
            let variable = self.variables.entry(found.name.to_owned()).or_default();
            found.name.clone_into(&mut variable.name);
            variable.required |= found.required;
            for (known, new) in [(&mut variable.default, found.default), (&mut variable.alternate, found.alternate)] {
                if let Some(new) = new.filter(|_| known.is_empty()) {
                    new.clone_into(known);
                }
            }
            if variable.places.last() != Some(&span) {
                variable.places.push(span);
            }
        }
    }

    /// Notes the variables of every value below `node`.
    pub(super) fn all_named(&mut self, node: &Node) {
        match &node.value {
            Value::Null => {}
            Value::Scalar(scalar) => self.named(node.span, &scalar.text),
            Value::Sequence(items) => items.iter().for_each(|item| self.all_named(item)),
            Value::Mapping(entries) => entries.values().for_each(|entry| self.all_named(&entry.value)),
        }
    }

    /// The variables in the value at `span`.
    pub fn of(&self, span: Span) -> &[Substituted] {
        self.values.get(&span).map_or(&[], Vec::as_slice)
    }

    /// Every variable that the files name, by name.
    pub fn variables(&self) -> impl Iterator<Item = &VariableUse> {
        self.variables.values()
    }

    /// Adds to findings where the variables were set whose values they speak of.
    pub fn annotate(&self, findings: &mut [Diagnostic]) {
        for finding in findings.iter_mut().filter(|finding| !finding.code.starts_with('V')) {
            let used: Vec<&Substituted> = finding.labels.iter().flat_map(|label| self.of(label.span)).collect();
            for variable in used {
                let Substituted { name, value, span } = variable;
                match (value, span) {
                    (Some(_), Some(span)) if finding.labels.iter().all(|label| label.span != *span) => {
                        let label = format!("`{name}` is set here");
                        finding.labels.push(crate::diagnostic::Label { span: *span, text: label });
                    }
                    (Some(_), Some(_)) | (None, _) => {}
                    (Some(_), None) => {
                        let note = format!("`{name}` is set in the environment");
                        if !finding.notes.contains(&note) {
                            finding.notes.push(note);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Variable;
    use crate::source::FileId;

    #[test]
    fn a_finding_shows_where_the_variables_in_its_value_were_set() {
        let at = |file, start| Span { file: FileId(file), start, end: start + 1 };
        let mut environment = Environment::new([("HOME".to_owned(), "/h".to_owned())].into());
        environment.add("PORT".to_owned(), Variable { value: "x".to_owned(), span: at(1, 4) });
        let mut origins = Origins::default();
        origins.substituted(at(0, 9), "${PORT}$HOME${NONE:-}$PORT", &environment);
        let mut findings = vec![
            Diagnostic::error("C108", "no port").label(at(0, 9), "here"),
            Diagnostic::error("C108", "elsewhere").label(at(0, 5), "here"),
        ];
        origins.annotate(&mut findings);
        assert_eq!(
            findings[0].labels[1..],
            [crate::diagnostic::Label { span: at(1, 4), text: "`PORT` is set here".into() }]
        );
        assert_eq!(findings[0].notes, ["`HOME` is set in the environment"]);
        assert_eq!((findings[1].labels.len(), findings[1].notes.len()), (1, 0));
        let names: Vec<_> = origins.variables().map(|variable| &*variable.name).collect();
        assert_eq!(names, ["HOME", "NONE", "PORT"]);
    }
}
