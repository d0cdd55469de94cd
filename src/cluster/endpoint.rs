//! From an endpoint as the inventory has it to a [`Target`] that can be dialed, as the docker client would find it.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Settings;
use super::fault::Fault;
use crate::digest::sha256;
use crate::inventory::{Endpoint, TlsFiles};

/// Where an engine is, with nothing left to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A socket on this machine.
    Unix(PathBuf),
    /// Over ssh. Host and user are safe as arguments of a command.
    Ssh { user: Option<String>, host: String, port: Option<u16> },
    /// Over TCP, with client certificates or plain.
    Tcp { host: String, port: u16, tls: Option<TlsFiles> },
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Target::Unix(path) => write!(f, "unix://{}", path.display()),
            Target::Ssh { user, host, port } => {
                write!(f, "ssh://")?;
                user.iter().try_for_each(|user| write!(f, "{user}@"))?;
                write!(f, "{host}")?;
                port.iter().try_for_each(|port| write!(f, ":{port}"))
            }
            Target::Tcp { host, port, .. } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

/// The engine's socket where nothing else is said.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// The docker client's name for "no context at all".
const DEFAULT_CONTEXT: &str = "default";

/// Reads a text file; the disk in production.
pub(super) type Read<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// Finds where `endpoint` leads.
pub(super) fn resolve(endpoint: &Endpoint, settings: &Settings, read: Read<'_>) -> Result<Target, Fault> {
    match endpoint {
        Endpoint::Unix(path) => Ok(Target::Unix(path.into())),
        Endpoint::Ssh { user, host, port } => ssh(user.clone(), host.clone(), *port),
        Endpoint::Tcp { host, port, tls } => Ok(Target::Tcp { host: host.clone(), port: *port, tls: tls.clone() }),
        Endpoint::Context(name) => context(name, settings, read),
        Endpoint::Local => local(settings, read),
    }
}

/// `DOCKER_HOST`, then `DOCKER_CONTEXT`, then the current context, then the usual socket.
fn local(settings: &Settings, read: Read<'_>) -> Result<Target, Fault> {
    if settings.variable("DOCKER_HOST").is_some() {
        return default_context(settings);
    }
    if let Some(name) = settings.variable("DOCKER_CONTEXT") {
        return context(name, settings, read);
    }
    let path = settings.docker_file("config.json");
    let text = match read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return default_context(settings),
        other => other.map_err(|error| unreadable(&path, &error))?,
    };
    let config: ClientConfig = serde_json::from_str(&text).map_err(|error| malformed(&path, &error))?;
    context(config.current_context.as_deref().unwrap_or(DEFAULT_CONTEXT), settings, read)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientConfig {
    current_context: Option<String>,
}

/// What the context `default` means: `DOCKER_HOST` with its TLS variables, or the usual socket.
fn default_context(settings: &Settings) -> Result<Target, Fault> {
    let Some(host) = settings.variable("DOCKER_HOST") else {
        return Ok(Target::Unix(DEFAULT_SOCKET.into()));
    };
    let tls = settings.variable("DOCKER_TLS_VERIFY").map(|_| {
        tls_files(&settings.variable("DOCKER_CERT_PATH").map_or_else(|| settings.docker_config.clone(), PathBuf::from))
    });
    host_url(host, tls).map_err(|fault| Fault { message: format!("DOCKER_HOST: {}", fault.message), ..fault })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextMeta {
    endpoints: ContextEndpoints,
}

#[derive(Deserialize)]
struct ContextEndpoints {
    docker: ContextEndpoint,
}

#[derive(Deserialize)]
struct ContextEndpoint {
    #[serde(rename = "Host")]
    host: String,
    #[serde(rename = "SkipTLSVerify", default)]
    skip_tls_verify: bool,
}

fn context(name: &str, settings: &Settings, read: Read<'_>) -> Result<Target, Fault> {
    if name.is_empty() || name == DEFAULT_CONTEXT {
        return default_context(settings);
    }
    let digest = sha256(name);
    let path = settings.docker_file("contexts/meta").join(&digest).join("meta.json");
    let text = read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Fault::new(format!("there is no docker context `{}`", name.escape_debug()))
            .help("`docker context ls` shows those that there are"),
        _ => unreadable(&path, &error),
    })?;
    let meta: ContextMeta = serde_json::from_str(&text).map_err(|error| malformed(&path, &error))?;
    let docker = meta.endpoints.docker;
    let folder = settings.docker_file("contexts/tls").join(&digest).join("docker");
    let has_tls = ["ca.pem", "cert.pem", "key.pem"].iter().any(|file| read(&folder.join(file)).is_ok());
    if docker.skip_tls_verify && docker.host.starts_with("tcp://") {
        return Err(Fault::new(format!("docker context `{name}` skips the verification of TLS"))
            .help("planner never does: give the context the engine's CA (`docker context update --docker ca=…`)"));
    }
    host_url(&docker.host, has_tls.then(|| tls_files(&folder)))
}

