//! Copying a volume from one machine to another, through this one: what comes out there is compared with what went in.
//!
//! Engines give and take what is in a volume only by way of a container that mounts it. One is made on each side for
//! that, and never started.

use std::io::Read;

use bollard::body_try_stream;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType, MountVolumeOptions, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptions, DownloadFromContainerOptions, RemoveContainerOptions, RemoveVolumeOptions,
    UploadToContainerOptions,
};
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinError;
use tokio::time::{Instant, timeout};

use super::docker::Engine;
use super::fault::{Fault, explain, is_missing};
use super::pull::{PROGRESS_PAUSE, STALLED};
use super::send::UNDERWAY;
use crate::digest::{Hashing, sha256};
use crate::labels;
use crate::plan::VolumeCopy;
use crate::units::Bytes;

/// Where the volume is mounted in the containers that are made for the copy.
const PLACE: &str = "/planner-volume";

pub(super) type Piece = bytes::Bytes;

/// Copies the volume, compares, and marks both: from then on it counts as being here.
pub(super) async fn copy(
    from: &Engine,
    to: &Engine,
    machine: &str,
    what: &VolumeCopy,
    progress: &dyn Fn(&str),
) -> Result<(), Fault> {
    if is_marked(to, what).await? {
        return Ok(());
    }
    let helper = format!("planner-copy-{}", &sha256(&what.volume)[..12]);
    let made = async {
        make(from, &helper, &what.from_image, &what.volume).await?;
        make(to, &helper, &what.image, &what.volume).await?;
        let given = transfer(from, to, &helper, progress).await?;
        progress("comparing");
        let got = digest_of(to, &helper).await?;
        given.compare(&got, what)?;
        progress(&format!("{} in {} files, the same on both", Bytes(given.bytes), given.files));
        Ok(())
    };
    let done = made.await;
    // Nothing of it stays, whatever came of it.
    for engine in [from, to] {
        let _ = remove(engine, &helper).await;
    }
    done?;
    // The copy counts before the original is told that it is one no more: never neither.
    mark(to, &mark_here(what), &[(labels::MOVED_FROM, &what.from), (labels::MOVED_VOLUME, &what.volume)]).await?;
    mark(from, &mark_there(what), &[(labels::MOVED_TO, machine), (labels::MOVED_VOLUME, &what.volume)]).await?;
    // What an earlier move left to say holds no more.
    for (engine, name) in [(to, mark_there(what)), (from, mark_here(what))] {
        let _ = engine.docker.remove_volume(&name, None::<RemoveVolumeOptions>).await;
    }
    Ok(())
}

fn mark_here(what: &VolumeCopy) -> String {
    format!("planner.moved-from.{}", what.volume)
}

fn mark_there(what: &VolumeCopy) -> String {
    format!("planner.moved-to.{}", what.volume)
}

/// Whether the volume was copied here before, to the end.
async fn is_marked(to: &Engine, what: &VolumeCopy) -> Result<bool, Fault> {
    match to.docker.inspect_volume(&mark_here(what)).await {
        Ok(mark) => Ok(mark.labels.get(labels::MOVED_FROM) == Some(&what.from)),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(explain(&error, "looking at volumes")),
    }
}

async fn mark(engine: &Engine, name: &str, all: &[(&str, &str)]) -> Result<(), Fault> {
    let all = all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let request =
        VolumeCreateRequest { name: Some(name.to_owned()), labels: Some(all.collect()), ..Default::default() };
    let made = engine.docker.create_volume(request).await;
    made.map(drop).map_err(|error| explain(&error, "noting that the volume was moved"))
}

