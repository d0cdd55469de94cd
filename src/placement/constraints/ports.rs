//! Host ports: no two containers of a machine have the same one at the same address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::diagnostic::Diagnostic;
use crate::placement::core::Token;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};
use crate::placement::{ports, replicas};
use crate::stack::{Machine, PortDemand, Service, TakenPort};
use crate::units::PortRange;

use super::{Constraint, names};

/// Every container gets each of its host ports, from the range it asks for, and nobody else's.
pub(super) struct Ports;

/// An address to bind to; `None` is every address of every family.
pub type Address = Option<IpAddr>;

/// Whether two sockets on one port get in each other's way. An unspecified address (`0.0.0.0`, `::`) stands for every
/// address of its family; two different addresses don't clash.
pub fn clash(a: Address, b: Address) -> bool {
    covers(a, b) || covers(b, a)
}

/// Whether a socket at `wide` also takes the port at `narrow`.
fn covers(wide: Address, narrow: Address) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(a), Some(b)) => a == b || (a.is_unspecified() && a.is_ipv4() == b.is_ipv4()),
    }
}

/// The ports that would do for a demand on a machine.
pub fn choice(demand: &PortDemand, machine: &Machine) -> PortRange {
    demand.host.unwrap_or(machine.ports)
}

/// Who holds a port of a machine at an address, if somebody other than this project's containers does.
pub fn holder<'a>(machine: &'a Machine, address: Address, protocol: &str, port: u16) -> Option<&'a TakenPort> {
    let same =
        |taken: &&TakenPort| taken.ports.contains(port) && clash(taken.host_ip, address) && taken.is_of(protocol);
    machine.taken_ports.iter().find(same)
}

/// How many ports of a range are free at an address, where somebody at `at` or wider takes one.
fn free(machine: &Machine, at: Address, protocol: &str, range: PortRange) -> u32 {
    let taken: Vec<&TakenPort> =
        machine.taken_ports.iter().filter(|taken| covers(taken.host_ip, at) && taken.is_of(protocol)).collect();
    let is_free = |port: &u16| !taken.iter().any(|taken| taken.ports.contains(*port));
    (range.first..=range.last).filter(is_free).count() as u32
}

/// Demands that compete: on one protocol, all of them taking ports at the address `at`.
struct Clique {
    protocol: String,
    at: Address,
}

impl Clique {
    fn has(&self, demand: &PortDemand) -> bool {
        demand.protocol == self.protocol && covers(demand.host_ip, self.at)
    }
}

/// Every clique of a problem: one for each protocol and each address that is named anywhere.
fn cliques(problem: &Problem<'_>) -> Vec<Clique> {
    let demands = || problem.stack.services.iter().flat_map(|service| &service.ports);
    let mut addresses: BTreeSet<Address> = demands().map(|demand| demand.host_ip).collect();
    let taken = problem.stack.machines.iter().flat_map(|machine| &machine.taken_ports);
    addresses.extend(taken.map(|taken| taken.host_ip));
    let protocols: BTreeSet<&str> = demands().map(|demand| demand.protocol.as_str()).collect();
    let pairs = protocols.into_iter().flat_map(|protocol| addresses.iter().map(move |at| (protocol, *at)));
    pairs.map(|(protocol, at)| Clique { protocol: protocol.to_owned(), at }).collect()
}

