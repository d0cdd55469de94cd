//! A change that is tried: a few containers to other machines at once.

use super::{Cost, Flat, LANES};

/// The most containers of one change.
pub const MOST: usize = 16;

/// The most machines: each of the containers may go to one of its own, while one takes the place of all others.
const MOST_MACHINES: usize = MOST + 1;

/// One container to another machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Which.
    pub container: u32,
    /// Its group.
    pub group: u32,
    /// Where it is.
    pub from: u32,
    /// Where it goes.
    pub to: u32,
    /// Whether that is a move away from where it ran.
    pub leaves: bool,
    /// Whether that undoes such a move.
    pub returns: bool,
}

/// Some shifts, and what they mean for the machines that they touch.
#[derive(Clone, Debug)]
pub struct Trial {
    shifts: [Shift; MOST],
    len: usize,
    /// The machines, and how many containers more each has.
    machines: [(u32, i32); MOST_MACHINES],
    touched: usize,
    width: usize,
    /// By touched machine: what is used more.
    more: Vec<f64>,
    /// By touched machine: what its load will cost.
    costs: [f64; MOST_MACHINES],
    /// By touched machine: how much too much it will hold.
    excess: [f64; MOST_MACHINES],
    /// What is used more of one machine, for a look at what one container more would mean.
    scratch: Vec<f64>,
}

impl Trial {
    /// An empty one for such an answer.
    pub fn new(flat: &Flat<'_>) -> Self {
        let width = flat.facts.width;
        Trial {
            shifts: [Shift::default(); MOST],
            len: 0,
            machines: [(0, 0); MOST_MACHINES],
            touched: 0,
            width,
            more: vec![0.0; MOST_MACHINES * width],
            costs: [0.0; MOST_MACHINES],
            excess: [0.0; MOST_MACHINES],
            scratch: vec![0.0; width],
        }
    }

    /// Forgets the shifts.
    pub fn clear(&mut self) {
        self.len = 0;
        self.touched = 0;
    }

    /// One shift more.
    pub fn push(&mut self, shift: Shift) {
        self.shifts[self.len] = shift;
        self.len += 1;
    }

    /// The shifts.
    pub fn shifts(&self) -> &[Shift] {
        &self.shifts[..self.len]
    }

    /// The machines that are touched, and how many containers more each has.
    pub fn machines(&self) -> impl Iterator<Item = (u32, i32)> + '_ {
        self.machines[..self.touched].iter().copied()
    }

    /// The machines that are touched, and what their load will cost.
    pub fn costs(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.machines[..self.touched].iter().map(|(machine, _)| *machine).zip(self.costs)
    }

    /// The machines that are touched, and how much too much they will hold.
    pub fn excess(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.machines[..self.touched].iter().map(|(machine, _)| *machine).zip(self.excess)
    }

    fn slot(&self, machine: u32) -> Option<usize> {
        self.machines[..self.touched].iter().position(|(it, _)| *it == machine)
    }

    #[inline]
    fn add(&mut self, machine: u32, uses: &[f64], sign: i32) {
        let known = self.slot(machine);
        let slot = known.unwrap_or(self.touched);
        let more = &mut self.more[slot * self.width..(slot + 1) * self.width];
        let times = f64::from(sign);
        if known.is_some() {
            self.machines[slot].1 += sign;
            more.iter_mut().zip(uses).for_each(|(more, uses)| *more += times * uses);
        } else {
            self.machines[slot] = (machine, sign);
            self.touched += 1;
            more.iter_mut().zip(uses).for_each(|(more, uses)| *more = times * uses);
        }
    }

    /// On a machine that is not touched yet, one container instead of another.
    #[inline]
    fn exchange(&mut self, machine: u32, arrives: &[f64], leaves: &[f64]) {
        let slot = self.touched;
        self.machines[slot] = (machine, 0);
        self.touched += 1;
        let more = &mut self.more[slot * self.width..(slot + 1) * self.width];
        more.iter_mut().zip(arrives).zip(leaves).for_each(|((more, arrives), leaves)| *more = arrives - leaves);
    }

    #[inline]
    fn more(&self, slot: usize) -> &[f64] {
        &self.more[slot * self.width..(slot + 1) * self.width]
    }
}

