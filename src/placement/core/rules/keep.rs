//! Machines on which a service must have a container: where its data is.

use crate::placement::core::instance::{Counts, Instance, MACHINES};
use crate::placement::core::model::Model;
use crate::placement::core::state::State;

use super::{Rule, by_domain};

/// At least one container on each machine of the list.
pub(super) struct Keep;

impl Rule for Keep {
    fn may_put(&self, state: &State<'_>, group: usize, machine: usize) -> bool {
        let index = state.instance.groups[group].service;
        let service = &state.instance.services[index];
        if service.keep.is_empty() || service.keep.contains(&machine) {
            return true;
        }
        let empty = service.keep.iter().filter(|machine| state.service_on(index, **machine) == 0).count();
        state.left_of(index) as usize > empty
    }

    fn holds(&self, state: &State<'_>, service: usize, machine: usize) -> bool {
        let keep = &state.instance.services[service].keep;
        keep.is_empty()
            || !keep.contains(&machine)
            || state.left_of(service) > 0
            || state.service_on(service, machine) > 0
    }

    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String> {
        let mut broken = Vec::new();
        for (index, service) in instance.services.iter().enumerate().filter(|(_, it)| !it.keep.is_empty()) {
            let on = by_domain(instance, counts, index, MACHINES);
            for machine in service.keep.iter().filter(|machine| on[**machine] == 0) {
                broken.push(format!("{} has nothing on {}", service.name, instance.machines[*machine].name));
            }
        }
        broken
    }

    fn rows(&self, model: &mut Model<'_, '_>) {
        let instance = model.instance();
        for service in model.services() {
            for machine in &instance.services[service].keep {
                if let Ok(slot) = model.scope.machines.binary_search(machine) {
                    let terms = model.service_terms(service, slot);
                    model.program.at_least(terms, 1.0);
                }
            }
        }
    }
}
