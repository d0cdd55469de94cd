//! Which layers of an image an engine has already, and leaving them out of what it is sent.
//!
//! An engine that loads an image looks for each layer by what it and all below it are made of, before it opens the layer's file.
//! So the files of layers that it has need not be in the archive. One that keeps its images in containerd's store does not: it takes
//! an archive that lacks some of them for whole, and has an image then of which no container can be made. Which file is which
//! layer's is told at the archive's end only; an engine on this machine is asked for it twice, since that costs no network. Newer engines name the files by the layers.

use std::collections::BTreeSet;
use std::io::Read;

use bollard::models::ImageInspect;
use bollard::query_parameters::ListImagesOptions;
use futures_util::StreamExt;
use futures_util::stream::iter;
use serde::Deserialize;
use tokio::sync::mpsc::Receiver;

use super::copy::{Piece, Pieces, read_by};
use super::dial::{CONNECTIONS, Route};
use super::docker::Engine;
use super::pull::STALLED;

/// The size of a block in archives.
const BLOCK: usize = 512;
/// So many images of the taker are looked at, the newest.
const LOOKED_AT: usize = 256;
/// An archive's index is no longer than this.
const LONGEST_INDEX: u64 = 1 << 20;

/// The files in the archive of an image that hold layers which the taker has.
pub(super) async fn to_leave_out(from: &Engine, to: &Engine, given: &ImageInspect, export: &str) -> BTreeSet<String> {
    if !looks_for_layers(to).await {
        return BTreeSet::new();
    }
    let layers = layers(given);
    let had = had(to, layers).await;
    // A layer may be there more than once: its file is needed as long as one of them is.
    let needed: BTreeSet<&String> = layers[had..].iter().collect();
    let superfluous = |index: &usize| !needed.contains(&layers[*index]);
    let left_out: Vec<usize> = (0..had).filter(superfluous).collect();
    if left_out.is_empty() {
        return BTreeSet::new();
    }
    let named = match matches!(*from.route, Route::Unix(_)) {
        true => files(from, export, layers.len()).await,
        false => None,
    };
    let by_layer = |index: &usize| layers[*index].replace(':', "/");
    left_out
        .iter()
        .map(|index| match &named {
            Some(files) => files[*index].clone(),
            None => format!("blobs/{}", by_layer(index)),
        })
        .collect()
}

/// Whether an engine looks for the layers of what it loads; not with containerd's store, and not where it does not tell.
async fn looks_for_layers(engine: &Engine) -> bool {
    let Ok(info) = engine.docker.info().await else { return false };
    let status = info.driver_status.unwrap_or_default();
    info.driver.is_some() && !status.iter().flatten().any(|word| word.starts_with("io.containerd."))
}

fn layers(image: &ImageInspect) -> &[String] {
    image.root_fs.as_ref().and_then(|it| it.layers.as_deref()).unwrap_or_default()
}

/// How many of these layers, from the lowest on, an engine has as the layers of one image.
async fn had(engine: &Engine, wanted: &[String]) -> usize {
    let mut images = engine.docker.list_images(None::<ListImagesOptions>).await.unwrap_or_default();
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    let ids: Vec<String> = images.into_iter().take(LOOKED_AT).map(|image| image.id).collect();
    let looks = iter(&ids).map(|id| engine.docker.inspect_image(id));
    let mut found = looks.buffer_unordered(CONNECTIONS);
    let mut most = 0;
    while let Some(image) = found.next().await {
        let there = image.as_ref().map(layers).unwrap_or_default();
        most = most.max(wanted.iter().zip(there).take_while(|(wanted, there)| wanted == there).count());
        if most == wanted.len() {
            break;
        }
    }
    most
}

/// The file of each layer in the archive that an engine makes of an image; none where that is not told, or not as expected.
async fn files(engine: &Engine, export: &str, layers: usize) -> Option<Vec<String>> {
    let patient = engine.docker.clone().with_timeout(STALLED);
    let files = read_by(patient.export_image(export), index).await.ok()?.ok()??;
    (files.len() == layers).then_some(files)
}

/// Reads the list of an image's layers out of an archive.
fn index(pieces: Receiver<Piece>) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Image {
        #[serde(rename = "Layers")]
        layers: Vec<String>,
    }
    let mut archive = tar::Archive::new(Pieces::new(pieces));
    for entry in archive.entries().ok()? {
        let entry = entry.ok()?;
        if &*entry.path_bytes() == b"manifest.json" {
            let mut text = String::new();
            entry.take(LONGEST_INDEX).read_to_string(&mut text).ok()?;
            let images: Vec<Image> = serde_json::from_str(&text).ok()?;
            return images.into_iter().next().map(|image| image.layers);
        }
    }
    None
}

/// Lets an archive by, but for some of its files.
#[derive(Default)]
pub(super) struct Sieve {
    without: BTreeSet<String>,
    /// A header that is not here to its end.
    head: Vec<u8>,
    /// Headers that say more of the next file, with what they say.
    held: Vec<u8>,
    /// So much of the present file is still to come.
    body: u64,
    place: Place,
    left_out: u64,
}

/// What is done with what comes.
#[derive(Clone, Copy, Default, PartialEq)]
enum Place {
    /// It goes by.
    #[default]
    By,
    /// It is left out.
    Out,
    /// It says more of the next file.
    Held,
    /// Nothing more is understood: all goes by.
    Lost,
}

impl Sieve {
    /// One that leaves out these files.
    pub(super) fn new(without: BTreeSet<String>) -> Self {
        Sieve { without, ..Sieve::default() }
    }