impl Flat<'_> {
    /// Whether the machine has room for what arrives when something leaves.
    #[inline]
    fn has_room(&self, machine: u32, arrives: &[f64], leaves: &[f64]) -> bool {
        let spare = &self.spare[self.block(machine)];
        let mut rows = spare.chunks_exact(LANES).zip(arrives.chunks_exact(LANES)).zip(leaves.chunks_exact(LANES));
        // Transient resources are the last, and the tightest.
        rows.all(|((spare, arrives), leaves)| {
            let over = |at: usize| u8::from(arrives[at] - leaves[at] > spare[at]);
            over(0) | over(1) | over(2) | over(3) == 0
        })
    }

    /// A container to another machine.
    #[inline]
    pub fn shift(&self, container: u32, to: u32) -> Shift {
        let (group, from) = (self.group[container as usize], self.place[container as usize]);
        let (leaves, returns) = (self.leaves(group as usize, from), self.returns(group as usize, to));
        Shift { container, group, from, to, leaves, returns }
    }

    #[inline]
    fn arriving(&self, shift: &Shift) -> &[f64] {
        self.uses(shift.group as usize, shift.returns)
    }

    #[inline]
    fn leaving(&self, shift: &Shift) -> &[f64] {
        self.uses(shift.group as usize, shift.leaves)
    }

    /// Takes a container off its machine, for as long as the trial has no place for it: [`put_on`](Self::put_on) gives it one.
    pub fn take_off(&self, trial: &mut Trial, container: u32) {
        let (group, from) = (self.group(container), self.place(container));
        trial.add(from, self.uses(group, self.leaves(group, from)), -1);
    }

    /// Puts a container that was taken off on a machine.
    pub fn put_on(&self, trial: &mut Trial, container: u32, to: u32) {
        let shift = self.shift(container, to);
        trial.add(to, self.arriving(&shift), 1);
        trial.push(shift);
    }

    /// Whether a machine has room for all that the trial has put there; `lightly`: and no more than what costs nothing, but for
    /// what `container` alone uses.
    pub fn holds(&self, trial: &Trial, machine: u32, lightly: Option<(&Cost<'_>, u32)>) -> bool {
        let Some(slot) = trial.slot(machine) else { return true };
        let more = trial.more(slot);
        if !self.has_room(machine, more, &self.facts.zero) {
            return false;
        }
        let Some((cost, container)) = lightly else { return true };
        let group = self.group(container);
        cost.is_light(machine, self.load(machine), more, self.uses(group, self.returns(group, machine)))
    }

    /// What one more of the group on a machine would cost there, beside what the trial has done; nothing where it does not fit.
    pub fn cost_on(
        &self,
        trial: &mut Trial,
        group: usize,
        machine: u32,
        cost: &Cost<'_>,
        loads: &[f64],
    ) -> Option<f64> {
        let uses = self.uses(group, self.returns(group, machine));
        let Some(slot) = trial.slot(machine) else {
            let fits = self.has_room(machine, uses, &self.facts.zero);
            return fits.then(|| cost.load(machine, self.load(machine), uses) - loads[machine as usize]);
        };
        let Trial { more, scratch, width, .. } = trial;
        let more = &more[slot * *width..(slot + 1) * *width];
        scratch.iter_mut().zip(more).zip(uses).for_each(|((sum, more), uses)| *sum = more + uses);
        let load = self.load(machine);
        let fits = self.has_room(machine, scratch, &self.facts.zero);
        fits.then(|| cost.load(machine, load, scratch) - cost.load(machine, load, more))
    }

    /// The same where machines may hold too much: what the shifts change of the cost, and of how much is too much.
    pub fn loose_change(&self, trial: &mut Trial, cost: &Cost<'_>, loads: &[f64], excess: &[f64]) -> (f64, f64) {
        self.sum_up(trial);
        let (mut change, mut over) = (self.cost_change(trial, cost, loads), 0.0);
        for slot in 0..trial.touched {
            let machine = trial.machines[slot].0;
            let after = cost.excess(&self.spare[self.block(machine)], trial.more(slot));
            trial.excess[slot] = after;
            over += after - excess[machine as usize];
        }
        change += cost.others(self, trial);
        (change, over)
    }

    /// What each machine gets and loses.
    #[inline]
    fn sum_up(&self, trial: &mut Trial) {
        trial.touched = 0;
        match trial.shifts[..trial.len] {
            [one] => {
                trial.add(one.to, self.arriving(&one), 1);
                trial.add(one.from, self.leaving(&one), -1);
            }
            [one, two] if one.from == two.to && one.to == two.from => {
                trial.exchange(one.to, self.arriving(&one), self.leaving(&two));
                trial.exchange(two.to, self.arriving(&two), self.leaving(&one));
            }
            _ => {
                for at in 0..trial.len {
                    let shift = trial.shifts[at];
                    trial.add(shift.to, self.arriving(&shift), 1);
                    trial.add(shift.from, self.leaving(&shift), -1);
                }
            }
        }
    }

    /// What the shifts change of the cost, but for [`Cost::most_moved`]; `loads` is what each machine's load costs now.
    /// Nothing where they don't fit. Rules are not asked.
    pub fn change(&self, trial: &mut Trial, cost: &Cost<'_>, loads: &[f64]) -> Option<f64> {
        // What most trials fail by comes first.
        if let [one] = trial.shifts()
            && !self.has_room(one.to, self.arriving(one), &self.facts.zero)
        {
            return None;
        }
        self.sum_up(trial);
        let fits = |slot: usize| self.has_room(trial.machines[slot].0, trial.more(slot), &self.facts.zero);
        if trial.len > 1 && !(0..trial.touched).all(fits) {
            return None;
        }
        let change = self.cost_change(trial, cost, loads);
        Some(change + cost.others(self, trial))
    }

    #[inline]
    fn cost_change(&self, trial: &mut Trial, cost: &Cost<'_>, loads: &[f64]) -> f64 {
        let mut change = 0.0;
        for slot in 0..trial.touched {
            let machine = trial.machines[slot].0;
            let after = cost.load(machine, self.load(machine), trial.more(slot));
            trial.costs[slot] = after;
            change += after - loads[machine as usize];
        }
        change
    }

    /// What the shifts of a trial that was measured change of another tier's cost.
    pub fn change_of(&self, trial: &Trial, cost: &Cost<'_>) -> f64 {
        let zero = &self.facts.zero;
        let of_loads = (0..trial.touched).map(|slot| {
            let machine = trial.machines[slot].0;
            let load = self.load(machine);
            cost.load(machine, load, trial.more(slot)) - cost.load(machine, load, zero)
        });
        of_loads.sum::<f64>() + cost.others(self, trial)
    }

    /// Does it, if all rules hold then.
    pub fn apply(&mut self, trial: &Trial) -> bool {
        for shift in trial.shifts() {
            self.count_in(shift.container, shift.from, false);
        }
        for shift in trial.shifts() {
            self.count_in(shift.container, shift.to, true);
        }
        if !trial.shifts().iter().all(|shift| self.holds_after(*shift)) {
            for shift in trial.shifts() {
                self.count_in(shift.container, shift.to, false);
            }
            for shift in trial.shifts() {
                self.count_in(shift.container, shift.from, true);
            }
            return false;
        }
        for shift in trial.shifts() {
            self.unsettle(shift.container, shift.from);
        }
        for shift in trial.shifts() {
            self.settle(shift.container, shift.to);
        }
        true
    }
}