/// The ranges from some demand's first port to some demand's last: by Hall's theorem, if no such range is asked for
/// more often than it has free ports, every demand finds a port. A fixed port is a range of one. Ranges that have no port
/// in common, nor are joined by others, don't compete.
fn intervals(problem: &Problem<'_>, clique: &Clique, machine: &Machine) -> Vec<PortRange> {
    let demands = problem.stack.services.iter().flat_map(|it| &it.ports).filter(|demand| clique.has(demand));
    let ranges: BTreeSet<PortRange> = demands.map(|demand| choice(demand, machine)).collect();
    let mut joined: Vec<(u16, Vec<PortRange>)> = Vec::new();
    for range in ranges {
        match joined.last_mut().filter(|(last, _)| range.first <= *last) {
            Some((last, ranges)) => {
                *last = range.last.max(*last);
                ranges.push(range);
            }
            None => joined.push((range.last, vec![range])),
        }
    }
    let mut all = BTreeSet::new();
    for (_, ranges) in joined {
        let pairs = ranges.iter().flat_map(|one| ranges.iter().map(|other| (one.first, other.last)));
        all.extend(pairs.filter(|(first, last)| first <= last).map(|(first, last)| PortRange { first, last }));
    }
    all.into_iter().collect()
}

/// How many of a service's demands of a clique lie wholly in a range.
fn inside(problem: &Problem<'_>, service: usize, clique: &Clique, machine: &Machine, range: PortRange) -> u32 {
    let demands = problem.stack.services[service].ports.iter().filter(|demand| clique.has(demand));
    let ranges = demands.map(|demand| choice(demand, machine));
    ranges.filter(|choice| range.first <= choice.first && choice.last <= range.last).count() as u32
}

impl Constraint for Ports {
    fn name(&self) -> &'static str {
        "host ports"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let machine = &problem.stack.machines[machine];
        problem.stack.services[service].ports.iter().find_map(|demand| {
            let range = choice(demand, machine);
            let mut holders = Vec::new();
            for port in range.first..=range.last {
                holders.push(holder(machine, demand.host_ip, &demand.protocol, port)?.holder.as_str());
            }
            holders.dedup();
            Some(format!("host port {} is held by {}", show(range, &demand.protocol), holders.join(", ")))
        })
    }

    fn at_most(&self, problem: &Problem<'_>, service: usize, machine: usize) -> u32 {
        let machine = &problem.stack.machines[machine];
        let sizes = problem.stack.services[service].ports.iter().map(|demand| choice(demand, machine).count());
        sizes.min().unwrap_or(u32::MAX)
    }

    fn crowded(&self, problem: &Problem<'_>, layout: &Layout, service: usize, machine: usize) -> Option<String> {
        if problem.stack.services[service].ports.is_empty() {
            return None;
        }
        let mut more = layout.clone();
        more.counts[service][machine] += 1;
        let replicas = replicas::number(problem, &more);
        if ports::assign(problem, &replicas, machine).is_some() {
            return None;
        }
        let here = &problem.stack.machines[machine];
        let mine: Vec<PortRange> =
            problem.stack.services[service].ports.iter().map(|demand| choice(demand, here)).collect();
        let rivals = problem.stack.services.iter().zip(&layout.counts).filter(|(other, counts)| {
            let meets = |theirs: &PortDemand| {
                let theirs = choice(theirs, here);
                mine.iter().any(|mine| mine.first <= theirs.last && theirs.first <= mine.last)
            };
            counts[machine] > 0 && other.ports.iter().any(meets)
        });
        let rivals: Vec<String> = rivals.map(|(other, _)| format!("`{}`", other.name)).collect();
        let wanted: Vec<String> = mine.iter().map(ToString::to_string).collect();
        Some(format!("host port {} is taken by {}", wanted.join(", "), rivals.join(", ")))
    }

    fn excludes(&self, problem: &Problem<'_>, (a, b): (usize, usize), machine: usize) -> Option<String> {
        let machine = &problem.stack.machines[machine];
        let fixed = |service: usize| {
            let demands = problem.stack.services[service].ports.iter();
            demands.filter(|demand| choice(demand, machine).first == choice(demand, machine).last)
        };
        fixed(a).find_map(|ours| {
            let port = choice(ours, machine).first;
            let same = |theirs: &&PortDemand| {
                let at = choice(theirs, machine).first;
                at == port && theirs.protocol == ours.protocol && clash(theirs.host_ip, ours.host_ip)
            };
            fixed(b).find(same).map(|_| format!("host port {port}/{} for both", ours.protocol))
        })
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let replicas = replicas::number(problem, layout);
        let without = problem.machines().filter(|machine| ports::assign(problem, &replicas, *machine).is_none());
        without.map(|it| format!("the ports of {} do not suffice", problem.stack.machines[it].name)).collect()
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        // Where a port is assigned from the machine's own range, machines with the same range are alike.
        let mut kinds: BTreeMap<PortRange, Vec<usize>> = BTreeMap::new();
        for machine in problem.machines() {
            kinds.entry(problem.stack.machines[machine].ports).or_default().push(machine);
        }
        for clique in &cliques(problem) {
            for machines in kinds.values() {
                for range in intervals(problem, clique, &problem.stack.machines[machines[0]]) {
                    tokens(problem, clique, machines, range, lowering);
                }
            }
        }
    }

    /// More containers want a port, or a port of a range, than there are machines that can offer it.
    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut findings: Vec<Diagnostic> = Vec::new();
        for clique in cliques(problem) {
            let all = problem.stack.machines.iter().flat_map(|machine| intervals(problem, &clique, machine));
            let ranges: BTreeSet<(u16, PortRange)> = all.map(|range| (range.last - range.first, range)).collect();
            // The narrowest range that is asked for too often says it best.
            let pressed = ranges.into_iter().find_map(|(_, range)| pressed(problem, &clique, range));
            findings.extend(pressed);
        }
        findings.dedup_by(|a, b| a.message == b.message);
        findings
    }
}

