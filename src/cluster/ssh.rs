//! ssh, as the user has set it up: the `ssh` command with its configuration, agent, jump hosts and known hosts.
//!
//! All sessions with a machine share one connection (OpenSSH's multiplexing), which ends with the [`Ssh`]. sshd allows
//! ten sessions on a connection unless told otherwise; [`super::dial`] keeps well below. Nothing is ever asked on the
//! terminal, and nothing but fixed texts is run over there.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::fault::Fault;
use super::ssh_fault;
use super::unreachable::Unreachable;

/// What the docker client runs as well: it finds the engine as a docker command on that machine does.
const DIAL: &str = "docker system dial-stdio";
/// How long a whole command over there may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an ssh whose output has ended may take to say why.
const LAST_WORDS_TIMEOUT: Duration = Duration::from_secs(2);
/// The exit code with which ssh tells its own failures from the command's.
const SSH_FAILED: i32 = 255;
/// How much of what ssh says is kept, in bytes.
const LAST_WORDS: u64 = 8192;

/// The way to one machine.
#[derive(Debug)]
pub(super) struct Ssh {
    arguments: Vec<OsString>,
    destination: String,
    folder: ControlFolder,
    /// One command at a time, so that sessions stay few.
    commands: Semaphore,
    unreachable: Unreachable,
}

impl Ssh {
    /// A way to `host`, which with `user` must be safe as an argument. Nothing is connected yet.
    pub(super) fn new(
        user: Option<&str>,
        host: &str,
        port: Option<u16>,
        configuration: Option<&Path>,
    ) -> Result<Self, Fault> {
        let folder = ControlFolder::new()
            .map_err(|error| Fault::new("cannot make a private folder for ssh's sockets").detail(&error.to_string()))?;
        let arguments = arguments(user, host, port, configuration, &folder.socket());
        let destination = user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
        Ok(Ssh { arguments, destination, folder, commands: Semaphore::new(1), unreachable: Unreachable::default() })
    }

