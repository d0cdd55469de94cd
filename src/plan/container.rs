//! What a new container is made from: its name, its labels, and whom it lives with.

use std::collections::BTreeMap;

use crate::labels;
use crate::stack::{Condition, ContainerSpec, Mount};

use super::model::NewContainer;
use super::steps::Steps;
use super::work::Work;

/// Facts about the files that go onto containers as labels.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The project's folder.
    pub working_dir: String,
    /// The compose files.
    pub config_files: Vec<String>,
}

impl Steps<'_, '_> {
    /// The container that a work makes; under a temporary name where its own is still another's.
    pub(super) fn new_container(&self, work: &Work<'_>) -> NewContainer {
        let taken: Vec<&str> =
            work.old.iter().filter(|old| old.machine == work.machine).map(|old| old.state.name.as_str()).collect();
        let free = |name: &String| !taken.contains(&name.as_str());
        let temporary =
            || (1..).map(|n| format!("{}_{n}_{}", &work.hash[..8], work.name)).find(free).unwrap_or_default();
        NewContainer {
            name: Some(work.name.clone()).filter(free).unwrap_or_else(temporary),
            final_name: work.name.clone(),
            spec: self.with_name_for_proxies(with_data_of_old(self.with_hosts_named(work), work), work),
            ports: work.ports.clone(),
            labels: self.labels(work),
        }
    }

    /// `service:db` names, on the engine, the container of `db` on the same machine.
    fn with_hosts_named(&self, work: &Work<'_>) -> ContainerSpec {
        let mut spec = work.spec().clone();
        let beside = |name: &str| {
            let work = self.works.iter().find(|it| it.service.name == name && it.machine == work.machine)?;
            Some(self.stack.container_name(work.service, work.number, work.machine))
        };
        for mode in [&mut spec.network_mode, &mut spec.pid, &mut spec.ipc] {
            let container = mode.as_deref().and_then(|mode| mode.strip_prefix("service:")).and_then(beside);
            if let Some(container) = container {
                *mode = Some(format!("container:{container}"));
            }
        }
        for link in &mut spec.links {
            let other = link.strip_prefix("service:").and_then(|link| link.split_once(':'));
            if let Some((container, alias)) = other.and_then(|(name, alias)| Some((beside(name)?, alias))) {
                *link = format!("{container}:{alias}");
            }
        }
        for from in &mut spec.volumes_from {
            let (name, rest) = from.split_once(':').map_or((from.as_str(), ""), |(name, rest)| (name, rest));
            if let Some(container) = beside(name) {
                *from = if rest.is_empty() { container } else { format!("{container}:{rest}") };
            } else if name == "container" {
                *from = rest.to_owned();
            }
        }
        spec
    }

    fn with_name_for_proxies(&self, mut spec: ContainerSpec, work: &Work<'_>) -> ContainerSpec {
        let ports = work.ports.iter().map(|it| it.host_port);
        if let Some(name) = self.stack.name_for_proxies(work.service, work.number, work.machine, ports) {
            spec.networks.iter_mut().for_each(|joined| joined.aliases.push(name.clone()));
        }
        spec
    }

    fn labels(&self, work: &Work<'_>) -> BTreeMap<String, String> {
        let depends_on = work.service.depends_on.iter().map(|dependency| {
            let condition = match dependency.condition {
                Condition::Started => "service_started",
                Condition::Healthy => "service_healthy",
                Condition::Completed => "service_completed_successfully",
            };
            format!("{}:{condition}:{}", dependency.service, dependency.restart)
        });
        let ours = [
            (labels::PROJECT, self.stack.project.clone()),
            (labels::SERVICE, work.service.name.clone()),
            (labels::NUMBER, work.number.to_string()),
            (labels::ONEOFF, "False".to_owned()),
            (labels::CONFIG_HASH, work.hash.clone()),
            (labels::WORKING_DIR, self.origin.working_dir.clone()),
            (labels::CONFIG_FILES, self.origin.config_files.join(",")),
            (labels::DEPENDS_ON, depends_on.collect::<Vec<_>>().join(",")),
            (labels::IMAGE, work.spec().image.clone()),
            (labels::VERSION, env!("CARGO_PKG_VERSION").to_owned()),
            (labels::PLANNER_VERSION, env!("CARGO_PKG_VERSION").to_owned()),
            (labels::SETTINGS, serde_json::to_string(&work.spec().record()).unwrap_or_default()),
            (labels::RESERVED, serde_json::to_string(&work.service.demand).unwrap_or_default()),
        ];
        let mut all = work.spec().labels.clone();
        all.extend(ours.map(|(key, value)| (key.to_owned(), value)));
        all
    }
}

/// What the container that is replaced keeps in volumes without a name goes on in the new one, as docker compose has it.
fn with_data_of_old(mut spec: ContainerSpec, work: &Work<'_>) -> ContainerSpec {
    let here = work.old.iter().chain(work.kept.as_ref()).filter(|old| old.machine == work.machine);
    for volume in here.flat_map(|old| &old.state.anonymous_volumes) {
        let same = |mount: &Mount| mount.target == volume.target;
        match spec.mounts.iter_mut().find(|mount| same(mount)) {
            Some(mount) if mount.kind == "volume" && mount.source.is_empty() => mount.source.clone_from(&volume.name),
            Some(_) => {}
            None => spec.mounts.push(Mount {
                kind: "volume".to_owned(),
                source: volume.name.clone(),
                target: volume.target.clone(),
                ..Mount::default()
            }),
        }
    }
    spec
}