/// The ports of a range as tokens, of which each of the machines has as many as are free there.
fn tokens(problem: &Problem<'_>, clique: &Clique, machines: &[usize], range: PortRange, lowering: &mut Lowering) {
    let at = |machine: usize| &problem.stack.machines[machine];
    let times = |service: usize| inside(problem, service, clique, at(machines[0]), range);
    let users: Vec<(usize, u32)> = problem.services().map(|it| (it, times(it))).filter(|(_, n)| *n > 0).collect();
    let wanted: u64 = users.iter().map(|(it, times)| u64::from(problem.replicas[*it]) * u64::from(*times)).sum();
    let free: Vec<u32> =
        machines.iter().map(|machine| free(at(*machine), clique.at, &clique.protocol, range)).collect();
    if free.iter().all(|free| u64::from(*free) >= wanted) {
        return;
    }
    let most = if machines.len() == problem.machines().len() { range.count() } else { u32::MAX };
    let except = machines.iter().zip(free).filter(|(_, free)| *free != most);
    let except = except.map(|(machine, free)| (*machine as u32, free)).collect();
    let token = lowering.instance.tokens.len() as u32;
    lowering.instance.tokens.push(Token { name: format!("port {}", show(range, &clique.protocol)), most, except });
    for (service, times) in users {
        lowering.instance.groups[service].tokens.push((token, times));
    }
}

