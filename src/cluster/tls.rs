//! TLS with client certificates, as engines on TCP want it. Only the given authority is trusted, as by the docker client.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore, crypto::ring};

use super::fault::Fault;
use crate::inventory::TlsFiles;

/// Reads the certificates of a connection.
pub(super) fn connector(files: &TlsFiles) -> Result<TlsConnector, Fault> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.ca)? {
        roots.add(certificate).map_err(|error| unusable(&files.ca, &error.to_string()))?;
    }
    let chain = certificates(&files.cert)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|error| no_pem(&files.key, &error))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_root_certificates(roots).with_client_auth_cert(chain, key))
        .map_err(|error: Error| unusable(&files.cert, &error.to_string()))?;
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Shakes hands with the engine at `host`.
pub(super) async fn handshake(
    connector: &TlsConnector,
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Fault> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Fault::new(format!("`{}` is no name for TLS", host.escape_debug())))?;
    connector.connect(name, stream).await.map_err(|error| {
        Fault::new(format!("TLS with {host} failed"))
            .detail(&error.to_string())
            .help("the engine's certificate must be signed by the endpoint's CA and name this host")
    })
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match certificates.map_err(|error| no_pem(path, &error))? {
        none if none.is_empty() => Err(unusable(path, "it holds no certificate")),
        certificates => Ok(certificates),
    }
}

fn read(path: &str) -> Result<Vec<u8>, Fault> {
    std::fs::read(Path::new(path)).map_err(|error| Fault::new(format!("cannot read {path}")).detail(&error.to_string()))
}

fn no_pem(path: &str, error: &PemError) -> Fault {
    unusable(path, &error.to_string())
}

fn unusable(path: &str, reason: &str) -> Fault {
    Fault::new(format!("{path} cannot be used for TLS")).detail(reason)
}
