//! Putting configs and secrets into a container that has not started: nothing of them lies on the machine beside it.

use bollard::body_full;
use bollard::query_parameters::UploadToContainerOptions;
use tar::{Builder, EntryType, Header};

use super::docker::Engine;
use super::fault::{Fault, explain};
use crate::stack::{Contents, DeliveredFile};

/// Puts all files into the container named.
pub(super) async fn deliver(engine: &Engine, name: &str, files: &[DeliveredFile]) -> Result<(), Fault> {
    if files.is_empty() {
        return Ok(());
    }
    let archive = archive(files, &engine.contents)?;
    let options = UploadToContainerOptions { path: "/".to_owned(), ..Default::default() };
    let sent = engine.docker.upload_to_container(name, Some(options), body_full(archive.into())).await;
    sent.map_err(|error| {
        let targets: Vec<&str> = files.iter().map(|file| file.target.as_str()).collect();
        explain(&error, &format!("putting {} into container `{name}`", targets.join(", ")))
    })
}

/// The files as an archive that the engine unpacks at the container's root, with owners and modes.
fn archive(files: &[DeliveredFile], contents: &Contents) -> Result<Vec<u8>, Fault> {
    let mut archive = Builder::new(Vec::new());
    for file in files {
        let what = || format!("the {} `{}`", file.kind.word(), file.key);
        let bytes = contents.of(file).ok_or_else(|| {
            Fault::new(format!("{} is not at hand", what())).help("apply from the compose files, or plan again")
        })?;
        // The archive is unpacked by the engine as root: no path leads out of the container, and ours never tries.
        let path = file.target.trim_start_matches('/');
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(file.mode);
        header.set_uid(file.uid);
        header.set_gid(file.gid);
        header.set_mtime(0);
        let added = archive.append_data(&mut header, path, bytes);
        added.map_err(|error| Fault::new(format!("{} cannot be put at {}: {error}", what(), file.target)))?;
    }
    archive.into_inner().map_err(|error| Fault::new(format!("no archive of the files: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_at_hand_or_leads_out_is_refused() {
        let file =
            |target: &str| DeliveredFile { key: "k".to_owned(), target: target.to_owned(), ..Default::default() };
        let error = archive(&[file("/etc/x")], &Contents::default()).unwrap_err();
        assert_eq!(error.message, "the config `k` is not at hand");
    }
}
