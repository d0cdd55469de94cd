//! All that could be changed about some services and the machines, each kind of change in ever larger steps.

use std::collections::BTreeSet;

use super::change::{Change, EIGHTHS, Wish};
use super::statements::{Statement, Statements};
use crate::inventory::Availability;
use crate::stack::{Bond, By, Machine, Replicas, Service, Stack};
use crate::units::{PortRange, Resource};

/// In stacks with more services only so many are looked at: those that findings speak of, and those that ask for most.
const MOST_SERVICES: usize = 12;

/// Something that can be changed, more or less of it.
pub(super) struct Kind {
    /// The statement that it loosens; none where it may help against anything, as a machine more does.
    pub(super) touches: Option<Statement>,
    /// By step, from the first: ever further, ever dearer.
    pub(super) steps: Vec<Change>,
}

/// All that could be changed about these services and the machines.
pub(super) fn kinds(stack: &Stack, statements: &Statements, services: &BTreeSet<usize>) -> Vec<Kind> {
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
        let like_new = |it: &Machine| Machine { volumes: Vec::new(), ..it.clone() };
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
        && (service.replicas.span != service.span || service.is_ingress())
    {
        let steps = (1..from).rev().map(|to| Change::Replicas { service: name(), from, to }).collect();
        add(Statement::Replicas(index), steps);
    }
    let counted = service.replicas.value != Replicas::Global;
    for (item, constraint) in service.constraints.iter().enumerate().filter(|_| counted) {
        let text = constraint.value.to_string();
        add(Statement::Constraint(index, item), vec![Change::Constraint { service: name(), index: item, text }]);
    }
    for (statement, key, text) in only_wishes(service, index) {
        add(statement, vec![Change::Wish { service: name(), key, text }]);
    }
    // An ingress can be on fewer machines, or on others; the rest of it is not for the files to say.
    let written = !service.is_ingress();
    if let Some(most) = service.max_per_machine.as_ref().filter(|_| written) {
        let from = most.value;
        let steps = (1..=8).map(|more| Change::MaxPerMachine { service: name(), from, to: from + more }).collect();
        add(Statement::MaxPerMachine(index), steps);
    }
    for (item, port) in service.ports.iter().enumerate().filter(|(_, port)| written && !port.inward) {
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

/// The wishes that are the only ones of their kind: of several, one less would number the others anew.
fn only_wishes(service: &Service, index: usize) -> Vec<(Statement, Wish, String)> {
    let mut found = Vec::new();
    let bond = |bond: &Bond| match &bond.by {
        By::Machine => bond.service.value.clone(),
        by => format!("{{service: {}, by: {}}}", bond.service.value, by.word()),
    };
    if let [spread] = service.wishes.spread.as_slice() {
        found.push((Statement::Spread(index, 0), Wish::Spread, spread.over.word().to_owned()));
    }
    if let [near] = service.wishes.near.as_slice() {
        found.push((Statement::Near(index, 0), Wish::Near, bond(near)));
    }
    if let [apart] = service.wishes.apart.as_slice() {
        found.push((Statement::Apart(index, 0), Wish::Apart, bond(apart)));
    }
    if let [survive] = service.wishes.survive.as_slice() {
        found.push((Statement::Survive(index, 0), Wish::Survive, survive.loss.word().to_owned()));
    }
    found
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
