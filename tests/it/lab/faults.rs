//! Faults between planner and the engines: a socket before each engine's own, whose calls can be cut, answered in the
//! engine's stead, held up or made twice; or at which something happens to the machine itself.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It never reaches the engine: the line is cut.
    CutBefore,
    /// The engine does it, and nobody hears of that.
    CutAfter,
    /// The engine cannot.
    Refused,
    /// It takes a while.
    Delayed,
    /// The engine gets it twice, and the second answer is the one that is heard.
    Twice,
    /// planner is killed when it has made the call.
    Killed,
    /// The engine is killed while it does it.
    EngineKilled,
    /// The machine is off the network from then on.
    CutOff,
    /// The disk on which the engine keeps everything is full from then on.
    DiskFull,
}

/// What can happen to a call alone; the others happen to the machine that it goes to.
pub(crate) const FAULTS: [Fault; 6] =
    [Fault::CutBefore, Fault::CutAfter, Fault::Refused, Fault::Delayed, Fault::Twice, Fault::Killed];

/// Does to a machine what is to happen to it.
type Strike = dyn Fn(Fault, &str) + Send + Sync;

/// The sockets, and what is to happen at them.
pub(crate) struct Faults {
    /// By host.
    pub(crate) sockets: BTreeMap<&'static str, PathBuf>,
    /// The engines behind them.
    engines: BTreeMap<&'static str, PathBuf>,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Told when the victim is known.
    known: Condvar,
    strike: Box<Strike>,
    /// What listens, by host.
    listeners: Mutex<BTreeMap<&'static str, UnixListener>>,
}

#[derive(Default)]
struct State {
    /// Calls that change something, until now.
    calls: usize,
    /// Which of them is struck, from 1.
    at: Option<(usize, Fault)>,
    /// What was struck: the call, and the host.
    struck: Option<(String, &'static str)>,
    /// The process to be killed.
    victim: Option<u32>,
}

/// How far an engine is let go before it is killed: `PLANNER_FAULTS_DELAY`, in milliseconds; else not at all.
fn delay() -> Duration {
    let asked = std::env::var("PLANNER_FAULTS_DELAY").ok();
    Duration::from_millis(asked.map_or(0, |millis| millis.parse().expect("milliseconds")))
}

impl Faults {
    /// A socket for each host, in a folder; before the engine's own. What happens to machines is done by `strike`.
    pub(crate) fn before(engines: &[(&'static str, PathBuf)], folder: &Path, strike: Box<Strike>) -> Faults {
        let shared = Shared { state: Mutex::default(), known: Condvar::new(), strike, listeners: Mutex::default() };
        let socket = |(host, _): &(&'static str, PathBuf)| (*host, folder.join(format!("{host}.sock")));
        let faults = Faults {
            sockets: engines.iter().map(socket).collect(),
            engines: engines.iter().cloned().collect(),
            shared: Arc::new(shared),
        };
        faults.engines.keys().for_each(|host| faults.open(host));
        faults
    }

    /// Listens before a host's engine, if nothing does: where the engine was killed, nobody has since.
    pub(crate) fn open(&self, host: &'static str) {
        let mut listeners = self.shared.listeners.lock().unwrap();
        if listeners.contains_key(host) {
            return;
        }
        let _ = std::fs::remove_file(&self.sockets[host]);
        let listener = UnixListener::bind(&self.sockets[host]).expect("a socket");
        listeners.insert(host, listener.try_clone().expect("the same once more"));
        let (shared, engine) = (Arc::clone(&self.shared), self.engines[host].clone());
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let (shared, engine) = (Arc::clone(&shared), engine.clone());
                thread::spawn(move || drop(serve(client, host, &engine, &shared)));
            }
        });
    }

    /// From now on: the `call`th one that changes something is struck.
    pub(crate) fn strike(&self, call: usize, fault: Fault) {
        *self.shared.state.lock().unwrap() = State { at: Some((call, fault)), ..State::default() };
    }

    /// The process that makes the calls.
    pub(crate) fn made_by(&self, process: u32) {
        self.shared.state.lock().unwrap().victim = Some(process);
        self.shared.known.notify_all();
    }

