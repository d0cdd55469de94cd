//! What can only be seen in the whole project: references, cycles, and what excludes each other.

mod build;
mod cycles;
mod exclusive;
mod references;

use super::model::Compose;
use crate::diagnostic::Diagnostic;

/// Checks a project. In a `partial` one, of which something could not be read, nothing is called missing.
pub(super) fn check(compose: &Compose, partial: bool, diagnostics: &mut Vec<Diagnostic>) {
    if !partial {
        references::check(compose, diagnostics);
    }
    build::check(compose, partial, diagnostics);
    cycles::check(compose, diagnostics);
    exclusive::check(compose, diagnostics);
}
