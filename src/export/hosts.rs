//! `/etc/hosts`: each service and container by name at its machine's address.

use super::{Deployment, Format, Write};

pub(super) static FORMAT: Format = Format { name: "hosts", write: Write::Whole(write) };

fn write(deployment: &Deployment<'_>) -> String {
    let mut text = format!("# {}: where its services are.\n", deployment.plan.project);
    for (container, machine) in deployment.containers() {
        let number = format!("{}.{}", container.service, container.number);
        match machine.address() {
            Some(address) => text.push_str(&format!("{address}\t{} {number}\n", container.service)),
            None => {
                text.push_str(&format!("# {number} is on {}, which has no address in the inventory\n", machine.name))
            }
        }
    }
    text
}
