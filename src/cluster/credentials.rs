//! Registry credentials as `docker login` leaves them: in the docker client's configuration, or with a helper program
//! that it names.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard::auth::DockerCredentials;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// The registry of images that name none, and the key of its credentials.
const HUB: &str = "docker.io";
const HUB_KEY: &str = "https://index.docker.io/v1/";
/// Helpers may open a keyring, and that may ask the user.
const HELPER_TIMEOUT: Duration = Duration::from_secs(60);
/// In place of a user name: the secret is an identity token.
const TOKEN_USER: &str = "<token>";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ClientConfig {
    auths: BTreeMap<String, Auth>,
    creds_store: String,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: String,
    identitytoken: Option<String>,
}

/// What a helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secret {
    username: String,
    secret: String,
}

/// The registry of an image reference: its first part, if that looks like a host.
pub(super) fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => HUB,
    }
}

/// The credentials for a registry, if the docker client whose configuration is at `path` has any.
pub(super) async fn credentials(path: &Path, registry: &str) -> Option<DockerCredentials> {
    let config: ClientConfig = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    match helper(&config, registry) {
        Some(helper) => ask(helper, key(registry)).await.or_else(|| stored(&config, registry)),
        None => stored(&config, registry),
    }
}

/// The key under which a registry's credentials are kept.
fn key(registry: &str) -> &str {
    if registry == HUB { HUB_KEY } else { registry }
}

/// The helper for a registry; its name becomes a part of a command's.
fn helper<'a>(config: &'a ClientConfig, registry: &str) -> Option<&'a str> {
    let own = config.cred_helpers.get(registry).or_else(|| config.cred_helpers.get(key(registry)));
    let name = own.unwrap_or(&config.creds_store).as_str();
    let safe = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    Some(name).filter(|name| !name.is_empty() && safe)
}

/// Asks `docker-credential-NAME`. A helper that is missing or has nothing is as good as none.
async fn ask(helper: &str, key: &str) -> Option<DockerCredentials> {
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(key.as_bytes()).await.ok()?;
    let output = timeout(HELPER_TIMEOUT, child.wait_with_output()).await.ok()?.ok()?;
    answer(&output.stdout, key)
}

fn answer(output: &[u8], key: &str) -> Option<DockerCredentials> {
    let Secret { username, secret } = serde_json::from_slice(output).ok()?;
    let serveraddress = Some(key.to_owned());
    Some(if username == TOKEN_USER {
        DockerCredentials { identitytoken: Some(secret), serveraddress, ..Default::default() }
    } else {
        DockerCredentials { username: Some(username), password: Some(secret), serveraddress, ..Default::default() }
    })
}

/// The credentials that stand in the configuration itself.
fn stored(config: &ClientConfig, registry: &str) -> Option<DockerCredentials> {
    // Old clients wrote whole URLs, and the hub under several names.
    let host = |key: &str| {
        let host = key.trim_start_matches("https://").trim_start_matches("http://");
        host.trim_end_matches("/v1/").trim_end_matches('/').replace("index.docker.io", HUB)
    };
    let (key, auth) = config.auths.iter().find(|(key, _)| host(key) == host(registry))?;
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

    fn config(text: &str) -> ClientConfig {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_registry_is_the_first_part_if_it_is_a_host() {
        assert_eq!(registry("nginx"), "docker.io");
        assert_eq!(registry("library/nginx:1"), "docker.io");
        assert_eq!(registry("ghcr.io/a/b@sha256:0"), "ghcr.io");
        assert_eq!(registry("localhost:5000/a"), "localhost:5000");
    }

    #[test]
    fn stored_credentials_are_found_by_registry() {
        let config = config(
            r#"{"auths": {"https://index.docker.io/v1/": {"auth": "YW5uOnM6Y3JldA=="},
                "https://r.example": {"auth": "Yjpj"}, "h": {}}}"#,
        );
        let hub = stored(&config, "docker.io").unwrap();
        assert_eq!((hub.username.as_deref(), hub.password.as_deref()), (Some("ann"), Some("s:cret")));
        assert_eq!(stored(&config, "r.example").unwrap().username.as_deref(), Some("b"));
        assert!(stored(&config, "h").is_none() && stored(&config, "other").is_none());
    }

    #[test]
    fn a_registrys_own_helper_goes_before_the_general_one() {
        let config = config(r#"{"credsStore": "pass", "credHelpers": {"ghcr.io": "gh", "bad.io": "../x y"}}"#);
        assert_eq!(helper(&config, "ghcr.io"), Some("gh"));
        assert_eq!(helper(&config, "docker.io"), Some("pass"));
        assert_eq!(helper(&config, "bad.io"), None);
    }

    #[test]
    fn a_helper_answers_with_a_password_or_a_token() {
        let password = answer(br#"{"ServerURL":"r","Username":"ann","Secret":"s"}"#, "r").unwrap();
        assert_eq!((password.username.as_deref(), password.password.as_deref()), (Some("ann"), Some("s")));
        let token = answer(br#"{"Username":"<token>","Secret":"t"}"#, "r").unwrap();
        assert_eq!((token.username, token.identitytoken.as_deref()), (None, Some("t")));
        assert!(answer(b"credentials not found in native keychain", "r").is_none());
    }
}
