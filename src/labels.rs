//! The labels on containers, networks and volumes by which docker compose, and we, know our own.

/// The project's name.
pub const PROJECT: &str = "com.docker.compose.project";
/// The service's name.
pub const SERVICE: &str = "com.docker.compose.service";
/// The container's number within its service, over all machines.
pub const NUMBER: &str = "com.docker.compose.container-number";
/// `True` for what `docker compose run` made; ours are `False`.
pub const ONEOFF: &str = "com.docker.compose.oneoff";
/// The digest of what the container is made from. Its value is ours: docker compose's own hangs on its Go structs.
pub const CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// The project's folder.
pub const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
/// The project's files, separated by commas.
pub const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
/// What the service depends on: `db:service_healthy:false,…`.
pub const DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// The image's reference.
pub const IMAGE: &str = "com.docker.compose.image";
/// The version of what made it.
pub const VERSION: &str = "com.docker.compose.version";
/// A network's key.
pub const NETWORK: &str = "com.docker.compose.network";
/// A volume's key.
pub const VOLUME: &str = "com.docker.compose.volume";
/// The version of this program: what bears it was made by us.
pub const PLANNER_VERSION: &str = "planner.version";
/// On what marks a run on a machine, and is no volume of anybody's: the project that is locked.
pub const LOCK: &str = "planner.lock";
/// What the container is to the project, where it is none of its services: `proxy`.
pub const ROLE: &str = "planner.role";
/// What the container was promised, as JSON amounts: other projects' plans leave it that room.
pub const RESERVED: &str = "planner.reserved";
/// What the container was made from, as JSON: each setting with its value, or only a few digits of its digest where it may
/// hold a secret. By it the next plan tells what changed.
pub const SETTINGS: &str = "planner.settings";
/// On what notes that a volume was moved, and is no volume of anybody's: the volume.
pub const MOVED_VOLUME: &str = "planner.moved-volume";
/// On such a note, and on the copy itself: the machine that it came from.
pub const MOVED_FROM: &str = "planner.moved-from";
/// On such a note where it was: the machine that it went to.
pub const MOVED_TO: &str = "planner.moved-to";
