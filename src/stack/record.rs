//! What a container was made from, short enough for a label: by it the next plan tells what changed, setting by setting, and
//! what somebody edited since.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::digest::sha256;
use crate::observed::Settings;

use super::spec::{ContainerSpec, Mount};

/// In place of a value that nobody is to read: environment, commands and the like can hold secrets.
const HIDDEN: char = '#';
/// Of a hidden value's digest so many digits are kept: enough to see that it changed, too few to try guesses against.
const DIGITS: usize = 4;

/// Fields that may hold secrets, or that are long: of these a record tells only whether they changed.
const WITHHELD: [&str; 7] =
    ["command", "entrypoint", "labels", "annotations", "healthcheck", "logging", "device_requests"];
/// Fields that are told in a way of their own, or not what the container is made from.
const TOLD_APART: [&str; 12] = [
    "pull",
    "environment",
    "files",
    "mounts",
    "networks",
    "cpu_limit",
    "memory_limit",
    "memory_reservation",
    "pids_limit",
    "cpuset",
    "cpu_shares",
    "restart",
];

/// Whether a record's value is hidden.
pub fn is_hidden(value: &str) -> bool {
    value.starts_with(HIDDEN)
}

impl ContainerSpec {
    /// What of it can be edited while the container runs.
    pub fn settings(&self) -> Settings {
        let restart = self.restart.as_ref().filter(|restart| restart.name != "no");
        Settings {
            cpus: self.cpu_limit.filter(|limit| *limit > 0).or_else(|| self.quota()),
            memory: self.memory_limit.filter(|limit| *limit > 0),
            memory_reservation: self.memory_reservation.filter(|limit| *limit > 0),
            pids: self.pids_limit.filter(|limit| *limit > 0),
            cpuset: self.cpuset.clone().filter(|set| !set.is_empty()),
            cpu_shares: self.cpu_shares.filter(|shares| *shares > 0),
            restart: restart.map(|restart| match restart.max_retries.filter(|retries| *retries > 0) {
                Some(retries) => format!("{}:{retries}", restart.name),
                None => restart.name.clone(),
            }),
        }
    }

    /// The CPU limit that a quota makes, in thousandths.
    pub fn quota(&self) -> Option<u64> {
        let tuning = self.tuning.as_deref()?;
        let (quota, period) = (tuning.cpu_quota?, tuning.cpu_period.unwrap_or(100_000));
        (quota > 0 && period > 0).then(|| u64::try_from(quota * 1000 / period).unwrap_or(0))
    }

    /// Each setting by its name, as people write its value; hidden where it may hold a secret. What is not set is left out.
    pub fn record(&self) -> BTreeMap<String, String> {
        let mut record = self.settings().told();
        let value = serde_json::to_value(self).unwrap_or_default();
        for (name, value) in value.as_object().into_iter().flatten() {
            if TOLD_APART.contains(&name.as_str()) || is_nothing(value) {
                continue;
            }
            let told = if WITHHELD.contains(&name.as_str()) { hidden(&value.to_string()) } else { told(value) };
            record.insert(compose_name(name).to_owned(), told);
        }
        for line in &self.environment {
            let (name, value) = line.split_once('=').unwrap_or((line, "unset"));
            record.insert(format!("environment {name}"), hidden(&format!("{name}={value}")));
        }
        for file in &self.files {
            // What can be reloaded is no reason to make a container anew.
            let content = if file.reload.is_some() { "" } else { file.digest.as_str() };
            let told = format!("{content} {} {} {}", file.uid, file.gid, file.mode);
            record.insert(format!("{} {}", file.kind.word(), file.target), hidden(&told));
        }
        for mount in &self.mounts {
            record.insert(format!("volume {}", mount.target), mounted(mount));
        }
        for network in &self.networks {
            record.insert(format!("network {}", network.network), attached(network));
        }
        record
    }
}

fn compose_name(name: &str) -> &str {
    match name {
        "stop_grace_seconds" => "stop_grace_period",
        other => other,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Text as it is, lists with commas; what is deeper as JSON.
fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn hidden(value: &str) -> String {
    HIDDEN.to_string() + &sha256(value)[..DIGITS]
}

fn mounted(mount: &Mount) -> String {
    let source = if mount.source.is_empty() { "anonymous" } else { mount.source.as_str() };
    let base = format!("{} {source}{}", mount.kind, if mount.read_only { " (read only)" } else { "" });
    // What else there is of it is rare: it is told apart, and not shown.
    let plain = Mount {
        kind: mount.kind.clone(),
        source: mount.source.clone(),
        target: mount.target.clone(),
        read_only: mount.read_only,
        create_host_path: mount.create_host_path,
        ..Mount::default()
    };
    if *mount == plain { base } else { format!("{base} {}", &sha256(format!("{mount:?}"))[..DIGITS]) }
}

fn attached(network: &super::spec::Attachment) -> String {
    let addresses = [&network.ipv4_address, &network.ipv6_address, &network.mac_address];
    let mut told = vec![network.aliases.join(", ")];
    told.extend(addresses.into_iter().flatten().chain(&network.link_local_ips).cloned());
    told.extend(network.driver_opts.iter().map(|(name, value)| format!("{name}={value}")));
    told.extend(network.gw_priority.map(|priority| format!("gw_priority {priority}")));
    told.retain(|it| !it.is_empty());
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_what_changed_and_no_secret() {
        let spec = ContainerSpec {
            image: "web:1".to_owned(),
            environment: vec!["PASSWORD=canary".to_owned()],
            command: Some(vec!["--token=canary".to_owned()]),
            memory_limit: Some(512 << 20),
            cap_add: vec!["NET_ADMIN".to_owned(), "SYS_TIME".to_owned()],
            ..ContainerSpec::default()
        };
        let record = spec.record();
        assert_eq!((record["image"].as_str(), record["mem_limit"].as_str()), ("web:1", "512 MiB"));
        assert_eq!(record["cap_add"], "NET_ADMIN, SYS_TIME");
        assert!(is_hidden(&record["command"]) && is_hidden(&record["environment PASSWORD"]));
        assert!(!record.values().any(|value| value.contains("canary")));
        let other = ContainerSpec { environment: vec!["PASSWORD=other".to_owned()], ..spec.clone() }.record();
        let changed: Vec<&String> = record.keys().filter(|name| record.get(*name) != other.get(*name)).collect();
        assert_eq!(changed, ["environment PASSWORD"]);
    }
}
