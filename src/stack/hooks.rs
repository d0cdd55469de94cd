//! What is run in containers when they have started, and before they stop; see the Compose Specification, `post_start`.

use serde::{Deserialize, Serialize};

use crate::compose::model as compose;

/// A command that is run in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Program and arguments.
    pub command: Vec<String>,
    /// As whom; as the container's user where none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// With all of the host's powers.
    #[serde(default)]
    pub privileged: bool,
    /// Where; where the container's processes begin, where none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// `KEY=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
}

/// As they were written.
pub(super) fn hooks(written: &[compose::Hook]) -> Vec<Hook> {
    let hook = |it: &compose::Hook| Hook {
        command: it.command.iter().map(ToString::to_string).collect(),
        user: it.user.as_ref().map(|user| user.value.to_string()),
        privileged: it.privileged.as_ref().is_some_and(|it| it.value),
        working_dir: it.working_dir.as_ref().map(|folder| folder.value.to_string()),
        environment: it.environment.iter().map(ToString::to_string).collect(),
    };
    written.iter().map(hook).collect()
}
