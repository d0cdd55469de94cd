//! The machines: the inventory file, read with findings as good as the compose file's.

mod load;
mod model;

pub use load::{Loaded, load};
pub use model::{Availability, Endpoint, Inventory, Machine, TlsFiles};
