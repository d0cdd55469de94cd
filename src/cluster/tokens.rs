//! Tokens on an engine are empty volumes: the one thing that every engine makes without an image, once for each name, and
//! gives back with the labels of whoever came first.

use std::collections::{BTreeMap, HashMap};

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::{ListVolumesOptions, RemoveVolumeOptions};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::docker::Engine;
use super::fault::{Fault, explain, is_missing};
use super::{Token, Tokens};
use crate::labels;

/// The tokens of a project.
pub(super) async fn tokens(engine: &Engine, project: &str) -> Result<Tokens, Fault> {
    let failed = |error| explain(&error, "looking for locks");
    let filters = HashMap::from([("label".to_owned(), vec![format!("{}={project}", labels::LOCK)])]);
    let options = ListVolumesOptions { filters: Some(filters) };
    let volumes = engine.docker.list_volumes(Some(options)).await.map_err(failed)?.volumes.unwrap_or_default();
    if volumes.is_empty() {
        return Ok(Tokens::default());
    }
    let clock = engine.docker.info().await.map_err(failed)?.system_time.unwrap_or_default();
    let token = |volume: bollard::models::Volume| Token {
        name: volume.name,
        labels: volume.labels.into_iter().collect(),
        made: volume.created_at.map(|made| seconds(&made)).unwrap_or_default(),
    };
    Ok(Tokens { now: seconds(&clock), tokens: volumes.into_iter().map(token).collect() })
}

/// Puts a token there, and returns the labels of the one that is there.
pub(super) async fn put(
    engine: &Engine,
    name: &str,
    labels: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let labels = Some(labels.clone().into_iter().collect());
    let request = VolumeCreateRequest { name: Some(name.to_owned()), labels, ..Default::default() };
    let made = engine.docker.create_volume(request).await.map_err(|error| explain(&error, "locking"))?;
    Ok(made.labels.into_iter().collect())
}

/// Takes a token off.
pub(super) async fn take(engine: &Engine, name: &str) -> Result<(), Fault> {
    match engine.docker.remove_volume(name, None::<RemoveVolumeOptions>).await {
        Err(error) if !is_missing(&error) => Err(explain(&error, "unlocking")),
        _ => Ok(()),
    }
}

/// The seconds since 1970 of an engine's time; 0 for what is none.
pub(super) fn seconds(time: &str) -> i64 {
    OffsetDateTime::parse(time, &Rfc3339).map(OffsetDateTime::unix_timestamp).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn engines_times_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00.123456789Z", 951_825_600),
            ("2026-11-26T02:03:04+01:00", 1_795_654_984),
            ("2026-11-25T22:03:04.5-03:00", 1_795_654_984),
            ("yesterday", 0),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
