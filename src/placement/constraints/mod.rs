//! What a layout must respect. One file for each constraint, with all of its faces: where something can never be, when
//! a layout breaks it, what it is in plain numbers, and why it makes a stack impossible. They stand together so that
//! they cannot disagree unseen; a test over random problems compares them.

mod apart;
mod availability;
mod domains;
mod labels;
mod max_per_machine;
mod near;
mod ports;
mod replicas;
mod resources;
mod spread;
mod survive;
mod together;
mod volumes;

use crate::diagnostic::Diagnostic;

use super::lower::Lowering;
use super::problem::{Layout, Problem};

pub use ports::{choice, clash, holder};
pub use spread::among;

/// One kind of constraint, over all services and machines of a problem.
pub trait Constraint: Sync {
    /// For people, as the head of a column: `resources`.
    fn name(&self) -> &'static str;

    /// Why a container of `service` can never be on `machine`, whatever else is there: "has 4 GiB, 6 GiB are wanted".
    fn forbids(&self, _problem: &Problem<'_>, _service: usize, _machine: usize) -> Option<String> {
        None
    }

    /// Whether [`forbids`](Self::forbids) says which machines are meant: a global service is excused from those that
    /// are not. A machine that is merely too small does not excuse it.
    fn selects(&self) -> bool {
        false
    }

    /// The most containers of `service` that `machine` can hold, as far as this constraint alone knows.
    fn at_most(&self, _problem: &Problem<'_>, _service: usize, _machine: usize) -> u32 {
        u32::MAX
    }

    /// Why `machine` can never hold a container of each of two services, whatever else is there.
    fn excludes(&self, _problem: &Problem<'_>, _services: (usize, usize), _machine: usize) -> Option<String> {
        None
    }

    /// Where a layout breaks it, in words. Plain loops, independent of [`lower`](Self::lower).
    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String>;

    /// Why one container more of `service` cannot be on `machine` beside what `layout` has there, where it could otherwise.
    fn crowded(&self, problem: &Problem<'_>, layout: &Layout, service: usize, machine: usize) -> Option<String> {
        let mut more = layout.clone();
        more.counts[service][machine] += 1;
        let before = self.broken(problem, layout);
        self.broken(problem, &more).into_iter().find(|broken| !before.contains(broken))
    }

    /// What it asks for in plain numbers, beside where containers may be and how many a machine can hold, which is known
    /// from [`forbids`](Self::forbids) and [`at_most`](Self::at_most).
    fn lower(&self, _problem: &Problem<'_>, _lowering: &mut Lowering) {}

    /// Certificates that no layout can respect it, each true by itself and understood without a solver.
    fn because(&self, _problem: &Problem<'_>) -> Vec<Diagnostic> {
        Vec::new()
    }
}

/// Every constraint.
pub static ALL: [&dyn Constraint; 12] = [
    &availability::Available,
    &labels::Labels,
    &volumes::VolumesStay,
    &resources::Resources,
    &ports::Ports,
    &max_per_machine::MaxPerMachine,
    &together::Together,
    &near::Near,
    &apart::Apart,
    &spread::Spread,
    &survive::Survive,
    &replicas::Replicas,
];

/// So many machines are named one by one.
const MOST_NAMED: usize = 8;

/// "m1, m2"; of many the first, the last and how many there are.
pub(super) fn names(problem: &Problem<'_>, machines: &[usize]) -> String {
    let name = |machine: &usize| problem.stack.machines[*machine].name.as_str();
    match machines {
        [first, .., last] if machines.len() > MOST_NAMED => {
            format!("{} … {} ({} machines)", name(first), name(last), machines.len())
        }
        few => few.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

/// "a machine", "3 machines": what is to be added.
pub(super) fn more_machines(count: u64) -> String {
    if count == 1 { "a machine".to_owned() } else { format!("{count} machines") }
}

/// "m1, m2: room for 6": what is to be said of machines, once for all of which the same is to be said.
pub(super) fn notes(problem: &Problem<'_>, machines: &[usize], say: impl Fn(usize) -> String) -> Vec<String> {
    let mut said: indexmap::IndexMap<String, Vec<usize>> = indexmap::IndexMap::new();
    for machine in machines {
        said.entry(say(*machine)).or_default().push(*machine);
    }
    said.into_iter().map(|(text, machines)| format!("{}: {text}", names(problem, &machines))).collect()
}

/// A layout's breaches of a constraint that only forbids: every count above zero where it forbids.
fn placed_where_forbidden(constraint: &dyn Constraint, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
    let mut broken = Vec::new();
    for service in problem.services() {
        for machine in problem.machines().filter(|machine| layout.counts[service][*machine] > 0) {
            if let Some(why) = constraint.forbids(problem, service, machine) {
                let (service, machine) = (&problem.stack.services[service], &problem.stack.machines[machine]);
                broken.push(format!("`{}` is on {}: {why}", service.name, machine.name));
            }
        }
    }
    broken
}
