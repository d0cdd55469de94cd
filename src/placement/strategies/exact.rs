//! The whole integer program at once: modelled with good_lp, solved by HiGHS.
//!
//! One thread and a fixed seed: the same program gives the same answer, bit for bit.

use good_lp::{Expression, ProblemVariables, SolverModel as _, variable};
use highs::{HighsModelStatus, HighsSolutionStatus};

use super::{Answer, Limits};
use crate::placement::program::{Program, Row, Terms};

/// How far a row that holds nothing may be off.
const TOLERANCE: f64 = 1e-9;

pub(super) fn solve(program: &Program, objective: &Terms, start: Option<&[f64]>, limits: Limits) -> Answer {
    // A row without variables is decided already; HiGHS is handed only the others.
    let hopeless = |row: &Row| row.terms.is_empty() && !(row.lower - TOLERANCE..=row.upper + TOLERANCE).contains(&0.0);
    if program.rows.iter().any(hopeless) {
        return Answer::Infeasible;
    }
    if program.variables.is_empty() {
        return Answer::Found { values: Vec::new(), value: 0.0, bound: 0.0 };
    }
    match run(program, objective, start, limits) {
        Ok(answer) => answer,
        Err(why) => Answer::Undecided(why),
    }
}

/// The program in good_lp's terms, as a HiGHS model ready to run.
fn model(program: &Program, objective: &Terms) -> Result<highs::Model, String> {
    let mut variables = ProblemVariables::new();
    let mut ids = Vec::with_capacity(program.variables.len());
    for domain in &program.variables {
        let definition = variable().min(domain.lower).max(domain.upper);
        ids.push(variables.add(if domain.integer { definition.integer() } else { definition }));
    }
    let sum = |terms: &Terms| terms.iter().map(|(it, factor)| *factor * ids[it.0]).sum::<Expression>();
    let mut problem = variables.minimise(sum(objective)).using(good_lp::solvers::highs::highs);
    for row in program.rows.iter().filter(|row| !row.terms.is_empty()) {
        let terms = sum(&row.terms);
        if row.lower == row.upper {
            problem.add_constraint(terms.eq(row.lower));
        } else if row.upper.is_finite() {
            problem.add_constraint(terms.leq(row.upper));
        } else {
            problem.add_constraint(terms.geq(row.lower));
        }
    }
    problem.try_into_inner().map_err(|error| error.to_string())
}

fn refused(error: impl std::fmt::Debug) -> String {
    format!("HiGHS refused an option: {error:?}")
}

fn run(program: &Program, objective: &Terms, start: Option<&[f64]>, limits: Limits) -> Result<Answer, String> {
    let mut model = model(program, objective)?;
    model.make_quiet();
    model.try_set_option("threads", 1).map_err(refused)?;
    model.try_set_option("random_seed", 1).map_err(refused)?;
    model.try_set_option("mip_rel_gap", 0.0).map_err(refused)?;
    model.try_set_option("mip_max_nodes", limits.nodes(program.variables.len())).map_err(refused)?;
    model.try_set_option("time_limit", limits.time.as_secs_f64()).map_err(refused)?;
    if let Some(start) = start {
        model.try_set_solution(Some(start), None, None, None).map_err(|error| format!("{error:?}"))?;
    }
    let solved = model.try_solve().map_err(|error| format!("HiGHS failed: {error:?}"))?;
    let status = solved.status();
    match status {
        HighsModelStatus::Infeasible | HighsModelStatus::UnboundedOrInfeasible => return Ok(Answer::Infeasible),
        _ if solved.primal_solution_status() != HighsSolutionStatus::Feasible => {
            return Ok(Answer::Undecided(format!("the solver stopped without a placement ({status:?})")));
        }
        _ => {}
    }
    let values = solved.get_solution().columns().to_vec();
    let value = objective.iter().map(|(it, factor)| values[it.0] * factor).sum();
    let bound = match status {
        HighsModelStatus::Optimal => value,
        _ => solved.double_info_value(c"mip_dual_bound").unwrap_or(f64::NEG_INFINITY).min(value),
    };
    Ok(Answer::Found { values, value, bound })
}
