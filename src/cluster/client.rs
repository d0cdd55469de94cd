//! The HTTP client on a dialed stream, with a settled version of the API.

use std::io;
use std::sync::{Arc, OnceLock};

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, ClientVersion, Docker, body_full};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::dial::{Dialer, Route};
use super::fault::{Fault, explain};

/// How long a plain call may take, in seconds.
const CALL_TIMEOUT: u64 = 60;

/// Connects, and agrees with the engine on a version: the newest that both know.
pub(super) async fn connect(route: Arc<Route>) -> Result<Docker, Fault> {
    let client = Client::builder(TokioExecutor::new()).build(Dialer::new(route));
    let settled: Arc<OnceLock<ClientVersion>> = Arc::default();
    let version = settled.clone();
    let transport = move |mut request: BollardRequest| {
        prepare(&mut request, version.get());
        // Only what has worked before can have died: a first failure is told at once.
        let (client, again) = (client.clone(), version.get().and_then(|_| question_again(&request)));
        async move {
            let response = match (client.request(request).await, again) {
                (Err(error), Some(again)) if !error.is_connect() => client.request(again).await,
                (response, _) => response,
            };
            response.map_err(|error| Error::from(io::Error::other(error)))
        }
    };
    let docker =
        Docker::connect_with_custom_transport(transport, Some("http://engine"), CALL_TIMEOUT, API_DEFAULT_VERSION)
            .map_err(|error| explain(&error, "connecting"))?;
    let docker = docker.negotiate_version().await.map_err(|error| explain(&error, "connecting"))?;
    let _ = settled.set(docker.client_version());
    Ok(docker)
}

/// Mends two things of bollard 0.21: it leaves the version out of its paths, and it writes credentials in the plain
/// Base64 alphabet where engines read the URL-safe one.
fn prepare(request: &mut BollardRequest, version: Option<&ClientVersion>) {
    if let Some(uri) = version.and_then(|version| versioned(request.uri(), version)) {
        *request.uri_mut() = uri;
    }
    if let Some(value) = request.headers_mut().get_mut("X-Registry-Auth")
        && let Some(safe) = value.to_str().ok().and_then(|text| text.replace('+', "-").replace('/', "_").parse().ok())
    {
        *value = safe;
        value.set_sensitive(true);
    }
}

/// The same request once more, if it only asks: a kept connection may have died unseen, and a new one either works
/// or fails with the reason.
fn question_again(request: &BollardRequest) -> Option<BollardRequest> {
    let again = Request::builder().method(Method::GET).uri(request.uri().clone());
    (request.method() == Method::GET).then(|| again.body(body_full(Bytes::new())).ok()).flatten()
}

/// The URI with the version at the start of its path; none where it is not to be changed.
fn versioned(uri: &Uri, version: &ClientVersion) -> Option<Uri> {
    let path = uri.path_and_query()?.as_str();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("/v{version}{path}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_goes_before_the_path_and_the_query_stays() {
        let version = ClientVersion { major_version: 1, minor_version: 41 };
        let uri: Uri = "http://engine/containers/json?all=true&filters=%7B%7D".parse().unwrap();
        let versioned = versioned(&uri, &version).unwrap();
        assert_eq!(versioned, "http://engine/v1.41/containers/json?all=true&filters=%7B%7D");
    }
}
