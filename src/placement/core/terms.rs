//! What a tier costs, as a sum over the variables of a model.

use super::model::Model;
use super::objective::{Balance, Crowded, Headroom, Tier, arrival};
use super::program::{Terms, Variable};

impl Model<'_, '_> {
    /// The tier's sum over what is free: terms, and what is always there. What other machines add is not in it.
    pub fn tier_terms(&mut self, tier: &Tier) -> (Terms, f64) {
        let (mut terms, mut fixed) = (Terms::new(), 0.0);
        for slot in 0..self.scope.machines.len() {
            let machine = self.scope.machines[slot];
            if tier.moves != 0.0 {
                fixed += self.move_terms(tier.moves, slot, &mut terms);
            }
            if tier.machine_moves != 0.0 && !self.instance().machine_moves.is_empty() {
                for place in 0..self.scope.groups.len() {
                    let cost = tier.machine_moves * arrival(self.instance(), self.scope.groups[place], machine);
                    terms.extend(self.count(place, slot).filter(|_| cost != 0.0).map(|it| (it, cost)));
                }
            }
            if !tier.hinges.is_empty() {
                fixed += self.hinge_terms(tier, slot, &mut terms);
            }
            for balance in &tier.balances {
                self.balance_terms(*balance, slot, &mut terms);
            }
            if tier.doubled != 0.0 {
                self.doubled_terms(tier.doubled, slot, &mut terms);
            }
            if let Some(cost) = tier.in_use.get(machine).filter(|cost| **cost != 0.0) {
                let in_use = self.in_use(slot);
                terms.extend(in_use.map(|it| (it, *cost)));
            }
        }
        if tier.most_moved != 0.0 {
            self.most_moved_terms(tier.most_moved, &mut terms);
        }
        for crowded in &tier.crowded {
            fixed += self.crowded_terms(*crowded, &mut terms);
        }
        if let Some(headroom) = &tier.headroom {
            fixed += self.headroom_terms(headroom, &mut terms);
        }
        (terms, fixed)
    }

    fn move_terms(&mut self, weight: f64, slot: usize, terms: &mut Terms) -> f64 {
        let mut fixed = 0.0;
        for (group, _) in self.scope.state.was_on(self.scope.machines[slot]).to_vec() {
            let cost = weight * self.instance().groups[group as usize].move_cost;
            if cost != 0.0 {
                let (gone, always) = self.gone(group as usize, slot);
                terms.extend(gone.map(|gone| (gone, cost)));
                fixed += cost * f64::from(always);
            }
        }
        fixed
    }

    /// A resource's hinges as pieces of the load, each with its slope: one row, and as tight as can be.
    fn hinge_terms(&mut self, tier: &Tier, slot: usize, terms: &mut Terms) -> f64 {
        let machine = self.scope.machines[slot];
        let mut fixed = 0.0;
        for resource in 0..self.instance().resources.len() {
            let mut hinges: Vec<(f64, f64)> = tier.hinges[machine]
                .iter()
                .filter(|hinge| hinge.resource == resource)
                .map(|hinge| (hinge.above, hinge.slope))
                .collect();
            if hinges.is_empty() {
                continue;
            }
            hinges.sort_by(|a, b| a.0.total_cmp(&b.0));
            let load = self.load_terms(slot, resource);
            let most: f64 = load.iter().map(|(it, factor)| self.program.variables[it.0].upper * factor).sum();
            let most = most.min(self.instance().machines[machine].room[resource] as f64);
            // What costs from nothing on.
            let mut slope = 0.0;
            for (above, more) in hinges.iter().filter(|(above, _)| *above <= 0.0) {
                slope += more;
                fixed -= more * above;
            }
            let later: Vec<(f64, f64)> =
                hinges.into_iter().filter(|(above, _)| *above > 0.0 && *above < most).collect();
            if later.is_empty() {
                terms
                    .extend(load.into_iter().map(|(it, factor)| (it, factor * slope)).filter(|(_, cost)| *cost != 0.0));
                continue;
            }
            let mut sum: Terms = load.into_iter().map(|(it, factor)| (it, -factor)).collect();
            let mut from = 0.0;
            for (above, more) in later.into_iter().chain([(most, 0.0)]) {
                let piece = self.program.variable(0.0, above - from, false);
                sum.push((piece, 1.0));
                terms.extend((slope != 0.0).then_some((piece, slope)));
                (from, slope) = (above, slope + more);
            }
            self.program.equal(sum, 0.0);
        }
        fixed
    }

    fn balance_terms(&mut self, it: Balance, slot: usize, terms: &mut Terms) {
        let room = self.instance().machines[self.scope.machines[slot]].room.clone();
        // lack ≥ target · (room₁ − load₁) − (room₂ − load₂)
        let mut row: Terms =
            self.load_terms(slot, it.first).into_iter().map(|(load, factor)| (load, factor * it.target)).collect();
        row.extend(self.load_terms(slot, it.second).into_iter().map(|(load, factor)| (load, -factor)));
        let lack = self.program.variable(0.0, f64::INFINITY, false);
        row.push((lack, 1.0));
        self.program.at_least(row, it.target * room[it.first] as f64 - room[it.second] as f64);
        terms.push((lack, it.weight));
    }

