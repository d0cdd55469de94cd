//! A part of a project: some services and what they need, the rest as if its profiles were not active.

use std::collections::BTreeSet;
use std::mem::take;

use super::model::{Compose, Service};

impl Compose {
    /// Leaves active only these services and what they depend on or live with; the others are left alone, as services of
    /// profiles that are not active.
    pub fn narrow(&mut self, targets: &[String]) {
        let (mut wanted, mut left) = (BTreeSet::new(), targets.to_vec());
        while let Some(name) = left.pop() {
            if let Some(service) = self.services.get(&name)
                && wanted.insert(name)
            {
                left.extend(needs(service));
            }
        }
        for (name, service) in take(&mut self.services) {
            let services = if wanted.contains(&*name) { &mut self.services } else { &mut self.inactive };
            services.insert(name, service);
        }
    }

    /// Leaves alone what runs of a service that the files do not name.
    pub fn leave_alone(&mut self, service: &str) {
        if !self.services.contains_key(service) && !self.inactive.contains_key(service) {
            self.inactive.insert(service.into(), Service { name: service.into(), ..Service::default() });
        }
    }
}

/// The services that one cannot be without: those it waits for, and those in whose namespaces, mounts or links it lives.
fn needs(service: &Service) -> impl Iterator<Item = String> {
    let modes = [&service.network_mode, &service.pid, &service.ipc].into_iter().flatten();
    let modes = modes.filter_map(|mode| mode.value.strip_prefix("service:"));
    let mounts = service.volumes_from.iter().filter_map(|from| from.value.split(':').next());
    let links = service.links.iter().map(|link| &*link.service.value);
    let all = service.depends_on.keys().map(|name| &**name).chain(modes).chain(mounts).chain(links);
    all.map(str::to_owned).collect::<Vec<_>>().into_iter()
}
