//! No machine holds more than it has room for, not even while containers move.

use crate::placement::core::instance::{Counts, Instance};
use crate::placement::core::model::Model;
use crate::placement::core::state::State;

use super::Rule;

/// Resources, with what is transient on both sides of a move.
pub(super) struct Room;

impl Rule for Room {
    fn may_put(&self, state: &State<'_>, group: usize, machine: usize) -> bool {
        let instance = state.instance;
        let (room, load) = (&instance.machines[machine].room, state.load(machine));
        let demand = &instance.groups[group].demand;
        if (0..room.len()).any(|it| load[it] + demand[it] > room[it]) {
            return false;
        }
        let leaving = state.leaving(machine);
        // One that comes back uses nothing beside what it used on its way out.
        let returns = !leaving.is_empty() && state.count(group, machine) < instance.current(group, machine);
        let over = |it: usize| {
            let arrives = if returns { 0 } else { demand[it] };
            instance.resources[it].transient && load[it] + leaving[it] + arrives > room[it]
        };
        leaving.is_empty() || !(0..room.len()).any(over)
    }

    fn holds(&self, state: &State<'_>, _service: usize, machine: usize) -> bool {
        let (room, load) = (&state.instance.machines[machine].room, state.load(machine));
        let leaving = state.leaving(machine);
        (0..room.len()).all(|it| {
            let leaves = leaving.get(it).filter(|_| state.instance.resources[it].transient);
            load[it] + leaves.copied().unwrap_or(0) <= room[it]
        })
    }

    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String> {
        let mut broken = Vec::new();
        for (resource, it) in instance.resources.iter().enumerate() {
            let mut used = vec![0i64; instance.machines.len()];
            for (group, places) in instance.groups.iter().zip(&counts.0) {
                let demand = group.demand[resource];
                for (machine, count) in places {
                    used[*machine as usize] += demand * i64::from(*count);
                }
                for (machine, current) in group.current.iter().filter(|_| it.transient) {
                    let stay = places.iter().find(|(at, _)| at == machine).map_or(0, |(_, count)| *count);
                    used[*machine as usize] += demand * i64::from(current.saturating_sub(stay));
                }
            }
            for (machine, used) in instance.machines.iter().zip(used) {
                let room = machine.room[resource];
                if used > room {
                    broken.push(format!("{} has {room} of {}, {used} are used", machine.name, it.name));
                }
            }
        }
        broken
    }

    fn rows(&self, model: &mut Model<'_, '_>) {
        let instance = model.instance();
        for slot in 0..model.scope.machines.len() {
            let machine = model.scope.machines[slot];
            for (resource, it) in instance.resources.iter().enumerate() {
                let room = instance.machines[machine].room[resource];
                let (mut terms, mut fixed) = (model.load_terms(slot, resource), 0.0);
                if it.transient {
                    for (group, _) in model.scope.state.was_on(machine).to_vec() {
                        let demand = instance.groups[group as usize].demand[resource] as f64;
                        let (gone, always) = model.gone(group as usize, slot);
                        terms.extend(gone.filter(|_| demand > 0.0).map(|gone| (gone, demand)));
                        fixed += demand * f64::from(always);
                    }
                }
                let most: f64 = terms.iter().map(|(it, factor)| model.program.variables[it.0].upper * factor).sum();
                if most + fixed > room as f64 {
                    model.program.at_most(terms, room as f64 - fixed);
                }
            }
        }
    }
}
