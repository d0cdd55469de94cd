//! The ways out: the cheapest changes of what the user wrote that make the stack fit, each tried by solving again.
//!
//! Every kind of change has a price, in small whole numbers (see [`Change::price`]), and comes in steps: one replica fewer,
//! two fewer. First each kind is tried by itself; then combinations of kinds in the order of their price, up to what is
//! known by then. Of what does not fit the conflict is looked for, and only what touches it is changed further.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::statements::{Statement, Statements};
use super::trial::{Fits, Trial};
use super::{Conflict, conflict};
use crate::inventory::Availability;
use crate::stack::{Constraint, Replicas, Stack};
use crate::units::{PortRange, Resource};

/// So many ways out are offered.
const OFFERED: usize = 3;

/// So many combinations are tried.
const MOST_TRIED: usize = 400;

/// In stacks with more services only so many are looked at: those that findings speak of, and those that ask for most.
const MOST_SERVICES: usize = 12;

/// A demand is lowered in so many steps.
const EIGHTHS: u64 = 8;

/// A change of the files. Services and machines go by name: they outlive the stack that they were found in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Fewer containers.
    Replicas {
        /// Of which service.
        service: String,
        /// How many there are to be now.
        from: u32,
        /// And then.
        to: u32,
    },
    /// A constraint is left out: its index in the list.
    Constraint {
        /// Of which service.
        service: String,
        /// Which.
        index: usize,
        /// What it says.
        text: String,
    },
    /// More on one machine.
    MaxPerMachine {
        /// Of which service.
        service: String,
        /// As it is.
        from: u32,
        /// And then.
        to: u32,
    },
    /// A range of host ports, of which each container takes one.
    Port {
        /// Of which service.
        service: String,
        /// Index in the list of ports.
        index: usize,
        /// As it is.
        from: PortRange,
        /// And then.
        to: PortRange,
    },
    /// A container counts for less.
    Demand {
        /// Of which service.
        service: String,
        /// Of what.
        resource: Resource,
        /// As it is, in the resource's unit.
        from: u64,
        /// And then.
        to: u64,
    },
    /// A machine takes containers again.
    Active {
        /// Which.
        machine: String,
    },
    /// More machines.
    Machines {
        /// What they are like.
        like: String,
        /// How many.
        count: u32,
    },
}

/// Changes that together make the stack fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    /// What is to be changed.
    pub changes: Vec<Change>,
    /// What that costs, in the measure of [`Change::price`].
    pub price: u32,
}

impl Change {
    /// How much it asks of people: a replica fewer is 1, a setting that is loosened 2, a machine more 4; of a demand 1 for
    /// the change and 1 for each eighth that is taken away.
    pub fn price(&self) -> u32 {
        match self {
            Change::Replicas { from, to, .. } => from - to,
            Change::Constraint { .. } | Change::Active { .. } => 2,
            Change::MaxPerMachine { from, to, .. } => 2 * (to - from),
            Change::Port { .. } => 2,
            Change::Demand { from, to, .. } => {
                1 + u32::try_from(((from - to) * EIGHTHS).div_ceil(*from)).unwrap_or(u32::MAX)
            }
            Change::Machines { count, .. } => 4 * count,
        }
    }

    /// Makes the change.
    pub fn apply(&self, stack: &mut Stack) {
        if let Change::Machines { like, count } = self {
            let Some(model) = stack.machines.iter().find(|machine| machine.name == *like).cloned() else { return };
            for number in 0..*count {
                let mut machine = model.clone();
                machine.name = format!("{like}-more-{}", number + 1);
                machine.attributes.insert("node.hostname".to_owned(), machine.name.clone());
                machine.volumes.clear();
                stack.machines.push(machine);
            }
            return;
        }
        if let Change::Active { machine } = self {
            let found = stack.machines.iter_mut().find(|it| it.name == *machine);
            found.into_iter().for_each(|machine| machine.availability = Availability::Active);
            return;
        }
        let Some(service) = stack.services.iter_mut().find(|it| Some(it.name.as_str()) == self.service()) else {
            return;
        };
        match self {
            Change::Replicas { to, .. } => service.replicas.value = Replicas::Count(*to),
            // In its place one that is always so: the others keep their places in the list.
            Change::Constraint { index, .. } => {
                let always = Constraint { key: "node.hostname".to_owned(), equal: false, value: String::new() };
                service.constraints[*index].value = always;
            }
            Change::MaxPerMachine { to, .. } => {
                service.max_per_machine.iter_mut().for_each(|most| most.value = *to);
            }
            Change::Port { index, to, .. } => service.ports[*index].host = Some(*to),
            Change::Demand { resource, to, .. } => service.demand.set(resource.clone(), *to),
            Change::Active { .. } | Change::Machines { .. } => {}
        }
    }