    /// What was struck, and on which host, if anything was.
    pub(crate) fn struck(&self) -> Option<(String, &'static str)> {
        self.shared.state.lock().unwrap().struck.take()
    }
}

/// Passes on what a client sends over one connection, call by call.
fn serve(client: UnixStream, host: &'static str, engine: &Path, shared: &Shared) -> io::Result<()> {
    let upstream = UnixStream::connect(engine)?;
    let (mut from_client, mut from_engine) =
        (BufReader::new(client.try_clone()?), BufReader::new(upstream.try_clone()?));
    let (mut client, mut upstream) = (client, upstream);
    while let Some((head, body)) = message(&mut from_client, false)? {
        let request = [head.as_bytes(), &body].concat();
        let fault = strikes(&head, host, shared);
        match fault {
            Some(Fault::CutBefore) => return client.shutdown(Shutdown::Both),
            Some(Fault::Refused) => {
                let text = "{\"message\":\"no space left on device\"}";
                let length = text.len();
                let head = format!(
                    "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
                );
                client.write_all(format!("{head}{text}").as_bytes())?;
                continue;
            }
            Some(Fault::Delayed) => thread::sleep(Duration::from_millis(1500)),
            Some(Fault::Twice) => {
                let mut first = UnixStream::connect(engine)?;
                first.write_all(&request)?;
                message(&mut BufReader::new(first), true)?;
            }
            Some(fault @ (Fault::CutOff | Fault::DiskFull)) => (shared.strike)(fault, host),
            _ => {}
        }
        upstream.write_all(&request)?;
        if fault == Some(Fault::EngineKilled) {
            thread::sleep(delay());
            shared.close(host);
            (shared.strike)(Fault::EngineKilled, host);
        }
        let Some((head, body)) = message(&mut from_engine, true)? else { return Ok(()) };
        match fault {
            Some(Fault::CutAfter) => return client.shutdown(Shutdown::Both),
            Some(Fault::Killed) => return kill(shared),
            _ => {}
        }
        client.write_all(head.as_bytes())?;
        client.write_all(&body)?;
        if head.starts_with("HTTP/1.1 101") {
            let mut back = client.try_clone()?;
            thread::spawn(move || io::copy(&mut from_engine, &mut back));
            io::copy(&mut from_client, &mut upstream)?;
            return Ok(());
        }
    }
    Ok(())
}

impl Shared {
    /// Nobody listens before this host's engine any more: whoever comes is refused, as by an engine that is not there.
    fn close(&self, host: &str) {
        if let Some(listener) = self.listeners.lock().unwrap().remove(host) {
            let _ = UnixStream::from(OwnedFd::from(listener)).shutdown(Shutdown::Both);
        }
    }
}

/// What strikes this call.
fn strikes(head: &str, host: &'static str, shared: &Shared) -> Option<Fault> {
    let line = head.lines().next().unwrap_or_default();
    if line.starts_with("GET ") || line.starts_with("HEAD ") {
        return None;
    }
    let mut state = shared.state.lock().unwrap();
    state.calls += 1;
    let (call, fault) = state.at?;
    if state.calls != call {
        return None;
    }
    state.struck = Some((line.trim_end_matches(" HTTP/1.1").to_owned(), host));
    Some(fault)
}

fn kill(shared: &Shared) -> io::Result<()> {
    let mut state = shared.state.lock().unwrap();
    while state.victim.is_none() {
        state = shared.known.wait(state).unwrap();
    }
    let process = state.victim.unwrap().to_string();
    Command::new("kill").args(["-9", &process]).status().map(drop)
}

/// The next request or answer: its head, with the empty line behind it, and its body as it was sent. None at the end.
fn message(from: &mut impl BufRead, answer: bool) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut head = String::new();
    loop {
        if from.read_line(&mut head)? == 0 {
            return Ok(None);
        }
        if head.ends_with("\r\n\r\n") {
            break;
        }
    }
    let field = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_lowercase())
    };
    let mut body = Vec::new();
    let status = head.split(' ').nth(1).filter(|_| answer).unwrap_or_default();
    if field("transfer-encoding").is_some_and(|it| it.contains("chunked")) {
        chunks(from, &mut body)?;
    } else if let Some(length) = field("content-length").and_then(|it| it.parse::<u64>().ok()) {
        from.take(length).read_to_end(&mut body)?;
    } else if answer && !matches!(status, "101" | "204" | "304") && !status.starts_with('1') {
        from.read_to_end(&mut body)?;
    }
    Ok(Some((head, body)))
}

fn chunks(from: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        body.extend_from_slice(line.as_bytes());
        let size = u64::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16).unwrap_or(0);
        from.by_ref().take(size + 2).read_to_end(body)?;
        if size == 0 {
            return Ok(());
        }
    }
}
