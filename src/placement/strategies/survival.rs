//! An answer after which each of some losses is survived while nothing that is left moves: one integer program of the answer
//! and of what follows each loss.

use crate::placement::core::{self, Counts, Instance, Model, Scope, State, Tier, Variable};

use super::Ended;
use super::bounds;
use super::budget::{Budget, Limits};
use super::exact;
use super::portfolio::{Answer, Solved, TierValue};
use super::solver::{self, Answer as Found, Effort};

/// Nodes of the search for one tier.
const NODES: i32 = 20_000;

/// What is to be placed when some machines are lost: the same groups, by their index.
#[derive(Clone, Debug)]
pub struct After {
    /// The problem then.
    pub instance: Instance,
    /// The machines that are lost.
    pub lost: Vec<usize>,
}

/// How many variables the program has, about.
pub fn size(instance: &Instance, losses: &[After]) -> usize {
    instance.columns() + losses.iter().map(|loss| loss.instance.columns()).sum::<usize>()
}

/// Solves a problem such that after each loss all that is wanted then finds a place, and all that is left stays.
pub fn solve(instance: &Instance, losses: &[After], limits: &Limits) -> Solved {
    let budget = Budget::new(limits);
    let empty = State::empty(instance);
    let mut model = Model::new(Scope::whole(&empty, false));
    for loss in losses {
        join(&mut model, loss);
    }
    let none = Tier { name: String::new(), ..Tier::default() };
    let tiers: Vec<&Tier> = if instance.tiers.is_empty() { vec![&none] } else { instance.tiers.iter().collect() };
    let (mut found, mut reached): (Option<(Counts, Vec<f64>)>, Vec<TierValue>) = (None, Vec::new());
    for (index, tier) in tiers.iter().enumerate() {
        let (terms, fixed) = model.tier_terms(tier);
        let start = found.iter().flat_map(|(_, values)| values.iter().enumerate());
        let start: Vec<(Variable, f64)> = start.map(|(it, value)| (Variable(it), *value)).collect();
        let seconds = budget.seconds_left() / (tiers.len() - index) as f64;
        let run = solver::solve(&model.program, &terms, &start, Effort::of(NODES, seconds));
        budget.note(&run);
        let bound = match run.answer {
            Found::Found { values, bound, .. } => {
                found = Some((Counts::of(instance, &model.read(&values)), values));
                bound
            }
            Found::Infeasible if found.is_none() => return Solved::Infeasible,
            Found::Undecided(why, _) if found.is_none() => return Solved::Undecided(why, 0),
            Found::Infeasible => f64::NEG_INFINITY,
            Found::Undecided(_, bound) => bound,
        };
        let Some((counts, _)) = &found else { break };
        let value = bounds::value(tier, &State::of(instance, counts));
        let bound = bound + fixed + tier.constant;
        let bound = if tier.whole { (bound - 1e-6).ceil() } else { bound };
        exact::hold(&mut model, tier, (terms, fixed), value + tier.allowance);
        reached.push(TierValue::of(tier, value, bound));
    }
    let Some((counts, _)) = found else { return Solved::Undecided("nothing was looked at".to_owned(), 0) };
    reached.truncate(instance.tiers.len());
    let proven = reached.iter().all(|tier| tier.gap() == 0.0);
    let ended = budget.ended(if proven { Ended::Proof } else { Ended::Work });
    match core::broken(instance, &counts).as_slice() {
        [] => Solved::Found(Answer { counts, tiers: reached, ended }),
        broken => Solved::Undecided(format!("the answer found does not hold: {}", broken.join("; ")), 0),
    }
}

/// Adds what follows a loss: a program of its own, in which each machine that is left keeps all that it has.
fn join(model: &mut Model<'_, '_>, loss: &After) {
    let state = State::empty(&loss.instance);
    let after = Model::new(Scope::whole(&state, false));
    let first = model.program.variables.len();
    let shifted = |it: &Variable| Variable(it.0 + first);
    model.program.variables.extend(after.program.variables.iter().copied());
    for row in &after.program.rows {
        let terms = row.terms.iter().map(|(it, factor)| (shifted(it), *factor)).collect();
        model.program.rows.push(core::Row { terms, ..*row });
    }
    for group in 0..loss.instance.groups.len() {
        for machine in (0..loss.instance.machines.len()).filter(|machine| !loss.lost.contains(machine)) {
            let Some(before) = model.count(group, machine) else { continue };
            let mut terms = vec![(before, -1.0)];
            terms.extend(after.count(group, machine).map(|it| (shifted(&it), 1.0)));
            model.program.at_least(terms, 0.0);
        }
    }
}
