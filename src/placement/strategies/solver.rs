//! The solver: a [`Program`] in, an assignment and a bound out. Modelled with good_lp, solved by HiGHS; the only file that
//! knows their types.
//!
//! One thread and a fixed seed: the same program gives the same answer, bit for bit.

use good_lp::{Expression, ProblemVariables, SolverModel as _, variable};
use highs::{HighsModelStatus, HighsSolutionStatus};

use crate::placement::core::{Program, Row, Terms, Variable};

/// How far a row that holds nothing may be off.
const TOLERANCE: f64 = 1e-9;

/// How far an answer's value may be from what HiGHS says that it is.
const AS_SAID: f64 = 1e-5;

/// Nodes of a search that goes no further than the tree's root: relaxation and cuts.
pub(super) const ROOT: i32 = 1;

/// HiGHS's searches for answers at the root, which an effort of nothing leaves on.
const SEARCHES: [&str; 4] = [
    "mip_heuristic_run_feasibility_jump",
    "mip_heuristic_run_root_reduced_cost",
    "mip_heuristic_run_rins",
    "mip_heuristic_run_rens",
];

/// How much may be spent on one program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Nodes of the search tree.
    pub nodes: i32,
    /// The backstop, in seconds.
    pub seconds: f64,
    /// Good enough: within this fraction of the bound.
    pub gap: f64,
    /// Good enough, whatever the bound: a value not above this one; infinitely low where there is none.
    pub target: f64,
}

impl Effort {
    /// So many nodes, within so many seconds, for the best there is.
    pub(super) fn of(nodes: i32, seconds: f64) -> Self {
        Effort { nodes, seconds, gap: 0.0, target: f64::NEG_INFINITY }
    }
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// A solution, with its value and a bound that no solution can be below.
    Found {
        /// By variable.
        values: Vec<f64>,
        /// The objective's.
        value: f64,
        /// Not above `value`; equal when it is proven optimal.
        bound: f64,
    },
    /// There is none; proven.
    Infeasible,
    /// The limits ended the search before there was a solution or a proof; why, and what is known.
    Undecided(String, f64),
}

/// An answer, and what it took.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub answer: Answer,
    /// Simplex iterations: the same on every machine.
    pub iterations: u64,
    /// Whether the clock ended it.
    pub out_of_time: bool,
}

/// Makes `objective` as small as the rows of `program` allow. `start`, values of some variables, is improved on.
pub(super) fn solve(program: &Program, objective: &Terms, start: &[(Variable, f64)], effort: Effort) -> Run {
    let decided = |answer| Run { answer, iterations: 0, out_of_time: false };
    // A row without variables is decided already; HiGHS is handed only the others.
    let hopeless = |row: &Row| row.terms.is_empty() && !(row.lower - TOLERANCE..=row.upper + TOLERANCE).contains(&0.0);
    if program.rows.iter().any(hopeless) {
        return decided(Answer::Infeasible);
    }
    if program.variables.is_empty() {
        return decided(Answer::Found { values: Vec::new(), value: 0.0, bound: 0.0 });
    }
    run(program, objective, start, effort).unwrap_or_else(|why| decided(Answer::Undecided(why, f64::NEG_INFINITY)))
}

/// The program in good_lp's terms, as a HiGHS model ready to run.
fn model(program: &Program, objective: &Terms) -> Result<highs::Model, String> {
    let mut variables = ProblemVariables::new();
    let mut ids = Vec::with_capacity(program.variables.len());
    for domain in &program.variables {
        let definition = variable().min(domain.lower).max(domain.upper);
        ids.push(variables.add(if domain.integer { definition.integer() } else { definition }));
    }
    let sum = |terms: &Terms| {
        let mut sum = Expression::with_capacity(terms.len());
        terms.iter().for_each(|(it, factor)| sum.add_mul(*factor, ids[it.0]));
        sum
    };
    let mut problem = variables.minimise(sum(objective)).using(good_lp::solvers::highs::highs);
    for row in program.rows.iter().filter(|row| !row.terms.is_empty()) {
        if row.lower == row.upper {
            problem.add_constraint(sum(&row.terms).eq(row.lower));
            continue;
        }
        if row.upper.is_finite() {
            problem.add_constraint(sum(&row.terms).leq(row.upper));
        }
        if row.lower.is_finite() {
            problem.add_constraint(sum(&row.terms).geq(row.lower));
        }
    }
    problem.try_into_inner().map_err(|error| format!("HiGHS refused the program: {error}"))
}

fn refused(error: impl std::fmt::Debug) -> String {
    format!("HiGHS refused an option: {error:?}")
}

