//! References of images, as engines read them.

use crate::observed::MachineState;

/// Whether a machine has an image, however its reference is written.
pub(super) fn has_image(image: &str, state: &MachineState) -> bool {
    let wanted = full_reference(image);
    state.images.iter().any(|there| full_reference(there) == wanted)
}

/// The engine's id of the image that a reference leads to on a machine.
pub(super) fn id_of<'a>(image: &str, state: &'a MachineState) -> Option<&'a str> {
    let wanted = full_reference(image);
    state.image_ids.iter().find(|(there, _)| full_reference(there) == wanted).map(|(_, id)| id.as_str())
}

/// `nginx` → `docker.io/library/nginx:latest`: what the engine makes of a reference.
fn full_reference(image: &str) -> String {
    let (registry, rest) = match image.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
        Some(_) => ("docker.io", image.to_owned()),
        None => ("docker.io", format!("library/{image}")),
    };
    let tagged = rest.contains('@') || rest.rsplit('/').next().is_some_and(|name| name.contains(':'));
    format!("{registry}/{rest}{}", if tagged { "" } else { ":latest" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_compared_as_the_engine_reads_them() {
        let full = |image| full_reference(image);
        assert_eq!(full("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(full("bitnami/redis:7"), "docker.io/bitnami/redis:7");
        assert_eq!(full("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(full("ghcr.io/a/b@sha256:12"), "ghcr.io/a/b@sha256:12");
    }
}