/// When a range is asked for by more containers than all machines together can serve from it.
fn pressed(problem: &Problem<'_>, clique: &Clique, range: PortRange) -> Option<Diagnostic> {
    let times = |service: usize| {
        // Alike on all machines, or the range is some machine's own: then it is no statement about the stack.
        let each = problem.stack.machines.iter().map(|machine| inside(problem, service, clique, machine, range));
        each.min().unwrap_or(0)
    };
    let users: Vec<usize> = problem.services().filter(|it| problem.replicas[*it] > 0 && times(*it) > 0).collect();
    let wanted: u32 = users.iter().map(|service| problem.replicas[*service].saturating_mul(times(*service))).sum();
    let serves = |machine: &usize| users.iter().any(|service| problem.allowed[*service][*machine]);
    let (able, unable): (Vec<usize>, Vec<usize>) = problem.machines().partition(serves);
    let free = |machine: &usize| free(&problem.stack.machines[*machine], clique.at, &clique.protocol, range);
    let offered: u32 = able.iter().map(free).sum();
    if wanted <= offered || able.is_empty() {
        return None;
    }
    let port = show(range, &clique.protocol);
    let machines = match (able.len(), unable.is_empty()) {
        (1, true) => "there is 1 machine".to_owned(),
        (count, true) => format!("there are {count} machines"),
        (1, false) => "only 1 machine can offer it".to_owned(),
        (count, false) => format!("only {count} machines can offer it"),
    };
    let mut finding = Diagnostic::error("M301", format!("{wanted} containers want host port {port}, {machines}"));
    for service in &users {
        let (service, replicas) = (&problem.stack.services[*service], problem.replicas[*service]);
        for demand in service.ports.iter().filter(|demand| clique.has(demand)) {
            let text = format!("`{}`: {replicas} × {}", service.name, show(range, &clique.protocol));
            finding = finding.label(demand.span, text);
        }
        if replicas > 1 && service.replicas.span != service.span {
            finding = finding.label(service.replicas.span, format!("{replicas} containers of `{}`", service.name));
        }
    }
    finding = finding.note(format!("can offer it: {}", names(problem, &able)));
    for machine in &unable {
        let reasons = users.iter().flat_map(|service| problem.forbidden(*service, *machine));
        let reasons: BTreeSet<String> = reasons.collect();
        let name = &problem.stack.machines[*machine].name;
        finding = finding.note(format!("{name}: {}", reasons.into_iter().collect::<Vec<_>>().join("; ")));
    }
    Some(finding.help(ways_out(problem, &users, clique, wanted - offered)))
}

/// What to change when a port is wanted `excess` times too often.
fn ways_out(problem: &Problem<'_>, users: &[usize], clique: &Clique, excess: u32) -> String {
    let direct = users.iter().filter(|service| !problem.stack.services[**service].is_ingress());
    let most = direct.max_by_key(|service| (problem.replicas[**service], std::cmp::Reverse(**service)));
    let Some(index) = most else { return "let an ingress be on fewer machines: `ingress: {machines: 1}`".to_owned() };
    let (service, replicas) = (&problem.stack.services[*index], problem.replicas[*index]);
    let mut ways = Vec::new();
    if let Some(demand) = service.ports.iter().find(|demand| clique.has(demand)) {
        let first = demand.host.map_or(8000, |range| if range.first < 1024 { 8000 } else { range.first });
        let last = u32::from(first) + replicas.max(2) - 1;
        let container = demand.container;
        ways.push(format!("publish `{}` on a range, such as \"{first}-{last}:{container}\"", service.name));
    }
    if could_have_ingress(service, clique) {
        ways.push(format!("let an ingress take it: `x-planner: {{ingress: true}}` under `{}`", service.name));
    }
    if replicas > excess && !problem.is_global(*index) {
        ways.push(format!("set `{}` to `replicas: {}`", service.name, replicas - excess));
    }
    ways.push(format!("add {excess} machine{} that can offer the port", if excess == 1 { "" } else { "s" }));
    ways.join("; or ")
}

/// Whether proxies could take the port for a service, so that its containers need not.
fn could_have_ingress(service: &Service, clique: &Clique) -> bool {
    let takes = |demand: &PortDemand| demand.protocol == "tcp" && demand.host.is_some_and(|host| host.count() == 1);
    let asked = service.ports.iter().any(|demand| clique.has(demand) && takes(demand));
    asked && !service.is_ingress() && !service.container.networks.is_empty()
}

fn show(range: PortRange, protocol: &str) -> String {
    format!("{range}/{protocol}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_clash_by_family_and_address() {
        let at = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert!(clash(None, None) && clash(None, at("10.0.0.1")) && clash(at("::"), None));
        assert!(clash(at("0.0.0.0"), at("10.0.0.1")) && clash(at("::1"), at("::")));
        assert!(!clash(at("0.0.0.0"), at("::1")) && !clash(at("10.0.0.1"), at("10.0.0.2")));
    }
}
