//! Volumes that were moved from machine to machine, or are to be: where their data is.

use crate::labels;
use crate::observed::Observed;

use super::model::{Machine, Stack};

/// A volume that is to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeMove {
    /// Its key.
    pub key: String,
    /// The engine's name of it.
    pub volume: String,
    /// The index of the machine where it is.
    pub from: usize,
    /// The index of the machine where it is to be.
    pub to: usize,
}

/// Leaves out what a volume's name leads to and is not its data: what was left behind where it was moved from, and copies
/// that did not come to their end.
pub(super) fn leave_out(machines: &mut [Machine], observed: Option<&Observed>) {
    let Some(observed) = observed else { return };
    // By machine and volume; for what was data once, when it was noted that it is no more.
    let mut gone: Vec<(String, String, Option<i64>)> = Vec::new();
    for (machine, state) in &observed.machines {
        let marked = |volume: &str, label: &str| {
            state.volumes.iter().any(|it| {
                it.labels.get(labels::MOVED_VOLUME).is_some_and(|of| of == volume) && it.labels.contains_key(label)
            })
        };
        for volume in &state.volumes {
            let label = |name: &str| volume.labels.get(name);
            match (label(labels::MOVED_VOLUME), label(labels::MOVED_FROM), label(labels::MOVED_TO)) {
                (Some(of), Some(from), _) => gone.push((from.clone(), of.clone(), Some(volume.made))),
                (Some(of), None, Some(_)) => gone.push((machine.clone(), of.clone(), Some(volume.made))),
                (None, Some(_), _) if !marked(&volume.name, labels::MOVED_FROM) => {
                    gone.push((machine.clone(), volume.name.clone(), None));
                }
                _ => {}
            }
        }
    }
    for (machine, volume, was_data) in gone {
        let is_older = |noted: i64| {
            let state = observed.machines.get(&machine);
            let there = state.and_then(|state| state.volumes.iter().find(|it| it.name == volume));
            there.is_some_and(|it| it.made <= noted)
        };
        // One that was made since is another: the first of them was removed.
        if was_data.is_some_and(|noted| !is_older(noted)) {
            continue;
        }
        for it in machines.iter_mut().filter(|it| it.name == machine && it.volumes.contains(&volume)) {
            it.volumes.retain(|it| *it != volume);
            it.left_behind.extend(was_data.map(|_| volume.clone()));
        }
    }
}

impl Stack {
    /// Plans as if the volume were on the other machine already: whoever uses it goes there, and its data before.
    ///
    /// # Errors
    /// When it is not where it is said to be, or something of that name is where it is to go.
    pub fn move_volume(&mut self, key: &str, from: usize, to: usize) -> Result<(), String> {
        let volume = self.volumes.get(key).ok_or_else(|| format!("no service has a volume `{key}`"))?;
        if volume.external || volume.shared {
            return Err(format!("`{key}` is not on one machine alone, or not this project's own"));
        }
        let volume = volume.name.clone();
        let has = |machine: usize| self.machines[machine].volumes.contains(&volume);
        let name = |machine: usize| self.machines[machine].name.clone();
        if !has(from) {
            let holders: Vec<String> = (0..self.machines.len()).filter(|it| has(*it)).map(name).collect();
            let where_it_is =
                if holders.is_empty() { "nowhere".to_owned() } else { format!("on {}", holders.join(", ")) };
            return Err(format!("{} has no data of `{key}`: it is {where_it_is}", name(from)));
        }
        if self.machines[to].left_behind.contains(&volume) {
            let name = name(to);
            return Err(format!(
                "{name} has a volume `{volume}` already, from which the data was moved: remove it first"
            ));
        }
        if has(to) {
            return Err(format!("{} has a volume `{volume}` already", name(to)));
        }
        self.machines[from].volumes.retain(|it| *it != volume);
        self.machines[to].volumes.push(volume.clone());
        self.moves.push(VolumeMove { key: key.to_owned(), volume, from, to });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compose::Compose;
    use crate::observed::{MachineState, VolumeState};

    /// A volume: its name, its labels, and when it was made.
    type Made<'m> = (&'m str, &'m [(&'m str, &'m str)], i64);

    fn having(volumes: &[Made<'_>]) -> MachineState {
        let volume = |(name, labels, made): &Made<'_>| VolumeState {
            name: (*name).to_owned(),
            driver: "local".to_owned(),
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            made: *made,
        };
        MachineState { volumes: volumes.iter().map(volume).collect(), ..MachineState::default() }
    }

    /// The machines on which the volume `v` counts as data.
    fn holders(m1: MachineState, m2: MachineState) -> Vec<String> {
        let machines = BTreeMap::from([("m1".to_owned(), m1), ("m2".to_owned(), m2)]);
        let observed = Observed { machines, ..Observed::default() };
        let local = crate::stack::machines::machines(&Compose::default(), None, None).remove(0);
        let named = |(name, state): (&String, &MachineState)| Machine {
            name: name.clone(),
            volumes: state.volumes.iter().map(|volume| volume.name.clone()).collect(),
            ..local.clone()
        };
        let mut machines: Vec<Machine> = observed.machines.iter().map(named).collect();
        leave_out(&mut machines, Some(&observed));
        let holds = |machine: &&Machine| machine.volumes.iter().any(|volume| volume == "v");
        machines.iter().filter(holds).map(|machine| machine.name.clone()).collect()
    }

    #[test]
    fn data_is_where_it_was_moved_to_and_not_where_a_copy_is_in_the_making() {
        let note = |label: &'static str, machine: &'static str| [(labels::MOVED_VOLUME, "v"), (label, machine)];
        let (to, from) = (note(labels::MOVED_TO, "m2"), note(labels::MOVED_FROM, "m1"));
        let copy: &[(&str, &str)] = &[(labels::MOVED_FROM, "m1")];
        let original = || having(&[("v", &[], 5)]);
        assert_eq!(holders(original(), having(&[])), ["m1"]);
        // A copy in the making, one that came to its end, and the same with the note on the other side as well.
        assert_eq!(holders(original(), having(&[("v", copy, 9)])), ["m1"]);
        let copied = || having(&[("v", copy, 9), ("note", &from, 10)]);
        assert_eq!(holders(original(), copied()), ["m2"]);
        assert_eq!(holders(having(&[("v", &[], 5), ("note", &to, 10)]), copied()), ["m2"]);
        // With the other machine out of sight, what was left behind is no data either.
        assert_eq!(holders(having(&[("v", &[], 5), ("note", &to, 10)]), having(&[])), Vec::<String>::new());
        // What was made there since is.
        assert_eq!(holders(having(&[("v", &[], 12), ("note", &to, 10)]), copied()), ["m1", "m2"]);
    }
}
