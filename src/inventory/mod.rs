//! The machines: the inventory file, read with findings as good as the compose file's.

mod model;

pub use model::{Availability, Endpoint, Inventory, Machine, TlsFiles};
