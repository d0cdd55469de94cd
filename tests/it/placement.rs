//! Placement against brute force: on small random problems every layout is tried.

use planner::placement::refusal::explain;
use planner::placement::{Layout, Limits, Outcome, Policy, Problem, Running, place, verify};
use planner::source::Spanned;
use planner::stack::{Bond, By, Constraint, Machine, PortDemand, Replicas, Service, Spread, Stack, Survive, TakenPort};
use planner::units::{Amounts, Bytes, Cpu, PortRange, Resource};
use proptest::prelude::*;

use crate::stacks::{machine, nowhere, port, service, spanned, stack};

/// Every layout with the right number of containers and no more than a machine may have of each service.
pub(crate) fn layouts(problem: &Problem<'_>) -> Vec<Layout> {
    let mut all = vec![Layout { counts: Vec::new() }];
    for index in problem.services() {
        let mut rows = Vec::new();
        spread_out(problem.replicas[index], problem.machines().len(), &mut Vec::new(), &mut rows);
        all = all
            .iter()
            .flat_map(|layout| {
                rows.iter().map(|row| {
                    let mut counts = layout.counts.clone();
                    counts.push(row.clone());
                    Layout { counts }
                })
            })
            .collect();
    }
    all.retain(|layout| holds(problem, layout));
    all
}

fn spread_out(left: u32, machines: usize, row: &mut Vec<u32>, rows: &mut Vec<Vec<u32>>) {
    if row.len() == machines {
        if left == 0 {
            rows.push(row.clone());
        }
        return;
    }
    for count in 0..=left {
        row.push(count);
        spread_out(left - count, machines, row, rows);
        row.pop();
    }
}

/// The oracle's own opinion, written without a look at the constraints' code.
fn holds(problem: &Problem<'_>, layout: &Layout) -> bool {
    let stack = problem.stack;
    for (index, at) in stack.machines.iter().enumerate() {
        let here: Vec<(&Service, u32)> =
            stack.services.iter().zip(&layout.counts).map(|(service, counts)| (service, counts[index])).collect();
        let used: u64 = here.iter().map(|(service, count)| service.demand.cpu().0 * u64::from(*count)).sum();
        if used > at.room.cpu().0 {
            return false;
        }
        for (service, count) in &here {
            let zone = at.attributes.get("node.labels.zone").map_or("", String::as_str);
            let allowed = service.constraints.iter().all(|it| (it.value.value == zone) == it.value.equal);
            let too_many = service.max_per_machine.as_ref().is_some_and(|max| *count > max.value);
            let alone = service
                .together_with
                .iter()
                .any(|other| here.iter().any(|(service, count)| service.name == other.value && *count == 0));
            if *count > 0 && (!allowed || too_many || alone) {
                return false;
            }
            if service.replicas.value == Replicas::Global && (*count == 1) != allowed {
                return false;
            }
        }
        let wishes: Vec<&PortDemand> =
            here.iter().flat_map(|(service, count)| (0..*count).flat_map(|_| &service.ports)).collect();
        if !ports_suffice(at, &wishes, &mut Vec::new()) {
            return false;
        }
    }
    wishes_hold(problem, layout)
}

/// The domain of a machine: itself, or its zone.
fn domain_of<'m>(by: &By, at: &'m Machine) -> &'m str {
    match by {
        By::Machine => &at.name,
        By::Attribute(key) => &at.attributes[key],
    }
}

