//! The stack as it is meant: units typed, defaults filled in, every statement with its place.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::discovery::{Discovery, range_of};
use super::hooks::Hook;
use super::moved::VolumeMove;
use super::rollout::{OnFailure, Rollout};
use super::spec::ContainerSpec;
use super::wishes::{By, Wishes};
use crate::compose::model::Condition;
use crate::inventory::{Availability, Endpoint};
use crate::source::{Span, Spanned};
use crate::units::{Amounts, PortRange, Resource};

/// Everything that shall run, and the machines on which it might.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The project's name.
    pub project: String,
    /// In the order of names.
    pub services: Vec<Service>,
    /// The networks in use, by key.
    pub networks: IndexMap<String, Network>,
    /// The named volumes in use, by key.
    pub volumes: IndexMap<String, Volume>,
    /// In the inventory's order.
    pub machines: Vec<Machine>,
    /// The image of the proxies that are needed.
    pub proxy_image: String,
    /// What is run in containers before they are stopped, by service.
    pub pre_stop: BTreeMap<String, Vec<Hook>>,
    /// The volumes that are to be moved.
    pub moves: Vec<VolumeMove>,
    /// Services of the files whose profiles are not active: what runs of them is left alone.
    pub inactive: BTreeSet<String>,
    /// Losses after which all is to find room again.
    pub survive: Vec<By>,
}

impl Stack {
    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The engine's name of a container on a machine: `<project>-<service>-<n>`, or the name that the file gives.
    pub fn container_name(&self, service: &Service, number: u32, machine: usize) -> String {
        let given = service.container.container_name.clone();
        let name = given.unwrap_or_else(|| format!("{}-{}-{number}", self.project, service.name));
        // Labels never change, names do: by it is seen which version of its files a container has.
        match service.container_on(machine).version() {
            Some(version) => format!("{name}-{version}"),
            None => name,
        }
    }

    /// The name by which proxies know a container that has a port of its machine's range (`ports`: those given to its service's
    /// demands, in their order). What takes its place beside it has another port, and so another such name; its own name it
    /// gets only when the container is gone. None without such a port.
    pub fn name_for_proxies(
        &self,
        service: &Service,
        number: u32,
        machine: usize,
        ports: impl Iterator<Item = u16>,
    ) -> Option<String> {
        let (_, port) = service.ports.iter().zip(ports).find(|(demand, _)| demand.is_for_proxies())?;
        Some(format!("{}-{port}", self.container_name(service, number, machine)))
    }

    /// The losses that are to be survived: these, and those that the files name for the whole stack.
    pub fn losses(&self, mut named: Vec<By>) -> Vec<By> {
        let more: Vec<By> = self.survive.iter().filter(|by| !named.contains(by)).cloned().collect();
        named.extend(more);
        named
    }

    /// Whether machines can be lost by this: whether any has the attribute.
    pub fn has_domains(&self, by: &By) -> bool {
        match by {
            By::Machine => true,
            By::Attribute(key) => self.machines.iter().any(|machine| machine.attributes.contains_key(key)),
        }
    }

    /// Whether a service reaches another by its name on whichever machine, by the way of a network that they share.
    pub fn reaches(&self, from: &str, to: &str) -> bool {
        let (Some(from), Some(to)) = (self.service(from), self.service(to)) else { return false };
        let meet = |network: &&Network| from.container.joins(&network.name) && to.container.joins(&network.name);
        let reaches = |network: &Network| match network.discovery {
            Discovery::None => false,
            Discovery::Overlay => true,
            Discovery::Proxy => !to.open_ports("tcp").is_empty(),
            Discovery::Hosts => to.can_be_told(),
        };
        self.networks.values().filter(meet).any(reaches)
    }

    /// The machine at which networks of the Swarm are made; none where there is no manager that could be asked.
    pub fn manager(&self) -> Option<usize> {
        let asked = |it: &Machine| it.swarm == Some(Swarm::Manager) && it.availability != Availability::Down;
        self.machines.iter().position(asked)
    }

    /// The networks that are wired in one way, by key.
    pub fn wired(&self, way: Discovery) -> impl Iterator<Item = (&String, &Network)> {
        self.networks.iter().filter(move |(_, network)| network.discovery == way)
    }

