//! Fetching an image.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{CreateImageInfo, ImageInspect};
use bollard::query_parameters::{CreateImageOptions, TagImageOptions};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout};

use super::credentials::{credentials, registry};
use super::docker::Engine;
use super::fault::{Fault, explain, is_missing};
use crate::reference::{Image, parse};
use crate::stack::PullPolicy;
use crate::units::Bytes;

/// How long a pull may go without any sign of life.
pub(super) const STALLED: Duration = Duration::from_secs(300);
/// How long a registry may take to say which image a reference stands for.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(15);
/// Progress is told no more often than this.
pub(super) const PROGRESS_PAUSE: Duration = Duration::from_millis(250);

/// Which image is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'o> {
    /// The reference under which it is to be there.
    pub image: &'o str,
    /// The registry's digest of it; none: whichever the reference leads to.
    pub digest: Option<&'o str>,
    /// The engine's id of it; none: any.
    pub id: Option<&'o str>,
    /// `os/arch`, if asked for.
    pub platform: Option<&'o str>,
    /// When to fetch it.
    pub policy: PullPolicy,
}

/// Sees to it that an image is there, under its reference, as its policy wants it.
pub(super) async fn pull(engine: &Engine, wanted: Wanted<'_>, progress: &dyn Fn(&str)) -> Result<(), Fault> {
    let image = checked(wanted.image)?;
    let mut what = "is not there";
    if wanted.policy != PullPolicy::Always || wanted.digest.is_some() {
        match engine.docker.inspect_image(&image).await {
            Ok(there) if wanted.is(&image, &there) => return Ok(()),
            Ok(_) => what = "is another one there than the one that is wanted",
            Err(error) if !is_missing(&error) => return Err(explain(&error, &format!("looking for image `{image}`"))),
            Err(_) if wanted.policy == PullPolicy::Never => {
                return Err(Fault::new(format!("image `{image}` is not there, and is not to be pulled"))
                    .help("put it there with `docker load`, or drop `pull_policy: never`"));
            }
            Err(_) if wanted.policy == PullPolicy::Built => {
                return Err(Fault::new(format!("image `{image}` is not there, and is not built here"))
                    .help("build it with `planner build`, and plan again"));
            }
            Err(_) => {}
        }
    }
    if wanted.id.is_some() || !wanted.policy.asks_registries() {
        return Err(Fault::new(format!("image `{image}` {what}, and no registry has it")).help("plan again"));
    }
    let Some(digest) = wanted.digest else {
        return fetch(engine, &image, wanted.platform, progress).await.map_err(|error| refused(&error, &image));
    };
    let repository = parse(&image).name;
    let digested = checked(&format!("{repository}@{digest}"))?;
    fetch(engine, &digested, wanted.platform, progress).await.map_err(|error| refused(&error, &digested))?;
    name(engine, &digested, &image).await
}

/// Gives what is there as `source` the name `image` as well.
pub(super) async fn name(engine: &Engine, source: &str, image: &str) -> Result<(), Fault> {
    let Image { name, tag, .. } = parse(image);
    let options = TagImageOptions { repo: Some(name.to_owned()), tag: tag.map(str::to_owned) };
    let named = engine.docker.tag_image(source, Some(options)).await;
    named.map_err(|error| explain(&error, &format!("naming image `{image}`")))
}

impl Wanted<'_> {
    /// Whether the image that a reference leads to is the one.
    fn is(&self, image: &str, there: &ImageInspect) -> bool {
        let by_id = self.id.is_none_or(|id| there.id.as_deref() == Some(id));
        let digests = || there.repo_digests.iter().flatten();
        let repository = parse(image).name;
        let of_registry = |digest: &str| digests().any(|it| it.ends_with(digest) && it.contains(last(repository)));
        by_id && self.digest.is_none_or(of_registry)
    }
}

/// The last part of a repository's name: engines leave out a registry that goes without saying.
fn last(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

/// The digest of the image that a reference stands for in its registry, as the engine finds it; with the credentials here.
pub(super) async fn resolve(engine: &Engine, image: &str) -> Result<String, Fault> {
    let image = checked(image)?;
    let credentials = credentials(&engine.client_config, registry(&image)).await;
    let patient = engine.docker.clone().with_timeout(REGISTRY_TIMEOUT);
    let found = patient.inspect_registry_image(&image, credentials).await.map_err(|error| refused(&error, &image))?;
    let digest = found.descriptor.digest.filter(|digest| digest.contains(':'));
    digest.ok_or_else(|| Fault::new(format!("the registry tells no digest of `{image}`")))
}

async fn fetch(engine: &Engine, image: &str, platform: Option<&str>, progress: &dyn Fn(&str)) -> Result<(), Error> {
    let options = CreateImageOptions {
        from_image: Some(image.to_owned()),
        platform: platform.unwrap_or_default().to_owned(),
        ..Default::default()
    };
    let credentials = credentials(&engine.client_config, registry(image)).await;
    let patient = engine.docker.clone().with_timeout(STALLED);
    let mut lines = std::pin::pin!(patient.create_image(Some(options), None, credentials));
    let (mut layers, mut told) = (Layers::default(), None::<Instant>);
    loop {
        match timeout(STALLED, lines.next()).await {
            Ok(None) => return Ok(()),
            Ok(Some(line)) => layers.note(line?),
            Err(_) => return Err(Error::RequestTimeoutError),
        }
        if told.is_none_or(|at| at.elapsed() >= PROGRESS_PAUSE) {
            told = Some(Instant::now());
            progress(&layers.to_string());
        }
    }
}

/// How far each layer is: bytes had, bytes in all.
#[derive(Default)]
struct Layers(BTreeMap<String, (u64, u64)>);

impl Layers {
    fn note(&mut self, line: CreateImageInfo) {
        let Some(id) = line.id else { return };
        let bytes = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
        match (line.status.as_deref(), line.progress_detail) {
            (Some("Downloading"), Some(detail)) => {
                self.0.insert(id, (bytes(detail.current), bytes(detail.total)));
            }
            (Some("Download complete" | "Pull complete"), _) => {
                self.0.entry(id).and_modify(|(current, total)| *current = *total);
            }
            _ => {}
        }
    }
}

impl std::fmt::Display for Layers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (current, total) = self.0.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
        if total == 0 { f.write_str("pulling") } else { write!(f, "pulled {} of {}", Bytes(current), Bytes(total)) }
    }
}

