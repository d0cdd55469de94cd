//! Typed reading that reports what does not fit.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, nearest};
use crate::source::{Span, Spanned};
use crate::units::{PortRange, UnitError};
use crate::yaml::{Mapping, Node, Scalar};

/// Collects findings while values are read.
pub(super) struct Reader {
    pub diagnostics: Vec<Diagnostic>,
    /// Relative paths are relative to it.
    pub folder: PathBuf,
}

impl Reader {
    pub(super) fn new(folder: &Path, diagnostics: Vec<Diagnostic>) -> Self {
        Reader { diagnostics, folder: folder.to_owned() }
    }

    pub(super) fn report(&mut self, code: &'static str, span: Span, message: &str, help: Option<&str>) {
        let finding = Diagnostic::error(code, message).label(span, "");
        self.diagnostics.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }

    /// Whether something like that is told of the place: one entry may stand for hundreds of machines.
    pub(super) fn is_told(&self, code: &str, span: Span) -> bool {
        self.diagnostics.iter().any(|it| it.code == code && it.span() == Some(span))
    }

    /// The mapping that `what` must be.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        if node.as_mapping().is_none() {
            let message = format!("{what} must be a mapping, not {}", node.noun());
            self.report("I102", node.span, &message, None);
        }
        node.as_mapping()
    }

    /// Reports keys that are none of `known`.
    pub(super) fn known_keys(&mut self, mapping: &Mapping, known: &[&str], what: &str) {
        for (key, entry) in mapping {
            if known.contains(&&**key) || key.starts_with("x-") {
                continue;
            }
            let help = match nearest(key, known.iter().copied()) {
                Some(like) => format!("did you mean `{like}`?"),
                None => format!("known keys: {}", known.join(", ")),
            };
            self.report("I101", entry.key, &format!("{what} has no key `{key}`"), Some(&help));
        }
    }

    /// A scalar under `key` that `read` understands; else a finding with `expected`.
    pub(super) fn read<T>(
        &mut self,
        mapping: &Mapping,
        key: &str,
        code: &'static str,
        expected: &str,
        read: impl FnOnce(&Scalar) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let node = &mapping.get(key)?.value;
        let Some(scalar) = node.as_scalar() else {
            let message = format!("`{key}` must be {expected}, not {}", node.noun());
            self.report("I102", node.span, &message, None);
            return None;
        };
        let value = read(scalar);
        if value.is_none() {
            self.report(code, node.span, &format!("`{key}` must be {expected}, not `{}`", scalar.text), None);
        }
        Some(Spanned::new(value?, node.span))
    }

    pub(super) fn text(&mut self, mapping: &Mapping, key: &str) -> Option<Spanned<String>> {
        self.read(mapping, key, "I102", "a string", |scalar| Some(scalar.canonical().into_owned()))
    }

    /// An amount, read by one of the units.
    pub(super) fn amount<T>(
        &mut self,
        key: &str,
        node: &Node,
        parse: impl FnOnce(&str) -> Result<T, UnitError>,
    ) -> Option<Spanned<T>> {
        let Some(scalar) = node.as_scalar() else {
            let message = format!("`{key}` must be an amount, not {}", node.noun());
            self.report("I106", node.span, &message, None);
            return None;
        };
        match parse(&scalar.canonical()) {
            Ok(amount) => Some(Spanned::new(amount, node.span)),
            Err(error) => {
                self.report("I106", node.span, &format!("`{key}`: {error}"), None);
                None
            }
        }
    }

    pub(super) fn ports(&mut self, node: &Node) -> Option<Spanned<PortRange>> {
        let text = node.as_scalar().map(|scalar| scalar.canonical().into_owned());
        match PortRange::parse(text.as_deref().unwrap_or_default()) {
            Ok(range) => Some(Spanned::new(range, node.span)),
            Err(error) => {
                let message = text.map_or_else(|| format!("ports cannot be {}", node.noun()), |_| error.to_string());
                self.report("I107", node.span, &message, Some("write `8080`, or `\"8000-8010\"`"));
                None
            }
        }
    }
}
