//! What starts and stops wait for, so that machines never hold more than they have room for: see [`super::order`].

use crate::stack::OnFailure;

use super::graph::Node;
use super::model::Operation;
use super::order::Moment;
use super::steps::{Leaving, Passing, Steps};
use super::surroundings::Surroundings;
use super::work::Work;

impl Steps<'_, '_> {
    /// The container serves on another machine while its own place is not free: it starts there, what ran of it stops, then
    /// it starts at its place, and the one that it passed through goes.
    pub(super) fn pass_through(
        &mut self,
        (index, work): (usize, &Work<'_>),
        there: &Work<'_>,
        name: String,
        (made, surroundings): (Option<Node>, &Surroundings),
    ) -> (Vec<Node>, Node) {
        let (address, machine) = (work.address(), self.machine(there.machine));
        let create = Operation::CreateContainer(Box::new(self.new_container(there)));
        let mut before = vec![self.graph.add(&address, machine, create, &surroundings.of(there))];
        before.extend(made);
        let (start, started) = self.start(index, there, &there.name, &before);
        let serves = self.well(index, there, &there.name, started);
        let mut before: Vec<Node> =
            work.old.iter().map(|old| self.take_away(&address, old, &[serves], Some(index)).last).collect();
        if name != work.name {
            let rename = Operation::Rename { from: name, to: work.name.clone() };
            before = vec![self.graph.add(&address, self.machine(work.machine), rename, &before)];
        }
        let (_, started) = self.start(index, work, &work.name, &before);
        self.started.insert(index, started);
        let well = self.well(index, work, &work.name, started);
        let (id, machine) = (there.name.clone(), self.machine(there.machine));
        let mut before = vec![well];
        for hook in self.stack.pre_stop.get(&there.service.name).into_iter().flatten() {
            let exec = Operation::Exec { name: id.clone(), hook: hook.clone(), at: super::model::When::Stopping };
            before = vec![self.graph.add(&address, machine, exec, &before)];
        }
        let stop = Operation::Stop { id: id.clone(), name: id.clone() };
        let stop = self.graph.add(&address, machine, stop, &before);
        let remove = self.graph.add(&address, machine, Operation::Remove { id: id.clone(), name: id }, &[stop]);
        self.gone.entry(there.machine).or_default().push(remove);
        self.passing.insert(index, Passing { start, serves, stop, gone: remove });
        (vec![start], well)
    }

    /// Whatever starts waits for what left its machine before it in the order. So at any moment, in whichever order steps end
    /// that do not wait for each other, a machine holds no more than it did at some moment of the order.
    pub(super) fn wait_for_leaving(&mut self) {
        for (start, place, moment) in self.starting() {
            for stop in self.left_before(place, moment) {
                self.graph.wait(start, stop);
            }
        }
    }

    /// What starts and needs room: the step, its service and machine, and when.
    fn starting(&self) -> Vec<(Node, (usize, usize), Moment)> {
        let mut all = Vec::new();
        for (index, start) in &self.starts {
            let (work, moments) = (&self.works[*index], self.order.moments[index]);
            if !self.order.is_free(*index) {
                all.push((*start, (work.index, work.machine), moments.start));
            }
            if let (Some(passing), Some(there), Some(moment)) =
                (self.passing.get(index), self.order.passing.get(index), moments.parked)
            {
                all.push((passing.start, (there.index, there.machine), moment));
            }
        }
        all
    }

    /// The stops before a moment of what is in the way of a service on a machine.
    fn left_before(&self, place: (usize, usize), moment: Moment) -> Vec<Node> {
        let mut stops = Vec::new();
        let looked_at = |machine: &usize| *machine == place.1 || self.order.has_apart();
        for (machine, leaving) in self.leaving.iter().filter(|(machine, _)| looked_at(machine)) {
            let in_the_way = |service: Option<usize>| {
                *machine == place.1 || service.is_some_and(|service| self.order.conflict((service, *machine), place))
            };
            let before = leaving.iter().filter(|it| in_the_way(it.service) && self.stops_at(it) < moment);
            stops.extend(before.map(|it| it.stop));
        }
        for (index, passing) in &self.passing {
            let (there, moments) = (&self.order.passing[index], self.order.moments[index]);
            if self.order.conflict((there.index, there.machine), place) && moments.unparked < moment {
                stops.push(passing.stop);
            }
        }
        stops
    }

    /// When something stops. What no work starts anew is stopped before all else.
    fn stops_at(&self, leaving: &Leaving) -> Moment {
        let replaced = leaving.of.filter(|of| self.replaced.contains_key(of));
        replaced.and_then(|of| self.order.moments.get(&of)).map_or(0, |moments| moments.stop)
    }

    /// What left may come back where its service goes back when one of its containers fails: its room is free for others
    /// only when all of them are well. A wish: two services that wait for each other so could not be replaced at all.
    pub(super) fn wait_for_what_may_return(&mut self) {
        for (index, start) in &self.starts {
            let work = &self.works[*index];
            if self.order.is_free(*index) {
                continue;
            }
            let leaving = self.leaving.get(&work.machine).into_iter().flatten().filter_map(|it| it.of);
            let others = leaving.map(|of| &self.works[of]).filter(|of| of.index != work.index);
            for of in others.filter(|of| of.service.update.on_failure == OnFailure::Rollback) {
                let replaced = self.replaced.iter().filter(|(index, _)| self.works[**index].index == of.index);
                replaced.for_each(|(_, replaced)| self.graph.wait_if_possible(*start, replaced.well));
            }
        }
    }

    /// What stops first stops only when its place is free, so that it is away for as short as can be.
    pub(super) fn stop_when_there_is_room(&mut self) {
        for (index, replaced) in &self.replaced {
            let (work, moments) = (&self.works[*index], self.order.moments[index]);
            if self.order.is_free(*index) || self.passing.contains_key(index) || self.order.is_start_first(*index) {
                continue;
            }
            let stops = self.left_before((work.index, work.machine), moments.stop.min(moments.start));
            for (begin, stop) in replaced.begins.iter().flat_map(|begin| stops.iter().map(move |stop| (*begin, *stop)))
            {
                self.graph.wait_if_possible(begin, stop);
            }
        }
    }
}