    /// The service that it is about.
    pub fn service(&self) -> Option<&str> {
        match self {
            Change::Replicas { service, .. }
            | Change::Constraint { service, .. }
            | Change::MaxPerMachine { service, .. }
            | Change::Port { service, .. }
            | Change::Demand { service, .. } => Some(service),
            Change::Active { .. } | Change::Machines { .. } => None,
        }
    }

    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Change::Replicas { service, from, to } => format!("`{service}`: replicas {from} → {to}"),
            Change::Constraint { service, text, .. } => format!("`{service}`: without the constraint `{text}`"),
            Change::MaxPerMachine { service, from, to } => format!("`{service}`: max_replicas_per_node {from} → {to}"),
            Change::Port { service, from, to, .. } => format!("`{service}`: host port {from} → {to}"),
            Change::Demand { service, resource, from, to } => {
                format!("`{service}`: {resource} {} → {} for each container", resource.show(*from), resource.show(*to))
            }
            Change::Active { machine } => format!("{machine}: available again"),
            Change::Machines { like, count: 1 } => format!("one more machine like {like}"),
            Change::Machines { like, count } => format!("{count} more machines like {like}"),
        }
    }
}

/// Something that can be changed, more or less of it.
struct Kind {
    /// The statement that it loosens; none where it may help against anything, as a machine more does.
    touches: Option<Statement>,
    /// By step, from the first: ever further, ever dearer.
    steps: Vec<Change>,
}

/// How far each kind is changed: 0 is not at all.
type Steps = Vec<usize>;

/// What stands in the way as long as each of these kinds is changed just so far. Not "at most": fewer replicas can be too
/// few for a spread.
struct Obstacle {
    kinds: Vec<usize>,
    steps: Steps,
}

struct Search<'s, 'p> {
    lean: Stack,
    trial: &'s Trial<'p>,
    kinds: Vec<Kind>,
    obstacles: Vec<Obstacle>,
    found: Vec<Steps>,
}

/// The cheapest ways out, each tried.
pub(super) fn find(
    stack: &Stack,
    statements: &Statements,
    trial: &Trial<'_>,
    conflicts: &[Conflict],
    services: &BTreeSet<usize>,
) -> Vec<WayOut> {
    let kinds = kinds(stack, statements, services);
    let lean = statements.only(&statements.all.iter().collect());
    let mut search = Search { lean, trial, kinds, obstacles: Vec::new(), found: Vec::new() };
    let none = vec![0; search.kinds.len()];
    conflicts.iter().for_each(|conflict| search.learn(&none, conflict));
    search.each_alone();
    search.together();
    let mut found: Vec<WayOut> = search.found.iter().map(|steps| search.way(steps)).collect();
    found.sort_by(|a, b| (a.price, a.changes.len(), &a.changes).cmp(&(b.price, b.changes.len(), &b.changes)));
    found.truncate(OFFERED);
    found
}

