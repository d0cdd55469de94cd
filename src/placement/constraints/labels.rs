//! `deploy.placement.constraints` and `platform`: conditions on what a machine is.

use crate::diagnostic::{Diagnostic, nearest};
use crate::placement::problem::{Layout, Problem};
use crate::source::Spanned;
use crate::stack::{self, Machine};

use super::{Constraint, placed_where_forbidden};

/// Every `==` and `!=` on a machine's attributes holds. An attribute that a machine lacks is empty.
pub(super) struct Labels;

impl Constraint for Labels {
    fn name(&self) -> &'static str {
        "labels"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let machine = &problem.stack.machines[machine];
        let constraints = &problem.stack.services[service].constraints;
        let failed = constraints.iter().map(|it| &it.value).find(|constraint| !holds(constraint, machine))?;
        let actual = match attribute(machine, &failed.key) {
            "" => format!("has no {}", failed.key),
            value => format!("has {} = {value}", failed.key),
        };
        Some(format!("{actual} ({} is asked for)", failed))
    }

    fn selects(&self) -> bool {
        true
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        placed_where_forbidden(self, problem, layout)
    }

    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        problem
            .services()
            .filter(|service| problem.replicas[*service] > 0)
            .flat_map(|service| {
                let service = &problem.stack.services[service];
                service.constraints.iter().filter(|it| nobody_satisfies(problem, &it.value)).map(move |constraint| {
                    let message =
                        format!("`{}` asks for {}, which no machine satisfies", service.name, constraint.value);
                    let finding = Diagnostic::error("M315", message).label(constraint.span, "asked for here");
                    help_with_values(finding, problem, constraint)
                })
            })
            .collect()
    }
}

fn attribute<'a>(machine: &'a Machine, key: &str) -> &'a str {
    machine.attributes.get(key).map_or("", String::as_str)
}

fn holds(constraint: &stack::Constraint, machine: &Machine) -> bool {
    let actual = attribute(machine, &constraint.key);
    if actual.is_empty() && constraint.key.starts_with("node.platform.") {
        return true; // Not known: the engine was not asked. It is, before anything is applied.
    }
    // Swarm compares attributes without regard to case.
    let same = actual.eq_ignore_ascii_case(&constraint.value);
    same == constraint.equal
}

fn nobody_satisfies(problem: &Problem<'_>, constraint: &stack::Constraint) -> bool {
    problem.stack.machines.iter().all(|machine| !holds(constraint, machine))
}

/// Says which values there are, or that no machine has such an attribute.
fn help_with_values(finding: Diagnostic, problem: &Problem<'_>, constraint: &Spanned<stack::Constraint>) -> Diagnostic {
    let key = constraint.value.key.as_str();
    let machines = &problem.stack.machines;
    let mut values: Vec<&str> = machines.iter().map(|it| attribute(it, key)).filter(|it| !it.is_empty()).collect();
    values.sort_unstable();
    values.dedup();
    if values.is_empty() {
        let keys = machines.iter().flat_map(|machine| machine.attributes.keys().map(String::as_str));
        let help = match nearest(key, keys) {
            Some(near) => format!("no machine has `{key}`; did you mean `{near}`?"),
            None => match key.strip_prefix("node.labels.") {
                Some(label) => {
                    format!("give a machine of the inventory the label `{label}: {}`", constraint.value.value)
                }
                None => format!("no machine has `{key}`"),
            },
        };
        return finding.help(help);
    }
    finding.help(format!("the machines' values of {key} are: {}", values.join(", ")))
}