/// A container with the volume, not to be started.
async fn make(engine: &Engine, name: &str, image: &str, volume: &str) -> Result<(), Fault> {
    remove(engine, name).await?;
    let mount = Mount {
        target: Some(PLACE.to_owned()),
        source: Some(volume.to_owned()),
        typ: Some(MountType::VOLUME),
        volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..Default::default() }),
        ..Default::default()
    };
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        cmd: Some(vec!["/nothing".to_owned()]),
        labels: Some([(labels::PLANNER_VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned())].into()),
        host_config: Some(HostConfig {
            mounts: Some(vec![mount]),
            network_mode: Some("none".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let options = CreateContainerOptions { name: Some(name.to_owned()), ..Default::default() };
    let made = engine.docker.create_container(Some(options), body).await;
    made.map(drop).map_err(|error| explain(&error, &format!("making a container to copy volume `{volume}`")))
}

async fn remove(engine: &Engine, name: &str) -> Result<(), Fault> {
    let options = RemoveContainerOptions { v: true, force: true, link: false };
    match engine.docker.remove_container(name, Some(options)).await {
        Err(error) if !is_missing(&error) => Err(explain(&error, "removing the container made for a copy")),
        _ => Ok(()),
    }
}

fn all_of_it() -> Option<DownloadFromContainerOptions> {
    Some(DownloadFromContainerOptions { path: format!("{PLACE}/.") })
}

/// Streams all that is in the volume to the other side. Returns what went by.
async fn transfer(from: &Engine, to: &Engine, helper: &str, progress: &dyn Fn(&str)) -> Result<Summary, Fault> {
    let failed = |error| explain(&error, "copying the volume");
    let (giver, taker) = (from.docker.clone().with_timeout(STALLED), to.docker.clone().with_timeout(STALLED));
    let (put, take) = channel::<Result<Piece, std::io::Error>>(UNDERWAY);
    let (show, seen) = channel::<Piece>(UNDERWAY);
    let summing = tokio::task::spawn_blocking(move || summary(seen));
    let give = async move {
        let mut pieces = std::pin::pin!(giver.download_from_container(helper, all_of_it()));
        let (mut sent, mut told) = (0_u64, Instant::now());
        loop {
            let piece = match timeout(STALLED, pieces.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(Ok(piece))) => piece,
                Ok(Some(Err(error))) => {
                    let _ = put.send(Err(std::io::Error::other("the other machine stopped giving"))).await;
                    return Err(error);
                }
                Err(_) => return Err(Error::RequestTimeoutError),
            };
            sent += piece.len() as u64;
            if told.elapsed() >= PROGRESS_PAUSE {
                told = Instant::now();
                progress(&format!("{} copied", Bytes(sent)));
            }
            // Whoever does not take any more says why.
            if show.send(piece.clone()).await.is_err() || put.send(Ok(piece)).await.is_err() {
                return Ok(());
            }
        }
    };
    let pieces = unfold(take, |mut take| async { take.recv().await.map(|piece| (piece, take)) });
    let options = UploadToContainerOptions { path: PLACE.to_owned(), ..Default::default() };
    let put = taker.upload_to_container(helper, Some(options), body_try_stream(pieces));
    let (given, taken) = futures_util::join!(give, put);
    taken.map_err(failed)?;
    given.map_err(failed)?;
    summing.await.map_err(|error| unread(&error))?
}

/// What is in the volume on one side.
async fn digest_of(engine: &Engine, helper: &str) -> Result<Summary, Fault> {
    let patient = engine.docker.clone().with_timeout(STALLED);
    let read = read_by(patient.download_from_container(helper, all_of_it()), summary).await;
    read.map_err(|error| explain(&error, "reading the copy"))?.map_err(|error| unread(&error))?
}

fn unread(error: &JoinError) -> Fault {
    Fault::new(format!("the copy could not be read: {error}"))
}

/// Has a stream read by something that waits for its pieces; whoever has read enough gets no more.
pub(super) async fn read_by<T: Send + 'static>(
    stream: impl Stream<Item = Result<Piece, Error>>,
    reader: impl FnOnce(Receiver<Piece>) -> T + Send + 'static,
) -> Result<Result<T, JoinError>, Error> {
    let (show, seen) = channel::<Piece>(UNDERWAY);
    let reading = tokio::task::spawn_blocking(move || reader(seen));
    let mut pieces = std::pin::pin!(stream);
    while let Some(piece) = timeout(STALLED, pieces.next()).await.unwrap_or(Some(Err(Error::RequestTimeoutError))) {
        if show.send(piece?).await.is_err() {
            break;
        }
    }
    drop(show);
    Ok(reading.await)
}

