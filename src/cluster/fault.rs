//! What can go wrong on one machine, before it is known which: a [`Fault`] becomes a [`ClusterError`] at the door.

use std::error::Error as StdError;
use std::io;

use bollard::errors::Error;

use super::ClusterError;
use crate::text::is_harmful;

/// A [`ClusterError`] without its machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) detail: Option<String>,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), detail: None, help: None }
    }

    /// With the words of an engine or of ssh, cleaned.
    #[must_use]
    pub(super) fn detail(mut self, text: &str) -> Self {
        self.detail = Some(clean(text)).filter(|text| !text.is_empty());
        self
    }

    #[must_use]
    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(super) fn on(self, machine: &str) -> ClusterError {
        ClusterError { machine: machine.to_owned(), message: self.message, detail: self.detail, help: self.help }
    }
}

/// The most characters of foreign text in a message.
const LONGEST: usize = 600;

/// How something ended: `exit code 3`.
pub(super) fn exit_code(code: Option<i64>) -> String {
    code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"))
}

/// Foreign text made fit for a terminal and a log: one line, no control characters, of bounded length.
pub(super) fn clean(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect();
    let mut line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// What the engine refused, if it was the engine that refused: status and message.
pub(super) fn refusal(error: &Error) -> Option<(u16, &str)> {
    match error {
        Error::DockerResponseServerError { status_code, message } => Some((*status_code, message)),
        _ => None,
    }
}

/// Whether the engine said that there is no such thing.
pub(super) fn is_missing(error: &Error) -> bool {
    refusal(error).is_some_and(|(status, _)| status == 404)
}

/// What an error means that came up while `doing` something, such as "creating container `web-1`".
pub(super) fn explain(error: &Error, doing: &str) -> Fault {
    if let Some(fault) = dialing(error) {
        return fault;
    }
    match error {
        Error::DockerResponseServerError { message, .. } => Fault::new(format!("{doing} failed")).detail(message),
        Error::DockerStreamError { error } => Fault::new(format!("{doing} failed")).detail(error),
        Error::RequestTimeoutError => Fault::new(format!("the engine did not answer in time while {doing}"))
            .help("see whether the machine is overloaded; running the command again continues where this ended"),
        Error::JsonDataError { .. } | Error::JsonSerdeError { .. } => {
            Fault::new(format!("the engine's answer was not understood while {doing}")).detail(&chain(error))
        }
        _ => broken(&chain(error), doing),
    }
}

/// A connection that ended. Engines refuse a client's certificate only after the handshake, so that looks like this.
fn broken(detail: &str, doing: &str) -> Fault {
    if detail.contains("received fatal alert") {
        return Fault::new("the engine refuses our certificate").detail(detail).help(
            "the endpoint's certificate must be a client's, in force, and signed by the CA that the engine trusts",
        );
    }
    if detail.contains("invalid HTTP") {
        return Fault::new("what answers there does not speak as an engine does")
            .detail(detail)
            .help("over ssh, a login script that prints something on that machine has this effect");
    }
    Fault::new(format!("the connection to the engine broke while {doing}")).detail(detail)
}

/// The fault of opening the connection, where that is what failed: it lies at the bottom of the client's errors.
fn dialing(error: &Error) -> Option<Fault> {
    // bollard's IOError is transparent, and an io::Error shows not itself but its causes.
    let mut cause: Option<&(dyn StdError + 'static)> = match error {
        Error::IOError { err } => Some(err),
        other => Some(other),
    };
    while let Some(error) = cause {
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let fault = error.downcast_ref::<Fault>().or_else(|| inside.and_then(|inner| inner.downcast_ref::<Fault>()));
        if fault.is_some() {
            return fault.cloned();
        }
        cause = error.source();
    }
    None
}

/// The messages of an error and its causes.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !texts.last().is_some_and(|last| last.contains(&text)) {
            texts.push(text);
        }
        cause = error.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_becomes_one_bounded_line_without_control_characters() {
        assert_eq!(clean("a\x1b[31mred\r\n  b\u{9b}2J"), "a [31mred b 2J");
        let long = clean(&"é".repeat(5000));
        assert_eq!(long.chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_fault_of_dialing_is_found_beneath_io_errors() {
        let fault = Fault::new("no way there").help("build one");
        let error = Error::from(io::Error::other(fault.clone()));
        assert_eq!(explain(&error, "looking"), fault);
    }

    #[test]
    fn the_engines_refusal_is_kept_as_detail() {
        let error = Error::DockerResponseServerError { status_code: 500, message: "out of\nluck".to_owned() };
        let fault = explain(&error, "creating container `web`");
        assert_eq!(fault.message, "creating container `web` failed");
        assert_eq!(fault.detail.as_deref(), Some("out of luck"));
    }
}
