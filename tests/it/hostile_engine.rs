//! Engines that answer what no engine answers. Nothing of it is printed raw, nothing ends in a panic, and it is said which
//! machine it was.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::cli::planner;
use crate::rules::spread_out;

const FILES: &str = "name: shop
services:
  web: {image: web:1, deploy: {resources: {reservations: {cpus: '1', memory: 1g}}}}
";

/// What would change the terminal's title, clear it, or look like a line of ours.
const ESCAPES: &str = "\\u001b]0;owned\\u0007\\u001b[2J\\nerror: no\\u202e\\u0000../../etc/passwd$(reboot)`id`";

/// What an engine answers to `GET PATH`: a status and a body.
pub(crate) type Answers = fn(&str) -> (u16, String);

/// Answers as an empty engine would.
pub(crate) fn usual(path: &str) -> (u16, String) {
    let body = match path {
        path if path.ends_with("/info") => {
            "{\"ID\":\"1\",\"Name\":\"m1\",\"NCPU\":4,\"MemTotal\":17179869184,\"OSType\":\"linux\",\"Architecture\":\"x86_64\",\"ServerVersion\":\"28\"}"
        }
        path if path.contains("/volumes") => "{\"Volumes\":[]}",
        path if path.ends_with("/version") => "{\"ApiVersion\":\"1.41\"}",
        path if path.contains("_ping") => "OK",
        _ => "[]",
    };
    (200, body.to_owned())
}

pub(crate) fn serve(path: &Path, answers: Answers) {
    let listener = UnixListener::bind(path).unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || drop(answer(client, answers)));
        }
    });
}

fn answer(client: UnixStream, answers: Answers) -> std::io::Result<()> {
    let mut from = BufReader::new(client.try_clone()?);
    let mut client = client;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if from.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default();
        let (status, body) = answers(path.split('?').next().unwrap_or_default());
        if status == 0 {
            client.write_all(body.as_bytes())?;
            return Ok(());
        }
        let length = body.len();
        let kind = "Content-Type: application/json\r\nApi-Version: 1.41";
        client.write_all(
            format!("HTTP/1.1 {status} What\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes(),
        )?;
    }
}

/// What `plan` says when the one machine answers so.
fn planned(name: &str, answers: Answers) -> String {
    let folder = spread_out(FILES, &format!("hostile-{name}"));
    let socket = folder.join("engine.sock");
    serve(&socket, answers);
    let inventory =
        format!("machines:\n  - {{name: m1, endpoint: 'unix://{}', cpus: 4, memory: 8g}}\n", socket.display());
    std::fs::write(folder.join("inventory.yaml"), inventory).unwrap();
    let begin = Instant::now();
    let (shown, _) = planner("plan", &folder.to_string_lossy());
    assert!(begin.elapsed() < Duration::from_secs(60), "{name}: {:?}", begin.elapsed());
    std::fs::remove_dir_all(&folder).unwrap();
    let raw = shown.chars().find(|it| it.is_control() && *it != '\n' || *it == '\u{202e}');
    assert_eq!(raw, None, "{name}: {shown:?}");
    shown
}

#[test]
fn an_engine_that_answers_well_is_planned_for() {
    assert!(planned("well", usual).contains("web.1"));
}

#[test]
fn what_is_no_answer_is_said_with_the_machine() {
    let cases: [(&str, Answers); 6] = [
        ("no-http", |_| (0, "SSH-2.0-OpenSSH_9.6\r\n\u{1b}[2J".to_owned())),
        ("cut-json", |path| if path.ends_with("/info") { (200, "{\"ID\": ".to_owned()) } else { usual(path) }),
        (
            "other-types",
            |path| if path.contains("/networks") { (200, "{\"Name\": 1}".to_owned()) } else { usual(path) },
        ),
        ("deep", |path| if path.contains("/volumes") { (200, "[".repeat(300_000)) } else { usual(path) }),
        ("refuses", |path| {
            if path.contains("/images") { (500, format!("{{\"message\":\"{ESCAPES}\"}}")) } else { usual(path) }
        }),
        (
            "no-json",
            |path| if path.contains("/containers") { (502, "\u{1b}[31m<html>".to_owned()) } else { usual(path) },
        ),
    ];
    for (name, answers) in cases {
        let shown = planned(name, answers);
        assert!(
            shown.contains("m1") && shown.contains("error") && shown.contains("Nothing was changed"),
            "{name}: {shown}"
        );
    }
}

#[test]
fn names_that_are_commands_to_a_terminal_are_shown_as_text() {
    let shown = planned("names", |path| match path {
        path if path.ends_with("/info") => {
            let (status, body) = usual(path);
            (status, body.replace("\"28\"", &format!("\"{ESCAPES}\"")))
        }
        path if path.ends_with("/containers/json") => {
            (200, format!("[{{\"Id\":\"1\",\"Names\":[\"/{ESCAPES}\"],\"Image\":\"{ESCAPES}\"}}]"))
        }
        path if path.contains("/containers/1/json") => (
            200,
            format!(
                "{{\"Id\":\"1\",\"Name\":\"/{ESCAPES}\",\"State\":{{\"Status\":\"running\"}},\"Config\":{{\"Image\":\"{ESCAPES}\",\"Labels\":{{\"com.docker.compose.project\":\"shop\",\"com.docker.compose.service\":\"old{ESCAPES}\",\"com.docker.compose.container-number\":\"1\"}}}}}}"
            ),
        ),
        path if path.contains("/networks") => (
            200,
            format!(
                "[{{\"Name\":\"{ESCAPES}\",\"Driver\":\"{ESCAPES}\",\"Labels\":{{\"com.docker.compose.project\":\"shop\"}}}}]"
            ),
        ),
        path if path.contains("/volumes") => (
            200,
            format!(
                "{{\"Volumes\":[{{\"Name\":\"{ESCAPES}\",\"Driver\":\"local\",\"Mountpoint\":\"/\",\"Labels\":{{}},\"Scope\":\"local\",\"Options\":{{}}}}]}}"
            ),
        ),
        _ => usual(path),
    });
    assert!(shown.contains("web.1") && shown.contains("owned"), "{shown}");
}

#[test]
fn an_answer_of_many_megabytes_is_read() {
    let shown = planned("large", |path| match path {
        path if path.contains("/images") => {
            let tag = format!("\"{}:1\"", "x".repeat(1000));
            let image = format!(
                "{{\"Id\":\"sha256:1\",\"ParentId\":\"\",\"RepoTags\":[{tag}],\"RepoDigests\":[],\"Created\":0,\"Size\":0,\"SharedSize\":0,\"Labels\":{{}},\"Containers\":0}}"
            );
            (200, format!("[{}]", vec![image; 30_000].join(",")))
        }
        _ => usual(path),
    });
    assert!(shown.contains("web.1"), "{shown}");
}
