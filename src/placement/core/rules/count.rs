//! Everything is placed, where it may be, and no machine has too many containers of one service.

use crate::placement::core::instance::{Counts, Instance, MACHINES};
use crate::placement::core::model::Model;
use crate::placement::core::state::State;

use super::{Rule, by_domain};

/// As many containers as asked for; at most so many on each machine.
pub(super) struct Count;

impl Rule for Count {
    fn may_put(&self, state: &State<'_>, group: usize, machine: usize) -> bool {
        let eligible = state.instance.eligible(group, machine);
        if eligible == 0 || (eligible < u32::MAX && state.count(group, machine) >= eligible) {
            return false;
        }
        let service = state.instance.groups[group].service;
        let most = state.instance.services[service].per_machine;
        most == u32::MAX || state.service_on(service, machine) < most
    }

    fn holds(&self, state: &State<'_>, service: usize, machine: usize) -> bool {
        state.service_on(service, machine) <= state.instance.services[service].per_machine
    }

    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String> {
        let mut broken = Vec::new();
        for (index, (group, places)) in instance.groups.iter().zip(&counts.0).enumerate() {
            let name = &instance.services[group.service].name;
            let placed: u32 = places.iter().map(|(_, count)| count).sum();
            if placed != group.count {
                broken.push(format!("{placed} containers of {name} are placed, {} are wanted", group.count));
            }
            for (machine, count) in places {
                if *count > instance.eligible(index, *machine as usize) {
                    broken.push(format!("{name} may not be on {}", instance.machines[*machine as usize].name));
                }
            }
        }
        for (index, service) in instance.services.iter().enumerate().filter(|(_, it)| it.per_machine < u32::MAX) {
            for (machine, count) in by_domain(instance, counts, index, MACHINES).into_iter().enumerate() {
                if count > service.per_machine {
                    let at = &instance.machines[machine].name;
                    broken.push(format!("{count} of {} on {at}, at most {}", service.name, service.per_machine));
                }
            }
        }
        broken
    }

    fn rows(&self, model: &mut Model<'_, '_>) {
        for service in model.services() {
            let most = f64::from(model.instance().services[service].per_machine);
            for slot in 0..model.scope.machines.len() {
                let terms = model.service_terms(service, slot);
                let all: f64 = terms.iter().map(|(it, _)| model.program.variables[it.0].upper).sum();
                if all > most {
                    model.program.at_most(terms, most);
                }
            }
        }
    }
}
