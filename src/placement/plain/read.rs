//! From the document to the instance: every mistake is told with its place.

use std::collections::BTreeMap;

use crate::placement::core::{Bond, Group, Instance, Machine, Resource, Service, Spread, Token, Topology, UNLIMITED};

use super::form::{Part, Plain, PlainContainers, PlainMachine, PlainService};
use super::tiers::tier;

/// The problem in the form that strategies work on.
///
/// # Errors
/// What is wrong with it: where, and what was expected.
pub fn instance(plain: &Plain) -> Result<Instance, String> {
    let machines = plain.machines.len();
    let mut instance = Instance {
        resources: plain
            .resources
            .iter()
            .map(|it| Resource { name: it.name.clone(), transient: it.transient })
            .collect(),
        topologies: topologies(plain),
        machine_moves: plain.machine_move_costs.clone(),
        ..Instance::default()
    };
    for (index, machine) in plain.machines.iter().enumerate() {
        expect(&format!("machines[{index}].room"), machine.room.len(), plain.resources.len())?;
        let room = machine.room.iter().map(|room| room.map_or(UNLIMITED, |room| room.clamp(0, UNLIMITED))).collect();
        let name = if machine.name.is_empty() { format!("machine {index}") } else { machine.name.clone() };
        instance.machines.push(Machine { name, room });
    }
    if !plain.machine_move_costs.is_empty() {
        expect("machine_move_costs", plain.machine_move_costs.len(), machines)?;
        for (index, row) in plain.machine_move_costs.iter().enumerate() {
            expect(&format!("machine_move_costs[{index}]"), row.len(), machines)?;
        }
    }
    let mut tables = Tables::default();
    for (index, service) in plain.services.iter().enumerate() {
        add_service(plain, &mut instance, &mut tables, index, service)?;
    }
    instance.eligibility = tables.eligibility.into_iter().map(|(set, _)| set).collect();
    let singles = instance.groups.iter().all(|group| group.count == 1);
    let uses_routes = plain.objective.iter().any(|tier| tier.contains_key(&Part::MachineMoves));
    if uses_routes && !singles {
        return Err("`machine_moves` is for containers that are listed one by one (`count` 1)".to_owned());
    }
    for (index, parts) in plain.objective.iter().enumerate() {
        let tier = tier(plain, &instance, parts).map_err(|why| format!("objective[{index}]: {why}"))?;
        instance.tiers.push(tier);
    }
    mirror_apart(&mut instance);
    Ok(instance)
}

pub(super) fn expect(what: &str, found: usize, wanted: usize) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what} has {found} entries, {wanted} are expected")) }
}

#[derive(Default)]
struct Tables {
    /// Sets of machines, by their members.
    eligibility: indexmap::IndexMap<Vec<u32>, ()>,
    ports: BTreeMap<u32, u32>,
}

