//! Back to the containers that were set aside when others took their places.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::labels;
use crate::observed::{HostPort, Observed};
use crate::stack::{Rollout, Service, Stack};
use crate::units::Amounts;

use super::container::Origin;
use super::current::{Own, own, set_aside};
use super::images::Pins;
use super::make::{NoPlan, Parts, assemble};
use super::model::Plan;
use super::order::order;
use super::reasons::COMES_BACK;
use super::told::Quality;
use super::work::{Removal, Work};

/// The services that have containers to go back to, by name.
pub fn can_go_back<'a>(stack: &'a Stack, observed: &Observed) -> Vec<&'a str> {
    let aside = set_aside(stack, observed);
    let has = |service: &&Service| aside.iter().any(|it| it.service == service.name);
    stack.services.iter().filter(has).map(|service| service.name.as_str()).collect()
}

/// The plan that brings services back to the containers that were set aside: these get their names and run, and what runs
/// now is set aside in its turn. Nothing else is touched.
///
/// # Errors
/// When what comes back has no room.
pub fn roll_back(stack: &Stack, services: &[&str], observed: &Observed, origin: &Origin) -> Result<Plan, NoPlan> {
    let mut stack = stack.clone();
    for service in &mut stack.services {
        let back = service.rollback.clone().unwrap_or_default();
        (service.update, service.rollback) = (back, Some(Rollout::default()));
    }
    let (own, aside) = (own(&stack, observed), set_aside(&stack, observed));
    let (mut works, mut removals) = (Vec::new(), Vec::new());
    for (index, service) in stack.services.iter().enumerate() {
        let of_it = |it: &&Own<'_>| it.service == service.name;
        let numbers: BTreeSet<u32> = own.iter().chain(&aside).filter(of_it).map(|it| it.number).collect();
        let returns = services.contains(&service.name.as_str());
        for number in numbers {
            let now: Vec<Own<'_>> = own.iter().filter(of_it).filter(|it| it.number == number).copied().collect();
            let before = aside.iter().filter(of_it).find(|it| it.number == number).copied();
            match (returns, before) {
                (true, Some(before)) => works.push(back(&stack, index, before, now)),
                (true, None) => removals
                    .extend(now.into_iter().map(|own| Removal { own, reason: "it was not there before".to_owned() })),
                (false, _) => {
                    works.extend(now.into_iter().filter(|it| it.state.is_up()).map(|it| stays(&stack, index, it)))
                }
            }
        }
    }
    let short = no_room(&stack, &works);
    if !short.is_empty() {
        return Err(NoPlan::Refused(short));
    }
    let order = &order(&stack, None, &works, &removals);
    let (own, aside, works, removals) = (&own, &aside, &works, &removals);
    let pins = &Pins::default();
    let keeps_networks = true;
    let parts = Parts { stack: &stack, observed, pins, origin, own, aside, works, removals, order, keeps_networks };
    assemble(&parts, Quality::default())
}

fn back<'a>(stack: &'a Stack, index: usize, before: Own<'a>, now: Vec<Own<'a>>) -> Work<'a> {
    let serves = now.iter().find(|it| it.state.is_up()).map(|it| it.state.id.as_str());
    Work {
        aside: serves,
        old: now,
        name: stack.container_name(&stack.services[index], before.number, before.machine),
        reasons: vec![COMES_BACK.to_owned()],
        ..stays(stack, index, before)
    }
}

/// A container that is as it shall be.
fn stays<'a>(stack: &'a Stack, index: usize, own: Own<'a>) -> Work<'a> {
    let published = own.state.ports.iter().filter(|port| port.host_port > 0);
    let mut ports: Vec<HostPort> = published.cloned().collect();
    ports.dedup();
    Work {
        ports,
        name: own.state.name.clone(),
        hash: own.state.label(labels::CONFIG_HASH).unwrap_or_default().to_owned(),
        kept: Some(own),
        ..Work::bare(stack, (index, own.number, own.machine))
    }
}

/// A finding for each machine that would hold more than it has room for.
fn no_room(stack: &Stack, works: &[Work<'_>]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (index, machine) in stack.machines.iter().enumerate() {
        let mut used = Amounts::new();
        let here = works.iter().filter(|work| work.machine == index).filter_map(|work| work.kept);
        here.for_each(|own| used.add(&own.state.reserved, 1));
        let returns = works.iter().find(|work| work.machine == index && work.comes_back());
        let Some(service) = returns.map(|work| work.service) else { continue };
        for (resource, needs) in used.iter() {
            let Some(room) = machine.room.named(resource).filter(|room| *room < needs) else { continue };
            let (needs, room) = (resource.show(needs), resource.show(room));
            let message = format!(
                "no way back for `{}`: {resource} on {}: {needs} needed, {room} there",
                service.name, machine.name
            );
            let finding = Diagnostic::error("R402", message).label(service.span, "what ran before is larger");
            findings.push(
                finding.help("free room there, or set the files back and `planner apply`: that may place it elsewhere"),
            );
        }
    }
    findings
}