/// What `x-planner` asks for, written without a look at the constraints' code.
fn wishes_hold(problem: &Problem<'_>, layout: &Layout) -> bool {
    let stack = problem.stack;
    let count = |service: usize, by: &By, domain: &str| -> u32 {
        let machines = stack.machines.iter().enumerate().filter(|(_, at)| domain_of(by, at) == domain);
        machines.map(|(machine, _)| layout.counts[service][machine]).sum()
    };
    let domains = |by: &By| {
        let all: std::collections::BTreeSet<String> =
            stack.machines.iter().map(|at| domain_of(by, at).to_owned()).collect();
        all
    };
    stack.services.iter().enumerate().all(|(index, service)| {
        let other = |name: &str| stack.services.iter().position(|service| service.name == name).unwrap();
        let wishes = &service.wishes;
        let near = wishes.near.iter().all(|bond| {
            let other = other(&bond.service.value);
            domains(&bond.by).iter().all(|it| count(index, &bond.by, it) == 0 || count(other, &bond.by, it) > 0)
        });
        let apart = wishes.apart.iter().all(|bond| {
            let other = other(&bond.service.value);
            domains(&bond.by).iter().all(|it| count(index, &bond.by, it) == 0 || count(other, &bond.by, it) == 0)
        });
        let survive = wishes.survive.iter().all(|wish| {
            let most = domains(&wish.loss).iter().map(|it| count(index, &wish.loss, it)).max().unwrap();
            layout.total(index) - most >= wish.keep
        });
        let spread = wishes.spread.iter().all(|wish| {
            // Only domains count that could hold one of it, unless others are named.
            let may = |domain: &String| {
                if let Some(among) = &wish.among {
                    return among.contains(domain);
                }
                let machines = stack.machines.iter().enumerate().filter(|(_, at)| domain_of(&wish.over, at) == domain);
                machines.into_iter().any(|(machine, _)| problem.at_most(index, machine) > 0)
            };
            let counts: Vec<u32> =
                domains(&wish.over).iter().filter(|it| may(it)).map(|it| count(index, &wish.over, it)).collect();
            let (most, least) = (counts.iter().max().unwrap_or(&0), counts.iter().min().unwrap_or(&0));
            let held = counts.iter().filter(|count| **count > 0).count() as u32;
            // What has no containers is in no domain, and lacks none.
            let enough = |wanted: u32| held >= wanted || problem.replicas[index] == 0;
            wish.skew.is_none_or(|skew| most - least <= skew) && wish.at_least.is_none_or(enough)
        });
        near && apart && survive && spread
    })
}

/// Tries every port for every wish.
fn ports_suffice<'a>(at: &Machine, wishes: &[&'a PortDemand], given: &mut Vec<(&'a PortDemand, u16)>) -> bool {
    let Some((wish, rest)) = wishes.split_first() else { return true };
    let range = wish.host.unwrap_or(at.ports);
    let clash = |a: Option<std::net::IpAddr>, b: Option<std::net::IpAddr>| a.is_none() || b.is_none() || a == b;
    for port in range.first..=range.last {
        let taken = at.taken_ports.iter().any(|taken| taken.ports.contains(port) && clash(taken.host_ip, wish.host_ip));
        if taken || given.iter().any(|(other, used)| *used == port && clash(other.host_ip, wish.host_ip)) {
            continue;
        }
        given.push((wish, port));
        let ok = ports_suffice(at, rest, given);
        given.pop();
        if ok {
            return true;
        }
    }
    false
}

/// The tiers' values as the documentation describes them.
pub(crate) fn values(problem: &Problem<'_>, layout: &Layout) -> Vec<f64> {
    let stack = problem.stack;
    let most = |resource: &Resource| stack.machines.iter().map(|it| it.capacity.get(resource)).max().unwrap_or(0);
    let (mut moves, mut apart, mut even) = (0.0, 0.0, 0.0);
    let (mut in_use, mut costs) = (0.0, 0.0);
    let mut places = 0.0;
    let mut order = 0.0;
    let mut counts_even = 0.0;
    let all = f64::from(problem.replicas.iter().sum::<u32>().max(1));
    for (index, at) in stack.machines.iter().enumerate() {
        let mut cpu = 0.0;
        for (service, counts) in layout.counts.iter().enumerate() {
            let count = counts[index];
            let demand = stack.services[service].demand.cpu().0;
            let share = (demand as f64 / most(&Resource::cpus()) as f64).min(1.0);
            let gone = problem.current[service][index].saturating_sub(count);
            // Where nothing can ever be there is no choice, and so no cost.
            if problem.at_most(service, index) > 0 {
                moves += f64::from(gone) * (1000.0 + (share * 999.0).round());
            }
            apart += f64::from((0..count).sum::<u32>());
            order += f64::from(count) * index as f64;
            cpu += (demand * u64::from(count)) as f64 / at.capacity.cpu().0 as f64;
        }
        if layout.counts.iter().any(|counts| counts[index] > 0) {
            in_use += 1.0;
            costs += at.cost;
        }
        even += steps(cpu);
        counts_even += steps(f64::from(layout.counts.iter().map(|counts| counts[index]).sum::<u32>()) / all);
        places += cpu * index as f64;
    }
    match problem.policy {
        Policy::Spread if stack.services.iter().any(|service| service.demand.cpu().0 == 0) => {
            vec![moves, apart, even, counts_even, order]
        }
        Policy::Spread => vec![moves, apart, even, order],
        Policy::Pack => vec![moves, in_use, places],
        Policy::Cheapest => vec![moves, costs, places],
        Policy::Headroom => {
            let said = problem.headroom.as_ref().map(|shape| shape.cpu().0);
            let largest = stack.services.iter().map(|service| service.demand.cpu().0).max().unwrap_or(0);
            let largest = said.unwrap_or(largest);
            if largest == 0 {
                return vec![moves, order];
            }
            // Room counts in whole units of what services ask for.
            let common = |a: u64, b: u64| {
                (1..=a.max(b)).rev().find(|it| a.is_multiple_of(*it) && b.is_multiple_of(*it)).unwrap_or(0)
            };
            let amounts = stack.services.iter().map(|it| it.demand.cpu().0).chain(said);
            let unit = 1000 * amounts.map(|it| it / 1000).fold(0, common);
            let slots = |at: &Machine, used: u64| (at.room.cpu().0 / unit * unit - used) as f64 / largest as f64;
            let most = stack.machines.iter().map(|at| slots(at, 0)).fold(0.0, f64::max);
            let free = stack.machines.iter().enumerate().map(|(index, at)| {
                let used = stack.services.iter().zip(&layout.counts);
                slots(at, used.map(|(service, counts)| service.demand.cpu().0 * u64::from(counts[index])).sum())
            });
            vec![moves, most - free.fold(0.0, f64::max), order]
        }
    }
}

