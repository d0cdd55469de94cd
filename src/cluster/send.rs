//! Bringing an image to an engine that lacks it from one that has it, where no registry gives it.

use std::cell::Cell;
use std::collections::BTreeSet;

use bollard::errors::Error;
use bollard::models::ImageInspect;
use bollard::query_parameters::ImportImageOptions;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use serde_json::Value;
use tokio::sync::mpsc::channel;
use tokio::time::{Instant, timeout};

use super::docker::Engine;
use super::fault::{Fault, explain, is_missing};
use super::layers::{Sieve, to_leave_out};
use super::pull::{PROGRESS_PAUSE, STALLED, name};
use crate::units::Bytes;

/// Pieces that may be on their way at a time.
pub(super) const UNDERWAY: usize = 16;

/// Which image is to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'o> {
    /// The reference under which it is to be there.
    pub image: &'o str,
    /// The giver's id of it; none: whichever the reference leads to.
    pub id: Option<&'o str>,
}

/// Sends an image as it is, through this machine: no file is written here. Layers that the taker has are left out where that can
/// be had; what came is compared with what was given.
pub(super) async fn send(from: &Engine, to: &Engine, sent: Sent<'_>, progress: &dyn Fn(&str)) -> Result<(), Fault> {
    let failed = |error: &Error| explain(error, &format!("sending image `{}`", sent.image));
    let (given, export) = given(from, sent).await.map_err(|error| failed(&error))?;
    let left_out = to_leave_out(from, to, &given, export).await;
    if !left_out.is_empty() {
        let first = transfer(from, to, export, Sieve::new(left_out), progress).await;
        // An engine that wants all of it is given all of it.
        if first.is_ok() && arrived(to, sent, &given, export).await.is_ok() {
            return Ok(());
        }
    }
    transfer(from, to, export, Sieve::default(), progress).await.map_err(|error| failed(&error))?;
    arrived(to, sent, &given, export).await
}

/// What the giver has, and the name to ask for it by: its reference where that leads to it, for then it comes with that.
async fn given<'o>(from: &Engine, sent: Sent<'o>) -> Result<(ImageInspect, &'o str), Error> {
    let named = from.docker.inspect_image(sent.image).await;
    let Some(id) = sent.id else { return named.map(|given| (given, sent.image)) };
    match named {
        Ok(given) if given.id.as_deref() == Some(id) => Ok((given, sent.image)),
        _ => from.docker.inspect_image(id).await.map(|given| (given, id)),
    }
}

async fn transfer(
    from: &Engine,
    to: &Engine,
    export: &str,
    mut sieve: Sieve,
    progress: &dyn Fn(&str),
) -> Result<(), Error> {
    let (giver, taker) = (from.docker.clone().with_timeout(STALLED), to.docker.clone().with_timeout(STALLED));
    let (put, take) = channel::<Result<_, Error>>(UNDERWAY);
    let broken = Cell::new(None);
    let give = async {
        let mut pieces = std::pin::pin!(giver.export_image(export));
        let (mut sent, mut told) = (0_u64, Instant::now());
        while let Ok(Some(piece)) = timeout(STALLED, pieces.next()).await {
            let piece = piece.map(|piece| sieve.pass(piece));
            if piece.as_ref().is_ok_and(|piece| piece.is_empty()) {
                continue;
            }
            sent += piece.as_ref().map_or(0, |piece| piece.len() as u64);
            if told.elapsed() >= PROGRESS_PAUSE {
                told = Instant::now();
                progress(&format!("{} sent", Bytes(sent)));
            }
            // Whoever does not take any more says why.
            if put.send(piece).await.is_err() {
                return;
            }
        }
        let there = sieve.left_out();
        let there = if there > 0 { format!(", {} was there", Bytes(there)) } else { String::new() };
        progress(&format!("{} sent{there}", Bytes(sent)));
        drop(put);
    };
    let load = async {
        let pieces = unfold(take, |mut take| async { take.recv().await.map(|piece| (piece, take)) });
        let options = ImportImageOptions { quiet: true, ..Default::default() };
        let mut answers = std::pin::pin!(taker.import_image_stream(options, pieces, None));
        while let Some(answer) = answers.next().await {
            if let Err(error) = answer {
                broken.set(Some(error));
                return;
            }
        }
    };
    futures_util::join!(give, load);
    broken.take().map_or(Ok(()), Err)
}

