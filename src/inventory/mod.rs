//! The machines: the inventory file, read with findings as good as the compose file's; and catalogues of machines that can
//! be bought.

mod catalogue;
mod load;
mod model;

pub use catalogue::{Catalogue, Offer};
pub use load::{Loaded, LoadedCatalogue, load, load_catalogue};
pub use model::{Availability, Endpoint, Inventory, Machine, TlsFiles};
