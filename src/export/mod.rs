//! Where everything is, for programs that run or route by other means (`docs/exporting.md`): one short file for each format.

mod compose;
mod dot;
mod haproxy;
mod hosts;
mod mermaid;
mod prometheus;
mod traefik;

use std::collections::BTreeMap;

use crate::observed::HostPort;
use crate::plan::{PlacedContainer, Plan};
use crate::stack::{Machine, PortDemand, Stack};

/// A form in which a deployment can be written.
#[derive(Debug)]
pub struct Format {
    /// As it is asked for.
    pub name: &'static str,
    write: Write,
}

/// What a format writes.
#[derive(Debug)]
enum Write {
    /// One text.
    Whole(fn(&Deployment<'_>) -> String),
    /// One for each machine.
    ForMachine(fn(&Deployment<'_>, &Machine) -> String),
}

/// What was written.
#[derive(Debug)]
pub enum Written {
    /// One text.
    Whole(String),
    /// One for each machine that has containers, by its name.
    ForMachine(Vec<(String, String)>),
}

/// All of them, by name.
pub static FORMATS: [&Format; 7] = [
    &compose::FORMAT,
    &dot::FORMAT,
    &haproxy::FORMAT,
    &hosts::FORMAT,
    &mermaid::FORMAT,
    &prometheus::FORMAT,
    &traefik::FORMAT,
];

impl Format {
    /// What it says of a deployment.
    pub fn write(&self, deployment: &Deployment<'_>) -> Written {
        match self.write {
            Write::Whole(write) => Written::Whole(write(deployment)),
            Write::ForMachine(write) => {
                let has = |machine: &&Machine| deployment.plan.placement.iter().any(|it| it.machine == machine.name);
                let machines = deployment.stack.machines.iter().filter(has);
                Written::ForMachine(machines.map(|it| (it.name.clone(), write(deployment, it))).collect())
            }
        }
    }
}

/// The format of a name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.into_iter().find(|format| format.name == name)
}

/// A stack, and where the plan has placed it.
#[derive(Clone, Copy, Debug)]
pub struct Deployment<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// Its plan.
    pub plan: &'a Plan,
}

/// A port on a machine that is a container's.
#[derive(Clone, Copy, Debug)]
pub struct Listening<'a> {
    /// The container.
    pub container: &'a PlacedContainer,
    /// Its machine.
    pub machine: &'a Machine,
    /// The port.
    pub port: &'a HostPort,
    /// What the files, or proxies on other machines, ask for.
    pub demand: &'a PortDemand,
}

impl<'a> Listening<'a> {
    /// At which address others reach it; none where only the machine itself does.
    pub fn address(&self) -> Option<&'a str> {
        match self.port.address() {
            "" => Some(self.machine.known_as()),
            one if one.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()) => None,
            one => Some(one),
        }
    }

    /// `10.0.0.1:80`, `[fd00::1]:80`; none where only the machine itself reaches it.
    pub fn socket(&self) -> Option<String> {
        let (address, port) = (self.address()?, self.port.host_port);
        Some(if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") })
    }
}

impl<'a> Deployment<'a> {
    /// Every container of the stack's services, with its machine.
    pub fn containers(&self) -> impl Iterator<Item = (&'a PlacedContainer, &'a Machine)> + use<'a> {
        let Deployment { stack, plan } = *self;
        plan.placement.iter().filter_map(move |placed| {
            let machine = stack.machines.iter().find(|machine| machine.name == placed.machine)?;
            stack.service(&placed.service).filter(|service| !service.is_proxy()).map(|_| (placed, machine))
        })
    }

    /// Those on one machine.
    fn on(&self, machine: &'a Machine) -> impl Iterator<Item = &'a PlacedContainer> + use<'a> {
        self.containers().filter(|(_, at)| at.name == machine.name).map(|(container, _)| container)
    }

    /// Every port of these, by service and number.
    pub fn listening(&self) -> impl Iterator<Item = Listening<'a>> + use<'a> {
        let stack = self.stack;
        self.containers().flat_map(move |(container, machine)| {
            let demands = stack.service(&container.service).map_or(&[][..], |service| &service.ports);
            let ports = container.ports.iter().zip(demands);
            ports.map(move |(port, demand)| Listening { container, machine, port, demand })
        })
    }

    /// What the files publish over TCP where others reach it: by service and port of its containers, each with its socket.
    fn published(&self) -> BTreeMap<(&'a str, u16), Vec<(u32, String)>> {
        let mut published: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for it in self.listening().filter(|it| !it.demand.inward && it.port.protocol == "tcp") {
            let Some(socket) = it.socket() else { continue };
            let key = (it.container.service.as_str(), it.port.container_port);
            published.entry(key).or_default().push((it.container.number, socket));
        }
        published
    }

    /// Who depends on whom: on the same machine where there is one, else on each.
    fn edges(&self) -> Vec<(&'a PlacedContainer, &'a PlacedContainer)> {
        let all: Vec<_> = self.containers().collect();
        let mut edges = Vec::new();
        for (from, machine) in &all {
            let dependencies = self.stack.service(&from.service).map_or(&[][..], |service| &service.depends_on);
            for dependency in dependencies {
                let (near, far): (Vec<_>, Vec<_>) = all
                    .iter()
                    .copied()
                    .filter(|(to, _)| to.service == dependency.service)
                    .partition(|(_, at)| at.name == machine.name);
                let meant = if near.is_empty() { far } else { near };
                edges.extend(meant.into_iter().map(|(to, _)| (*from, to)));
            }
        }
        edges
    }

    /// `web`, or `web.2` where there are several.
    fn name(&self, container: &PlacedContainer) -> String {
        let several = self.plan.placement.iter().filter(|it| it.service == container.service).count() > 1;
        if several { format!("{}.{}", container.service, container.number) } else { container.service.clone() }
    }
}
