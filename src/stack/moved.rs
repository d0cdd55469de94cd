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
    // By machine and volume, and whether it was data once.
    let mut gone: Vec<(String, String, bool)> = Vec::new();
    for (machine, state) in &observed.machines {
        let marked = |volume: &str, label: &str| {
            state.volumes.iter().any(|it| {
                it.labels.get(labels::MOVED_VOLUME).is_some_and(|of| of == volume) && it.labels.contains_key(label)
            })
        };
        for volume in &state.volumes {
            let label = |name: &str| volume.labels.get(name);
            match (label(labels::MOVED_VOLUME), label(labels::MOVED_FROM), label(labels::MOVED_TO)) {
                (Some(of), Some(from), _) => gone.push((from.clone(), of.clone(), true)),
                (Some(of), None, Some(_)) => gone.push((machine.clone(), of.clone(), true)),
                (None, Some(_), _) if !marked(&volume.name, labels::MOVED_FROM) => {
                    gone.push((machine.clone(), volume.name.clone(), false));
                }
                _ => {}
            }
        }
    }
    for (machine, volume, was_data) in gone {
        for it in machines.iter_mut().filter(|it| it.name == machine && it.volumes.contains(&volume)) {
            it.volumes.retain(|it| *it != volume);
            it.left_behind.extend(was_data.then(|| volume.clone()));
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
