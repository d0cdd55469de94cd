//! Whether a fleet holds: by placing the stack on it, with the headroom, and again after each loss.

use std::collections::HashSet;

use crate::inventory::{Availability, Inventory, Machine};
use crate::placement::fleet::Lost;
use crate::placement::{Layout, Limits, Outcome, Policy, Problem, fit, loss, place};
use crate::stack::{By, Replicas, Service, Stack};
use crate::units::Resource;

use super::ground::Ground;
use super::{Build, Headroom, Question, Wanted};
use crate::capacity::{Container, MachineRoom, containers, room};

/// Whether a fleet holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It does: tried by placing.
    Yes,
    /// It does not, which is proven: after which loss, if not by itself.
    No(Option<Lost>),
    /// Neither was found in time.
    Unknown,
}

/// How everything lies on a fleet.
pub(super) struct Shown {
    pub machines: Vec<MachineRoom>,
    pub containers: Vec<Container>,
    /// How many losses are tried.
    pub losses: usize,
}

/// Trials of fleets for one stack.
pub(super) struct Trial<'q> {
    pub build: &'q Build<'q>,
    pub question: &'q Question<'q>,
    pub headroom: &'q [Headroom],
    /// So many times the headroom.
    pub times: u32,
    /// Whether the stack alone is to be tried too: it is not always easier to place than with headroom.
    pub alone: bool,
}

impl Trial<'_> {
    /// Whether so many machines of each kind hold the stack. `limits` are for each placement.
    pub(super) fn holds(&self, ground: &Ground<'_>, fleet: &[u32], limits: &Limits) -> Held {
        let (inventory, kinds) = inventory(self.question, fleet);
        if kinds.is_empty() {
            // On no machine there is nothing, and something is to be placed.
            return Held::No(None);
        }
        let stack = (self.build)(&inventory);
        let more = with_headroom(&stack, self.headroom, self.times);
        let alone = (self.alone && self.times > 0).then_some(&stack);
        for stack in std::iter::once(&more).chain(alone) {
            match fit(&Problem::new(stack, Vec::new(), Policy::default()), limits) {
                Outcome::Placed(_) => {}
                Outcome::Refused => return Held::No(None),
                Outcome::Undecided(_) => return Held::Unknown,
            }
        }
        let mut unknown = false;
        for (lost, machines) in losses(self.question, ground, &stack, &kinds) {
            match fit(&Problem::new(&after(ground, &stack, &lost, &machines), Vec::new(), Policy::default()), limits) {
                Outcome::Placed(_) => {}
                Outcome::Refused => return Held::No(Some(lost)),
                Outcome::Undecided(_) => unknown = true,
            }
        }
        if unknown { Held::Unknown } else { Held::Yes }
    }

    /// How everything lies on the machines of a fleet that holds, and how many losses there are.
    pub(super) fn shown(&self, ground: &Ground<'_>, fleet: &[u32], limits: &Limits) -> Shown {
        let (inventory, kinds) = inventory(self.question, fleet);
        let stack = (self.build)(&inventory);
        let losses = losses(self.question, ground, &stack, &kinds).len();
        let problem = Problem::new(&stack, Vec::new(), Policy::default());
        let (layout, placed) = match place(&problem, limits) {
            Outcome::Placed(solution) => {
                (Layout::of(&problem, &solution.replicas), containers::containers(&stack, &solution))
            }
            Outcome::Refused | Outcome::Undecided(_) => (Layout::empty(&problem), Vec::new()),
        };
        Shown { machines: room::machines(&problem, &layout), containers: placed, losses }
    }
}

/// What may be lost, losses that are alike once: each with its machines.
fn losses(question: &Question<'_>, ground: &Ground<'_>, stack: &Stack, kinds: &[usize]) -> Vec<(Lost, Vec<usize>)> {
    let problem = Problem::new(stack, Vec::new(), Policy::default());
    let mut losses = Vec::new();
    for by in &question.survive {
        for (_, alike) in loss::groups(&problem, by) {
            let machines = alike[0].clone();
            let lost = match by {
                By::Machine => Lost::One(kinds[machines[0]]),
                By::Attribute(key) => {
                    let value = stack.machines[machines[0]].attributes.get(key).map_or("", String::as_str);
                    Lost::All(ground.kinds_of(by, value))
                }
            };
            losses.push((lost, machines));
        }
    }
    losses
}

/// The stack after a loss, without what is meant for nothing else.
fn after(ground: &Ground<'_>, stack: &Stack, lost: &Lost, machines: &[usize]) -> Stack {
    let mut stack = stack.clone();
    machines.iter().for_each(|machine| stack.machines[*machine].availability = Availability::Down);
    let dropped: HashSet<&str> =
        ground.dropped(lost).into_iter().map(|service| ground.stack.services[service].name.as_str()).collect();
    for service in &mut stack.services {
        // The loss that was to be survived has happened.
        service.wishes.survive.clear();
        if dropped.contains(service.name.as_str()) {
            service.replicas.value = Replicas::Count(0);
        }
    }
    stack
}

/// The machines there are, and so many of each kind; and the kind of each.
pub(super) fn inventory(question: &Question<'_>, fleet: &[u32]) -> (Inventory, Vec<usize>) {
    let own = &question.own;
    let mut machines: Vec<Machine> = own.machines.clone();
    let mut kinds: Vec<usize> = (0..machines.len()).collect();
    let mut taken: HashSet<String> = machines.iter().map(|machine| machine.name.value.clone()).collect();
    for (index, offer) in question.catalogue.offers.iter().enumerate() {
        let kind = own.machines.len() + index;
        let mut number = 0;
        for _ in 0..fleet[kind] {
            let name = loop {
                number += 1;
                let name = format!("{}-{number}", offer.name.value);
                if taken.insert(name.clone()) {
                    break name;
                }
            };
            machines.push(offer.machine(name));
            kinds.push(kind);
        }
    }
    (Inventory { machines, unsized_demand: own.unsized_demand.clone() }, kinds)
}

/// The stack and so many times the headroom.
pub(super) fn with_headroom(stack: &Stack, headroom: &[Headroom], times: u32) -> Stack {
    let mut stack = stack.clone();
    if times == 0 {
        return stack;
    }
    for it in headroom {
        let more = it.count.saturating_mul(times);
        match &it.what {
            Wanted::Service(name) => {
                let service = stack.services.iter_mut().find(|service| service.name == *name);
                if let Some(replicas) = service.map(|service| &mut service.replicas.value)
                    && let Replicas::Count(count) = replicas
                {
                    *count = count.saturating_add(more);
                }
            }
            Wanted::Shape(size) => {
                // No service of a file has a name with spaces in it.
                let show = |resource: Resource| resource.show(size.get(&resource));
                let name = format!("room for {} CPUs, {}", show(Resource::cpus()), show(Resource::memory()));
                let Some(span) = stack.services.first().map(|service| service.span) else { continue };
                let mut service = Service::bare(name, span);
                service.demand = size.clone();
                service.replicas.value = Replicas::Count(more);
                stack.services.push(service);
            }
        }
    }
    stack
}
