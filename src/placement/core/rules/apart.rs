//! Services that are never together: not on one machine, not in one zone.

use crate::placement::core::instance::{Counts, Instance};
use crate::placement::core::model::Model;
use crate::placement::core::state::State;

use super::{Rule, by_domain};

/// No domain holds both.
pub(super) struct Apart;

impl Rule for Apart {
    fn may_put(&self, state: &State<'_>, group: usize, machine: usize) -> bool {
        let service = &state.instance.services[state.instance.groups[group].service];
        service.apart.iter().all(|bond| {
            let domain = state.instance.topologies[bond.topology].of[machine];
            state.in_domain(bond.service, bond.topology, domain) == 0
        })
    }

    fn holds(&self, state: &State<'_>, service: usize, machine: usize) -> bool {
        state.instance.services[service].apart.iter().all(|bond| {
            let domain = state.instance.topologies[bond.topology].of[machine];
            let held = |service: usize| state.in_domain(service, bond.topology, domain) > 0;
            !held(service) || !held(bond.service)
        })
    }

    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String> {
        let mut broken = Vec::new();
        for (index, service) in instance.services.iter().enumerate() {
            for bond in service.apart.iter().filter(|bond| bond.service > index) {
                let ours = by_domain(instance, counts, index, bond.topology);
                let theirs = by_domain(instance, counts, bond.service, bond.topology);
                for (domain, _) in ours.iter().zip(&theirs).enumerate().filter(|(_, (a, b))| **a > 0 && **b > 0) {
                    let (topology, other) =
                        (&instance.topologies[bond.topology].name, &instance.services[bond.service]);
                    broken.push(format!("{} and {} are both in {topology} {domain}", service.name, other.name));
                }
            }
        }
        broken
    }

    fn rows(&self, model: &mut Model<'_, '_>) {
        let instance = model.instance();
        for service in model.services() {
            for bond in &instance.services[service].apart {
                for domain in model.domains(bond.topology) {
                    let ours = model.domain_terms(service, bond.topology, domain);
                    if model.outside(bond.service, bond.topology, domain) > 0 {
                        model.program.at_most(ours, 0.0);
                        continue;
                    }
                    // A pair within the scope is written once.
                    if bond.service < service || ours.is_empty() {
                        continue;
                    }
                    let theirs = model.domain_terms(bond.service, bond.topology, domain);
                    if theirs.is_empty() || model.outside(service, bond.topology, domain) > 0 {
                        continue;
                    }
                    let ours_here = model.program.variable(0.0, 1.0, true);
                    for (variable, _) in ours {
                        let most = model.program.variables[variable.0].upper;
                        model.program.at_most(vec![(variable, 1.0), (ours_here, -most)], 0.0);
                    }
                    for (variable, _) in theirs {
                        let most = model.program.variables[variable.0].upper;
                        model.program.at_most(vec![(variable, 1.0), (ours_here, most)], most);
                    }
                }
            }
        }
    }
}
