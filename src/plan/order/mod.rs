//! The order in which containers change places: no machine ever holds more than it has room for, no host port is held twice.
//!
//! A container that serves before its old one stops needs room beside what has not left yet. So the moves are searched for
//! in an order in which each fits; where there is none, a container passes through a third machine, or stops first.

mod made;
mod room;
mod search;
mod why;

pub(super) use made::{Moment, Order, order};
pub(super) use room::clash;

use crate::observed::HostPort;

/// What a container takes up on a machine.
#[derive(Clone, Debug)]
struct Load {
    machine: usize,
    /// By index of the resource: what it counts for, at the most.
    amounts: Vec<u64>,
    /// What is surely free when it has left.
    leaves: Vec<u64>,
    ports: Vec<HostPort>,
}

/// A container that is started on the way.
#[derive(Clone, Debug)]
struct Mover {
    /// Index of its work.
    work: usize,
    /// Index of its service.
    service: usize,
    /// What it is to be.
    to: Load,
    /// What runs of it now.
    from: Vec<Load>,
    /// Whether it is to serve before what runs of it stops.
    start_first: bool,
    /// Where it could be meanwhile.
    parks: Vec<Load>,
}

impl Mover {
    /// Whether it runs, and is to serve on all the while.
    fn serves_on(&self) -> bool {
        self.start_first && !self.from.is_empty()
    }
}

/// Where a container is on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Status {
    /// As it was.
    Waits,
    /// Stopped; the new one does not run yet.
    Stopped,
    /// At this one of its parks.
    Parked(usize),
    /// As it shall be.
    Done,
}

/// One thing that is done to a container on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    /// The new one starts, then what ran of it stops.
    Go,
    /// What runs of it stops, then the new one starts.
    Swap,
    /// What runs of it stops.
    Stop,
    /// The new one starts; nothing of it runs any more.
    Arrive,
    /// One starts at a park, then what ran of it stops.
    Park(usize),
}

/// What is done to which mover.
#[derive(Clone, Copy, Debug)]
struct Move {
    mover: usize,
    deed: Deed,
}

impl Deed {
    /// Where the container is then.
    fn leads_to(self) -> Status {
        match self {
            Deed::Go | Deed::Swap | Deed::Arrive => Status::Done,
            Deed::Stop => Status::Stopped,
            Deed::Park(park) => Status::Parked(park),
        }
    }
}