    /// Opens a stream to the engine's API. That it leads nowhere shows when it is read from or written to.
    pub(super) fn dial(&self) -> Result<SshStream, Fault> {
        self.unreachable.refuses()?;
        let mut child = self.spawn(DIAL, Stdio::piped())?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => {
                let end = last_words(self.destination.clone(), child, stderr, self.unreachable.clone()).boxed();
                Ok(SshStream { stdin, stdout, end: End::Ahead(end) })
            }
            _ => Err(Fault::new("ssh has no pipes")),
        }
    }

    /// Runs a fixed command there and returns its output, of whatever exit code but ssh's own.
    pub(super) async fn output(&self, command: &'static str) -> Result<Vec<u8>, Fault> {
        let _turn = self.commands.acquire().await;
        let child = self.spawn(command, Stdio::null())?;
        match timeout(COMMAND_TIMEOUT, child.wait_with_output()).await {
            Ok(Ok(output)) if output.status.code() != Some(SSH_FAILED) => Ok(output.stdout),
            Ok(Ok(output)) => Err(ssh_fault::explain(&self.destination, &String::from_utf8_lossy(&output.stderr))),
            Ok(Err(error)) => Err(Fault::new("ssh was lost").detail(&error.to_string())),
            Err(_) => Err(ssh_fault::explain(&self.destination, "timed out after 30 seconds")),
        }
    }

    fn spawn(&self, command: &'static str, stdin: Stdio) -> Result<Child, Fault> {
        Command::new("ssh")
            .args(&self.arguments)
            .arg(command)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // BatchMode does not reach the ssh of a jump host: its questions are answered by nobody, not the terminal.
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            // Ctrl-C is for us alone: what runs on the machines is to be finished.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    Fault::new("there is no `ssh` command here").help("install OpenSSH's client")
                }
                _ => Fault::new("cannot run `ssh`").detail(&error.to_string()),
            })
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        if self.folder.socket().exists() {
            // If it fails, ControlPersist ends the connection a little later.
            let mut command = std::process::Command::new("ssh");
            command.args(["-O", "exit"]).args(&self.arguments);
            let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

/// Everything before the command to run. What comes on the command line goes before the user's configuration.
fn arguments(
    user: Option<&str>,
    host: &str,
    port: Option<u16>,
    configuration: Option<&Path>,
    socket: &Path,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    if let Some(path) = configuration {
        arguments.extend(["-F".into(), path.into()]);
    }
    let socket = socket.to_string_lossy().replace('%', "%%");
    let options = [
        "BatchMode=yes",
        "ConnectTimeout=15",
        // A line that is cut is noticed after 20 seconds.
        "ServerAliveInterval=5",
        "ServerAliveCountMax=4",
        "ControlMaster=auto",
        "ControlPersist=60",
        &format!("ControlPath={socket}"),
        // The user's settings for interactive sessions are none of ours.
        "RemoteCommand=none",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ForwardX11=no",
        // Errors are needed to say what is wrong; banners are not.
        "LogLevel=ERROR",
    ];
    for option in options {
        arguments.extend(["-o".into(), option.into()]);
    }
    if let Some(port) = port {
        arguments.extend(["-p".into(), port.to_string().into()]);
    }
    if let Some(user) = user {
        arguments.extend(["-l".into(), user.into()]);
    }
    arguments.extend(["-T".into(), "--".into(), host.into()]);
    arguments
}

/// A folder of our own for a control socket; gone when dropped.
#[derive(Debug)]
struct ControlFolder(PathBuf);

impl ControlFolder {
    fn new() -> io::Result<Self> {
        // A socket's path is at most 108 bytes long: hence the short names.
        let random = RandomState::new().hash_one(std::process::id()) as u32;
        let path = std::env::temp_dir().join(format!("planner-{random:08x}"));
        // Fails when it is there already: nobody else's folder is ever used.
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(ControlFolder(path))
    }

    fn socket(&self) -> PathBuf {
        self.0.join("s")
    }
}

impl Drop for ControlFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What an ssh that has ended, or is about to, says of the reason. None when all was well.
async fn last_words(
    destination: String,
    mut child: Child,
    stderr: ChildStderr,
    unreachable: Unreachable,
) -> Option<Fault> {
    let mut said = Vec::new();
    let ending = async {
        let _ = stderr.take(LAST_WORDS).read_to_end(&mut said).await;
        child.wait().await
    };
    let status = timeout(LAST_WORDS_TIMEOUT, ending).await;
    let failed = matches!(&status, Ok(Ok(status)) if !status.success());
    let said = String::from_utf8_lossy(&said);
    let of_ssh = matches!(&status, Ok(Ok(status)) if status.code() == Some(SSH_FAILED));
    if of_ssh && said.trim().is_empty() {
        return Some(ssh_fault::lost(&destination));
    }
    let fault = (failed || !said.trim().is_empty()).then(|| ssh_fault::explain(&destination, &said))?;
    if of_ssh && ssh_fault::is_unreachable(&said) {
        unreachable.note(&fault);
    }
    Some(fault)
}

/// A stream through `ssh`. Where ssh fails, reading and writing fail with a [`Fault`] inside the error.
pub(super) struct SshStream {
    stdin: ChildStdin,
    stdout: ChildStdout,
    end: End,
}

/// How the process ended, once that is asked for. It owns the process: dropping the stream kills it.
enum End {
    Ahead(BoxFuture<'static, Option<Fault>>),
    Reached(Option<Fault>),
}

impl SshStream {
    /// Waits for ssh's reason; none when it ended well.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Error>> {
        if let End::Ahead(future) = &mut self.end {
            self.end = End::Reached(ready!(future.as_mut().poll(cx)));
        }
        match &self.end {
            End::Reached(fault) => Poll::Ready(fault.clone().map(io::Error::other)),
            End::Ahead(_) => Poll::Pending,
        }
    }

    /// A failed write is told with ssh's reason.
    fn reason<T>(&mut self, cx: &mut Context<'_>, result: io::Result<T>) -> Poll<io::Result<T>> {
        match result {
            Err(error) => Poll::Ready(Err(ready!(self.poll_end(cx)).unwrap_or(error))),
            ok => Poll::Ready(ok),
        }
    }
}

impl AsyncRead for SshStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stdout).poll_read(cx, buffer))?;
        if buffer.filled().len() > before || buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(ready!(self.poll_end(cx)).map_or(Ok(()), Err))
    }
}

impl AsyncWrite for SshStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.stdin).poll_write(cx, bytes));
        self.reason(cx, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stdin).poll_flush(cx));
        self.reason(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdin).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_destination_stands_behind_a_double_dash() {
        let all = arguments(Some("ann"), "h1", Some(2222), Some(Path::new("/c")), Path::new("/tmp/%x/s"));
        let all: Vec<&str> = all.iter().filter_map(|argument| argument.to_str()).collect();
        assert_eq!(all[..2], ["-F", "/c"]);
        assert!(all.contains(&"ControlPath=/tmp/%%x/s") && all.contains(&"BatchMode=yes"));
        assert_eq!(all[all.len() - 7..], ["-p", "2222", "-l", "ann", "-T", "--", "h1"]);
    }

    #[test]
    fn the_folder_of_sockets_is_ours_alone_and_goes_away() {
        use std::os::unix::fs::PermissionsExt;
        let folder = ControlFolder::new().unwrap();
        let path = folder.0.clone();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(folder);
        assert!(!path.exists());
    }
}
