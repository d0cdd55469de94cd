//! What other rooms find, with what is said of it in general: the same register as that of the rules.

pub(super) mod checker;
pub(super) mod conflicts;
pub(super) mod form;
pub(super) mod inventory;
pub(super) mod machines;
pub(super) mod references;
pub(super) mod syntax;
pub(super) mod variables;

use super::rule::Rule;

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    let rules: [&'static [Rule]; 8] = [
        &syntax::RULES,
        &form::RULES,
        &references::RULES,
        &conflicts::RULES,
        &variables::RULES,
        &machines::RULES,
        &inventory::RULES,
        &checker::RULES,
    ];
    rules.into_iter().flatten()
}
