//! What running containers use, as an engine tells it: `capacity --live --usage`.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::cli::planner;
use crate::hostile_engine::{Answers, serve, usual};
use crate::rules::spread_out;

const FILES: &str = "name: shop
services:
  web: {image: web:1, deploy: {resources: {reservations: {cpus: '1', memory: 1g}}}}
";

/// What `capacity` tells where the one machine answers so.
fn told(name: &str, answers: Answers) -> String {
    let folder = spread_out(FILES, &format!("usage-{name}"));
    let socket = folder.join("engine.sock");
    serve(&socket, answers);
    let inventory =
        format!("machines:\n  - {{name: m1, endpoint: 'unix://{}', cpus: 4, memory: 8g}}\n", socket.display());
    std::fs::write(folder.join("inventory.yaml"), inventory).unwrap();
    let (shown, _) = planner("capacity --live --usage", &folder.to_string_lossy());
    std::fs::remove_dir_all(&folder).unwrap();
    shown
}

/// One container of the project that runs, and one of somebody else's.
fn running(path: &str) -> (u16, String) {
    let inspected = |id: &str, name: &str, labels: &str| {
        let state = r#""State":{"Status":"running"}"#;
        let config = format!(r#""Config":{{"Image":"web:1","Labels":{{{labels}}}}}"#);
        format!(r#"{{"Id":"{id}","Name":"/{name}",{state},{config}}}"#)
    };
    let labels = r#""com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.container-number":"1""#;
    match path {
        path if path.ends_with("/containers/json") => (200, r#"[{"Id":"1"},{"Id":"2"}]"#.to_owned()),
        path if path.ends_with("/containers/1/json") => (200, inspected("1", "shop-web-1", labels)),
        path if path.ends_with("/containers/2/json") => (200, inspected("2", "other", "")),
        _ => usual(path),
    }
}

fn stats(own: u64, all: u64) -> (u16, String) {
    let cpu = format!(r#""cpu_usage":{{"total_usage":{own}}},"system_cpu_usage":{all},"online_cpus":4"#);
    let memory = r#""usage":314572800,"stats":{"inactive_file":104857600}"#;
    (200, format!(r#"{{"cpu_stats":{{{cpu}}},"memory_stats":{{{memory}}}}}"#))
}

#[test]
fn what_runs_uses_what_the_engine_counted_between_two_looks() {
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    let shown = told("counted", |path| match path {
        // A quarter of a core: of four cores' four seconds a quarter of a second.
        path if path.ends_with("/containers/shop-web-1/stats") => {
            let look = LOOKS.fetch_add(1, Ordering::SeqCst);
            stats(9_000_000_000 + look * 250_000_000, 50_000_000_000 + look * 4_000_000_000)
        }
        // It ended meanwhile.
        path if path.ends_with("/containers/other/stats") => (404, r#"{"message":"No such container"}"#.to_owned()),
        _ => running(path),
    });
    assert_eq!(LOOKS.load(Ordering::SeqCst), 2, "{shown}");
    let of_machine = ["0.25 of 4 (6 %)", "200 MiB of 8 GiB (2 %)", "1 of 2 that run"];
    assert!(of_machine.iter().all(|text| shown.contains(text)), "{shown}");
    let row = shown.lines().find(|line| line.starts_with("  web ") && line.contains("too few samples")).unwrap();
    assert_eq!(row.matches("0.25").count(), 3, "{shown}");
}

#[test]
fn an_engine_that_does_not_tell_is_told_and_the_rest_is_shown() {
    let shown = told("refuses", |path| match path {
        path if path.ends_with("/stats") => (500, r#"{"message":"no cgroups here"}"#.to_owned()),
        _ => running(path),
    });
    assert!(shown.contains("error: m1: ") && shown.contains("no cgroups here"), "{shown}");
    assert!(shown.contains("How many more fit"), "{shown}");
}

#[test]
fn numbers_that_run_backwards_are_no_use() {
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    let shown = told("backwards", |path| match path {
        path if path.ends_with("/stats") => {
            let look = LOOKS.fetch_add(1, Ordering::SeqCst);
            stats(9_000_000_000 - look, 50_000_000_000 - look)
        }
        _ => running(path),
    });
    assert!(shown.contains("0 of 2 that run"), "{shown}");
}
