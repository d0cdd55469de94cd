//! How a service's containers are replaced: in groups, and what a failure leads to.

use crate::stack::{OnFailure, Rollout};

use super::graph::Node;
use super::model::{GoingBack, Operation, ServiceRollout};
use super::steps::Steps;

impl Steps<'_, '_> {
    /// The containers of a service are replaced so many at a time as it says (one, where it says nothing), so that the others
    /// go on serving. None begins before all of them are made: a bad image or setting shows before anything stops.
    pub(super) fn in_groups(&mut self) {
        for service in 0..self.stack.services.len() {
            let of_service = self.replaced.keys().copied().filter(|index| self.works[*index].index == service);
            let mut replaced: Vec<usize> =
                of_service.clone().filter(|index| self.works[*index].replaces_running()).collect();
            replaced.sort_by_key(|index| self.order.begin(*index));
            let made: Vec<Node> = of_service.filter_map(|index| self.replaced[&index].made).collect();
            let update = &self.stack.services[service].update;
            let mut before: Vec<Node> = Vec::new();
            for group in replaced.chunks(update.parallelism.unwrap_or(usize::MAX)) {
                let before_this = self.after_delay(group, before, update);
                for index in group {
                    for begins in self.replaced[index].begins.clone() {
                        for made in &made {
                            match update.on_failure {
                                OnFailure::Continue => self.graph.follow_if_possible(begins, *made),
                                OnFailure::Pause | OnFailure::Rollback => self.graph.wait_if_possible(begins, *made),
                            }
                        }
                        before_this.iter().for_each(|node| self.graph.follow_if_possible(begins, *node));
                    }
                }
                before = group.iter().map(|index| self.replaced[index].well).collect();
            }
        }
    }

    /// What a group follows: the one before it, and then the delay.
    fn after_delay(&mut self, group: &[usize], before: Vec<Node>, update: &Rollout) -> Vec<Node> {
        let Some(first) = group.first().filter(|_| !before.is_empty() && !update.delay.is_zero()) else {
            return before;
        };
        let (address, machine) = (self.works[*first].address(), self.machine(self.works[*first].machine));
        let pause =
            self.graph.add(&address, machine, Operation::Pause { milliseconds: milliseconds(update.delay) }, &[]);
        before.iter().for_each(|node| self.graph.follow_if_possible(pause, *node));
        vec![pause]
    }

    /// What a failure leads to, for each service of which running containers are replaced.
    pub(super) fn rollouts(&self) -> Vec<ServiceRollout> {
        let services = self.stack.services.iter().enumerate();
        let rollout = |(index, service): (usize, &crate::stack::Service)| {
            let replaced: Vec<_> =
                self.replaced.keys().map(|work| &self.works[*work]).filter(|work| work.index == index).collect();
            let back = service.rollback.clone().unwrap_or_default();
            replaced.iter().any(|work| work.replaces_running()).then(|| ServiceRollout {
                service: service.name.clone(),
                containers: replaced.len(),
                on_failure: service.update.on_failure,
                max_failure_ratio: service.update.max_failure_ratio,
                back: GoingBack {
                    parallelism: back.parallelism,
                    delay_milliseconds: milliseconds(back.delay),
                    regardless: back.on_failure == OnFailure::Continue,
                },
            })
        };
        services.filter_map(rollout).collect()
    }
}

/// For the plan, whose steps tell times so.
pub(super) fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