/// Each sixth of a machine costs more than the one before: 1, 3, 5, …
fn steps(mut share: f64) -> f64 {
    let mut cost = 0.0;
    for piece in 0..6 {
        let part = share.clamp(0.0, 1.0 / 6.0);
        cost += part * f64::from(2 * piece + 1);
        share -= part;
    }
    cost
}

#[derive(Clone)]
pub(crate) struct Case {
    pub stack: Stack,
    pub running: Vec<Running>,
    pub policy: Policy,
}

impl std::fmt::Debug for Case {
    /// Only what differs from case to case.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:?}", self.policy)?;
        for it in &self.stack.services {
            let ports: Vec<_> = it.ports.iter().map(|port| port.host.map(|range| (range.first, range.last))).collect();
            let zones: Vec<_> = it.constraints.iter().map(|it| (it.value.equal, &it.value.value)).collect();
            let together: Vec<_> = it.together_with.iter().map(|it| &it.value).collect();
            let (replicas, max) = (it.replicas.value, it.max_per_machine.as_ref().map(|max| max.value));
            let cpus = it.demand.cpu();
            writeln!(f, "{} {replicas:?} cpus {cpus} {ports:?} {zones:?} {together:?} max {max:?}", it.name)?;
            writeln!(f, "  {:?}", it.wishes)?;
        }
        for it in &self.stack.machines {
            let taken: Vec<u16> = it.taken_ports.iter().map(|taken| taken.ports.first).collect();
            writeln!(f, "{} cpus {} {:?} taken {taken:?}", it.name, it.room.cpu(), it.attributes["node.labels.zone"])?;
        }
        writeln!(f, "{:?}", self.running)
    }
}

fn any_port() -> impl Strategy<Value = PortDemand> {
    let ranges =
        prop_oneof![Just(Some((80, 80))), Just(Some((81, 81))), Just(Some((80, 81))), Just(Some((80, 82))), Just(None)];
    ranges.prop_map(|range| port(range, None))
}

fn any_service(index: usize) -> impl Strategy<Value = Service> {
    let zone = prop_oneof![3 => Just(None), 1 => Just(Some(("a", true))), 1 => Just(Some(("b", false)))];
    let rest = (prop::collection::vec(any_port(), 0..=2), zone, prop::option::weighted(0.2, 1u32..=2), 0u8..10);
    (1u32..=3, 0u64..=3, rest).prop_map(move |(replicas, cpus, (ports, zone, max, kind))| {
        let mut service = service(&format!("s{index}"), replicas, cpus);
        service.ports = ports;
        service.max_per_machine = max.map(spanned);
        service.constraints.extend(zone.map(|(value, equal)| {
            spanned(Constraint { key: "node.labels.zone".to_owned(), equal, value: value.to_owned() })
        }));
        if kind == 0 {
            service.replicas = spanned(Replicas::Global);
        }
        let by = if cpus % 2 == 0 { By::Machine } else { By::Attribute("node.labels.zone".to_owned()) };
        let bond = || Bond { service: spanned("s0".to_owned()), by: by.clone() };
        let span = nowhere();
        match kind {
            2 if index > 0 => service.wishes.near.push(bond()),
            3 if index > 0 => service.wishes.apart.push(bond()),
            4 => service.wishes.spread.push(Spread { over: by, skew: Some(1), at_least: None, among: None, span }),
            5 => service.wishes.spread.push(Spread { over: by, skew: None, at_least: Some(2), among: None, span }),
            6 => service.wishes.survive.push(Survive { loss: by, keep: 1, span }),
            _ => {}
        }
        if kind == 1 && index > 0 {
            service.together_with.push(Spanned::new("s0".to_owned(), nowhere()));
        }
        service
    })
}