fn tls_files(folder: &Path) -> TlsFiles {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    TlsFiles { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") }
}

/// Reads a URL as `DOCKER_HOST` holds it.
fn host_url(url: &str, tls: Option<TlsFiles>) -> Result<Target, Fault> {
    let unknown = || {
        Fault::new(format!("`{}` is no engine's address", url.escape_debug()))
            .help("write unix:///path, ssh://[user@]host[:port] or tcp://host:port")
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(unknown)?;
    match scheme {
        "unix" if !rest.is_empty() => Ok(Target::Unix(rest.into())),
        "ssh" => {
            let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user.to_owned()), rest));
            let (host, port) = host_and_port(rest.trim_end_matches('/')).ok_or_else(unknown)?;
            ssh(user, host, port)
        }
        "tcp" | "http" | "https" => {
            let (host, port) = host_and_port(rest.trim_end_matches('/')).ok_or_else(unknown)?;
            let port = port.unwrap_or(if tls.is_some() { 2376 } else { 2375 });
            Ok(Target::Tcp { host, port, tls })
        }
        _ => Err(unknown()),
    }
}

/// Splits `host[:port]`, also with an IPv6 address in brackets.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some(""))?)
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    let port = if port.is_empty() { None } else { Some(port.parse().ok().filter(|port| *port != 0)?) };
    (!host.is_empty() && !host.contains('/')).then(|| (host.to_owned(), port))
}

/// Host and user become arguments of `ssh`, and through its configuration (`%h`, `%r`) of the user's shell:
/// only what can be part of a name gets through.
fn ssh(user: Option<String>, host: String, port: Option<u16>) -> Result<Target, Fault> {
    let safe = |text: &str, also: &str| {
        !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_alphanumeric() || also.contains(c))
    };
    if !safe(&host, "-._:%") {
        return Err(Fault::new(format!("`{}` is no host name for ssh", host.escape_debug())));
    }
    match user {
        Some(user) if !safe(&user, "-._+@") => {
            Err(Fault::new(format!("`{}` is no user name for ssh", user.escape_debug())))
        }
        user => Ok(Target::Ssh { user, host, port }),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    Fault::new(format!("cannot read {}", path.display())).detail(&error.to_string())
}

fn malformed(path: &Path, error: &serde_json::Error) -> Fault {
    Fault::new(format!("{} is not as the docker client writes it", path.display())).detail(&error.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_variables(variables.chain([("HOME".to_owned(), "/u".to_owned())]))
    }

    fn local_with(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Target, Fault> {
        let files: BTreeMap<PathBuf, &str> = files.iter().map(|(path, text)| (path.into(), *text)).collect();
        let read =
            |path: &Path| files.get(path).map(|text| (*text).to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into());
        resolve(&Endpoint::Local, &settings(variables), &read)
    }

    fn show(result: Result<Target, Fault>) -> String {
        result.map_or_else(|fault| format!("error: {}", fault.message), |target| target.to_string())
    }

    fn lab(file: &str) -> String {
        let digest = sha256("lab");
        format!("/u/.docker/contexts/{}", file.replace("ID", &digest))
    }

    #[test]
    fn the_local_engine_is_found_as_the_docker_client_finds_it() {
        let config = ("/u/.docker/config.json", r#"{"currentContext":"lab"}"#);
        let meta_path = lab("meta/ID/meta.json");
        let meta = (meta_path.as_str(), r#"{"Name":"lab","Endpoints":{"docker":{"Host":"ssh://ann@h1"}}}"#);
        assert_eq!(show(local_with(&[], &[])), "unix:///var/run/docker.sock");
        assert_eq!(show(local_with(&[], &[config, meta])), "ssh://ann@h1");
        assert_eq!(show(local_with(&[("DOCKER_CONTEXT", "default")], &[config, meta])), "unix:///var/run/docker.sock");
        assert_eq!(show(local_with(&[("DOCKER_CONTEXT", "lab")], &[meta])), "ssh://ann@h1");
        assert_eq!(show(local_with(&[("DOCKER_HOST", "unix:///x.sock")], &[config, meta])), "unix:///x.sock");
        assert_eq!(show(local_with(&[("DOCKER_CONTEXT", "old")], &[])), "error: there is no docker context `old`");
    }

    #[test]
    fn tls_comes_from_the_variables_or_the_context() {
        let variables = [("DOCKER_HOST", "tcp://m1"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/c")];
        let tls = TlsFiles { ca: "/c/ca.pem".into(), cert: "/c/cert.pem".into(), key: "/c/key.pem".into() };
        assert_eq!(local_with(&variables, &[]), Ok(Target::Tcp { host: "m1".into(), port: 2376, tls: Some(tls) }));
        let (meta, ca) = (lab("meta/ID/meta.json"), lab("tls/ID/docker/ca.pem"));
        let files = [(meta.as_str(), r#"{"Endpoints":{"docker":{"Host":"tcp://m1:9"}}}"#), (ca.as_str(), "x")];
        let Ok(Target::Tcp { port: 9, tls: Some(tls), .. }) = local_with(&[("DOCKER_CONTEXT", "lab")], &files) else {
            panic!("not TLS");
        };
        assert_eq!(tls.ca, ca);
    }

    #[test]
    fn nothing_that_a_shell_or_ssh_could_take_otherwise_gets_through() {
        for url in
            ["ssh://-oProxyCommand=x", "ssh://a;b", "ssh://a b", "ssh://$(x)", "ssh://-l@h", "ssh://u'@h", "ssh://"]
        {
            let result = local_with(&[("DOCKER_HOST", url)], &[]);
            assert!(result.is_err(), "{url}: {result:?}");
        }
        assert_eq!(show(local_with(&[("DOCKER_HOST", "ssh://u@[fe80::1%eth0]:22")], &[])), "ssh://u@fe80::1%eth0:22");
        assert_eq!(
            show(local_with(&[("DOCKER_HOST", "ssh://h:0")], &[])),
            "error: DOCKER_HOST: `ssh://h:0` is no engine's address"
        );
    }
}
