//! For which machines images are built.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::placement::Problem;
use crate::stack::{Machine, Recipe};

/// The platforms of the machines that a service may be on, `os/arch`; none where no machine tells.
pub fn platforms(problem: &Problem<'_>, service: &str) -> BTreeSet<String> {
    let stack = problem.stack;
    let index = stack.services.iter().position(|it| it.name == service);
    let used = |machine: &Machine| machine.availability == Availability::Active;
    let may = |machine: usize| index.is_none_or(|index| problem.in_scope(index, machine));
    let allowed = stack.machines.iter().enumerate().filter(|(index, machine)| used(machine) && may(*index));
    let platform = |machine: &Machine| {
        let part = |key: &str| machine.attributes.get(key).filter(|it| !it.is_empty());
        Some(format!("{}/{}", part("node.platform.os")?, part("node.platform.arch")?))
    };
    allowed.filter_map(|(_, machine)| platform(machine)).collect()
}

/// The platform that an image is to be built for where it is not the builder's own.
///
/// # Errors
/// When one image cannot be for all machines that its service may be on, or may not be built for theirs.
pub fn built_for(problem: &Problem<'_>, recipe: &Recipe) -> Result<Option<String>, Diagnostic> {
    if recipe.platform.is_some() {
        return Ok(recipe.platform.clone());
    }
    let platforms = platforms(problem, &recipe.service);
    let fault = |message: String| Diagnostic::error("M311", message).label(recipe.span, "built here");
    let mut all = platforms.iter();
    match (all.next(), all.next()) {
        (Some(first), Some(second)) => {
            let message = format!("`{}` is built for one platform, and may be on {first} and {second}", recipe.service);
            let help =
                format!("say which with `platform: {first}`; or build and push it for both, and leave out `build`");
            Err(fault(message).help(help))
        }
        (Some(only), None) if !recipe.is_for(only) => {
            let message = format!("`{}` may only be on machines of {only}, and is not built for it", recipe.service);
            let place = recipe.platforms.first().map_or(recipe.span, |platform| platform.span);
            Err(Diagnostic::error("M311", message).label(place, "built for others").help(format!("add `{only}`")))
        }
        (only, _) => Ok(only.cloned()),
    }
}

/// Images that cannot be for the machines that their services may be on.
pub fn built_for_others(problem: &Problem<'_>, recipes: &[Recipe]) -> Vec<Diagnostic> {
    recipes.iter().filter_map(|recipe| built_for(problem, recipe).err()).collect()
}

/// A warning of an image that nobody has yet.
pub fn not_built(recipe: &Recipe) -> Diagnostic {
    let message = format!("`{}`: its image `{}` is yet to be built", recipe.service, recipe.image);
    let help = "`planner apply` builds it first; `planner build` builds it now";
    Diagnostic::warning("M333", message).label(recipe.span, "its image is on no machine").help(help)
}
