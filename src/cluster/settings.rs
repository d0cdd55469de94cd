//! What the user's environment says about reaching engines. Only `cli` reads the environment; it comes in as a value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How engines are reached, beside what the inventory says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The environment variables `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`, as far
    /// as they are set; others do no harm.
    pub variables: BTreeMap<String, String>,
    /// The docker client's folder, usually `~/.docker`: contexts, certificates, registry credentials.
    pub docker_config: PathBuf,
    /// An ssh configuration in place of the user's own.
    pub ssh_config: Option<PathBuf>,
}

impl Settings {
    /// As the environment `variables` have it: `DOCKER_CONFIG` or `HOME` for the docker client's folder,
    /// `PLANNER_SSH_CONFIG` for an ssh configuration of its own.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut variables: BTreeMap<String, String> = variables.into_iter().collect();
        let path = |name: &str| variables.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let docker_config =
            path("DOCKER_CONFIG").or_else(|| path("HOME").map(|home| home.join(".docker"))).unwrap_or_default();
        let ssh_config = path("PLANNER_SSH_CONFIG");
        // An environment holds secrets: no more of it is kept than is needed.
        variables.retain(|name, _| name.starts_with("DOCKER_"));
        Settings { variables, docker_config, ssh_config }
    }

    /// A variable that is there and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A file in the docker client's folder.
    pub(super) fn docker_file(&self, path: impl AsRef<Path>) -> PathBuf {
        self.docker_config.join(path)
    }
}