fn any_machine(index: usize) -> impl Strategy<Value = Machine> {
    let taken = prop::option::weighted(0.2, 80u16..=81);
    (2u64..=6, prop_oneof![Just("a"), Just("b")], taken).prop_map(move |(cpus, zone, taken)| {
        let mut machine = machine(&format!("m{index}"), cpus);
        machine.attributes.insert("node.labels.zone".to_owned(), zone.to_owned());
        machine.ports = PortRange { first: 20000, last: 20001 };
        machine.cost = (7 - cpus) as f64;
        machine.taken_ports.extend(taken.map(|port| TakenPort {
            host_ip: None,
            ports: PortRange::one(port),
            protocol: None,
            holder: "somebody".to_owned(),
        }));
        machine
    })
}

pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    let services = (any_service(0), any_service(1), any_service(2), 1usize..=3);
    let machines = (any_machine(0), any_machine(1), any_machine(2), 1usize..=3);
    let running = prop::collection::vec((0usize..3, 1u32..=3, 0usize..3), 0..=4);
    (services, machines, running, 0usize..4).prop_map(|(services, machines, running, policy)| {
        let mut all = vec![services.0, services.1, services.2];
        all.truncate(services.3);
        let mut at = vec![machines.0, machines.1, machines.2];
        at.truncate(machines.3);
        let mut there: Vec<Running> = Vec::new();
        for (service, number, machine) in running {
            let known = service < all.len() && machine < at.len();
            if known && !there.iter().any(|it| it.service == service && it.number == number) {
                let ports = all[service].ports.iter().map(|_| None).collect();
                there.push(Running { service, number, machine, ports });
            }
        }
        let policy = [Policy::Spread, Policy::Pack, Policy::Headroom, Policy::Cheapest][policy];
        Case { stack: stack(all, at), running: there, policy }
    })
}

/// Whether what is found is the best there is, and known to be.
fn check(case: &Case) -> Result<(), TestCaseError> {
    check_with_room_for(case, None)
}

/// The same, where the policy keeps room for a container of so many CPUs.
fn check_with_room_for(case: &Case, cpus: Option<u64>) -> Result<(), TestCaseError> {
    let mut problem = Problem::new(&case.stack, case.running.clone(), case.policy);
    problem.headroom = cpus.map(|cpus| Amounts::of(Cpu(cpus * 1000), Bytes(0)));
    let all = layouts(&problem);
    let best = all.iter().map(|layout| values(&problem, layout)).min_by(|a, b| compare(a, b));
    match (place(&problem, &Limits::default()), best) {
        (Outcome::Placed(solution), Some(best)) => {
            prop_assert_eq!(verify(&problem, &solution), Vec::<String>::new());
            let found = Layout::of(&problem, &solution.replicas);
            prop_assert!(holds(&problem, &found));
            let reached = values(&problem, &found);
            prop_assert!(
                compare(&reached, &best).is_eq(),
                "reached {:?}, the best is {:?}\n{:#?}",
                reached,
                best,
                solution.tiers
            );
            prop_assert!(solution.is_proven(), "{:#?}", solution.tiers);
            for tier in &solution.tiers {
                prop_assert!(tier.bound <= tier.value + 1e-6, "{:?}", tier);
            }
            let again = place(&problem, &Limits::default());
            prop_assert_eq!(again, Outcome::Placed(solution));
        }
        (Outcome::Refused, None) => {
            let refusal = explain(&problem, &Limits::default());
            prop_assert!(!refusal.findings.is_empty());
        }
        (outcome, best) => prop_assert!(false, "{:?}, but the best is {:?}", outcome, best),
    }
    Ok(())
}

