//! The report of capacity as a page and as tables: what is in them, that nothing from outside is markup there, and that a
//! browser finds no fault with the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use planner::capacity::{Container, MachineRoom, Question, ResourceRoom, report};
use planner::cli::Exit;
use planner::placement::{Limits, Outcome, Policy, Problem, place};
use planner::stack::By;
use planner::units::{Amounts, Bytes, Cpu, Resource};
use planner::view::{capacity_csv, capacity_html};

use crate::cli::{golden, planner, root};
use crate::stacks::{machine, service, stack};

const EXAMPLE: &str =
    "capacity --observed snapshot-sparse.json --growth --hold db --hold kv --hold lb --pairs --drains";
const PURCHASE: &str = "capacity --catalogue ../../catalogues/small.yaml --from-nothing --headroom web";
/// A machine's name that would be a script, and a formula.
const HOSTILE: &str = "=<script>alert(1)</script>\"'`";

/// A folder of this test's own, which is gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("planner-pages-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// What a command writes: `page.html` and the folder `tables`.
fn written(name: &str, command: &str) -> Folder {
    let folder = Folder::new(name);
    let (page, tables) = (folder.0.join("page.html"), folder.0.join("tables"));
    let line = format!("{command} --html {} --csv {} stack.yaml", page.display(), tables.display());
    let (shown, exit) = planner(&line, "testdata/examples/website");
    assert_eq!(exit, Exit::Fine, "{shown}");
    let (plain, _) = planner(&format!("{command} stack.yaml"), "testdata/examples/website");
    assert_eq!(shown, plain, "what is printed hangs on what is written");
    folder
}

/// All tables, one below the other.
fn tables(folder: &Path) -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let one = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        format!("== {name}\n{}\n", fs::read_to_string(path).unwrap())
    };
    files.iter().map(one).collect()
}

fn hostile() -> planner::capacity::Report {
    let stack = stack(vec![service("</td><b>", 3, 1)], vec![machine(HOSTILE, 4), machine("m2", 4)]);
    let Outcome::Placed(solution) = place(&Problem::new(&stack, Vec::new(), Policy::Spread), &Limits::default()) else {
        panic!("it fits");
    };
    let question = Question {
        services: vec![0],
        with_moves: true,
        losses: By::Machine,
        pairs: true,
        drains: true,
        growth: Some(Vec::new()),
        samples: None,
        used: None,
        limits: Limits::default(),
    };
    report(&stack, &solution, &question)
}

#[test]
fn the_example_is_written_as_a_page_and_as_tables() {
    for (name, command) in [("website", EXAMPLE), ("purchase", PURCHASE)] {
        let folder = written(name, command);
        golden(&root().join(format!("testdata/pages/{name}.html")), &folder.file("page.html"));
        golden(&root().join(format!("testdata/pages/{name}.tables")), &tables(&folder.0.join("tables")));
    }
}

#[test]
fn what_comes_from_outside_is_no_markup_and_no_formula() {
    let report = hostile();
    let page = capacity_html("<img src=x onerror=alert(1)>", &report, false);
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    assert!(!page.contains("<img") && !page.contains("<b>"), "{page}");
    assert!(page.contains("<th scope=\"row\">=&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;`</th>"), "{page}");
    for (name, text) in capacity_csv(&report) {
        let formula =
            text.lines().flat_map(|line| line.split(',')).find(|cell| cell.trim_matches('"').starts_with('='));
        assert_eq!(formula, None, "{name}");
    }
}

/// The page lets no script run but this one.
#[test]
fn the_page_allows_its_own_script_alone() {
    let page = capacity_html("p", &hostile(), false);
    let script = page.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let hex = planner::digest::sha256(script);
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let allowed = format!("script-src 'sha256-{}'", STANDARD.encode(bytes));
    assert!(page.contains(&allowed), "the page is to say {allowed}");
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "the page asks for {outside}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let (shown, exit) = planner("capacity --html nowhere/page.html stack.yaml", "testdata/examples/website");
    assert_eq!(exit, Exit::Error, "{shown}");
    assert!(shown.contains("error: nowhere/page.html cannot be written: "), "{shown}");
    let (shown, exit) = planner("capacity --csv stack.yaml/tables stack.yaml", "testdata/examples/website");
    assert_eq!(exit, Exit::Error, "{shown}");
    assert!(shown.contains("error: the folder stack.yaml/tables cannot be made: "), "{shown}");
}

#[test]
#[ignore = "needs chromium, node and two of its packages"]
fn a_browser_finds_no_fault() {
    if std::env::var_os("PAGES").is_none() {
        assert!(std::env::var_os("CI").is_none(), "the folder of playwright-core and axe-core is not given");
        return;
    }
    let folder = Folder::new("browser");
    fs::write(folder.0.join("hostile.html"), capacity_html("<b>&amp;", &hostile(), false)).unwrap();
    let pages = ["website", "purchase"].map(|name| root().join(format!("testdata/pages/{name}.html")));
    let output = Command::new("node")
        .arg(root().join("tests/html/check.mjs"))
        .args(pages)
        .arg(folder.0.join("hostile.html"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Very many containers: those of a service on a machine are one piece of a bar, and the page can still be sent by mail.
#[test]
fn a_large_page_stays_small() {
    let names: Vec<String> = (0..100).map(|machine| format!("m{machine:03}")).collect();
    let demand = Amounts::of(Cpu(100), Bytes(64 << 20));
    let placed = |(service, number): (usize, u32)| Container {
        service: format!("s{service:03}"),
        number,
        machine: names[(service + number as usize / 2) % names.len()].clone(),
        demand: demand.clone(),
        ports: Vec::new(),
    };
    let of = |resource: Resource, capacity: u64, one: u64| {
        let used = one * 20;
        ResourceRoom { resource, capacity, reserved: 0, used, free: capacity - used }
    };
    let room = |machine: &String| MachineRoom {
        machine: machine.clone(),
        availability: "active".to_owned(),
        resources: vec![of(Resource::cpus(), 16_000, 100), of(Resource::memory(), 64 << 30, 64 << 20)],
        containers: 20,
        limits: Vec::new(),
    };
    let report = planner::capacity::Report {
        machines: names.iter().map(room).collect(),
        containers: (0..200).flat_map(|service| (0..10).map(move |number| (service, number))).map(placed).collect(),
        ..empty()
    };
    let page = capacity_html("large", &report, false);
    assert!(page.contains(">s000 × 2<"), "the two of a service on a machine are no one piece");
    assert_eq!(page.matches("<tr><th scope=\"row\">s").count(), 2000, "each container has its row");
    assert!(page.len() < 700_000, "{} bytes", page.len());
}

fn empty() -> planner::capacity::Report {
    planner::capacity::Report {
        machines: Vec::new(),
        containers: Vec::new(),
        slots: Vec::new(),
        more: Vec::new(),
        losses: Vec::new(),
        pairs: None,
        drains: None,
        growth: None,
        sizes: None,
        used: None,
    }
}
