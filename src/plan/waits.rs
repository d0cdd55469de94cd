//! Waiting, at the end of a run, until everything serves.

use std::collections::BTreeMap;

use crate::observed::Observed;
use crate::stack::Stack;

use super::model::{Operation, PlacedContainer, Plan, Step, Until};
use super::steps::completes;

/// Adds the steps that end when every container of the plan serves: is healthy where its health is tested, and else runs.
/// What does so already, and what others wait for to come to its end, is not waited for.
pub fn await_all(stack: &Stack, observed: &Observed, plan: &mut Plan) {
    let awaited =
        |step: &Step| matches!(&step.operation, Operation::Await { until: Until::Healthy | Until::Ready, .. });
    let mut steps: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        steps.entry(&step.address).or_default().push(step);
    }
    let mut waits = Vec::new();
    for placed in &plan.placement {
        let address = format!("container:{}:{}", placed.service, placed.number);
        let own = steps.get(address.as_str()).map_or(&[][..], Vec::as_slice);
        let Some(name) = name_of(stack, placed).filter(|_| !own.iter().any(|it| awaited(it))) else { continue };
        let before: Vec<usize> = own.iter().map(|it| it.id).collect();
        let state =
            observed.machines.get(&placed.machine).and_then(|it| it.containers.iter().find(|it| it.name == name));
        let serves =
            state.is_some_and(|it| it.is_up() && it.health.as_deref().is_none_or(|health| health == "healthy"));
        if before.is_empty() && serves {
            continue;
        }
        let (id, machine) = (plan.steps.len() + waits.len(), placed.machine.clone());
        let operation = Operation::Await { name, until: Until::Ready };
        waits.push(Step { id, address, machine, operation, waits_for: before, after: Vec::new() });
    }
    plan.steps.extend(waits);
}

/// The engine's name of a container; none for one that is to come to its end.
fn name_of(stack: &Stack, placed: &PlacedContainer) -> Option<String> {
    let service = stack.service(&placed.service).filter(|it| !completes(stack, &it.name))?;
    let machine = stack.machines.iter().position(|it| it.name == placed.machine)?;
    Some(stack.container_name(service, placed.number, machine))
}
