//! The real machines: an engine each, reached when it is first needed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use futures_util::stream::{StreamExt, iter};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::dial::{CONNECTIONS, Route};
use super::fault::Fault;
use super::{
    Cluster, ClusterError, ContainerUse, Settings, Tokens, client, copy, endpoint, observe, pull, run, send, tokens,
    usage,
};
use crate::inventory::Endpoint;
use crate::observed::MachineState;
use crate::plan::Operation;
use crate::stack::{Contents, PullPolicy};

/// How long looking at one machine may take as a whole.
const OBSERVE_TIMEOUT: Duration = Duration::from_secs(180);

/// Machines with Docker Engines. Connections are opened when they are first needed, kept, and closed on drop.
pub struct DockerCluster {
    machines: BTreeMap<String, Machine>,
    settings: Settings,
    contents: Arc<Contents>,
    leaving: Option<Arc<str>>,
}

struct Machine {
    endpoint: Endpoint,
    engine: OnceCell<Engine>,
}

/// An engine that has answered.
pub(super) struct Engine {
    pub(super) docker: Docker,
    pub(super) route: Arc<Route>,
    /// The docker client's configuration here: registry credentials.
    pub(super) client_config: PathBuf,
    /// What is in configs and secrets.
    pub(super) contents: Arc<Contents>,
    /// The project that is to be taken away: lists tell enough of its containers.
    pub(super) leaving: Option<Arc<str>>,
}

impl DockerCluster {
    /// The machines by their names, each with its endpoint. Nothing is connected yet.
    pub fn new(machines: impl IntoIterator<Item = (String, Endpoint)>, settings: Settings) -> Self {
        let machine = |endpoint| Machine { endpoint, engine: OnceCell::new() };
        let machines = machines.into_iter().map(|(name, endpoint)| (name, machine(endpoint))).collect();
        DockerCluster { machines, settings, contents: Arc::default(), leaving: None }
    }

    /// The same, with what is in the configs and secrets that containers are to get.
    pub fn with_contents(self, contents: Contents) -> Self {
        DockerCluster { contents: Arc::new(contents), ..self }
    }

    /// The same, for taking a project away: at its containers it looks no closer than that needs.
    pub fn taking_away(self, project: &str) -> Self {
        DockerCluster { leaving: Some(project.into()), ..self }
    }

    /// The machine's engine, connected. A failure is not kept: the next call tries again.
    async fn engine(&self, machine: &str) -> Result<&Engine, Fault> {
        let machine = self.machines.get(machine).ok_or_else(|| Fault::new("no such machine in the inventory"))?;
        machine.engine.get_or_try_init(|| self.connect(&machine.endpoint)).await
    }

    async fn connect(&self, endpoint: &Endpoint) -> Result<Engine, Fault> {
        let target = endpoint::resolve(endpoint, &self.settings, &|path| std::fs::read_to_string(path))?;
        let route = Arc::new(Route::new(target, &self.settings)?);
        let docker = client::connect(route.clone()).await?;
        let (client_config, contents) = (self.settings.docker_file("config.json"), self.contents.clone());
        Ok(Engine { docker, route, client_config, contents, leaving: self.leaving.clone() })
    }

    /// What running containers of a machine use now; it takes about a second.
    ///
    /// # Errors
    /// When the machine cannot be reached or its engine does not answer.
    pub async fn usage(&self, machine: &str, containers: &[String]) -> Result<Vec<ContainerUse>, ClusterError> {
        let look = async { usage::usage(self.engine(machine).await?, containers).await };
        look.await.map_err(|fault| fault.on(machine))
    }

    async fn try_observe(&self, machine: &str) -> Result<MachineState, Fault> {
        let engine = self.engine(machine).await?;
        match timeout(OBSERVE_TIMEOUT, observe::observe(engine)).await {
            Ok(state) => state,
            Err(_) => Err(Fault::new("the engine did not answer within 3 minutes")),
        }
    }

    async fn try_perform(&self, machine: &str, operation: &Operation, progress: &dyn Fn(&str)) -> Result<(), Fault> {
        let engine = self.engine(machine).await?;
        if let Operation::CopyVolume(what) = operation {
            return copy::copy(self.engine(&what.from).await?, engine, machine, what, progress).await;
        }
        let fault = match run::run(engine, operation, progress).await {
            Err(fault) => fault,
            done => return done,
        };
        let Operation::Pull { image, policy, digest, from, .. } = operation else { return Err(fault) };
        // A newer one is asked for, and which one that is only the registry knows.
        if *policy == PullPolicy::Always && digest.is_none() {
            return Err(fault);
        }
        self.bring(image, from, engine, fault, progress).await
    }

    /// Asks registries which images references stand for, by way of the first machine that can be asked: each with its digest;
    /// those that no registry tells of are left out.
    pub async fn resolve(&self, images: &[String]) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let Some(machine) = self.machines.keys().next() else { return found };
        let Ok(engine) = self.engine(machine).await else { return found };
        let ask = |image: &String| {
            let image = image.clone();
            async move { pull::resolve(engine, &image).await.ok().map(|digest| (image, digest)) }
        };
        let mut answers = iter(images.iter().map(ask)).buffer_unordered(CONNECTIONS);
        while let Some(answer) = answers.next().await {
            found.extend(answer);
        }
        found
    }

    /// Brings an image from the first of these machines that gives it; what the registry said stays said where none does.
    async fn bring(
        &self,
        image: &str,
        from: &[String],
        to: &Engine,
        fault: Fault,
        progress: &dyn Fn(&str),
    ) -> Result<(), Fault> {
        let image = pull::checked(image)?;
        let mut last = fault;
        for machine in from {
            let Ok(giver) = self.engine(machine).await else { continue };
            match send::send(giver, to, &image, &|told: &str| progress(&format!("from {machine}: {told}"))).await {
                Ok(()) => return Ok(()),
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }
}

impl Cluster for DockerCluster {
    async fn observe(&self, machine: &str) -> Result<MachineState, ClusterError> {
        self.try_observe(machine).await.map_err(|fault| fault.on(machine))
    }

    async fn perform(&self, machine: &str, operation: &Operation, progress: &dyn Fn(&str)) -> Result<(), ClusterError> {
        self.try_perform(machine, operation, progress).await.map_err(|fault| fault.on(machine))
    }

    async fn tokens(&self, machine: &str, project: &str) -> Result<Tokens, ClusterError> {
        let look = async { tokens::tokens(self.engine(machine).await?, project).await };
        look.await.map_err(|fault| fault.on(machine))
    }

    async fn put_token(
        &self,
        machine: &str,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ClusterError> {
        let put = async { tokens::put(self.engine(machine).await?, name, labels).await };
        put.await.map_err(|fault| fault.on(machine))
    }

    async fn take_token(&self, machine: &str, name: &str) -> Result<(), ClusterError> {
        let take = async { tokens::take(self.engine(machine).await?, name).await };
        take.await.map_err(|fault| fault.on(machine))
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