/// The reference with a tag: without one, engines would fetch every tag there is.
pub(super) fn checked(image: &str) -> Result<String, Fault> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-/:@+".contains(c);
    if image.is_empty() || image.contains("..") || !image.chars().all(safe) {
        return Err(Fault::new(format!("`{}` is no image reference", image.escape_debug())));
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    Ok(if last.contains([':', '@']) { image.to_owned() } else { format!("{image}:latest") })
}

fn refused(error: &Error, image: &str) -> Fault {
    let fault = explain(error, &format!("pulling image `{image}`"));
    let registry = registry(image);
    let said = fault.detail.clone().unwrap_or_default();
    let has = |needles: &[&str]| needles.iter().any(|needle| said.contains(needle));
    let (message, help) = if has(&["no matching manifest", "does not match the specified platform"]) {
        let help =
            "constrain the service to machines of a platform that the image is made for, or build it for this one";
        (format!("image `{image}` is not made for this machine's platform"), help.to_owned())
    } else if has(&["pull access denied", "denied: ", "unauthorized", "no basic auth credentials"]) {
        let help = format!("correct the image's name, or `docker login {registry}` here: planner hands that login on");
        (format!("registry {registry} has no image `{image}` for us"), help)
    } else if has(&["not found", "manifest unknown", "name unknown", "does not exist"]) {
        (format!("registry {registry} has no image `{image}`"), "correct the image's name or tag".to_owned())
    } else if has(&["no such host", "connection refused", "i/o timeout", "Client.Timeout", "network is unreachable"]) {
        let help = "see whether the machine itself can reach the registry: it is the engine there that pulls";
        (format!("registry {registry} cannot be reached from this machine"), help.to_owned())
    } else {
        return fault;
    };
    Fault { message, ..fault }.help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_tag_means_latest() {
        assert_eq!(checked("nginx").unwrap(), "nginx:latest");
        assert_eq!(checked("r:5000/a/b").unwrap(), "r:5000/a/b:latest");
        assert_eq!(checked("nginx:1").unwrap(), "nginx:1");
        assert_eq!(checked("a@sha256:00").unwrap(), "a@sha256:00");
        assert!(checked("a?b").is_err() && checked("../x").is_err() && checked("").is_err());
    }

    #[test]
    fn what_registries_say_gets_a_cause() {
        let said = |text: &str| refused(&Error::DockerStreamError { error: text.to_owned() }, "r.example/a:1").message;
        assert_eq!(
            said("manifest for r.example/a:1 not found: manifest unknown"),
            "registry r.example has no image `r.example/a:1`"
        );
        assert_eq!(
            said("pull access denied for r.example/a, repository does not exist or may require 'docker login'"),
            "registry r.example has no image `r.example/a:1` for us"
        );
        assert_eq!(
            said("Get \"https://r.example/v2/\": dial tcp: lookup r.example: no such host"),
            "registry r.example cannot be reached from this machine"
        );
        assert_eq!(
            said("no matching manifest for linux/arm64/v8 in the manifest list entries"),
            "image `r.example/a:1` is not made for this machine's platform"
        );
        assert_eq!(said("disk full"), "pulling image `r.example/a:1` failed");
    }

    #[test]
    fn progress_sums_over_the_layers() {
        let mut layers = Layers::default();
        assert_eq!(layers.to_string(), "pulling");
        let line = |text: &str| serde_json::from_str(text).unwrap();
        layers.note(line(r#"{"id":"a","status":"Downloading","progressDetail":{"current":1048576,"total":2097152}}"#));
        layers.note(line(r#"{"id":"b","status":"Downloading","progressDetail":{"current":0,"total":2097152}}"#));
        layers.note(line(r#"{"id":"b","status":"Download complete"}"#));
        assert_eq!(layers.to_string(), format!("pulled {} of {}", Bytes(3 << 20), Bytes(4 << 20)));
    }
}
