//! The objective's tiers: from named parts with weights to what strategies count.

use std::collections::BTreeMap;

use crate::placement::core::{Balance, Headroom, Hinge, Instance, Tier, UNLIMITED};

use super::form::{Part, Plain, PlainBalance};
use super::read::expect;

/// Straight pieces of the cost of using a machine.
const PIECES: usize = 6;

pub(super) fn tier(plain: &Plain, instance: &Instance, parts: &BTreeMap<Part, f64>) -> Result<Tier, String> {
    let mut tier = Tier { name: String::new(), ..Tier::default() };
    let mut names = Vec::new();
    for (part, weight) in parts {
        if !weight.is_finite() || *weight < 0.0 {
            return Err(format!("the weight {weight} is not a number from 0"));
        }
        let weight = *weight;
        match part {
            Part::Moves => tier.moves = weight,
            Part::MachineMoves => tier.machine_moves = weight,
            Part::MostMoved => tier.most_moved = weight,
            Part::Doubled => tier.doubled = weight,
            Part::MachineCosts => tier.in_use = plain.machines.iter().map(|it| weight * it.cost).collect(),
            Part::Overuse => overuse(plain, weight, &mut tier)?,
            Part::EvenUse => even_use(instance, weight, &mut tier),
            Part::Balance => tier.balances = balances(plain, weight)?,
            Part::Headroom => tier.headroom = Some(headroom(plain, instance)?),
        }
        let name = serde_json::to_value(part).ok().and_then(|it| it.as_str().map(str::to_owned));
        names.extend(name);
    }
    tier.name = names.join(" + ");
    if parts.keys().eq([&Part::EvenUse]) || parts.keys().eq([&Part::Headroom]) {
        tier.let_near_be_enough(instance);
    }
    Ok(tier)
}

fn balances(plain: &Plain, weight: f64) -> Result<Vec<Balance>, String> {
    let resources = plain.resources.len();
    let convert = |it: &PlainBalance| {
        if it.first.max(it.second) >= resources {
            return Err(format!("there is no resource {}", it.first.max(it.second)));
        }
        Ok(Balance { first: it.first, second: it.second, target: it.target, weight: weight * it.weight })
    };
    plain.balances.iter().map(convert).collect()
}

fn hinges_of(tier: &mut Tier, machines: usize) -> &mut Vec<Vec<Hinge>> {
    if tier.hinges.is_empty() {
        tier.hinges = vec![Vec::new(); machines];
    }
    &mut tier.hinges
}

fn overuse(plain: &Plain, weight: f64, tier: &mut Tier) -> Result<(), String> {
    let hinges = hinges_of(tier, plain.machines.len());
    for (index, machine) in plain.machines.iter().enumerate() {
        if machine.soft.is_empty() {
            continue;
        }
        expect(&format!("machines[{index}].soft"), machine.soft.len(), plain.resources.len())?;
        for (resource, soft) in machine.soft.iter().enumerate() {
            let slope = weight * plain.resources[resource].overuse_cost;
            if slope > 0.0 {
                hinges[index].push(Hinge { resource, above: *soft as f64, slope });
            }
        }
    }
    Ok(())
}

/// Each sixth of a machine's room costs more than the one before.
fn even_use(instance: &Instance, weight: f64, tier: &mut Tier) {
    let hinges = hinges_of(tier, instance.machines.len());
    for (hinges, machine) in hinges.iter_mut().zip(&instance.machines) {
        for (resource, room) in machine.room.iter().enumerate().filter(|(_, room)| **room < UNLIMITED && **room > 0) {
            hinges.extend(even_hinges(resource, *room as f64, 0.0, weight));
        }
    }
}

/// The hinges of a cost that rises with the share in use of `capacity`, of which `base` is used by others: each sixth
/// costs more than the one before: 1, 3, 5, …
pub fn even_hinges(resource: usize, capacity: f64, base: f64, weight: f64) -> impl Iterator<Item = Hinge> {
    (0..PIECES).map(move |piece| Hinge {
        resource,
        above: capacity * piece as f64 / PIECES as f64 - base,
        slope: weight * if piece == 0 { 1.0 } else { 2.0 } / capacity,
    })
}

fn headroom(plain: &Plain, instance: &Instance) -> Result<Headroom, String> {
    let shape = plain.headroom_shape.clone();
    expect("headroom_shape", shape.len(), plain.resources.len())?;
    if shape.iter().all(|amount| *amount <= 0) {
        return Err("`headroom_shape` is of nothing".to_owned());
    }
    Ok(largest_headroom(instance, shape, (0..instance.machines.len()).collect()))
}

/// Headroom for a shape on any of the machines.
pub fn largest_headroom(instance: &Instance, shape: Vec<i64>, machines: Vec<usize>) -> Headroom {
    let mut headroom = Headroom { shape, machines, most: f64::MAX, near: 0.0 };
    let empty = vec![0; instance.resources.len()];
    let slots = headroom.machines.iter().map(|it| headroom.free(&instance.machines[*it].room, &empty));
    headroom.most = slots.fold(0.0, f64::max);
    headroom
}
