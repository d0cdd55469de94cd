//! The variables that interpolation knows, and where each came from.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::source::Span;

/// The variables of the process and of the project's env files; the process's win.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    process: BTreeMap<String, String>,
    files: IndexMap<String, Variable>,
}

/// A variable of an env file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its value.
    pub value: String,
    /// Where its line stands.
    pub span: Span,
}

impl Environment {
    /// The variables of the process alone.
    pub fn new(process: BTreeMap<String, String>) -> Self {
        Environment { process, files: IndexMap::new() }
    }

    /// Adds a variable of an env file; a later file wins over an earlier one.
    pub fn add(&mut self, name: String, variable: Variable) {
        self.files.insert(name, variable);
    }

    /// Sets a variable, whatever the process says of it.
    pub fn set(&mut self, name: &str, value: &str) {
        self.process.insert(name.to_owned(), value.to_owned());
    }

    /// These variables, and where they are silent those of `below`.
    #[must_use]
    pub fn over(mut self, below: Environment) -> Self {
        for (name, variable) in below.files {
            self.files.entry(name).or_insert(variable);
        }
        self
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.process.get(name).or_else(|| self.files.get(name).map(|variable| &variable.value)).map(String::as_str)
    }

    /// Where a variable was set, if that is what counts and it was in a file.
    pub fn span(&self, name: &str) -> Option<Span> {
        if self.process.contains_key(name) { None } else { self.files.get(name).map(|variable| variable.span) }
    }

    /// The names of all variables, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.process.keys().chain(self.files.keys()).map(String::as_str)
    }
}
