//! What ssh, and the docker command at its other end, mean by what they say.

use super::fault::Fault;

/// The fault that `said`, ssh's error output, stands for. `destination` is `[user@]host`.
pub(super) fn explain(destination: &str, said: &str) -> Fault {
    let host = destination.rsplit('@').next().unwrap_or(destination);
    let has = |needle: &str| said.contains(needle);
    let fault = if has("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        Fault::new(format!("the ssh host key of {host} is not the one that is known"))
            .help(format!("if the machine was set up anew: `ssh-keygen -R {host}`, then `ssh {destination}` once"))
    } else if has("Host key verification failed") {
        Fault::new(format!("the ssh host key of {host} is not known yet"))
            .help(format!("run `ssh {destination}` once, compare the fingerprint, and accept it"))
    } else if has("Permission denied (") {
        Fault::new(format!("{host} refuses the ssh login")).help(format!(
            "make `ssh -o BatchMode=yes {destination} true` work: a key in the agent or in ~/.ssh/config"
        ))
    } else if has("Could not resolve hostname") {
        Fault::new(format!("there is no host `{host}`")).help("correct the endpoint, or name the host in ~/.ssh/config")
    } else {
        return behind_ssh(destination, host, said);
    };
    fault.detail(said)
}

/// Whether ssh said that nothing answers at the other end.
pub(super) fn is_unreachable(said: &str) -> bool {
    ["timed out", "No route to host", "Network is unreachable", "not responding"].iter().any(|it| said.contains(it))
}

/// ssh failed and said nothing: of a line that went silent it says only that it ends.
pub(super) fn lost(destination: &str) -> Fault {
    let host = destination.rsplit('@').next().unwrap_or(destination);
    Fault::new(format!("the ssh connection with {host} was lost"))
        .help(format!("see whether the machine is up and its network works: `ssh {destination} true`"))
}

fn behind_ssh(destination: &str, host: &str, said: &str) -> Fault {
    let has = |needle: &str| said.contains(needle);
    // Docker's command from version 26 on says only what the socket said.
    let socket = |reason: &str| has("raw stream connection") && has(reason);
    let fault = if has("permission denied while trying to connect to the Docker daemon") || socket("permission denied")
    {
        let user = destination.split_once('@').map_or("USER", |(user, _)| user);
        Fault::new(format!("the ssh user may not use the engine on {host}"))
            .help(format!("on {host}: `sudo usermod -aG docker {user}`; that is as much power as root has"))
    } else if has("Cannot connect to the Docker daemon") || socket("no such file") || socket("connection refused") {
        Fault::new(format!("the engine on {host} is not running"))
            .help(format!("start it: `ssh {destination} sudo systemctl start docker`"))
    } else if has("is not a docker command") || has("unknown command") {
        Fault::new(format!("the docker command on {host} is too old")).help("Docker 18.09 or later is needed")
    } else if has("docker: command not found") || has("docker: not found") || has("command not found: docker") {
        Fault::new(format!("there is no docker command on {host}"))
            .help(format!("install Docker there; `ssh {destination} docker version` must work"))
    } else if has("Connection refused") {
        Fault::new(format!("{host} refuses the connection")).help("see whether sshd runs there, and on which port")
    } else if is_unreachable(said) {
        Fault::new(format!("{host} cannot be reached"))
            .help("see whether the machine is up; one that is gone for good is `availability: down` in the inventory")
    } else if has("kex_exchange_identification") || has("Connection closed by UNKNOWN") {
        // What a jump host's ssh said is not to be had: ssh silences it once it multiplexes.
        Fault::new(format!("the way to {host} was closed before the login"))
            .help(format!("try `ssh {destination} true`, and if it goes through a jump host, `ssh` to that one first"))
    } else {
        Fault::new(format!("ssh to {host} failed")).help(format!("try `ssh {destination} docker version`"))
    };
    fault.detail(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is really said (OpenSSH 9.2, Docker 20.10 to 28), and what it means.
    const CASES: [(&str, &str); 15] = [
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            "the ssh host key of h1 is not the one that is known",
        ),
        (
            "No ED25519 host key is known for h1 and you have requested strict checking.\nHost key verification failed.",
            "the ssh host key of h1 is not known yet",
        ),
        ("ann@h1: Permission denied (publickey,password).", "h1 refuses the ssh login"),
        ("ssh: Could not resolve hostname h1: Name or service not known", "there is no host `h1`"),
        ("ssh: connect to host h1 port 22: Connection refused", "h1 refuses the connection"),
        ("ssh: connect to host h1 port 22: Connection timed out", "h1 cannot be reached"),
        ("ssh: connect to host h1 port 22: No route to host", "h1 cannot be reached"),
        ("bash: line 1: docker: command not found", "there is no docker command on h1"),
        (
            "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "the ssh user may not use the engine on h1",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "the ssh user may not use the engine on h1",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "the engine on h1 is not running",
        ),
        (
            "failed to open the raw stream connection: dial unix /run/docker.sock: connect: no such file or directory",
            "the engine on h1 is not running",
        ),
        (
            "failed to open the raw stream connection: dial unix /run/docker.sock: connect: permission denied",
            "the ssh user may not use the engine on h1",
        ),
        ("kex_exchange_identification: Connection closed by remote host", "the way to h1 was closed before the login"),
        ("Bad owner or permissions on /root/.ssh/config", "ssh to h1 failed"),
    ];

    #[test]
    fn each_complaint_gets_its_cause_and_a_remedy() {
        for (said, meant) in CASES {
            let fault = explain("ann@h1", said);
            assert_eq!(fault.message, meant, "{said}");
            assert!(fault.help.is_some() && fault.detail.is_some(), "{said}");
        }
        assert_eq!(lost("ann@h1").message, "the ssh connection with h1 was lost");
    }
}