fn run(program: &Program, objective: &Terms, start: &[(Variable, f64)], effort: Effort) -> Result<Run, String> {
    let mut model = model(program, objective)?;
    model.make_quiet();
    model.try_set_option("threads", 1).map_err(refused)?;
    model.try_set_option("random_seed", 1).map_err(refused)?;
    model.try_set_option("mip_rel_gap", effort.gap).map_err(refused)?;
    model.try_set_option("mip_max_nodes", effort.nodes).map_err(refused)?;
    if effort.target > f64::NEG_INFINITY {
        model.try_set_option("objective_target", effort.target).map_err(refused)?;
    }
    if effort.nodes == ROOT {
        // Its searches for answers would take longer than all the rest.
        model.try_set_option("mip_heuristic_effort", 0.0).map_err(refused)?;
        for search in SEARCHES {
            model.try_set_option(search, false).map_err(refused)?;
        }
    }
    model.try_set_option("time_limit", effort.seconds.max(0.01)).map_err(refused)?;
    if !start.is_empty() {
        let values = complete(program, objective, start, effort);
        if let Some(values) = values {
            model.try_set_solution(Some(&values), None, None, None).map_err(|error| format!("{error:?}"))?;
        }
    }
    let solved = model.try_solve().map_err(|error| format!("HiGHS failed: {error:?}"))?;
    let status = solved.status();
    let iterations = solved.simplex_iteration_count().max(0) as u64;
    let out_of_time = status == HighsModelStatus::ReachedTimeLimit;
    let known = || solved.double_info_value(c"mip_dual_bound").unwrap_or(f64::NEG_INFINITY);
    let answer = match status {
        HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => Answer::Infeasible,
        _ if solved.primal_solution_status() != HighsSolutionStatus::Feasible => {
            Answer::Undecided(format!("the solver stopped without a placement ({status:?})"), known())
        }
        _ => {
            let values = solved.get_solution().columns().to_vec();
            let value: f64 = objective.iter().map(|(it, factor)| values[it.0] * factor).sum();
            // Where presolve makes the start better, HiGHS may prove that value and yet give the start back.
            if !start.is_empty() && (value - solved.objective_value()).abs() > AS_SAID * value.abs().max(1.0) {
                return run(program, objective, &[], effort);
            }
            let is_optimal = status == HighsModelStatus::Optimal && effort.gap == 0.0;
            let bound = if is_optimal || !program.is_integer() { value } else { known().min(value) };
            Answer::Found { values, value, bound }
        }
    };
    Ok(Run { answer, iterations, out_of_time })
}

/// The rest of a start: HiGHS takes only complete ones, and takes what is missing for zero.
fn complete(program: &Program, objective: &Terms, start: &[(Variable, f64)], effort: Effort) -> Option<Vec<f64>> {
    let mut fixed = program.clone();
    for (variable, value) in start {
        let domain = &mut fixed.variables[variable.0];
        (domain.lower, domain.upper) = (*value, *value);
    }
    if start.len() == program.variables.len() {
        return Some(fixed.variables.iter().map(|domain| domain.lower).collect());
    }
    match run(&fixed, objective, &[], Effort { nodes: 100, ..effort }).ok()?.answer {
        Answer::Found { values, .. } => Some(values),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two services on three machines: at most three containers of the first share a domain (counted up in steps), what runs stays,
    /// and machines cost from some load on. The first is what HiGHS 1.16 gives back though it has proven that there is better.
    #[test]
    fn a_start_does_not_hide_what_is_better() {
        let mut program = Program::default();
        let mut some = |most: &[f64], integer: bool| -> Vec<Variable> {
            most.iter().map(|most| program.variable(0.0, *most, integer)).collect()
        };
        let (first, second) = (some(&[3.0, 3.0, 2.0], true), some(&[2.0; 3], true));
        let (gone, steps, pieces) =
            (some(&[1.0; 2], false), some(&[1.0; 8], false), some(&[3.0, 1.0, 1.0, 1.0], false));
        let each = |all: &[Variable], factor: f64| -> Terms { all.iter().map(|it| (*it, factor)).collect() };
        program.equal(each(&first, 1.0), 3.0);
        program.equal(each(&second, 1.0), 2.0);
        program.at_most(vec![(first[1], 1.0), (second[1], 1.0)], 4.0);
        program.at_most(vec![(first[2], 1.0), (second[2], 1.0)], 2.0);
        program.at_least(vec![(gone[0], 1.0), (first[0], 1.0)], 1.0);
        program.at_least(vec![(gone[1], 1.0), (second[2], 1.0)], 1.0);
        program.at_most(each(&gone, 1200.0), 0.0);
        program.equal([each(&first, -1.0), each(&steps, 1.0)].concat(), 0.0);
        program.at_most((1u8..).zip(&steps[1..]).map(|(step, it)| (*it, f64::from(step))).collect(), 3.0);
        for (machine, pieces) in [(1, &pieces[..2]), (2, &pieces[2..])] {
            let load = each(&[first[machine], second[machine]], -1.0);
            program.equal([load, each(pieces, 1.0)].concat(), 0.0);
        }
        let objective = vec![(pieces[1], 0.25), (pieces[3], 0.5)];
        let start: Vec<(Variable, f64)> = first.into_iter().chain(second).zip([2.0, 0.0, 1.0, 1.0, 0.0, 1.0]).collect();
        let run = solve(&program, &objective, &start, Effort::of(1000, 10.0));
        let Answer::Found { value, bound, .. } = run.answer else { panic!("{run:?}") };
        assert_eq!((value, bound), (0.0, 0.0));
    }
}
