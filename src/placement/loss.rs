//! The loss of a machine: what goes with it, and whether all the rest finds room on the others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::stack::{By, Replicas, Stack};
use crate::units::Amounts;

use super::constraints::names;
use super::problem::{Policy, Problem, Running};
use super::refusal::{self, Homeless};
use super::strategies::{self, Limits, Solved};
use super::{explain, lower};

/// What the loss of one machine means.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// Whichever one of these is lost, it comes to the same: nothing but their names tells them apart.
    pub machines: Vec<usize>,
    /// What becomes of the services that are meant for other machines as well.
    pub rest: Rest,
}

/// What becomes of services that can be elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Rest {
    /// They find room on the other machines.
    Fits,
    /// They don't, which is proven: certificates, and what finds no place where as much as possible does.
    Short(Vec<Diagnostic>, Vec<Homeless>),
    /// Neither was found within the limits.
    Unknown,
}

/// The loss of each machine that takes containers, machines alike once. `limits` are for each loss.
pub fn losses(problem: &Problem<'_>, limits: &Limits) -> Vec<Loss> {
    let active = |kind: &Vec<usize>| problem.stack.machines[kind[0]].availability == Availability::Active;
    problem.kinds().into_iter().filter(active).map(|machines| loss(problem, machines, limits)).collect()
}

fn loss(problem: &Problem<'_>, machines: Vec<usize>, limits: &Limits) -> Loss {
    let rest = rest(problem, &machines[..1], limits);
    Loss { machines, rest }
}

/// The stack with machines down, without the services that are meant for no others; and what runs elsewhere.
pub fn without(problem: &Problem<'_>, lost: &[usize]) -> (Stack, Vec<Running>) {
    // One that is merely too large for the others is not meant for this machine alone.
    let only_there = |service: &usize| {
        let mut meant = problem.machines().filter(|machine| problem.in_scope(*service, *machine)).peekable();
        problem.replicas[*service] > 0 && meant.peek().is_some() && meant.all(|machine| lost.contains(&machine))
    };
    let mut stack = problem.stack.clone();
    lost.iter().for_each(|machine| stack.machines[*machine].availability = Availability::Down);
    // The loss that was to be survived has happened.
    stack.services.iter_mut().for_each(|service| service.wishes.survive.clear());
    for service in problem.services().filter(only_there) {
        stack.services[service].replicas.value = Replicas::Count(0);
    }
    let running = problem.running.iter().filter(|at| !lost.contains(&at.machine)).cloned().collect();
    (stack, running)
}

/// What becomes of everything that can be elsewhere when machines are lost together.
pub fn rest(problem: &Problem<'_>, lost: &[usize], limits: &Limits) -> Rest {
    let (stack, running) = without(problem, lost);
    let problem = &Problem::new(&stack, running, Policy::default());
    let certificates = explain::certificates(problem);
    let infeasible = !certificates.is_empty()
        || match strategies::solve(&lower::bare(problem), limits) {
            Solved::Found(_) => return Rest::Fits,
            Solved::Infeasible => true,
            Solved::Undecided(..) => false,
        };
    if infeasible { Rest::Short(certificates, refusal::without_place(problem, limits)) } else { Rest::Unknown }
}

/// What may be lost as one, of machines that take containers: the name of those that have one together (`zone a`), and losses
/// that are alike, each by its machines.
pub fn groups(problem: &Problem<'_>, by: &By) -> Vec<(Option<String>, Vec<Vec<usize>>)> {
    let active = |machine: &usize| problem.stack.machines[*machine].availability == Availability::Active;
    match by {
        By::Machine => {
            let kinds = problem.kinds().into_iter().filter(|kind| active(&kind[0]));
            kinds.map(|kind| (None, kind.into_iter().map(|machine| vec![machine]).collect())).collect()
        }
        By::Attribute(key) => {
            let mut domains: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for machine in problem.machines().filter(active) {
                if let Some(value) = problem.stack.machines[machine].attributes.get(key) {
                    domains.entry(value).or_default().push(machine);
                }
            }
            let named = |(value, machines)| (Some(format!("{} {value}", by.word())), vec![machines]);
            domains.into_iter().map(named).collect()
        }
    }
}