    fn doubled_terms(&mut self, weight: f64, slot: usize, terms: &mut Terms) {
        for service in self.services() {
            let counts = self.service_terms(service, slot);
            let most: f64 = counts.iter().map(|(it, _)| self.program.variables[it.0].upper).sum();
            if most < 2.0 {
                continue;
            }
            self.ever_dearer(counts, 0, weight, terms);
        }
    }

    /// All domains of the service, those of other machines as well: what stays there is in the constant part.
    fn crowded_terms(&mut self, it: Crowded, terms: &mut Terms) -> f64 {
        let domains = 0..self.instance().topologies[it.topology].domains as u32;
        let mut fixed = 0.0;
        for domain in domains {
            let outside = self.outside(it.service, it.topology, domain);
            fixed += Crowded::of(outside);
            let counts = self.domain_terms(it.service, it.topology, domain);
            self.ever_dearer(counts, outside, 1.0, terms);
        }
        fixed
    }

    /// Beside so many that are there, one more costs as much as there are, each after it `weight` more.
    fn ever_dearer(&mut self, counts: Terms, there: u32, weight: f64, terms: &mut Terms) {
        let most: f64 = counts.iter().map(|(it, _)| self.program.variables[it.0].upper).sum();
        let mut sum: Terms = counts.into_iter().map(|(it, _)| (it, -1.0)).collect();
        if sum.is_empty() {
            return;
        }
        for step in there..there + most as u32 {
            let one = self.program.variable(0.0, 1.0, false);
            sum.push((one, 1.0));
            terms.extend((step > 0).then_some((one, weight * f64::from(step))));
        }
        self.program.equal(sum, 0.0);
    }

    /// Whether the machine holds anything; none where it can hold nothing.
    fn in_use(&mut self, slot: usize) -> Option<Variable> {
        let counts: Vec<Variable> = (0..self.scope.groups.len()).filter_map(|place| self.count(place, slot)).collect();
        if counts.is_empty() {
            return None;
        }
        let in_use = self.program.variable(0.0, 1.0, true);
        for count in counts {
            let most = self.program.variables[count.0].upper;
            self.program.at_most(vec![(count, 1.0), (in_use, -most)], 0.0);
        }
        // The sums say it once more, and more tightly.
        let machine = self.scope.machines[slot];
        for resource in 0..self.instance().resources.len() {
            let room = self.instance().machines[machine].room[resource] as f64;
            let mut load = self.load_terms(slot, resource);
            let most: f64 = load.iter().map(|(it, factor)| self.program.variables[it.0].upper * factor).sum();
            if most > room {
                load.push((in_use, -room));
                self.program.at_most(load, 0.0);
            }
        }
        Some(in_use)
    }

    fn most_moved_terms(&mut self, weight: f64, terms: &mut Terms) {
        let services = self.services();
        let inside = |service: &usize| self.has(*service);
        let state = self.scope.state;
        let others = (0..self.instance().services.len()).filter(|service| !inside(service));
        let floor = others.map(|service| state.moved(service)).max().unwrap_or(0);
        let most = self.program.variable(f64::from(floor), f64::INFINITY, false);
        terms.push((most, weight));
        for service in services {
            let (mut row, mut inside, mut always) = (Terms::new(), 0, 0);
            for slot in 0..self.scope.machines.len() {
                let machine = self.scope.machines[slot];
                for (group, current) in state.was_on(machine).to_vec() {
                    if self.instance().groups[group as usize].service == service {
                        inside += current.saturating_sub(state.count(group as usize, machine));
                        let (gone, fixed) = self.gone(group as usize, slot);
                        row.extend(gone.map(|gone| (gone, -1.0)));
                        always += fixed;
                    }
                }
            }
            row.push((most, 1.0));
            let outside = state.moved(service) - inside;
            self.program.at_least(row, f64::from(outside + always));
        }
    }

    /// One machine is chosen to be the one with room; the slots there are what counts.
    fn headroom_terms(&mut self, headroom: &Headroom, terms: &mut Terms) -> f64 {
        let (mut chosen, mut slots_of) = (Terms::new(), Terms::new());
        let mut best_outside = 0.0f64;
        for machine in &headroom.machines {
            let room = self.instance().machines[*machine].room.clone();
            let Ok(slot) = self.scope.machines.binary_search(machine) else {
                best_outside = best_outside.max(headroom.free(&room, self.scope.state.load(*machine)));
                continue;
            };
            let empty = vec![0; room.len()];
            let most = headroom.free(&room, &empty);
            let choose = self.program.variable(0.0, 1.0, true);
            let slots = self.program.variable(0.0, most, false);
            chosen.push((choose, 1.0));
            slots_of.push((slots, 1.0));
            self.program.at_most(vec![(slots, 1.0), (choose, -most)], 0.0);
            for (resource, shape) in headroom.shape.iter().enumerate().filter(|(_, shape)| **shape > 0) {
                let mut row = self.load_terms(slot, resource);
                row.push((slots, *shape as f64));
                self.program.at_most(row, room[resource] as f64);
            }
        }
        // The best of the machines that are not free is there to fall back on.
        let fall_back = self.program.variable(0.0, 1.0, true);
        chosen.push((fall_back, 1.0));
        self.program.at_most(chosen, 1.0);
        terms.extend(slots_of.iter().map(|(it, _)| (*it, -1.0)));
        terms.push((fall_back, -best_outside));
        headroom.most
    }
}