impl Search<'_, '_> {
    fn changes<'a>(&'a self, steps: &'a [usize]) -> impl Iterator<Item = &'a Change> + 'a {
        let changed = self.kinds.iter().zip(steps).filter(|(_, step)| **step > 0);
        changed.map(|(kind, step)| &kind.steps[step - 1])
    }

    fn price(&self, steps: &[usize]) -> u32 {
        self.changes(steps).map(Change::price).sum()
    }

    fn way(&self, steps: &[usize]) -> WayOut {
        WayOut { changes: self.changes(steps).cloned().collect(), price: self.price(steps) }
    }

    fn changed(&self, steps: &[usize]) -> Stack {
        let mut stack = self.lean.clone();
        self.changes(steps).for_each(|change| change.apply(&mut stack));
        stack
    }

    fn fits(&self, steps: &[usize]) -> bool {
        self.trial.fits(&self.changed(steps)) == Fits::Yes
    }

    /// Remembers that at these steps only changes that touch the conflict can help.
    fn learn(&mut self, steps: &[usize], conflict: &Conflict) {
        let helps = |kind: &&usize| {
            let touches = self.kinds[**kind].touches.as_ref();
            touches.is_none_or(|statement| conflict.statements.contains(statement))
        };
        let all: Vec<usize> = (0..self.kinds.len()).collect();
        let kinds = all.iter().filter(helps).copied().collect();
        self.obstacles.push(Obstacle { kinds, steps: steps.to_vec() });
    }

    /// Each kind by itself: the fewest steps that do.
    fn each_alone(&mut self) {
        for kind in 0..self.kinds.len() {
            let at = |step: usize| {
                let mut steps = vec![0; self.kinds.len()];
                steps[kind] = step;
                steps
            };
            let (mut low, mut high) = (0, self.kinds[kind].steps.len());
            if high == 0 || !self.fits(&at(high)) {
                continue;
            }
            while low + 1 < high {
                let middle = usize::midpoint(low, high);
                if self.fits(&at(middle)) { high = middle } else { low = middle }
            }
            self.found.push(at(high));
        }
    }

    /// Several kinds together, the cheapest first, as long as they may be among the best: the tree of hitting sets
    /// (Reiter, Artificial Intelligence 1987), with steps. Only what touches a conflict can help against it.
    fn together(&mut self) {
        let mut queue: BinaryHeap<Reverse<(u32, Steps)>> = BinaryHeap::new();
        let mut seen: BTreeSet<Steps> = BTreeSet::new();
        queue.push(Reverse((0, vec![0; self.kinds.len()])));
        let mut tried = 0;
        while let Some(Reverse((price, steps))) = queue.pop() {
            let mut prices: Vec<u32> = self.found.iter().map(|steps| self.price(steps)).collect();
            prices.sort_unstable();
            let is_dear = prices.get(OFFERED - 1).is_some_and(|third| price >= *third);
            if is_dear || tried >= MOST_TRIED || self.trial.is_over() {
                break;
            }
            // More than what does already is only dearer.
            if self.found.iter().any(|found| found.iter().zip(&steps).all(|(found, step)| found <= step)) {
                continue;
            }
            let known = |it: &&Obstacle| it.kinds.iter().all(|kind| steps[*kind] == it.steps[*kind]);
            let next: Vec<usize> = match self.obstacles.iter().find(known) {
                Some(obstacle) => obstacle.kinds.clone(),
                None => {
                    tried += 1;
                    match self.obstacle(&steps) {
                        Some(kinds) => kinds,
                        None => {
                            self.found.push(steps);
                            continue;
                        }
                    }
                }
            };
            for kind in next {
                if steps[kind] < self.kinds[kind].steps.len() {
                    let mut further = steps.clone();
                    further[kind] += 1;
                    if seen.insert(further.clone()) {
                        queue.push(Reverse((self.price(&further), further)));
                    }
                }
            }
        }
    }

    /// The kinds that may help against what stands in the way at these steps; none where nothing does.
    fn obstacle(&mut self, steps: &[usize]) -> Option<Vec<usize>> {
        let stack = self.changed(steps);
        match self.trial.fits(&stack) {
            Fits::Yes => None,
            Fits::Unknown => Some((0..self.kinds.len()).collect()),
            Fits::No => {
                let statements = Statements::of(&stack);
                let trial = self.trial.anew();
                match conflict::find(&statements, &trial, &BTreeSet::new()) {
                    Some(conflict) => self.learn(steps, &conflict),
                    None => return Some((0..self.kinds.len()).collect()),
                }
                self.obstacles.last().map(|obstacle| obstacle.kinds.clone())
            }
        }
    }
}

