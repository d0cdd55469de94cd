//! `x-planner: discovery` and `ingress`: how services of a network find each other when they are on different machines, and
//! how they are found from outside (`docs/discovery.md`).

mod ingress;
mod ports;
mod said;
mod ways;

pub use ingress::asks_for_ingress;
pub(super) use ingress::ingress;
pub(super) use ports::{publish, range_of};
pub(super) use said::Said;
pub(super) use ways::choose;

use std::collections::BTreeMap;

use super::model::{Dependency, Service, Stack};
use super::rollout::Rollout;
use super::spec::{Attachment, ContainerSpec, DeliveredFile, FileKind, Reload, Restart};
use crate::compose::model::Condition;
use crate::labels;
use crate::source::Span;

/// How names of a network reach other machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// They do not, or others see to it.
    #[default]
    None,
    /// The network is one for all machines of a Swarm.
    Overlay,
    /// A proxy on each machine stands for what is elsewhere, under its names.
    Proxy,
    /// Containers are told at which machine's address the single container of a service is.
    Hosts,
}

impl Discovery {
    /// As files write it.
    pub fn word(self) -> &'static str {
        match self {
            Discovery::None => "none",
            Discovery::Overlay => "overlay",
            Discovery::Proxy => "proxy",
            Discovery::Hosts => "hosts",
        }
    }

    fn parse(text: &str) -> Option<Discovery> {
        [Discovery::None, Discovery::Overlay, Discovery::Proxy, Discovery::Hosts]
            .into_iter()
            .find(|it| it.word() == text)
    }
}

/// A proxy as a service: it knows of those that it stands for when they are well, and the next one serves before it goes.
pub fn proxy_service(name: String, span: Span, stands_for: &[&Service], container: ContainerSpec) -> Service {
    let depends_on = stands_for.iter().map(|service| Dependency {
        service: service.name.clone(),
        condition: if service.container.tests_health() { Condition::Healthy } else { Condition::Started },
        restart: false,
    });
    Service {
        depends_on: depends_on.collect(),
        update: Rollout { start_first: true, ..Rollout::default() },
        forwards_to: stands_for.iter().map(|service| service.name.clone()).collect(),
        container,
        ..Service::bare(name, span)
    }
}

/// Where HAProxy's image looks for its configuration.
const CONFIGURATION: &str = "/usr/local/etc/haproxy/haproxy.cfg";

/// The container of a proxy that joins these networks; what it forwards is not in it yet.
pub fn proxy_container(stack: &Stack, networks: Vec<Attachment>) -> ContainerSpec {
    let file = DeliveredFile {
        kind: FileKind::Config,
        key: "planner-proxy".to_owned(),
        target: CONFIGURATION.to_owned(),
        mode: 0o444,
        reload: Some(Reload {
            check: ["haproxy", "-c", "-f", &format!("{CONFIGURATION}.new")].map(str::to_owned).to_vec(),
            signal: "SIGUSR2".to_owned(),
        }),
        ..DeliveredFile::default()
    };
    ContainerSpec {
        image: stack.proxy_image.clone(),
        command: Some(["haproxy", "-W", "-db", "-f", CONFIGURATION].map(str::to_owned).to_vec()),
        labels: BTreeMap::from([(labels::ROLE.to_owned(), "proxy".to_owned())]),
        networks,
        files: vec![file],
        restart: Some(Restart { name: "unless-stopped".to_owned(), max_retries: None }),
        // It takes no new connections, and ends when the last has ended, or the time is over.
        stop_signal: Some("SIGUSR1".to_owned()),
        stop_grace_seconds: Some(10),
        ..ContainerSpec::default()
    }
}