/// Sees to it that what came is what was given, and has its name.
async fn arrived(to: &Engine, sent: Sent<'_>, given: &ImageInspect, export: &str) -> Result<(), Fault> {
    let Sent { image, .. } = sent;
    let there = match to.docker.inspect_image(export).await {
        Ok(there) => there,
        Err(error) if is_missing(&error) => {
            return Err(Fault::new(format!("image `{image}` was sent, and the engine does not have it")));
        }
        Err(error) => return Err(explain(&error, &format!("looking for image `{image}`"))),
    };
    if !is_same(given, &there) {
        return Err(Fault::new(format!("image `{image}` was sent, and another one is there under its name"))
            .help("somebody else loads it there: run it again"));
    }
    if export == image { Ok(()) } else { name(to, export, image).await }
}

/// Whether two engines mean the same image. Those with containerd's store have ids of another kind than the others: then what is
/// in it and what it says must be the same.
pub(super) fn is_same(one: &ImageInspect, other: &ImageInspect) -> bool {
    let layers = |image: &ImageInspect| image.root_fs.as_ref().and_then(|it| it.layers.clone()).unwrap_or_default();
    let alike = || {
        layers(one) == layers(other)
            && !layers(one).is_empty()
            && one.created == other.created
            && (&one.os, &one.architecture) == (&other.os, &other.architecture)
            && said(one) == said(other)
    };
    one.id == other.id || alike()
}

/// What an image says of its containers, without what it leaves open: that each version of an engine writes in its own way.
fn said(image: &ImageInspect) -> Value {
    let nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) => false,
    };
    let mut said = serde_json::to_value(&image.config).unwrap_or_default();
    if let Value::Object(fields) = &mut said {
        // The image that it was made from, and the name of the container in which it was: only some engines keep these.
        fields.retain(|name, value| !nothing(value) && name != "Image" && name != "Hostname");
    }
    said
}

/// The ids by which these engines know an image that has another one here, under the same name.
pub(super) async fn alike(here: &Engine, image: &str, others: impl Iterator<Item = &Engine>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let Ok(own) = here.docker.inspect_image(image).await else { return ids };
    for other in others {
        if let Ok(there) = other.docker.inspect_image(image).await
            && is_same(&own, &there)
        {
            ids.extend(there.id.filter(|id| own.id.as_ref() != Some(id)));
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn image(id: &str, created: &str, config: Value) -> ImageInspect {
        serde_json::from_value(json!({
            "Id": id, "Created": created, "Os": "linux", "Architecture": "amd64", "Config": config,
            "RootFS": {"Type": "layers", "Layers": ["sha256:1", "sha256:2"]},
        }))
        .unwrap()
    }

    #[test]
    fn an_image_is_the_same_by_its_id_or_by_all_that_is_in_it() {
        let time = "2026-01-01T00:00:00Z";
        let one = image("sha256:a", time, json!({"Cmd": ["run"], "Env": [], "Hostname": "1f", "Tty": false}));
        assert!(is_same(&one, &image("sha256:b", time, json!({"Cmd": ["run"]}))));
        assert!(!is_same(&one, &image("sha256:b", time, json!({"Cmd": ["other"]}))));
        assert!(!is_same(&one, &image("sha256:b", "2026-01-02T00:00:00Z", json!({"Cmd": ["run"]}))));
        let mut other = image("sha256:b", time, json!({"Cmd": ["run"]}));
        other.root_fs = None;
        assert!(!is_same(&one, &other));
        other.id.clone_from(&one.id);
        assert!(is_same(&one, &other));
    }
}