/// All that could be changed about these services and the machines.
fn kinds(stack: &Stack, statements: &Statements, services: &BTreeSet<usize>) -> Vec<Kind> {
    // What is told of comes first; where it gives way, the others may still have to.
    let mut chosen: Vec<usize> = (0..stack.services.len()).collect();
    chosen.sort_by(|a, b| {
        let told = services.contains(b).cmp(&services.contains(a));
        told.then(weight(stack, *b).total_cmp(&weight(stack, *a))).then(a.cmp(b))
    });
    chosen.truncate(MOST_SERVICES);
    chosen.sort_unstable();
    let mut kinds = Vec::new();
    for index in chosen {
        of_service(stack, index, &mut kinds);
    }
    let mut models: Vec<usize> = Vec::new();
    for machines in &statements.kinds {
        if stack.machines[machines[0]].span.is_none() {
            continue;
        }
        if stack.machines[machines[0]].availability != Availability::Active {
            let active = |machine: &usize| {
                let change = Change::Active { machine: stack.machines[*machine].name.clone() };
                Kind { touches: None, steps: vec![change] }
            };
            kinds.extend(machines.iter().take(2).map(active));
            continue;
        }
        // What others hold on a machine, and the volumes there, a new one has not.
        let like_new = |it: &crate::stack::Machine| crate::stack::Machine { volumes: Vec::new(), ..it.clone() };
        let known =
            models.iter().any(|it| like_new(&stack.machines[*it]).is_like(&like_new(&stack.machines[machines[0]])));
        if !known {
            models.push(machines[0]);
        }
    }
    for model in models {
        let like = stack.machines[model].name.clone();
        let steps = (1..=8).map(|count| Change::Machines { like: like.clone(), count }).collect();
        kinds.push(Kind { touches: None, steps });
    }
    kinds
}

/// How much a service asks for, as a share of the largest machine.
fn weight(stack: &Stack, service: usize) -> f64 {
    let service = &stack.services[service];
    let count = match service.replicas.value {
        Replicas::Count(count) => f64::from(count),
        Replicas::Global => stack.machines.len() as f64,
    };
    let share = |(resource, amount): (&Resource, u64)| {
        let most = stack.machines.iter().map(|machine| machine.room.get(resource)).max().unwrap_or(0);
        amount as f64 / most.max(1) as f64
    };
    count * service.demand.iter().map(share).fold(1e-6, f64::max)
}

fn of_service(stack: &Stack, index: usize, kinds: &mut Vec<Kind>) {
    let service = &stack.services[index];
    let name = || service.name.clone();
    let mut add = |touches: Statement, steps: Vec<Change>| kinds.push(Kind { touches: Some(touches), steps });
    if let Replicas::Count(from) = service.replicas.value
        && service.replicas.span != service.span
    {
        let steps = (1..from).rev().map(|to| Change::Replicas { service: name(), from, to }).collect();
        add(Statement::Replicas(index), steps);
    }
    let counted = service.replicas.value != Replicas::Global;
    for (item, constraint) in service.constraints.iter().enumerate().filter(|_| counted) {
        let text = constraint.value.to_string();
        add(Statement::Constraint(index, item), vec![Change::Constraint { service: name(), index: item, text }]);
    }
    if let Some(most) = &service.max_per_machine {
        let from = most.value;
        let steps = (1..=8).map(|more| Change::MaxPerMachine { service: name(), from, to: from + more }).collect();
        add(Statement::MaxPerMachine(index), steps);
    }
    for (item, port) in service.ports.iter().enumerate() {
        let Some(from) = port.host else { continue };
        let steps = (1..=16).filter_map(|more| {
            let to = PortRange { first: from.first, last: from.last.checked_add(more)? };
            Some(Change::Port { service: name(), index: item, from, to })
        });
        add(Statement::Port(index, item), steps.collect());
    }
    for (resource, from) in service.demand.iter().filter(|(_, amount)| *amount > 0) {
        if !service.demand_spans.contains_key(resource) {
            continue;
        }
        let mut steps: Vec<Change> = Vec::new();
        for eighths in (1..EIGHTHS).rev() {
            let to = rounded(resource, from / EIGHTHS * eighths);
            if to > 0
                && to < from
                && steps.last().is_none_or(|it| !matches!(it, Change::Demand { to: last, .. } if *last == to))
            {
                steps.push(Change::Demand { service: name(), resource: resource.clone(), from, to });
            }
        }
        add(Statement::Demand(index, resource.clone()), steps);
    }
}

/// An amount as people would write it: tenths of a CPU, whole mebibytes.
fn rounded(resource: &Resource, amount: u64) -> u64 {
    let unit = if *resource == Resource::cpus() {
        if amount >= 1000 { 100 } else { 10 }
    } else if *resource == Resource::memory() || *resource == Resource::disk() {
        if amount >= 64 << 20 { 16 << 20 } else { 1 << 20 }
    } else {
        1
    };
    amount / unit * unit
}
