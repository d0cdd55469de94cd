//! From the merged tree to the typed project.

mod build;
mod deploy;
mod environment;
mod fields;
mod mounts;
mod parts;
pub(super) mod ports;
mod service;
mod top;
mod tuning;

use super::environment::Environment;
use super::loader::Loader;

/// How many ports a project may publish: ranges make many out of one line.
const MAX_PORTS: usize = 200_000;

/// What decoding needs: the findings and files of the loader, and the project's variables.
pub(super) struct Decoder<'l, 'a> {
    loader: &'l mut Loader<'a>,
    environment: &'l Environment,
    ports_left: usize,
}

impl<'l, 'a> Decoder<'l, 'a> {
    pub(super) fn new(loader: &'l mut Loader<'a>, environment: &'l Environment) -> Self {
        Decoder { loader, environment, ports_left: MAX_PORTS }
    }
}
