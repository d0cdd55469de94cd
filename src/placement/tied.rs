//! Services that speak of each other, looked at by themselves. What they cannot do on machines that are otherwise empty they
//! cannot do among all the others either; and a proof about three services is quick where one about a thousand is not.

use std::collections::HashMap;
use std::time::Instant;

use indexmap::IndexMap;
use petgraph::unionfind::UnionFind;

use super::problem::{Policy, Problem, Running};
use super::strategies::{self, Limits, Solved};
use super::{explain, lower};
use crate::stack::Stack;

/// In smaller stacks all services together are solved as quickly.
const FEW: usize = 30;

/// So much of the time, as a divisor, goes into the groups.
const SHARE: u32 = 10;

/// A group that has no place by itself, by the indexes of its services.
pub fn impossible(problem: &Problem<'_>, limits: &Limits) -> Option<Vec<usize>> {
    if problem.stack.services.len() < FEW {
        return None;
    }
    let until = Instant::now() + limits.time / SHARE;
    let in_time = |_: &Vec<usize>| Instant::now() < until;
    groups(problem.stack)
        .into_iter()
        .take_while(in_time)
        .find(|group| is_impossible(problem.stack, &problem.running, group, limits))
}

/// Whether it is proven that these services have no place, even were there no others.
pub fn is_impossible(stack: &Stack, running: &[Running], group: &[usize], limits: &Limits) -> bool {
    let (part, running) = part(stack, running, group);
    let problem = Problem::new(&part, running, Policy::default());
    let limits = Limits { time: limits.time / SHARE, work: None, ..limits.clone() };
    explain::is_certain(&problem) || strategies::solve(&lower::bare(&problem), &limits) == Solved::Infeasible
}

/// The stack with only these services, which speak of no others, and what runs of them.
pub fn part(stack: &Stack, running: &[Running], services: &[usize]) -> (Stack, Vec<Running>) {
    let kept = services.iter().map(|service| stack.services[*service].clone()).collect();
    let part = stack.with_services(kept);
    let place = |at: &Running| {
        let service = services.iter().position(|service| *service == at.service)?;
        Some(Running { service, ..at.clone() })
    };
    (part, running.iter().filter_map(place).collect())
}

/// The services by group, of two and more: those of one speak of no others. The smallest first.
fn groups(stack: &Stack) -> Vec<Vec<usize>> {
    let index: HashMap<&str, usize> =
        stack.services.iter().enumerate().map(|(index, service)| (service.name.as_str(), index)).collect();
    let mut ties = UnionFind::new(stack.services.len());
    for (service, it) in stack.services.iter().enumerate() {
        for other in it.speaks_of().filter_map(|name| index.get(name)) {
            ties.union(service, *other);
        }
    }
    let mut groups: IndexMap<usize, Vec<usize>> = IndexMap::new();
    (0..stack.services.len()).for_each(|service| groups.entry(ties.find(service)).or_default().push(service));
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort_by_key(Vec::len);
    groups
}
