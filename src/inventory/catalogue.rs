//! Machines that can be bought, as a catalogue describes them.

use indexmap::IndexMap;

use super::model::{Availability, Endpoint, Machine};
use crate::source::{Span, Spanned};
use crate::units::{PortRange, Resource};

/// The types of machines that can be bought.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// What a cost is counted in, for people: `EUR/month`.
    pub unit: Option<String>,
    /// In the file's order, which is also the order of preference among equals.
    pub offers: Vec<Offer>,
}

/// A type of machine, at one value of each label.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Its name; the offers of one entry have the same.
    pub name: Spanned<String>,
    /// What such a machine has.
    pub capacity: IndexMap<Resource, Spanned<u64>>,
    /// Kept back for the system.
    pub reserve: IndexMap<Resource, Spanned<u64>>,
    /// For constraints on `node.labels.*`.
    pub labels: IndexMap<String, Spanned<String>>,
    /// `os/arch[/variant]`.
    pub platform: Option<Spanned<String>>,
    /// What one costs.
    pub cost: Spanned<f64>,
    /// So many can be bought of the entry's offers together; any number where it is not said.
    pub at_most: Option<Spanned<u32>>,
    /// The entry of the file that it is of: offers of one entry differ in labels alone.
    pub entry: usize,
    /// The whole entry.
    pub span: Span,
}

impl Offer {
    /// A machine of this type, as an inventory would have it. Where it is reached is not known before it is bought.
    pub fn machine(&self, name: String) -> Machine {
        let span = self.name.span;
        Machine {
            name: Spanned::new(name, span),
            endpoint: Spanned::new(Endpoint::Local, span),
            address: None,
            capacity: self.capacity.clone(),
            reserve: self.reserve.clone(),
            labels: self.labels.clone(),
            platform: self.platform.clone(),
            ports: PortRange::DEFAULT,
            reserved_ports: Vec::new(),
            cost: Some(self.cost.clone()),
            target: None,
            availability: Spanned::new(Availability::Active, span),
            span: self.span,
        }
    }
}