/// Whether everything that can be elsewhere finds room again, whichever one of these is lost: a finding for each loss of which
/// it is proven that it does not, and the losses of which neither was found in time.
pub fn not_survived(problem: &Problem<'_>, by: &By, limits: &Limits) -> (Vec<Diagnostic>, Vec<String>) {
    let (mut findings, mut unknown) = (Vec::new(), Vec::new());
    for (name, alike) in groups(problem, by) {
        let machines: Vec<usize> = alike.iter().flatten().copied().collect();
        let what = match name {
            Some(name) => name,
            None if machines.len() > 1 => format!("any one of {}", names(problem, &machines)),
            None => names(problem, &machines),
        };
        match rest(problem, &alike[0], limits) {
            Rest::Fits => {}
            Rest::Unknown => unknown.push(what),
            Rest::Short(certificates, homeless) => {
                let message = format!("the stack does not survive the loss of {what}");
                let mut finding = Diagnostic::error("R413", message);
                for left in &homeless {
                    if let Some(service) = problem.stack.service(&left.service) {
                        finding = finding.label(service.span, told_of(left));
                    }
                }
                finding.notes = certificates.into_iter().map(|it| it.message).collect();
                finding.notes.extend(wanted(problem, &homeless));
                findings.push(finding.help(
                    "add room on what is left: a machine, or fewer replicas or smaller reservations; `planner capacity` \
                     tells how much is missing",
                ));
            }
        }
    }
    (findings, unknown)
}

/// How much what finds no place asks for: "what finds no place asks for cpus 2, memory 1 GiB".
fn wanted(problem: &Problem<'_>, homeless: &[Homeless]) -> Option<String> {
    let mut sum = Amounts::new();
    for left in homeless {
        let service = problem.stack.service(&left.service)?;
        sum.add(&service.demand, u64::from(left.wanted - left.placed));
    }
    let asked = sum.iter().filter(|(_, amount)| *amount > 0);
    let asked: Vec<String> = asked.map(|(resource, amount)| format!("{resource} {}", resource.show(amount))).collect();
    (!asked.is_empty()).then(|| format!("what finds no place asks for {}", asked.join(", ")))
}

/// The code of [`without_headroom`].
pub const CODE: &str = "R404";

/// The most time for one loss where it is only asked in passing.
const IN_PASSING: Duration = Duration::from_secs(1);

/// That a stack which fits would not fit without one of the machines; nothing where there is one machine only.
pub fn without_headroom(problem: &Problem<'_>) -> Option<Diagnostic> {
    let limits = Limits { time: IN_PASSING, ..Limits::default() };
    let losses = losses(problem, &limits);
    if losses.iter().map(|loss| loss.machines.len()).sum::<usize>() < 2 {
        return None;
    }
    let mut short: Vec<usize> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    let mut touched: BTreeSet<String> = BTreeSet::new();
    for loss in losses {
        let Rest::Short(certificates, homeless) = loss.rest else { continue };
        let any = if loss.machines.len() > 1 { "any one of " } else { "" };
        let told = certificates.first().map(|it| it.message.clone());
        let told = told.unwrap_or_else(|| homeless.iter().map(told_of).collect::<Vec<_>>().join(", "));
        notes.push(format!("without {any}{}: {told}", names(problem, &loss.machines)));
        short.extend(loss.machines);
        touched.extend(homeless.into_iter().map(|it| it.service));
    }
    short.sort_unstable();
    let which = match short.as_slice() {
        [] => return None,
        [_] => format!("{} is lost", names(problem, &short)),
        _ => format!("one of {} is lost", names(problem, &short)),
    };
    let mut finding = Diagnostic::warning(CODE, format!("the stack fits, but not if {which}"));
    for service in problem.stack.services.iter().filter(|service| touched.contains(&service.name)) {
        finding = finding.label(service.span, "not all of it finds a place then");
    }
    finding.notes = notes;
    Some(finding.help("add a machine, or lower replicas or reservations, until the others have room for what it holds"))
}

fn told_of(left: &Homeless) -> String {
    match (left.placed, left.wanted) {
        (_, 1) => format!("`{}` finds no place", left.service),
        (0, wanted) => format!("none of {wanted} of `{}` finds a place", left.service),
        (placed, wanted) => format!("{} of {wanted} of `{}` find no place", wanted - placed, left.service),
    }
}