fn topologies(plain: &Plain) -> Vec<Topology> {
    let machines = plain.machines.len();
    let own = Topology { name: "machine".to_owned(), of: (0..machines as u32).collect(), domains: machines };
    let mut names: Vec<&str> = plain.machines.iter().flat_map(|it| it.domains.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let divided = names.into_iter().map(|name| {
        let value = |machine: &PlainMachine| machine.domains.get(name).cloned().unwrap_or_default();
        let mut values: Vec<String> = plain.machines.iter().map(value).collect();
        values.sort_unstable();
        values.dedup();
        let place = |machine: &PlainMachine| values.binary_search(&value(machine)).unwrap_or(0) as u32;
        Topology { name: name.to_owned(), of: plain.machines.iter().map(place).collect(), domains: values.len() }
    });
    std::iter::once(own).chain(divided).collect()
}

fn topology(instance: &Instance, name: Option<&str>, at: &str) -> Result<usize, String> {
    let name = name.unwrap_or("machine");
    let found = instance.topologies.iter().position(|topology| topology.name == name);
    found.ok_or_else(|| format!("{at}: no machine says in which `{name}` it is"))
}

fn add_service(
    plain: &Plain,
    instance: &mut Instance,
    tables: &mut Tables,
    index: usize,
    written: &PlainService,
) -> Result<(), String> {
    let at = format!("services[{index}]");
    let name = if written.name.is_empty() { format!("service {index}") } else { written.name.clone() };
    let per_machine = written.per_machine.unwrap_or(u32::MAX);
    let mut service = Service { name, per_machine, keep: written.keep.clone(), ..Service::default() };
    if let Some(machine) = written.keep.iter().find(|machine| **machine >= plain.machines.len()) {
        return Err(format!("{at}.keep: there is no machine {machine}"));
    }
    for (kind, containers) in written.containers.iter().enumerate() {
        service.groups.push(instance.groups.len());
        let group = group(plain, instance, tables, index, containers);
        instance.groups.push(group.map_err(|why| format!("{at}.containers[{kind}]{why}"))?);
    }
    for spread in &written.spread {
        let topology = topology(instance, Some(&spread.over), &at)?;
        let mut domains: Vec<u32> = instance.topologies[topology].of.clone();
        domains.sort_unstable();
        domains.dedup();
        let at_least = spread.at_least.unwrap_or(0);
        service.spreads.push(Spread { topology, domains, at_least, skew: spread.skew, most: spread.most });
    }
    for (bonds, into) in [(&written.near, &mut service.near), (&written.apart, &mut service.apart)] {
        for bond in bonds {
            if bond.service >= plain.services.len() {
                return Err(format!("{at}: there is no service {}", bond.service));
            }
            into.push(Bond { service: bond.service, topology: topology(instance, bond.by.as_deref(), &at)? });
        }
    }
    instance.services.push(service);
    Ok(())
}

fn group(
    plain: &Plain,
    instance: &mut Instance,
    tables: &mut Tables,
    service: usize,
    it: &PlainContainers,
) -> Result<Group, String> {
    let machines = plain.machines.len();
    expect(".demand", it.demand.len(), plain.resources.len())?;
    if it.demand.iter().any(|demand| *demand < 0) {
        return Err(".demand: less than nothing cannot be used".to_owned());
    }
    let mut set = vec![if it.machines.is_none() { u32::MAX } else { 0 }; machines];
    for machine in it.machines.iter().flatten() {
        *set.get_mut(*machine).ok_or_else(|| format!(".machines: there is no machine {machine}"))? = u32::MAX;
    }
    let eligible = tables.eligibility.entry(set);
    let place = eligible.index();
    eligible.or_default();
    let mut current = BTreeMap::new();
    for (machine, count) in &it.running {
        if *machine >= machines {
            return Err(format!(".running: there is no machine {machine}"));
        }
        *current.entry(*machine as u32).or_default() += count;
    }
    let mut tokens = BTreeMap::new();
    for port in &it.ports {
        let next = tables.ports.len() as u32;
        let token = *tables.ports.entry(*port).or_insert(next);
        if token == next {
            instance.tokens.push(Token { name: format!("port {port}"), most: 1, except: BTreeMap::new() });
        }
        *tokens.entry(token).or_default() += 1;
    }
    Ok(Group {
        service,
        count: it.count,
        demand: it.demand.clone(),
        tokens: tokens.into_iter().collect(),
        eligible: place,
        move_cost: it.move_cost,
        current: current.into_iter().filter(|(_, count)| *count > 0).collect(),
    })
}

/// Apart is said on both sides.
fn mirror_apart(instance: &mut Instance) {
    for index in 0..instance.services.len() {
        for bond in instance.services[index].apart.clone() {
            let back = Bond { service: index, topology: bond.topology };
            let other = &mut instance.services[bond.service].apart;
            if !other.contains(&back) {
                other.push(back);
            }
        }
    }
}
