//! What an instance says of itself, in flat arrays.

use crate::placement::core::instance::{Group, Instance};

use super::{LANES, NOWHERE, rules};

/// What follows from an instance alone.
#[derive(Debug)]
pub(super) struct Facts {
    /// Numbers of a machine.
    pub(super) width: usize,
    /// By group: what one uses where it did not run, and where it did and has its transient share already.
    pub(super) away: Vec<f64>,
    pub(super) home: Vec<f64>,
    /// By machine and number.
    pub(super) room: Vec<f64>,
    pub(super) zero: Vec<f64>,
    /// By group: where its one container ran, if it has one only.
    pub(super) origin: Vec<u32>,
    /// By group: whether its containers must be counted, since there are several.
    pub(super) several: Vec<bool>,
    pub(super) service: Vec<u32>,
    pub(super) move_cost: Vec<f64>,
    pub(super) rules: rules::Facts,
}

impl Facts {
    pub(super) fn of(instance: &Instance) -> Self {
        let transient: Vec<usize> =
            (0..instance.resources.len()).filter(|it| instance.resources[*it].transient).collect();
        let resources = instance.resources.len();
        let width = (resources + transient.len()).next_multiple_of(LANES);
        let row = |amounts: &[i64], with_transient: bool| {
            let mut row: Vec<f64> = amounts.iter().map(|it| *it as f64).collect();
            row.extend(transient.iter().map(|it| if with_transient { amounts[*it] as f64 } else { 0.0 }));
            row.resize(width, 0.0);
            row
        };
        let several = |group: &Group| group.count > 1 || group.current.len() > 1;
        let origin = |group: &Group| match group.current.first() {
            Some((machine, _)) if !several(group) => *machine,
            _ => NOWHERE,
        };
        Facts {
            width,
            away: instance.groups.iter().flat_map(|it| row(&it.demand, true)).collect(),
            home: instance.groups.iter().flat_map(|it| row(&it.demand, false)).collect(),
            room: instance.machines.iter().flat_map(|it| row(&it.room, true)).collect(),
            zero: vec![0.0; width],
            origin: instance.groups.iter().map(origin).collect(),
            several: instance.groups.iter().map(several).collect(),
            service: instance.groups.iter().map(|it| it.service as u32).collect(),
            move_cost: instance.groups.iter().map(|it| it.move_cost).collect(),
            rules: rules::Facts::of(instance),
        }
    }

    pub(super) fn away(&self, group: usize) -> &[f64] {
        &self.away[group * self.width..(group + 1) * self.width]
    }

    pub(super) fn home(&self, group: usize) -> &[f64] {
        &self.home[group * self.width..(group + 1) * self.width]
    }
}