    /// How many bytes were left out.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// What of the next piece goes by.
    pub(super) fn pass(&mut self, piece: Piece) -> Piece {
        if self.without.is_empty() || self.place == Place::Lost {
            return piece;
        }
        let (mut rest, mut by) = (&piece[..], Vec::with_capacity(piece.len()));
        while !rest.is_empty() {
            let wanted = if self.body > 0 { self.body } else { (BLOCK - self.head.len()) as u64 };
            let (now, later) = rest.split_at(rest.len().min(usize::try_from(wanted).unwrap_or(usize::MAX)));
            rest = later;
            if self.body > 0 {
                self.body -= now.len() as u64;
                match self.place {
                    Place::By | Place::Lost => by.extend_from_slice(now),
                    Place::Out => self.left_out += now.len() as u64,
                    Place::Held => self.held.extend_from_slice(now),
                }
                continue;
            }
            self.head.extend_from_slice(now);
            if self.head.len() == BLOCK {
                self.begin(&mut by);
            }
            if self.place == Place::Lost {
                by.extend_from_slice(rest);
                break;
            }
        }
        by.into()
    }

    /// Begins with the file whose header is complete.
    fn begin(&mut self, by: &mut Vec<u8>) {
        let head = std::mem::take(&mut self.head);
        let header = tar::Header::from_byte_slice(&head);
        let kind = header.entry_type();
        let more = kind.is_pax_local_extensions() || kind.is_gnu_longname() || kind.is_gnu_longlink();
        let size = self.size_said().or_else(|| header.entry_size().ok());
        let path = header.path_bytes();
        let path = std::str::from_utf8(&path).unwrap_or_default();
        let end = head.iter().all(|byte| *byte == 0);
        self.body = size.unwrap_or(0).next_multiple_of(BLOCK as u64);
        self.place = match () {
            () if end || size.is_none() => Place::Lost,
            () if more => Place::Held,
            () if self.without.contains(path) => Place::Out,
            () => Place::By,
        };
        match self.place {
            Place::Held => self.held.extend_from_slice(&head),
            Place::Out => self.left_out += (std::mem::take(&mut self.held).len() + BLOCK) as u64,
            Place::By | Place::Lost => {
                by.append(&mut self.held);
                by.extend_from_slice(&head);
            }
        }
    }

    /// The size that what is held says of the next file: more than headers can hold is said there.
    fn size_said(&self) -> Option<u64> {
        let extensions = tar::PaxExtensions::new(self.held.get(BLOCK..)?);
        let mut sizes = extensions.filter_map(Result::ok).filter(|it| it.key() == Ok("size"));
        sizes.next()?.value().ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::sync::mpsc::channel;

    use super::*;

    fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, &text[..]).unwrap();
        }
        archive.into_inner().unwrap()
    }

    proptest! {
        /// Whatever the pieces in which an archive comes, it is the one that was made without these files.
        #[test]
        fn what_goes_by_is_the_archive_without_the_files(
            files in prop::collection::vec((0_u8..6, any::<bool>(), prop::collection::vec(any::<u8>(), 0..1500)), 0..8),
            out in prop::collection::btree_set(0_u8..6, 1..4),
            step in 1_usize..2000,
        ) {
            // A long name needs a header more.
            let path = |name: u8, long: bool| format!("{}{name}/layer.tar", if long { "x".repeat(120) } else { String::new() });
            let files: Vec<(String, Vec<u8>)> = files.into_iter().map(|(name, long, text)| (path(name, long), text)).collect();
            let without: BTreeSet<String> = out.iter().map(|name| path(*name, false)).collect();
            let kept: Vec<_> = files.iter().filter(|(path, _)| !without.contains(path)).cloned().collect();
            let (all, expected) = (archive(&files), archive(&kept));
            let mut sieve = Sieve::new(without);
            let mut by = Vec::new();
            for piece in all.chunks(step) {
                by.extend_from_slice(&sieve.pass(Piece::copy_from_slice(piece)));
            }
            prop_assert_eq!(&by, &expected);
            prop_assert_eq!(sieve.left_out(), (all.len() - expected.len()) as u64);
        }
    }

    #[test]
    fn a_size_that_no_header_can_hold_is_read_from_what_stands_before_it() {
        let mut head = tar::Header::new_ustar();
        let said = b"21 size=000000000001\n";
        head.set_entry_type(tar::EntryType::XHeader);
        head.set_size(said.len() as u64);
        head.set_cksum();
        let mut all = head.as_bytes().to_vec();
        all.extend_from_slice(said);
        all.resize(2 * BLOCK, 0);
        let mut file = tar::Header::new_ustar();
        file.set_path("a/layer.tar").unwrap();
        file.set_size(0);
        file.set_cksum();
        all.extend_from_slice(file.as_bytes());
        all.resize(4 * BLOCK, b'!');
        let kept = archive(&[("b".to_owned(), b"b".to_vec())]);
        all.extend_from_slice(&kept);
        let mut sieve = Sieve::new(["a/layer.tar".to_owned()].into());
        assert_eq!(sieve.pass(all.into()), kept);
    }

    #[test]
    fn the_files_of_layers_are_read_from_the_index() {
        let index_text = r#"[{"Config":"c.json","RepoTags":["a:1"],"Layers":["1/layer.tar","2/layer.tar"]}]"#;
        let bytes = archive(&[("1/layer.tar".to_owned(), vec![1]), ("manifest.json".to_owned(), index_text.into())]);
        let (show, seen) = channel(1);
        show.try_send(Piece::from(bytes)).unwrap();
        drop(show);
        assert_eq!(index(seen).unwrap(), ["1/layer.tar", "2/layer.tar"]);
    }
}
