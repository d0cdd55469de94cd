//! The process's surroundings as a value, so that a test can run a command without a process.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::diagnostic::{self, Diagnostic};
use crate::lint::Report;
use crate::source::Sources;
use crate::stack::By;
use crate::view::{self, Refused, Style};

use super::Exit;
use super::args::{ColorChoice, FindingsFormat};

/// Where a command reads from and writes to.
pub struct Io {
    /// Results.
    pub out: Box<dyn Write + Send>,
    /// Everything else: findings of commands whose result is something else, questions, progress.
    pub err: Box<dyn Write + Send>,
    /// Answers to questions; none when there is nobody to ask.
    pub ask: Option<Box<dyn FnMut() -> Option<String> + Send>>,
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// The working directory, absolute.
    pub directory: PathBuf,
    /// How results look.
    pub style: Style,
    /// Whether results go to a terminal.
    pub terminal: bool,
}

impl Io {
    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Decides on colour: as asked; by itself on a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    pub(super) fn choose_color(&mut self, choice: ColorChoice) {
        let able = self.terminal && self.variable("TERM") != Some("dumb");
        self.style.color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => able && self.variable("NO_COLOR").is_none(),
        };
    }

    /// Writes a result. A reader that has gone is no fault of ours.
    pub(super) fn print(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    /// Writes beside the result.
    pub(super) fn tell(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }

    /// Says why a command cannot go on: what, and how to mend it.
    pub(super) fn refuse(&mut self, message: &str, help: Option<&str>) {
        let mend = help.map(|help| format!("  mend: {help}\n")).unwrap_or_default();
        self.tell(&format!("error: {message}\n{mend}"));
    }

    /// Says that there is no such thing, and what there is.
    pub(super) fn unknown(&mut self, what: &str, name: &str, known: &[&str]) -> Exit {
        let help = match diagnostic::nearest(name, known.iter().copied()) {
            Some(like) => format!("did you mean `{like}`?"),
            None if known.len() > 20 => format!("there are {} of them", known.len()),
            None => format!("there are: {}", known.join(", ")),
        };
        self.refuse(&format!("there is no {what} `{name}`"), Some(&help));
        Exit::Error
    }

    /// Says that no machine has the label by which something may be lost together.
    pub(super) fn no_such_loss(&mut self, by: &By) {
        let help = format!("give the machines of the inventory `labels: {{{}: …}}`", by.word());
        self.refuse(&format!("no machine has a `{}` to be lost", by.word()), Some(&help));
    }

    /// What clap has to say of the arguments: help and versions are fine, the rest is bad usage.
    pub(super) fn usage(&mut self, error: &clap::Error) -> Exit {
        let text = error.render();
        let text = if self.terminal { text.ansi().to_string() } else { text.to_string() };
        if error.use_stderr() {
            self.tell(&text);
            Exit::Error
        } else {
            self.print(&text);
            Exit::Fine
        }
    }

    /// Findings as a result.
    pub(super) fn print_report(
        &mut self,
        report: &Report,
        refused: &[Refused],
        sources: &Sources,
        format: FindingsFormat,
    ) {
        let text = view::report(report, refused, sources, format.into(), self.style);
        self.print(&text);
    }

    /// What a stack that does not fit is told beside its findings.
    pub(super) fn tell_refusal(&mut self, refused: &Refused) {
        let text = view::refusal(refused, self.style);
        self.tell(&text);
    }

    /// Findings beside a result that is something else.
    pub(super) fn tell_findings(&mut self, findings: &mut Vec<Diagnostic>, sources: &Sources) {
        diagnostic::sort(findings);
        let text = view::findings(findings, sources, self.style);
        self.tell(&text);
    }

    /// A path as given, seen from the working directory.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// Writes a whole file or nothing of it: beside its place first, then moved there. Readable by the user alone. Says why
    /// where it cannot be.
    pub(super) fn write_file(&mut self, path: &Path, text: &str) -> Result<(), Exit> {
        super::disk::write_private(&self.absolute(path), text).map_err(|error| {
            self.refuse(&format!("{} cannot be written: {error}", path.display()), None);
            Exit::Error
        })
    }

    /// A folder to write into, made where it is missing.
    pub(super) fn make_folder(&mut self, path: &Path) -> Result<(), Exit> {
        super::disk::make_folder(&self.absolute(path)).map_err(|error| {
            self.refuse(&format!("the folder {} cannot be made: {error}", path.display()), None);
            Exit::Error
        })
    }

    /// A result as a file, or as what is printed.
    pub(super) fn give(&mut self, text: &str, out: Option<&Path>) -> Exit {
        let Some(out) = out else {
            self.print(text);
            return Exit::Fine;
        };
        self.write_file(out, text).err().unwrap_or(Exit::Fine)
    }
}

impl fmt::Debug for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io").field("directory", &self.directory).field("style", &self.style).finish_non_exhaustive()
    }
}
