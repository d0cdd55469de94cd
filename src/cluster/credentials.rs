//! Registry credentials as `docker login` leaves them in the docker client's configuration.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard::auth::DockerCredentials;
use serde::Deserialize;

/// The registry of images that name none, and the key of its credentials.
const HUB: &str = "docker.io";
const HUB_KEY: &str = "https://index.docker.io/v1/";

#[derive(Deserialize)]
struct ClientConfig {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
}

#[derive(Default, Deserialize)]
struct Auth {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    identitytoken: Option<String>,
}

/// The registry of an image reference: its first part, if that looks like a host.
pub(super) fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => HUB,
    }
}

/// The credentials for a registry in the text of a `config.json`, if they are in it.
/// Those that a credential helper keeps are not.
pub(super) fn credentials(config: &str, registry: &str) -> Option<DockerCredentials> {
    let config: ClientConfig = serde_json::from_str(config).ok()?;
    let keys = if registry == HUB { vec![HUB_KEY, "index.docker.io", HUB] } else { vec![registry] };
    // Old clients wrote whole URLs.
    let host =
        |key: &str| key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (key, auth) = config.auths.iter().find(|(key, _)| keys.iter().any(|wanted| host(wanted) == host(key)))?;
    let decoded = String::from_utf8(STANDARD.decode(&auth.auth).ok()?).ok()?;
    let (username, password) = decoded.trim_end_matches('\0').split_once(':')?;
    Some(DockerCredentials {
        username: Some(username.to_owned()),
        password: Some(password.to_owned()),
        serveraddress: Some(key.clone()),
        identitytoken: auth.identitytoken.clone(),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_the_first_part_if_it_is_a_host() {
        assert_eq!(registry("nginx"), "docker.io");
        assert_eq!(registry("library/nginx:1"), "docker.io");
        assert_eq!(registry("ghcr.io/a/b@sha256:0"), "ghcr.io");
        assert_eq!(registry("localhost:5000/a"), "localhost:5000");
    }

    #[test]
    fn credentials_are_found_by_registry() {
        let config = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "YW5uOnM6Y3JldA=="}, "https://r.example": {"auth": "Yjpj"}, "h": {}}}"#;
        let hub = credentials(config, "docker.io").unwrap();
        assert_eq!((hub.username.as_deref(), hub.password.as_deref()), (Some("ann"), Some("s:cret")));
        assert_eq!(credentials(config, "r.example").unwrap().username.as_deref(), Some("b"));
        assert!(credentials(config, "h").is_none() && credentials(config, "other").is_none());
    }
}