    /// The same stack with other services.
    pub fn with_services(&self, services: Vec<Service>) -> Stack {
        Stack {
            project: self.project.clone(),
            services,
            networks: self.networks.clone(),
            volumes: self.volumes.clone(),
            machines: self.machines.clone(),
            proxy_image: self.proxy_image.clone(),
            pre_stop: self.pre_stop.clone(),
            moves: self.moves.clone(),
            inactive: self.inactive.clone(),
            survive: self.survive.clone(),
        }
    }

    /// The machines by kind, by their indexes: nothing but their names tells those of one kind apart.
    pub fn kinds(&self) -> Vec<Vec<usize>> {
        self.kinds_where(|_, _| true)
    }

    /// [`kinds`](Self::kinds), of which `same` is asked as well.
    pub fn kinds_where(&self, same: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
        let mut kinds: Vec<Vec<usize>> = Vec::new();
        for (index, machine) in self.machines.iter().enumerate() {
            match kinds.iter_mut().find(|kind| machine.is_like(&self.machines[kind[0]]) && same(index, kind[0])) {
                Some(kind) => kind.push(index),
                None => kinds.push(vec![index]),
            }
        }
        kinds
    }
}

/// How many containers a service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicas {
    /// So many, anywhere.
    Count(u32),
    /// One on each machine that is allowed.
    Global,
}

/// One service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its key.
    pub name: String,
    /// Where its key stands.
    pub span: Span,
    /// How many, and where that was said (else the service's key).
    pub replicas: Spanned<Replicas>,
    /// What one container counts for.
    pub demand: Amounts,
    /// Where each figure of the demand was written; none for a default.
    pub demand_spans: BTreeMap<Resource, Span>,
    /// Host ports that each container takes.
    pub ports: Vec<PortDemand>,
    /// Where it may run.
    pub constraints: Vec<Spanned<Constraint>>,
    /// At most so many on one machine.
    pub max_per_machine: Option<Spanned<u32>>,
    /// Services whose namespaces or local volumes it uses: it runs only where they do.
    pub together_with: Vec<Spanned<String>>,
    /// What it asks for under `x-planner`.
    pub wishes: Wishes,
    /// Keys of the local volumes it mounts: it runs only where they are, if they are anywhere.
    pub local_volumes: Vec<Spanned<String>>,
    /// What it waits for when it starts.
    pub depends_on: Vec<Dependency>,
    /// How its containers are replaced.
    pub update: Rollout,
    /// How that is taken back, where it is said.
    pub rollback: Option<Rollout>,
    /// What is run in each container when it has started.
    pub post_start: Vec<Hook>,
    /// For a proxy: the services that it stands for.
    pub forwards_to: Vec<String>,
    /// What each of its containers is made from.
    pub container: ContainerSpec,
    /// The same for containers on machines where it is another, by index of the machine.
    pub on: BTreeMap<usize, ContainerSpec>,
}

impl Service {
    /// One container of which nothing is said but its name.
    pub fn bare(name: String, span: Span) -> Service {
        Service {
            name,
            span,
            replicas: Spanned::new(Replicas::Count(1), span),
            demand: Amounts::new(),
            demand_spans: BTreeMap::new(),
            ports: Vec::new(),
            constraints: Vec::new(),
            max_per_machine: None,
            together_with: Vec::new(),
            wishes: Wishes::default(),
            local_volumes: Vec::new(),
            depends_on: Vec::new(),
            update: Rollout::default(),
            rollback: None,
            post_start: Vec::new(),
            forwards_to: Vec::new(),
            container: ContainerSpec::default(),
            on: BTreeMap::new(),
        }
    }

    /// Whether the containers that are replaced stay, stopped, to be gone back to.
    pub fn keeps_previous(&self) -> bool {
        self.rollback.is_some() || self.update.on_failure == OnFailure::Rollback
    }

    /// What its containers on a machine are made from.
    pub fn container_on(&self, machine: usize) -> &ContainerSpec {
        self.on.get(&machine).unwrap_or(&self.container)
    }

