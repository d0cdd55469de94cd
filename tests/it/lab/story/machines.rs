//! Whatever happens to a machine at whichever call: what happened is told, and when the machine is back one more `apply`
//! reaches the goal, and nothing is lost or there twice.

use std::path::PathBuf;

use super::faults::{Struck, cases, with_faults};
use super::{Site, address};
use crate::lab::faults::{Fault, Faults};
use crate::lab::{Lab, script};

/// Where the second sshd of each host listens.
const PORT: u16 = 2222;

/// An sshd on each host that finds the faults' socket where it would find the engine's; ended on drop.
struct Doors<'s, 'l> {
    site: &'s Site<'l>,
}

impl<'s, 'l> Doors<'s, 'l> {
    fn open(site: &'s Site<'l>, faults: &Faults) -> Self {
        let doors = Doors { site };
        // A test that was killed has left its own.
        doors.end();
        let mut settings = String::new();
        for host in site.hosts {
            let usual = std::fs::read_to_string(site.lab.file(host).join("sshd_config")).unwrap();
            let lines = usual.lines().filter(|line| !line.starts_with("SetEnv") && !line.starts_with("PidFile"));
            let socket = faults.sockets[host].display();
            let own = [
                format!("SetEnv DOCKER_HOST=unix://{socket}"),
                format!("PidFile {}", doors.process(host).display()),
                format!("Port {PORT}"),
            ];
            let lines: Vec<String> = lines.map(str::to_owned).chain(own).collect();
            let file = format!("{host}.sshd");
            site.write(&file, &(lines.join("\n") + "\n"));
            let path = site.folder.join(file).display().to_string();
            site.lab.run(&["in", host, "/usr/sbin/sshd", "-f", &path]);
            settings += &format!("Host {host}\n  Port {PORT}\n  HostKeyAlias {}\n", address(host));
        }
        let usual = std::fs::read_to_string(site.lab.file("ssh_config")).unwrap();
        site.write("ssh_config", &(settings + &usual));
        doors
    }

    fn process(&self, host: &str) -> PathBuf {
        self.site.lab.file(host).join("faults-sshd.pid")
    }

    fn end(&self) {
        for host in self.site.hosts {
            if let Ok(process) = std::fs::read_to_string(self.process(host)) {
                let _ = std::process::Command::new("kill").arg(process.trim()).status();
                let _ = std::fs::remove_file(self.process(host));
            }
        }
    }
}

impl Drop for Doors<'_, '_> {
    fn drop(&mut self) {
        self.end();
    }
}

fn strike(fault: Fault, host: &str) {
    let what = match fault {
        Fault::EngineKilled => "kill-engine",
        Fault::CutOff => "cut",
        Fault::DiskFull => "fill",
        other => unreachable!("{other:?} happens to a call alone"),
    };
    script(&[what, host]);
}

fn mend(faults: &Faults, fault: Fault, host: &'static str) {
    match fault {
        Fault::EngineKilled => {
            script(&["start", host]);
            faults.open(host);
        }
        Fault::CutOff => drop(script(&["heal", host])),
        Fault::DiskFull => drop(script(&["spill", host])),
        other => unreachable!("{other:?} happens to a call alone"),
    }
}

/// Strikes machines that nothing else uses meanwhile.
fn survives(fault: Fault, project: &'static str) {
    let lab = Lab::up();
    let _alone = lab.breakable();
    let site = Site::new(&lab, project, &["h4", "h8", "h9"]);
    let faults = with_faults(&site, strike);
    let _doors = Doors::open(&site, &faults);
    site.inventory("ssh.yaml", &site.hosts.iter().map(|host| (*host, format!("ssh://{host}"))).collect::<Vec<_>>());
    Struck { site: &site, faults, mend: &mend }.try_all(cases([fault]));
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn an_engine_killed_at_a_call_is_told_and_one_more_run_reaches_the_goal() {
    survives(Fault::EngineKilled, "killed");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_machine_cut_off_at_a_call_is_told_and_one_more_run_reaches_the_goal() {
    survives(Fault::CutOff, "cutoff");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_disk_full_at_a_call_is_told_and_one_more_run_reaches_the_goal() {
    survives(Fault::DiskFull, "filled");
}
