//! Services that do not run at all for a while when a plan is done.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Node};
use super::model::Operation;
use super::steps::Steps;
use super::told::Downtime;
use super::work::Work;

/// How long a container has to stop where it does not say, in seconds.
const GRACE: u64 = 10;

impl Steps<'_, '_> {
    /// The services that run now and go on, and at some moment have no running container: those where all that run may have
    /// stopped before a new one has started, in whichever order steps end that do not wait for each other.
    pub(super) fn downtime(&self) -> Vec<Downtime> {
        let mut services: BTreeMap<usize, Vec<(usize, &Work<'_>)>> = BTreeMap::new();
        for (index, work) in self.works.iter().enumerate() {
            services.entry(work.index).or_default().push((index, work));
        }
        let mut found = Vec::new();
        for works in services.values() {
            let runs = |work: &Work<'_>| work.old.iter().any(|old| old.state.is_up());
            let stays = |work: &Work<'_>| work.kept.is_some_and(|kept| kept.state.is_up());
            if works.iter().any(|(_, work)| stays(work)) || !works.iter().any(|(_, work)| runs(work)) {
                continue;
            }
            if self.completes(works[0].1) {
                continue; // It is to end by itself.
            }
            let stops: Vec<Node> = works.iter().flat_map(|(_, work)| stops(&self.graph, work)).collect();
            let before = self.graph.ancestors(&stops);
            let wells = works.iter().filter_map(|(index, _)| Some(self.replaced.get(index)?.well));
            let passing = works.iter().filter_map(|(index, _)| Some(self.passing.get(index)?.serves));
            let served = wells.chain(passing).any(|well| before.contains(&well));
            if !served {
                let grace = works[0].1.spec().stop_grace_seconds.unwrap_or(GRACE);
                found.push(Downtime { service: works[0].1.service.name.clone(), stopping_seconds: grace });
            }
        }
        found
    }
}

/// The steps that stop what ran of a container.
fn stops(graph: &Graph, work: &Work<'_>) -> Vec<Node> {
    let ids: BTreeSet<&str> = work.old.iter().map(|old| old.state.id.as_str()).collect();
    graph.find(|operation| matches!(operation, Operation::Stop { id, .. } if ids.contains(id.as_str())))
}
