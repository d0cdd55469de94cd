//! A container's variables and labels: what the service says, on top of what its files say.

use std::path::Path;

use super::Decoder;
use super::fields::Fields;
use crate::compose::dotenv::Assignment;
use crate::compose::model::Labels;
use crate::map::Map;
use crate::source::{Spanned, Text};

/// Variables by name; `None` as a value: without one.
type Variables = Map<Spanned<Option<Text>>>;

impl Decoder<'_, '_> {
    /// The container's variables. One without a value is taken from the project's environment, else it is unset.
    pub(super) fn variables(&mut self, fields: Fields, active: bool) -> Variables {
        let mut variables = Map::new();
        let mut own = Map::new();
        for (name, _, node) in fields.entries("environment") {
            let value = match node.as_scalar() {
                Some(scalar) => Some(scalar.canonical_text()),
                None if node.is_null() => self.environment.get(name).map(Text::from),
                None => continue,
            };
            own.insert(name.clone(), Spanned::new(value, node.span));
        }
        for item in fields.items("env_file").iter().filter(|_| active) {
            self.variables_of_file(Fields::of(item), &own, &mut variables);
        }
        variables.extend(own);
        variables
    }

    /// Adds what an env file says. Its values may refer to the project's variables, to the container's `own`, and to
    /// those of earlier files, in this order of precedence.
    fn variables_of_file(&mut self, item: Fields, own: &Variables, variables: &mut Variables) {
        let Some(path) = item.text("path") else { return };
        let required = item.boolean("required").is_none_or(|required| required.value);
        let path_found = Path::new(&*path.value);
        if !required && !self.loader.files.exists(path_found) {
            return;
        }
        let raw = item.text("format").is_some_and(|format| &*format.value == "raw");
        let environment = self.environment;
        let outer = |name: &str| {
            let project = environment.get(name).map(str::to_owned);
            let of = |variables: &Variables| {
                variables.get(name).and_then(|variable| variable.value.as_deref().map(str::to_owned))
            };
            project.or_else(|| of(own)).or_else(|| of(variables))
        };
        let assignments = self.loader.env_file(path_found, raw, Some(path.span), &outer);
        for Assignment { name, value, span } in assignments {
            let value = value.or_else(|| environment.get(&name).map(str::to_owned));
            if value.is_some() {
                variables.insert(name.into(), Spanned::new(value.map(Text::from), span));
            }
        }
    }

    /// The container's labels: the service's own win over those of its label files.
    pub(super) fn container_labels(&mut self, fields: Fields, active: bool) -> Labels {
        let mut labels = Labels::new();
        let files = if active { fields.texts("label_file") } else { Vec::new() };
        for path in files {
            let assignments = self.loader.env_file(Path::new(&*path.value), false, Some(path.span), &|_| None);
            let pairs = assignments
                .into_iter()
                .map(|a| (a.name, Spanned::new(Text::from(a.value.unwrap_or_default()), a.span)));
            labels.extend(pairs);
        }
        labels.extend(fields.labels("labels"));
        labels
    }
}
