//! From what came of a problem to the document.

use crate::placement::core::{Counts, Instance};
use crate::placement::strategies::{Answer, Solved};

use super::FORMAT_VERSION;
use super::form::{PlainSolution, PlainTier};

/// What came of a problem, as it is written.
pub fn solution(instance: &Instance, solved: &Solved) -> PlainSolution {
    let format_version = FORMAT_VERSION.to_owned();
    let none = |status: &str, why: &str| PlainSolution {
        format_version: format_version.clone(),
        status: status.to_owned(),
        ended: String::new(),
        why: why.to_owned(),
        tiers: Vec::new(),
        placement: Vec::new(),
    };
    let answer: &Answer = match solved {
        Solved::Found(answer) => answer,
        Solved::Infeasible => return none("infeasible", "no placement respects everything"),
        Solved::Undecided(why, homeless) => return none("undecided", &format!("{why} ({homeless} without a place)")),
    };
    let tiers: Vec<PlainTier> = answer
        .tiers
        .iter()
        .map(|it| PlainTier { name: it.name.clone(), value: it.value, bound: it.bound, gap: it.gap() })
        .collect();
    let proven = tiers.iter().all(|tier| tier.gap == 0.0);
    PlainSolution {
        status: if proven { "optimal" } else { "feasible" }.to_owned(),
        ended: answer.ended.word().to_owned(),
        tiers,
        placement: placement(instance, &answer.counts),
        ..none("", "")
    }
}

fn placement(instance: &Instance, counts: &Counts) -> Vec<Vec<Vec<u32>>> {
    let machines = |group: &usize| {
        let places = counts.0[*group].iter();
        places.flat_map(|(machine, count)| std::iter::repeat_n(*machine, *count as usize)).collect()
    };
    instance.services.iter().map(|service| service.groups.iter().map(machines).collect()).collect()
}
