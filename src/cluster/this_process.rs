//! Which process this is, so that another run here can tell whether it is still there.

use std::fs;

/// A process of some computer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Whose it is, for people: `ops@laptop`.
    pub owner: String,
    /// The computer, this boot of it, and the namespace of its process numbers; empty where the system does not tell.
    pub place: String,
    /// Its number and when it was started.
    pub process: String,
}

impl Process {
    /// Whether it ran here and is not there any more. Of what ran elsewhere nothing is known.
    pub fn is_gone(&self) -> bool {
        let number = self.process.split('/').next().unwrap_or_default();
        !self.place.is_empty() && self.place == place() && started(number).as_deref() != Some(&self.process)
    }
}

/// This process. `owner` names whose it is.
pub fn this_process(user: &str) -> Process {
    let host = read("/proc/sys/kernel/hostname");
    let number = std::process::id().to_string();
    let process = started(&number).unwrap_or(number);
    Process { owner: format!("{user}@{host}"), place: place(), process }
}

fn place() -> String {
    let boot = read("/proc/sys/kernel/random/boot_id");
    let namespace = fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default();
    if boot.is_empty() || namespace.is_empty() { String::new() } else { format!("{boot} {namespace}") }
}

/// `4711/123456`: a process by its number, and when it was started, in the kernel's ticks.
fn started(number: &str) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // What stands in brackets is the program's name, and may be anything.
    let ticks = stat.rsplit(')').next()?.split_whitespace().nth(19)?;
    // One that has ended and that nobody has looked after yet is gone.
    let state = stat.rsplit(')').next()?.split_whitespace().next()?;
    (state != "Z").then(|| format!("{number}/{ticks}"))
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_to_be_there_or_gone_or_elsewhere() {
        let this = this_process("me");
        assert!(!this.is_gone(), "{this:?}");
        let gone = Process { process: "1/1".to_owned(), ..this.clone() };
        assert!(gone.is_gone());
        assert!(!Process { place: "elsewhere".to_owned(), ..gone }.is_gone());
    }
}
