//! The second, plain opinion on every solution: nothing is shown or done that it finds fault with.

use super::constraints::{ALL, choice, clash, holder};
use super::problem::{Layout, Problem};
use super::solution::Solution;

/// Everything that is wrong with a solution, in words; empty when it holds. Looks neither at the integer program nor
/// at how the solution was found.
pub fn verify(problem: &Problem<'_>, solution: &Solution) -> Vec<String> {
    let mut faults = Vec::new();
    let layout = Layout::of(problem, &solution.replicas);
    for constraint in ALL {
        faults.extend(constraint.broken(problem, &layout));
    }
    faults.extend(numbers(solution));
    faults.extend(ports(problem, solution));
    faults
}

/// No number twice.
fn numbers(solution: &Solution) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let numbers = solution.replicas.iter().map(|placed| (placed.replica.service, placed.replica.number));
    let twice = numbers.filter(|number| !seen.insert(*number));
    twice.map(|(service, number)| format!("service {service} has number {number} twice")).collect()
}

/// Every container has each of its ports: from the range asked for, held by nobody else.
fn ports(problem: &Problem<'_>, solution: &Solution) -> Vec<String> {
    let mut faults = Vec::new();
    let mut given: Vec<(usize, Option<std::net::IpAddr>, &str, u16)> = Vec::new();
    for placed in &solution.replicas {
        let service = &problem.stack.services[placed.replica.service];
        let machine = &problem.stack.machines[placed.replica.machine];
        if placed.ports.len() != service.ports.len() {
            faults.push(format!("a container of `{}` lacks ports", service.name));
        }
        for (demand, port) in service.ports.iter().zip(&placed.ports) {
            let clashes = given.iter().any(|(at, address, protocol, taken)| {
                *at == placed.replica.machine
                    && taken == port
                    && *protocol == demand.protocol
                    && clash(*address, demand.host_ip)
            });
            let held = holder(machine, demand.host_ip, &demand.protocol, *port).is_some();
            if clashes || held || !choice(demand, machine).contains(*port) {
                faults.push(format!("`{}` cannot have port {port} on {}", service.name, machine.name));
            }
            given.push((placed.replica.machine, demand.host_ip, &demand.protocol, *port));
        }
    }
    faults
}
