//! Moving volumes from machine to machine.

use crate::observed::Observed;
use crate::stack::{Stack, VolumeMove};

use super::current::Own;
use super::graph::Node;
use super::model::{Action, Change, Operation, VolumeCopy};
use super::steps::Steps;
use super::surroundings::Surroundings;
use super::work::Work;

impl Steps<'_, '_> {
    /// Copies each volume that moves, when what writes to it has stopped, and before what is to use it starts.
    pub(super) fn copy_volumes(&mut self, surroundings: &Surroundings, observed: &Observed) {
        for moved in &self.stack.moves {
            let uses = |work: &Work<'_>| work.spec().mounts.iter().any(|it| it.source == moved.volume);
            let users: Vec<usize> = (0..self.works.len())
                .filter(|index| self.works[*index].machine == moved.to && uses(&self.works[*index]))
                .collect();
            let mut before: Vec<Node> = self.stopping(moved);
            before.extend(surroundings.volume(moved.to, &moved.volume));
            // An image is there when a container of it could be made.
            before.extend(users.iter().filter_map(|index| self.replaced.get(index)?.made));
            let image = users.first().map(|index| self.works[*index].spec().image.clone());
            let any_image = |machine: usize| {
                let state = observed.machines.get(&self.stack.machines[machine].name)?;
                state.image_ids.values().next().cloned().or_else(|| state.images.first().cloned())
            };
            let copy = VolumeCopy {
                volume: moved.volume.clone(),
                from: self.machine(moved.from).to_owned(),
                from_image: any_image(moved.from).or_else(|| image.clone()).unwrap_or_default(),
                image: image.or_else(|| any_image(moved.to)).unwrap_or_default(),
            };
            let address = address(self.stack, moved);
            let copied = self.graph.add(&address, self.machine(moved.to), Operation::CopyVolume(copy), &before);
            for index in users {
                if let Some(start) = self.start_of(index) {
                    self.graph.wait(start, copied);
                }
            }
        }
    }

    /// The steps that stop what uses a volume where it is.
    fn stopping(&self, moved: &VolumeMove) -> Vec<Node> {
        let mounts = |own: &&Own<'_>| own.machine == moved.from && own.state.volumes.contains(&moved.volume);
        let old = self.works.iter().flat_map(|work| &work.old).filter(mounts);
        let leaving = old.chain(self.removals.iter().map(|it| &it.own).filter(mounts));
        let ids: Vec<&str> = leaving.map(|own| own.state.id.as_str()).collect();
        self.graph.find(|operation| matches!(operation, Operation::Stop { id, .. } if ids.contains(&id.as_str())))
    }
}

fn address(stack: &Stack, moved: &VolumeMove) -> String {
    format!("volume:{}@{}", moved.key, stack.machines[moved.to].name)
}

/// In place of "made": that it moves, and what stays.
pub(super) fn tell(stack: &Stack, changes: &mut Vec<Change>) {
    for moved in &stack.moves {
        let address = address(stack, moved);
        changes.retain(|change| change.address != address);
        let from = stack.machines[moved.from].name.clone();
        let stays = format!("stopped, copied and compared; what is on {from} stays until you remove it");
        changes.push(Change {
            address,
            machine: stack.machines[moved.to].name.clone(),
            moved_from: Some(from),
            by_way_of: None,
            actions: vec![Action::Create],
            reasons: vec![format!("{stays} (docker volume rm {})", moved.volume)],
            attributes: Vec::new(),
        });
    }
}

/// Who else writes to a volume that is to move, and would go on: containers on its machine that are not stopped by the plan.
pub(super) fn others(stack: &Stack, observed: &Observed, works: &[Work<'_>], own: &[Own<'_>]) -> Vec<String> {
    let mut told = Vec::new();
    for moved in &stack.moves {
        let machine = &stack.machines[moved.from].name;
        let ours = |id: &str| own.iter().any(|own| own.state.id == id);
        let stays = |id: &str| works.iter().any(|work| work.kept.is_some_and(|kept| kept.state.id == id));
        let state = observed.machines.get(machine).map_or(&[][..], |state| &state.containers);
        let users = state.iter().filter(|it| it.is_up() && it.volumes.contains(&moved.volume));
        for user in users.filter(|it| !ours(&it.id) || stays(&it.id)) {
            told.push(format!("`{}` on {machine} would go on writing to volume `{}`", user.name, moved.volume));
        }
    }
    told
}