    /// The names by which others find it in a network; none where it does not join that.
    pub fn names_in(&self, network: &str) -> BTreeSet<String> {
        let joined = self.container.attachment(network).into_iter();
        joined.flat_map(|it| it.aliases.iter().chain([&self.name])).cloned().collect()
    }

    /// Whether others can be told at which address it is: it has one container, and a port.
    pub fn can_be_told(&self) -> bool {
        self.is_single() && ["tcp", "udp"].iter().any(|protocol| !self.open_ports(protocol).is_empty())
    }

    /// Whether it has one container, wherever that is.
    pub fn is_single(&self) -> bool {
        self.replicas.value == Replicas::Count(1)
    }

    /// Whether it takes published ports of another service, to forward them.
    pub fn is_ingress(&self) -> bool {
        !self.forwards_to.is_empty() && self.ports.iter().any(|port| !port.inward)
    }

    /// Whether it stands for services that are elsewhere, and no file speaks of it.
    pub fn is_proxy(&self) -> bool {
        !self.forwards_to.is_empty() && !self.is_ingress()
    }

    /// The ports in its containers at which others of its networks reach it, of one protocol; sorted.
    pub fn open_ports(&self, protocol: &str) -> Vec<u16> {
        let published = self.ports.iter().filter(|port| port.protocol == protocol).map(|port| port.container);
        let exposed = self.container.expose.iter().flat_map(|it| range_of(it, protocol));
        published.chain(exposed).collect::<BTreeSet<u16>>().into_iter().collect()
    }

    /// The services without which it cannot be placed as it asks.
    pub fn speaks_of(&self) -> impl Iterator<Item = &str> {
        let bonds = self.wishes.near.iter().chain(&self.wishes.apart).map(|bond| bond.service.value.as_str());
        bonds.chain(self.together_with.iter().map(|it| it.value.as_str()))
    }
}

/// A dependency on another service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The service that comes first.
    pub service: String,
    /// What is waited for.
    pub condition: Condition,
    /// Whether this service restarts when that one is replaced.
    pub restart: bool,
}

/// A wish for a host port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortDemand {
    /// The address that it binds to; `None` for all addresses.
    pub host_ip: Option<std::net::IpAddr>,
    /// Which host ports will do: one port for a fixed one; `None` for any of the machine's range.
    pub host: Option<PortRange>,
    /// The port in the container.
    pub container: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// Where the host port was written (else the whole entry).
    pub span: Span,
    /// Not asked for by the files: other machines reach it there, at the machine's own address.
    pub inward: bool,
}

impl PortDemand {
    /// Whether it is bound to all addresses.
    pub fn is_everywhere(&self) -> bool {
        self.host_ip.is_none_or(|ip| ip.is_unspecified())
    }

    /// Whether it is any port of the machine's range, which nobody knows but proxies.
    pub fn is_for_proxies(&self) -> bool {
        self.inward && self.host.is_none()
    }
}

/// A condition on a machine: `node.labels.zone == a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// What is asked of the machine, such as `node.labels.zone`.
    pub key: String,
    /// Whether it is to be equal or different.
    pub equal: bool,
    /// The value.
    pub value: String,
}

/// As compose files write it.
impl std::fmt::Display for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.key, if self.equal { "==" } else { "!=" }, self.value)
    }
}

/// A network of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The engine's name of it.
    pub name: String,
    /// Made by others: it must be there.
    pub external: bool,
    /// The driver, if named.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Without a way out.
    pub internal: bool,
    /// Containers that are not of the project may join.
    pub attachable: bool,
    /// Whether IPv6 is on, if said.
    pub enable_ipv6: Option<bool>,
    /// Subnet and gateway of each address pool.
    pub pools: Vec<AddressPool>,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// How its names reach other machines.
    pub discovery: Discovery,
    /// Why that is so, where no file says it.
    pub chosen: Option<&'static str>,
    /// Where the files name it.
    pub span: Option<Span>,
}

/// What a machine is in a Swarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swarm {
    /// Networks can be made at it.
    Manager,
    /// It takes part in them.
    Worker,
}

