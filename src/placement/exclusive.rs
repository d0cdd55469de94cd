//! Containers of which no two can share a machine, whatever makes them so: where there are more of them than machines
//! that could take one, a stack does not fit. (A clique of the graph of conflicts, found greedily: not the largest, but
//! whichever is found is a proof.)

use crate::diagnostic::Diagnostic;

use super::constraints::{ALL, more_machines, names};
use super::objective::largest_share;
use super::problem::Problem;

/// So many services are tried as the first of a clique, the largest first.
const STARTS: usize = 8;
/// So many reasons why two cannot be together are told.
const MOST_REASONS: usize = 4;

/// The certificate that such containers give, if there is one.
pub(super) fn certificate(problem: &Problem<'_>) -> Option<Diagnostic> {
    let kinds: Vec<usize> = problem.kinds().iter().map(|kind| kind[0]).collect();
    let once = problem.services().filter(|service| counts_once(problem, *service));
    let mut sized: Vec<(f64, usize)> = once.map(|service| (largest_share(problem, service), service)).collect();
    sized.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let candidates: Vec<usize> = sized.into_iter().map(|(_, service)| service).collect();
    let cliques = (0..candidates.len().min(STARTS)).map(|start| clique(problem, &kinds, &candidates, start));
    let missing = |clique: &Vec<usize>| {
        let wanted: u32 = clique.iter().map(|service| problem.replicas[*service]).sum();
        (wanted as usize).checked_sub(takers(problem, clique).len()).filter(|missing| *missing > 0)
    };
    let (missing, mut clique) =
        cliques.filter_map(|it| Some((missing(&it)?, it))).max_by_key(|(missing, _)| *missing)?;
    clique.sort_unstable();
    Some(finding(problem, &kinds, &clique, missing))
}

/// Whether no machine that might take the service would hold two containers of it.
fn counts_once(problem: &Problem<'_>, service: usize) -> bool {
    let allowed = || problem.machines().filter(|machine| problem.allowed[service][*machine]);
    let replicas = problem.replicas[service];
    replicas > 0
        && allowed().next().is_some()
        && (replicas == 1 || allowed().all(|machine| problem.at_most(service, machine) <= 1))
}

/// A clique that begins with one candidate, and takes in every other that excludes all that are in.
fn clique(problem: &Problem<'_>, kinds: &[usize], candidates: &[usize], start: usize) -> Vec<usize> {
    let mut clique = vec![candidates[start]];
    for other in candidates.iter().enumerate().filter(|(index, _)| *index != start).map(|(_, service)| *service) {
        if clique.iter().all(|member| exclude(problem, kinds, *member, other)) {
            clique.push(other);
        }
    }
    clique
}

/// Whether two services can share no machine at all.
fn exclude(problem: &Problem<'_>, kinds: &[usize], a: usize, b: usize) -> bool {
    let both = kinds.iter().filter(|machine| problem.allowed[a][**machine] && problem.allowed[b][**machine]);
    both.into_iter().all(|machine| ALL.iter().any(|it| it.excludes(problem, (a, b), *machine).is_some()))
}

/// The machines that could take any of them.
fn takers(problem: &Problem<'_>, clique: &[usize]) -> Vec<usize> {
    problem.machines().filter(|machine| clique.iter().any(|service| problem.allowed[*service][*machine])).collect()
}

fn finding(problem: &Problem<'_>, kinds: &[usize], clique: &[usize], missing: usize) -> Diagnostic {
    let takers = takers(problem, clique);
    let wanted = takers.len() + missing;
    let could = if takers.len() == 1 { "1 machine" } else { &format!("{} machines", takers.len()) };
    let message = format!("{wanted} containers are wanted of which no two fit on one machine; {could} could take one");
    let mut finding = Diagnostic::error("R403", message);
    for service in clique {
        let (service, count) = (&problem.stack.services[*service], problem.replicas[*service]);
        finding = finding.label(service.span, format!("`{}`: {count} × {}", service.name, asks(service)));
    }
    let pairs = clique.iter().enumerate().flat_map(|(index, a)| clique[index..].iter().map(move |b| (*a, *b)));
    let mut reasons: Vec<String> = Vec::new();
    for (a, b) in pairs.filter(|(a, b)| a != b || problem.replicas[*a] > 1) {
        let largest = kinds.iter().filter(|it| problem.allowed[a][**it] && problem.allowed[b][**it]);
        let mut why =
            largest.filter_map(|it| ALL.iter().find_map(|constraint| constraint.excludes(problem, (a, b), *it)));
        let (a, b) = (&problem.stack.services[a].name, &problem.stack.services[b].name);
        let who = if a == b { format!("two of `{a}`") } else { format!("`{a}` beside `{b}`") };
        reasons.extend(why.next().map(|why| format!("{who}: {why}")));
    }
    let more = reasons.len().saturating_sub(MOST_REASONS);
    reasons.truncate(MOST_REASONS);
    reasons.extend((more > 0).then(|| format!("and {more} more pairs")));
    finding.notes.push(format!("could take one: {}", names(problem, &takers)));
    finding.notes.extend(reasons);
    let more = more_machines(missing as u64);
    finding.help(format!("add {more} that can take one, or lower replicas, or make them small enough to share one"))
}

/// "20 of cpus, 60 GiB of memory".
fn asks(service: &crate::stack::Service) -> String {
    let amounts = service.demand.iter().filter(|(_, amount)| *amount > 0);
    let amounts: Vec<String> =
        amounts.map(|(resource, amount)| format!("{} of {resource}", resource.show(amount))).collect();
    if amounts.is_empty() { "no resources".to_owned() } else { amounts.join(", ") }
}
