//! Why a stack does not fit: certificates in words, each true by itself and understood without a solver.

use crate::diagnostic::{self, Diagnostic};

use super::constraints::ALL;
use super::exclusive;
use super::problem::Problem;

/// Every certificate that the constraints can give; none where each requirement could be met if it were the only one.
pub fn certificates(problem: &Problem<'_>) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = ALL.iter().flat_map(|constraint| constraint.because(problem)).collect();
    if findings.is_empty() {
        findings.extend(exclusive::certificate(problem));
    }
    drop_consequences(&mut findings);
    diagnostic::sort(&mut findings);
    findings
}

/// Whether some certificate says that the problem has no answer.
pub fn is_certain(problem: &Problem<'_>) -> bool {
    ALL.iter().any(|constraint| !constraint.because(problem).is_empty()) || exclusive::certificate(problem).is_some()
}

/// "No machine can take it" only repeats what a finding that names the one cause says better.
fn drop_consequences(findings: &mut Vec<Diagnostic>) {
    let named: Vec<String> =
        findings.iter().filter(|it| matches!(it.code, "M315" | "M304")).map(|it| it.message.clone()).collect();
    let subject = |message: &str| message.split('`').nth(1).map(str::to_owned);
    findings.retain(|finding| {
        finding.code != "R402" || !named.iter().any(|message| subject(message) == subject(&finding.message))
    });
}

/// When no requirement alone stands in the way: the sums, for a reader to judge by.
pub fn all_together(problem: &Problem<'_>) -> Diagnostic {
    let mut finding = Diagnostic::error("R403", "the stack does not fit: no placement meets all requirements together");
    for index in problem.services().filter(|service| problem.replicas[*service] > 0) {
        let service = &problem.stack.services[index];
        let demand: Vec<String> = service
            .demand
            .iter()
            .filter(|(_, amount)| *amount > 0)
            .map(|(resource, amount)| format!("{resource} {}", resource.show(amount)))
            .collect();
        let demand = if demand.is_empty() { "no resources".to_owned() } else { demand.join(", ") };
        finding = finding.label(service.span, format!("`{}`: {} × {demand}", service.name, problem.replicas[index]));
    }
    for (index, machine) in problem.stack.machines.iter().enumerate() {
        let room: Vec<String> =
            machine.room.iter().map(|(resource, amount)| format!("{resource} {}", resource.show(amount))).collect();
        let takers = problem.services().filter(|service| problem.allowed[*service][index]);
        let takers: Vec<&str> = takers.map(|service| problem.stack.services[service].name.as_str()).collect();
        let takers = if takers.is_empty() { "nothing".to_owned() } else { takers.join(", ") };
        finding = finding.note(format!("{}: room for {}; can take {takers}", machine.name, room.join(", ")));
    }
    finding.help("add a machine, lower replicas or reservations, or loosen a constraint")
}
