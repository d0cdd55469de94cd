//! Bringing an image from a machine that has it to one that lacks it, where no registry gives it.

use std::cell::Cell;

use bollard::errors::Error;
use bollard::query_parameters::ImportImageOptions;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio::sync::mpsc::channel;
use tokio::time::{Instant, timeout};

use super::docker::Engine;
use super::fault::{Fault, explain, is_missing};
use super::pull::{PROGRESS_PAUSE, STALLED};
use crate::units::Bytes;

/// Pieces that may be on their way at a time.
const UNDERWAY: usize = 16;

/// Sends an image as it is, through this machine: no file is written here.
pub(super) async fn send(from: &Engine, to: &Engine, image: &str, progress: &dyn Fn(&str)) -> Result<(), Fault> {
    let failed = |error| explain(&error, &format!("sending image `{image}` from another machine"));
    let (giver, taker) = (from.docker.clone().with_timeout(STALLED), to.docker.clone().with_timeout(STALLED));
    let (put, take) = channel::<Result<_, Error>>(UNDERWAY);
    let broken = Cell::new(None);
    let give = async move {
        let mut pieces = std::pin::pin!(giver.export_image(image));
        let (mut sent, mut told) = (0_u64, Instant::now());
        while let Ok(Some(piece)) = timeout(STALLED, pieces.next()).await {
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
    if let Some(error) = broken.take() {
        return Err(failed(error));
    }
    match to.docker.inspect_image(image).await {
        Ok(_) => Ok(()),
        Err(error) if is_missing(&error) => {
            Err(Fault::new(format!("image `{image}` was sent, and the engine does not have it")))
        }
        Err(error) => Err(failed(error)),
    }
}
