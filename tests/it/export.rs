//! What is exported is taken by the programs that it is for.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::cli::planner;

/// Runs a program on an exported text. None where the program is not here: CI has them all.
fn taken(format: &str, program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let (text, _) = planner(&format!("export {format} --fresh"), "testdata/exports");
    let path = std::env::temp_dir().join(format!("planner-export-{}-{format}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let arguments = arguments.iter().map(|it| if *it == "FILE" { path.to_str().unwrap() } else { it });
    let mut child = Command::new(program);
    let child = child.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var_os("CI").is_none(), "{program} is not here");
        return None;
    };
    child.stdin.take().unwrap().write_all(b"").unwrap();
    let output = child.wait_with_output().unwrap();
    std::fs::remove_file(&path).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((output.status.success(), said))
}

#[test]
#[ignore = "needs haproxy and graphviz"]
fn its_reader_takes_each_format() {
    for (format, program, arguments) in
        [("haproxy", "haproxy", &["-c", "-f", "FILE"][..]), ("dot", "dot", &["-Tsvg", "-o", "/dev/null", "FILE"])]
    {
        if let Some((good, said)) = taken(format, program, arguments) {
            assert!(good, "{format}: {said}");
        }
    }
}

#[test]
fn what_is_json_is_json() {
    for format in ["prometheus", "traefik"] {
        let (text, _) = planner(&format!("export {format} --fresh"), "testdata/exports");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(value.is_array() || value["tcp"]["routers"].is_object(), "{text}");
    }
}
