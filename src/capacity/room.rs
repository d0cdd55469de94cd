//! What is used and what is free, and the largest container that still finds a place.

use crate::placement::{Layout, Problem};
use crate::stack::Service;
use crate::units::{Amounts, Resource};

/// A machine's room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineRoom {
    /// Its name.
    pub machine: String,
    /// Whether it takes containers: `active`, `drain`, `down`.
    pub availability: String,
    /// By resource; only those that have a bound there.
    pub resources: Vec<ResourceRoom>,
    /// How many containers of the stack are there.
    pub containers: u32,
    /// Of CPU and memory what the stack's containers there may take at the most.
    pub limits: Vec<LimitSum>,
}

/// The limits of containers on a machine, of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSum {
    /// Which.
    pub resource: Resource,
    /// The sum of their limits.
    pub limits: u64,
    /// How many containers have none: each may take all there is.
    pub without: u32,
    /// What there is; none where the machine has no bound of it.
    pub capacity: Option<u64>,
}

/// So much of a resource on a machine, in the resource's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRoom {
    /// Which.
    pub resource: Resource,
    /// All there is.
    pub capacity: u64,
    /// Kept back for the system, or held by what is not of this stack.
    pub reserved: u64,
    /// What the stack's containers count for.
    pub used: u64,
    /// What is left.
    pub free: u64,
}

impl Slot {
    /// What of the free room in sum, in percent, is in one piece; none where nothing is free.
    pub fn in_one_piece(&self) -> Option<u64> {
        (self.size.get(&Resource::cpus()) * 100).checked_div(self.in_sum.get(&Resource::cpus()))
    }
}

/// How much memory a container wants for each CPU, in GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(pub u64);

/// The largest container of a shape that finds a place without a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its shape.
    pub shape: Shape,
    /// Its CPUs, in thousandths, and its memory in bytes.
    pub size: Amounts,
    /// Where; none where nothing finds a place.
    pub machine: Option<String>,
    /// What of it there would be if the free room of all machines were one.
    pub in_sum: Amounts,
}

/// The shapes that are told of: much CPU, ordinary, much memory, very much memory.
const SHAPES: [Shape; 4] = [Shape(1), Shape(2), Shape(4), Shape(8)];
const GIB: u64 = 1 << 30;

pub(super) fn machines(problem: &Problem<'_>, layout: &Layout) -> Vec<MachineRoom> {
    problem.machines().map(|machine| of_machine(problem, layout, machine)).collect()
}

fn of_machine(problem: &Problem<'_>, layout: &Layout, index: usize) -> MachineRoom {
    let machine = &problem.stack.machines[index];
    let used = used(problem, layout, index);
    let resources = machine.capacity.iter().map(|(resource, capacity)| {
        let (room, used) = (machine.room.get(resource), used.get(resource));
        let (reserved, free) = (capacity.saturating_sub(room), room.saturating_sub(used));
        ResourceRoom { resource: resource.clone(), capacity, reserved, used, free }
    });
    MachineRoom {
        machine: machine.name.clone(),
        availability: machine.availability.word().to_owned(),
        resources: resources.collect(),
        containers: problem.services().map(|service| layout.counts[service][index]).sum(),
        limits: [Resource::cpus(), Resource::memory()].map(|it| limits(problem, layout, index, it)).into(),
    }
}

fn limits(problem: &Problem<'_>, layout: &Layout, index: usize, resource: Resource) -> LimitSum {
    let capacity = problem.stack.machines[index].capacity.named(&resource);
    let mut sum = LimitSum { resource, limits: 0, without: 0, capacity };
    for service in problem.services() {
        let count = layout.counts[service][index];
        match limit(&problem.stack.services[service], index, &sum.resource) {
            Some(limit) => sum.limits = sum.limits.saturating_add(limit.saturating_mul(u64::from(count))),
            None => sum.without += count,
        }
    }
    sum
}

/// What one container of a service on a machine may take at the most, of CPU or memory.
fn limit(service: &Service, machine: usize, resource: &Resource) -> Option<u64> {
    let container = service.container_on(machine);
    let limit = if *resource == Resource::cpus() { container.cpu_limit } else { container.memory_limit };
    // Engines take zero for none.
    limit.filter(|limit| *limit > 0)
}

fn used(problem: &Problem<'_>, layout: &Layout, machine: usize) -> Amounts {
    let mut used = Amounts::new();
    for service in problem.services() {
        used.add(&problem.stack.services[service].demand, u64::from(layout.counts[service][machine]));
    }
    used
}

pub(super) fn slots(problem: &Problem<'_>, layout: &Layout) -> Vec<Slot> {
    let takes = |machine: &usize| problem.stack.machines[*machine].availability.word() == "active";
    let free = |machine: usize| problem.stack.machines[machine].room.minus(&used(problem, layout, machine));
    let frees: Vec<(usize, Amounts)> = problem.machines().filter(takes).map(|it| (it, free(it))).collect();
    let mut sum = Amounts::new();
    frees.iter().for_each(|(_, free)| sum.add(free, 1));
    let slot = |shape: &Shape| {
        // Of equals the first: what is told does not change by chance.
        let best = frees.iter().map(|(machine, free)| (cpus(free, *shape), machine));
        let best =
            best.fold((0, None), |best, (cpus, machine)| if cpus > best.0 { (cpus, Some(machine)) } else { best });
        Slot {
            shape: *shape,
            size: sized(best.0, *shape),
            machine: best.1.map(|machine| problem.stack.machines[*machine].name.clone()),
            in_sum: sized(cpus(&sum, *shape), *shape),
        }
    };
    SHAPES.iter().map(slot).collect()
}

/// The most CPUs, in thousandths, of a container of a shape.
fn cpus(free: &Amounts, shape: Shape) -> u64 {
    let by_memory = free.get(&Resource::memory()) / (shape.0 * GIB / 1000);
    // Tenths of a CPU are as fine as anybody asks for.
    free.get(&Resource::cpus()).min(by_memory) / 100 * 100
}

fn sized(cpus: u64, shape: Shape) -> Amounts {
    Amounts::new().with(Resource::cpus(), cpus).with(Resource::memory(), cpus * shape.0 * GIB / 1000)
}