/// Tiers whose value was reached and not proven.
#[test]
fn loads_of_few_containers_are_proven() {
    let zone = || By::Attribute("node.labels.zone".to_owned());
    let mut services = vec![service("s0", 2, 1), service("s1", 3, 1), service("s2", 2, 0)];
    services[0].wishes.spread.push(Spread {
        over: zone(),
        skew: Some(1),
        at_least: None,
        among: None,
        span: nowhere(),
    });
    services[1].wishes.near.push(Bond { service: spanned("s0".to_owned()), by: zone() });
    services[2].together_with.push(spanned("s0".to_owned()));
    let machines = [("m0", 5, "a"), ("m1", 4, "b"), ("m2", 6, "b")].map(|(name, cpus, zone)| {
        let mut machine = machine(name, cpus);
        machine.attributes.insert("node.labels.zone".to_owned(), zone.to_owned());
        machine
    });
    let running = [(1, 1), (2, 2)].map(|(number, machine)| Running { service: 2, number, machine, ports: Vec::new() });
    let stack = stack(services, machines.to_vec());
    check(&Case { stack, running: running.to_vec(), policy: Policy::Spread }).unwrap();
}

/// Among equals the machines' order decides, also where more runs than is wanted.
#[test]
fn what_is_too_many_leaves_the_last_machine() {
    let machines = vec![machine("m0", 2), machine("m1", 4)];
    let running = [(3, 0), (2, 1), (1, 0)];
    let running = running.map(|(number, machine)| Running { service: 0, number, machine, ports: Vec::new() });
    let stack = stack(vec![service("s0", 1, 1)], machines);
    check(&Case { stack, running: running.to_vec(), policy: Policy::Pack }).unwrap();
}

/// With so many moves beyond those that must be: nothing is better in the policy's tiers, and of what is as good nothing
/// moves less.
fn check_rebalanced(case: &Case, most: u32) -> Result<(), TestCaseError> {
    let mut problem = Problem::new(&case.stack, case.running.clone(), case.policy);
    problem.rebalance = most;
    let moved = |layout: &Layout| -> f64 {
        let counts = problem.current.iter().flatten().zip(layout.counts.iter().flatten());
        let seats = problem.services().flat_map(|service| problem.machines().map(move |machine| (service, machine)));
        let gone = counts.zip(seats).filter(|(_, (service, machine))| problem.at_most(*service, *machine) > 0);
        gone.map(|((now, then), _)| f64::from(now.saturating_sub(*then))).sum()
    };
    // The tiers that only decide between equals come after the moves.
    let key = |layout: &Layout| {
        let mut tiers = values(&problem, layout).split_off(1);
        let last = tiers.pop();
        tiers.push(moved(layout));
        tiers.extend(last);
        tiers
    };
    let all = layouts(&problem);
    let least = all.iter().map(moved).fold(f64::INFINITY, f64::min);
    let allowed = all.iter().filter(|layout| moved(layout) <= least + f64::from(most));
    let best = allowed.map(key).min_by(|a, b| compare(a, b));
    match (place(&problem, &Limits::default()), best) {
        (Outcome::Placed(solution), Some(best)) => {
            let found = Layout::of(&problem, &solution.replicas);
            let reached = key(&found);
            prop_assert!(compare(&reached, &best).is_eq(), "{:?}, not {:?}\n{:#?}", reached, best, solution.tiers);
            prop_assert!(solution.is_proven(), "{:#?}", solution.tiers);
        }
        (Outcome::Refused, None) => {}
        (outcome, best) => prop_assert!(false, "{:?}, but the best is {:?}", outcome, best),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(400), ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_brute_force(case in any_case()) {
        check(&case)?;
    }

    #[test]
    fn room_is_kept_for_a_size_that_is_named(case in any_case(), cpus in 1u64..=5) {
        check_with_room_for(&Case { policy: Policy::Headroom, ..case }, Some(cpus))?;
    }

    #[test]
    fn rebalancing_gains_the_most_for_its_moves(case in any_case(), most in 1u32..4) {
        check_rebalanced(&case, most)?;
    }
}

/// Tier by tier.
pub(crate) fn compare(a: &[f64], b: &[f64]) -> std::cmp::Ordering {
    for (a, b) in a.iter().zip(b) {
        if (a - b).abs() > 1e-5 {
            return a.total_cmp(b);
        }
    }
    std::cmp::Ordering::Equal
}
