//! Paths of machines, and what lies there.

/// The path without `.`, `//` and a slash at its end.
pub(super) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if path.starts_with('/') { format!("/{}", parts.join("/")) } else { parts.join("/") }
}

/// Whether this is grave to write to, and what it is; none for a path that is nothing special. `written` is the path as
/// it stands in the file, with its `~`.
pub(super) fn sensitive(path: &str, written: &str) -> Option<(bool, String)> {
    const GRAVE: [&str; 11] = [
        "/etc",
        "/root",
        "/boot",
        "/proc",
        "/var/lib/docker",
        "/var/lib/containerd",
        "/var/lib/containers",
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
    ];
    const LESS: [&str; 4] = ["/sys", "/home", "/dev", "/var/lib/kubelet"];
    const IN_HOME: [&str; 7] = [".ssh", ".aws", ".kube", ".gnupg", ".docker", ".azure", ".config/gcloud"];
    /// Files of devices that give nothing away, and whole of what is asked of them.
    const HARMLESS: [&str; 6] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];
    if let Some(rest) = written.strip_prefix("~/").or((written == "~").then_some("")) {
        let rest = clean(rest.split(':').next().unwrap_or_default());
        let key = IN_HOME.into_iter().find(|key| rest == *key || rest.starts_with(&format!("{key}/")));
        return key.map(|key| (false, format!("`~/{key}`"))).or((rest.is_empty()).then(|| (false, "`~`".to_owned())));
    }
    if !path.starts_with('/') {
        return None;
    }
    let path = clean(path);
    if HARMLESS.contains(&path.as_str()) {
        return None;
    }
    // All of it is S601's: the engine's socket is there as well.
    if path == "/" {
        return None;
    }
    if is_clock(&path) {
        return Some((false, format!("`{path}`")));
    }
    let below = |root: &&str| path == **root || path.starts_with(&format!("{root}/"));
    // Below these only the whole or what is known to matter; the rest is programs' own files.
    let whole = |root: &&str| path == **root;
    let user_key = path
        .strip_prefix("/home/")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, rest)| IN_HOME.into_iter().any(|key| rest == key || rest.starts_with(&format!("{key}/"))));
    let named = format!("`{path}`");
    if GRAVE[..7].iter().any(&below) || GRAVE[7..].iter().any(&whole) {
        Some((true, named))
    } else if below(&LESS[0]) || whole(&LESS[1]) || user_key || below(&LESS[2]) || below(&LESS[3]) {
        Some((false, named))
    } else {
        None
    }
}

/// The files of the clock, which containers read to show the machine's time.
pub(super) fn is_clock(path: &str) -> bool {
    matches!(clean(path).as_str(), "/etc/localtime" | "/etc/timezone" | "/usr/share/zoneinfo")
}

/// Whether a device is a whole disk, a part of one, or the kernel's memory.
pub(super) fn is_raw(path: &str) -> bool {
    let path = clean(path);
    let Some(name) = path.strip_prefix("/dev/") else { return false };
    let disk = |prefix: &str| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    let disks = ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "mapper/", "disk/", "loop"];
    matches!(name, "mem" | "kmem" | "port" | "kmsg" | "kcore") || disks.into_iter().any(disk) && name != "loop-control"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let grave = |path: &str| sensitive(path, path).map(|(grave, _)| grave);
        assert_eq!(grave("/etc/./cron.d/"), Some(true));
        assert_eq!(grave("//dev/shm"), Some(false));
        assert_eq!(grave("/etcetera"), None);
        assert_eq!(grave("/usr/share/fonts"), None);
        assert_eq!(grave("/dev/null"), None);
        assert_eq!(grave("/home/me/data"), None);
        assert_eq!(grave("/home/me/.ssh/id"), Some(false));
        assert_eq!(sensitive("/home/.aws/config", "~/.aws/config").map(|it| it.0), Some(false));
        assert_eq!(sensitive("/p/~someone/.ssh", "~someone/.ssh"), None);
        assert!(is_raw("/dev/nvme0n1") && is_raw("/dev/sda1") && !is_raw("/dev/sd") && !is_raw("/dev/dri"));
    }
}