/// An address pool of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AddressPool {
    /// In CIDR form.
    pub subnet: Option<String>,
    /// Container addresses are given from here.
    pub ip_range: Option<String>,
    /// The gateway's address.
    pub gateway: Option<String>,
}

/// A volume of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The engine's name of it.
    pub name: String,
    /// Made by others: it must be there.
    pub external: bool,
    /// The driver, if named.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// Reachable from every machine (nfs, cifs, a plugin): it pins nothing.
    pub shared: bool,
}

/// A machine, as far as placing is concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Unique.
    pub name: String,
    /// Where the inventory names it; none for the local engine.
    pub span: Option<Span>,
    /// Where else the inventory speaks of it.
    pub places: MachinePlaces,
    /// How it is reached.
    pub endpoint: Endpoint,
    /// At which others reach it.
    pub address: Option<String>,
    /// What containers may use: its capacity less the reserve and less what other projects hold.
    /// CPU, memory and disk that are not named are not limited; other resources that are not named are not there.
    pub room: Amounts,
    /// Its whole capacity, for people to read.
    pub capacity: Amounts,
    /// What constraints ask for: `node.hostname`, `node.labels.zone`, `node.platform.os`.
    pub attributes: BTreeMap<String, String>,
    /// Ports to assign from.
    pub ports: PortRange,
    /// Ports that are not free, and why.
    pub taken_ports: Vec<TakenPort>,
    /// What it costs.
    pub cost: f64,
    /// Up to which share of its capacity it is best used.
    pub target: Option<f64>,
    /// Whether it takes containers.
    pub availability: Availability,
    /// Engine names of the volumes that are there.
    pub volumes: Vec<String>,
    /// The volumes whose data was moved away from it, and that are there still.
    pub left_behind: Vec<String>,
    /// What it is in the Swarm of the machines that were seen; none where it is in none, or in another.
    pub swarm: Option<Swarm>,
}

impl Machine {
    /// Where others reach it: its `address`, or that of its endpoint where it is a number.
    pub fn address(&self) -> Option<&str> {
        let number = || self.endpoint.host().filter(|host| host.parse::<std::net::IpAddr>().is_ok());
        self.address.as_deref().or_else(number)
    }

    /// The best that is known of how others reach it: its address, the host of its endpoint, or its name.
    pub fn known_as(&self) -> &str {
        self.address.as_deref().or_else(|| self.endpoint.host()).unwrap_or(&self.name)
    }

    /// The address that a port demand binds to here; none for all addresses.
    pub fn binding(&self, demand: &PortDemand) -> Option<std::net::IpAddr> {
        let own = || self.address().and_then(|address| address.parse().ok());
        if demand.inward { own() } else { demand.host_ip }
    }

    /// Whether nothing but their names tells two machines apart.
    pub fn is_like(&self, other: &Machine) -> bool {
        fn attributes(machine: &Machine) -> impl Iterator<Item = (&String, &String)> {
            machine.attributes.iter().filter(|(key, _)| *key != "node.hostname")
        }
        self.room == other.room
            && self.availability == other.availability
            && self.taken_ports == other.taken_ports
            && self.ports == other.ports
            && self.volumes == other.volumes
            && (self.cost, self.target) == (other.cost, other.target)
            && attributes(self).eq(attributes(other))
    }
}

impl TakenPort {
    /// Whether it is taken for this protocol.
    pub fn is_of(&self, protocol: &str) -> bool {
        self.protocol.as_deref().is_none_or(|name| name == protocol)
    }
}

/// Places of a machine in the inventory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MachinePlaces {
    /// Its whole entry, which may stand for several machines alike.
    pub entry: Option<Span>,
    /// Where its availability is said, or would be.
    pub availability: Option<Span>,
}

/// A port that a machine cannot give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenPort {
    /// The address; `None` for all.
    pub host_ip: Option<std::net::IpAddr>,
    /// The ports.
    pub ports: PortRange,
    /// `tcp`, `udp`, `sctp`; `None` for all.
    pub protocol: Option<String>,
    /// Who has it, as a noun phrase: "container `other-web-1`", "the inventory's reserved_ports".
    pub holder: String,
}
