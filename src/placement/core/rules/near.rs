//! Services that go where others are: on the same machine, in the same zone.

use crate::placement::core::instance::{Counts, Instance};
use crate::placement::core::model::Model;
use crate::placement::core::state::State;

use super::{Rule, by_domain};

/// Each domain that holds a container of the service holds one of the other.
pub(super) struct Near;

impl Rule for Near {
    fn may_put(&self, state: &State<'_>, group: usize, machine: usize) -> bool {
        let service = &state.instance.services[state.instance.groups[group].service];
        service.near.iter().all(|bond| {
            let domain = state.instance.topologies[bond.topology].of[machine];
            state.in_domain(bond.service, bond.topology, domain) > 0
        })
    }

    fn holds(&self, state: &State<'_>, service: usize, machine: usize) -> bool {
        let is_in = |service: usize, topology: usize| {
            let domain = state.instance.topologies[topology].of[machine];
            state.in_domain(service, topology, domain) > 0
        };
        let near = &state.instance.services[service].near;
        let mut wanted_by = state.wanted_by(service).iter();
        wanted_by.all(|(other, topology)| is_in(service, *topology) || !is_in(*other, *topology))
            && near.iter().all(|bond| is_in(bond.service, bond.topology) || !is_in(service, bond.topology))
    }

    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String> {
        let mut broken = Vec::new();
        for (index, service) in instance.services.iter().enumerate() {
            for bond in &service.near {
                let ours = by_domain(instance, counts, index, bond.topology);
                let theirs = by_domain(instance, counts, bond.service, bond.topology);
                for (domain, _) in ours.iter().zip(&theirs).enumerate().filter(|(_, (a, b))| **a > 0 && **b == 0) {
                    let (topology, other) =
                        (&instance.topologies[bond.topology].name, &instance.services[bond.service]);
                    broken.push(format!("{} is in {topology} {domain} without {}", service.name, other.name));
                }
            }
        }
        broken
    }

    fn rows(&self, model: &mut Model<'_, '_>) {
        let instance = model.instance();
        for service in model.services() {
            for bond in &instance.services[service].near {
                needs(model, service, bond.service, bond.topology, true);
            }
            // Those that need this one, and are in the scope's domains from outside of it.
            for (other, topology) in model.scope.state.wanted_by(service).to_vec() {
                needs(model, other, service, topology, false);
            }
        }
    }
}

/// In each domain of the scope: `service` only where `other` is. Where containers of the service outside of the scope
/// need it, at least one of the other stays (`inner` false), where those in scope do, each of them (`inner` true).
fn needs(model: &mut Model<'_, '_>, service: usize, other: usize, topology: usize, inner: bool) {
    for domain in model.domains(topology) {
        if model.outside(other, topology, domain) > 0 {
            continue;
        }
        let others = model.domain_terms(other, topology, domain);
        if !inner {
            if model.outside(service, topology, domain) > 0 {
                model.program.at_least(others, 1.0);
            }
            continue;
        }
        for (variable, _) in model.domain_terms(service, topology, domain) {
            let most = model.program.variables[variable.0].upper;
            let mut terms = vec![(variable, 1.0)];
            terms.extend(others.iter().map(|(it, _)| (*it, -most)));
            model.program.at_most(terms, 0.0);
        }
    }
}
