//! The real machines: an engine each, reached when it is first needed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use futures_util::stream::{StreamExt, iter};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::dial::{CONNECTIONS, Route};
use super::fault::Fault;
use super::send::Sent;
use super::{
    Cluster, ClusterError, ContainerUse, Settings, Tokens, build, client, copy, endpoint, observe, pull, run, send,
    tokens, usage,
};
use crate::inventory::Endpoint;
use crate::observed::{BuiltImage, MachineState};
use crate::plan::Operation;
use crate::stack::{Contents, PullPolicy, Recipe};

/// How long looking at one machine may take as a whole.
const OBSERVE_TIMEOUT: Duration = Duration::from_secs(180);

/// Machines with Docker Engines. Connections are opened when they are first needed, kept, and closed on drop.
pub struct DockerCluster {
    machines: BTreeMap<String, Machine>,
    settings: Settings,
    contents: Arc<Contents>,
    leaving: Option<Arc<str>>,
    /// The engine that the docker command uses here: what is built is on it.
    here: Machine,
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
        let here = machine(Endpoint::Local);
        let machines = machines.into_iter().map(|(name, endpoint)| (name, machine(endpoint))).collect();
        DockerCluster { machines, settings, contents: Arc::default(), leaving: None, here }
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

    /// The engine that the docker command uses here.
    async fn here(&self) -> Result<&Engine, Fault> {
        self.here.engine.get_or_try_init(|| self.connect(&self.here.endpoint)).await
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
        let Operation::Pull { image, policy, digest, id, from, here, .. } = operation else { return Err(fault) };
        // A newer one is asked for, and which one that is only the registry knows.
        if *policy == PullPolicy::Always && digest.is_none() {
            return Err(fault);
        }
        let sent = Sent { image: &pull::checked(image)?, id: id.as_deref() };
        self.bring(sent, (*here, from), engine, fault, progress).await
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

    /// Those of these images that the engine here has; none where there is no engine here.
    pub async fn built(&self, images: impl Iterator<Item = &str>) -> BTreeMap<String, BuiltImage> {
        let Ok(engine) = self.here().await else { return BTreeMap::new() };
        let mut found = BTreeMap::new();
        for image in images {
            if let Ok(built) = build::built(engine, image).await {
                found.insert(image.to_owned(), built);
            }
        }
        found
    }

    /// Builds an image with the docker command here, for a platform if one is asked for. `said` is told each line of what the
    /// builder says; `variable` gives the variables of the project's environment.
    ///
    /// # Errors
    /// When there is no docker command or no engine here, or the build fails: then with the end of what it said.
    pub async fn build(
        &self,
        recipe: &Recipe,
        platform: Option<&str>,
        variable: &dyn Fn(&str) -> Option<String>,
        said: &mut dyn FnMut(&str),
    ) -> Result<BuiltImage, ClusterError> {
        let build = async {
            let builder = build::Builder::find(&self.settings).await?;
            let engine = self.here().await?;
            builder.build(recipe, build::not_own(engine, platform).await, variable, said).await?;
            Ok(BuiltImage { fresh: true, ..build::built(engine, &recipe.image).await? })
        };
        build.await.map_err(|fault: Fault| fault.on("here"))
    }

    /// The ids by which these machines know the image that the engine here has under the same name.
    pub async fn alike(&self, image: &str, having: &[String]) -> BTreeSet<String> {
        let Ok(here) = self.here().await else { return BTreeSet::new() };
        let mut engines = Vec::new();
        for machine in having {
            engines.extend(self.engine(machine).await.ok());
        }
        send::alike(here, image, engines.into_iter()).await
    }

    /// Brings an image from here, or from the first of these machines that gives it; what the registry said stays said where
    /// none does.
    async fn bring(
        &self,
        sent: Sent<'_>,
        (here, from): (bool, &[String]),
        to: &Engine,
        fault: Fault,
        progress: &dyn Fn(&str),
    ) -> Result<(), Fault> {
        let mut last = fault;
        if here {
            match self.here().await {
                Ok(giver) => match send::send(giver, to, sent, &|told: &str| progress(told)).await {
                    Ok(()) => return Ok(()),
                    Err(fault) => last = fault,
                },
                Err(fault) => last = fault,
            }
        }
        for machine in from {
            let Ok(giver) = self.engine(machine).await else { continue };
            match send::send(giver, to, sent, &|told: &str| progress(&format!("from {machine}: {told}"))).await {
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