/// What is in a volume, in short: a line for each file, sorted.
#[derive(Debug, Default, PartialEq)]
struct Summary {
    lines: Vec<(String, String)>,
    files: usize,
    bytes: u64,
}

impl Summary {
    /// Says what differs, if anything does.
    fn compare(&self, copy: &Summary, what: &VolumeCopy) -> Result<(), Fault> {
        if self.lines == copy.lines {
            return Ok(());
        }
        let missing = self.lines.iter().find(|line| !copy.lines.contains(line));
        let extra = copy.lines.iter().find(|line| !self.lines.iter().any(|(path, _)| *path == line.0));
        let which = match (missing, extra) {
            (Some((path, _)), _) => format!("`{path}` is not the same in the copy"),
            (None, Some((path, _))) => format!("the copy has `{path}`, which an earlier attempt left there"),
            (None, None) => "it has another order".to_owned(),
        };
        Err(Fault::new(format!("the copy of volume `{}` is not like the original: {which}", what.volume)).help(
            format!(
                "the original is untouched. Remove the copy here, and plan again: docker volume rm {} (what uses it first)",
                what.volume
            ),
        ))
    }
}

/// Reads an archive to its end.
fn summary(pieces: Receiver<Piece>) -> Result<Summary, Fault> {
    let unreadable = |error: std::io::Error| Fault::new(format!("what the engine gave is no archive: {error}"));
    let mut archive = tar::Archive::new(Pieces::new(pieces));
    let mut summary = Summary::default();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let header = entry.header();
        let kind = header.entry_type();
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let link = entry.link_name_bytes().map(|link| String::from_utf8_lossy(&link).into_owned());
        let owner = (header.uid().unwrap_or(0), header.gid().unwrap_or(0), header.mode().unwrap_or(0));
        // A folder's time changes while it is filled.
        let time = if kind.is_dir() { 0 } else { header.mtime().unwrap_or(0) };
        let mut hash = Hashing::default();
        let bytes = std::io::copy(&mut entry, &mut hash).map_err(unreadable)?;
        (summary.files, summary.bytes) = (summary.files + usize::from(kind.is_file()), summary.bytes + bytes);
        let line = format!("{kind:?} {owner:?} {time} {bytes} {link:?} {}", hash.finish());
        summary.lines.push((path, line));
    }
    // Only what follows the end of an archive is left; the sender must not wait for us.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink()).map_err(unreadable)?;
    summary.lines.sort();
    Ok(summary)
}

/// Pieces that come, as something to read from.
pub(super) struct Pieces {
    pieces: Receiver<Piece>,
    now: Piece,
}

impl Pieces {
    pub(super) fn new(pieces: Receiver<Piece>) -> Self {
        Pieces { pieces, now: Piece::new() }
    }
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.now.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.now = piece,
                None => return Ok(0),
            }
        }
        let length = into.len().min(self.now.len());
        into[..length].copy_from_slice(&self.now.split_to(length));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &str)]) -> Summary {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o600);
            archive.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        let bytes = archive.into_inner().unwrap();
        let (show, seen) = channel(bytes.len());
        // In pieces of an odd size: where they end has nothing to do with what is in them.
        bytes.chunks(700).for_each(|piece| show.try_send(Piece::copy_from_slice(piece)).unwrap());
        drop(show);
        summary(seen).unwrap()
    }

    #[test]
    fn a_copy_that_is_not_like_the_original_is_told_by_a_file() {
        let what = VolumeCopy { volume: "data".to_owned(), ..VolumeCopy::default() };
        let original = archive(&[("./a", "1"), ("./b/c", "22")]);
        assert_eq!((original.files, original.bytes), (2, 3));
        assert_eq!(original.compare(&archive(&[("./b/c", "22"), ("./a", "1")]), &what), Ok(()));
        let other = original.compare(&archive(&[("./a", "1"), ("./b/c", "23")]), &what).unwrap_err();
        assert!(other.message.ends_with("`b/c` is not the same in the copy"), "{other:?}");
        let more = original.compare(&archive(&[("./a", "1"), ("./b/c", "22"), ("./d", "")]), &what).unwrap_err();
        assert!(more.message.contains("the copy has `d`"), "{more:?}");
    }
}
