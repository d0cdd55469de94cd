//! Opening a byte stream to an engine, whatever lies between.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::endpoint::Target;
use super::fault::Fault;
use super::ssh::Ssh;
use super::unreachable::Unreachable;
use super::{Settings, tls};

/// How long opening a socket may take; ssh has its own limit.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Connections with one machine at a time. Over ssh each is a session, of which sshd allows ten.
pub(super) const CONNECTIONS: usize = 4;
/// Steps that change something on one machine at a time. A stop or a pull may keep its connection for minutes: one is left
/// for looks at containers and for the lock.
pub const STEPS_AT_ONCE: usize = CONNECTIONS - 1;

/// The way to one engine, ready to be used.
pub(super) enum Route {
    Unix(PathBuf),
    Tcp { host: String, port: u16, tls: Option<TlsConnector>, unreachable: Unreachable },
    Ssh(Ssh),
}

impl Route {
    /// Prepares the way to `target`: reads certificates, opens nothing yet.
    pub(super) fn new(target: Target, settings: &Settings) -> Result<Self, Fault> {
        Ok(match target {
            Target::Unix(path) => Route::Unix(path),
            Target::Tcp { host, port, tls } => {
                let tls = tls.map(|files| tls::connector(&files)).transpose()?;
                Route::Tcp { host, port, tls, unreachable: Unreachable::default() }
            }
            Target::Ssh { user, host, port } => {
                Route::Ssh(Ssh::new(user.as_deref(), &host, port, settings.ssh_config.as_deref())?)
            }
        })
    }

    async fn open(&self) -> Result<Box<dyn Duplex>, Fault> {
        match self {
            Route::Unix(path) => match UnixStream::connect(path).await {
                Ok(stream) => Ok(Box::new(stream)),
                Err(error) => Err(no_socket(&path.display().to_string(), &error)),
            },
            Route::Ssh(ssh) => Ok(Box::new(ssh.dial()?)),
            Route::Tcp { host, port, tls, unreachable } => {
                unreachable.refuses()?;
                let connecting = TcpStream::connect((host.as_str(), *port));
                let stream = match timeout(CONNECT_TIMEOUT, connecting).await {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(error)) => return Err(no_way(host, *port, &error.to_string())),
                    Err(_) => {
                        let fault = no_way(host, *port, "no answer within 15 seconds");
                        unreachable.note(&fault);
                        return Err(fault);
                    }
                };
                match tls {
                    None => Ok(Box::new(stream)),
                    Some(tls) => Ok(Box::new(tls::handshake(tls, host, stream).await?)),
                }
            }
        }
    }
}

fn no_socket(path: &str, error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound => Fault::new(format!("there is no engine at {path}"))
            .help("start Docker, or say where its socket is (the machine's endpoint, or DOCKER_HOST)"),
        io::ErrorKind::PermissionDenied => Fault::new(format!("no permission to use the engine at {path}")).help(
            "join its group, `sudo usermod -aG docker $USER`, and log in anew; that is as much power as root has",
        ),
        io::ErrorKind::ConnectionRefused => {
            Fault::new(format!("the engine at {path} is not running")).help("start it: `sudo systemctl start docker`")
        }
        _ => Fault::new(format!("cannot open {path}")).detail(&error.to_string()),
    }
}

fn no_way(host: &str, port: u16, reason: &str) -> Fault {
    Fault::new(format!("cannot connect to {host}:{port}"))
        .detail(reason)
        .help("see whether the engine listens there (`dockerd -H tcp://…`) and no firewall is between")
}

/// Both directions of a stream.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Opens connections for the HTTP client, never more than [`CONNECTIONS`] at a time.
#[derive(Clone)]
pub(super) struct Dialer {
    route: Arc<Route>,
    permits: Arc<Semaphore>,
}

impl Dialer {
    pub(super) fn new(route: Arc<Route>) -> Self {
        Dialer { route, permits: Arc::new(Semaphore::new(CONNECTIONS)) }
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Wire>;
    type Error = Fault;
    type Future = BoxFuture<'static, Result<Self::Response, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    /// The URI's host is a fiction: a dialer leads to one engine only.
    fn call(&mut self, _: Uri) -> Self::Future {
        let Dialer { route, permits } = self.clone();
        async move {
            let permit = permits.acquire_owned().await.map_err(|_| Fault::new("the connection was given up"))?;
            Ok(TokioIo::new(Wire { stream: route.open().await?, _permit: permit }))
        }
        .boxed()
    }
}

/// An open connection; it counts against the limit for as long as it lives.
pub(super) struct Wire {
    stream: Box<dyn Duplex>,
    _permit: OwnedSemaphorePermit,
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
