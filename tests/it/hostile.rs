//! What is made to hurt: small files that stand for huge ones, depth, width, loops, and bytes that are no text. Each is
//! answered in a short time, with a finding where it cannot be taken.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt::Write, io};

use planner::compose::{self, LoadOptions, Loaded};
use planner::source::{Files, MemoryFiles, Sources};
use planner::view::{self, ModelFormat, Style};

/// Far more than any of these takes, and far less than what is not bounded.
const SHORT: Duration = Duration::from_secs(60);

/// Loads the project in `/p`, prints what can be printed, and draws its findings.
fn load(files: &dyn Files) -> Loaded {
    let start = Instant::now();
    let options = LoadOptions { working_directory: "/p".into(), ..LoadOptions::default() };
    let mut sources = Sources::new();
    let loaded = compose::load(files, &options, &mut sources);
    if let Some(model) = loaded.model() {
        view::model(&model, ModelFormat::Yaml, false);
    }
    view::findings(&loaded.diagnostics, &sources, Style::PLAIN);
    let first: String =
        loaded.diagnostics.first().map(|finding| finding.message.chars().take(100).collect()).unwrap_or_default();
    assert!(start.elapsed() < SHORT, "took {:?}; its first finding: {first}", start.elapsed());
    loaded
}

fn load_text(text: impl Into<String>) -> Loaded {
    load(&MemoryFiles::new().with("/p/compose.yaml", text))
}

/// The codes of the errors, each once.
fn errors(loaded: &Loaded) -> Vec<&'static str> {
    let mut codes: Vec<_> = loaded.diagnostics.iter().filter(|it| it.is_error()).map(|it| it.code).collect();
    codes.dedup();
    codes
}

#[test]
fn aliases_of_aliases_are_counted_before_they_are_walked() {
    let bomb = |open: &str, item: &str, close: &str| {
        let mut text = format!("x-0: &x0 {open}{}{close}\n", item.replace('@', "x"));
        for level in 1..40 {
            let below = format!("*x{} ", level - 1);
            let items: Vec<String> = (0..9).map(|n| item.replace('@', &below).replace('#', &n.to_string())).collect();
            writeln!(text, "x-{level}: &x{level} {open}{}{close}", items.join(", ")).unwrap();
        }
        text
    };
    for text in [bomb("[", "@", "]"), bomb("{", "k#: @", "}"), bomb("{", "<<: {k#: @}", "}")] {
        assert!(errors(&load_text(format!("{text}services: {{a: {{image: x}}}}\n"))).contains(&"C129"), "{text}");
    }
}

#[test]
fn depth_is_refused_in_flow_and_in_block() {
    let mut block = String::new();
    for depth in 0..2000 {
        writeln!(block, "{}k:", " ".repeat(depth)).unwrap();
    }
    let texts = [
        "[".repeat(300_000),
        "{a: ".repeat(300_000),
        "- ".repeat(300_000),
        "? ".repeat(300_000),
        block,
        format!("{}x{}", "[".repeat(5000), "]".repeat(5000)),
        format!("services: {{a: {{image: x, x-a: {}{}}}}}", "[".repeat(5000), "]".repeat(5000)),
    ];
    for text in texts {
        assert_eq!(errors(&load_text(&*text)), ["C101"], "{}", &text[..40]);
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_and_one_of_ten_megabytes_is_read() {
    assert_eq!(errors(&load_text("# ...\n".repeat(3 << 20))), ["C101"]);
    let mut text =
        "x-base: &base {restart: always, environment: {A: a, B: b}, labels: {c: d, e: f}}\nservices:\n".to_owned();
    for n in 0..20_000 {
        writeln!(text, "  s{n}:\n    <<: *base\n    image: x:{n}\n    # {}", "-".repeat(450)).unwrap();
    }
    let loaded = load_text(text);
    assert_eq!((errors(&loaded), loaded.compose.services.len()), (vec![], 20_000));
}

#[test]
fn long_lines_and_long_values_are_read() {
    let long = "x".repeat(4 << 20);
    assert_eq!(errors(&load_text(format!("services: {{a: {{image: i, labels: {{l: {long}}}}}}}"))), [""; 0]);
    assert_eq!(errors(&load_text(format!("services: {{a: {{image: i, labels: {{l: '{long}}}}}}}"))), ["C101"]);
    // YAML itself bounds keys of one line to 1024 characters.
    assert_eq!(errors(&load_text(format!("services: {{a: {{image: i, {long}: 1}}}}"))), ["C101"]);
    assert_eq!(
        errors(&load_text(format!("services: {{a: {{image: i, command: \"{}\"}}}}", "'x' ".repeat(1 << 19)))),
        [""; 0]
    );
}

#[test]
fn defaults_within_defaults_are_bounded() {
    let nested = format!("{}{}", "${A:-".repeat(50_000), "}".repeat(50_000));
    let open = "$X ${Y ".repeat(100_000);
    for image in [nested, open] {
        assert!(errors(&load_text(format!("services: {{a: {{image: \"{image}\"}}}}"))).contains(&"V204"));
    }
}

#[test]
fn variables_that_hold_each_other_are_bounded() {
    let env: String = (1..60).map(|n| format!("V{n}=$V{}$V{}\n", n - 1, n - 1)).collect();
    let env = format!("V0={}\n{env}", "x".repeat(16));
    let uses: String = (0..60).map(|n| format!("E{n}: $V{n}$V{n}, ")).collect();
    let service = format!("{{image: x, environment: {{{uses}}}, env_file: own.env}}");
    let files = MemoryFiles::new()
        .with("/p/compose.yaml", format!("services: {{a: {service}, b: {service}}}"))
        .with("/p/own.env", env.replace("V0=", "W=$V0\nV0="))
        .with("/p/.env", env);
    assert!(errors(&load(&files)).contains(&"V204"));
}

#[test]
fn thousands_of_faults_are_told() {
    let services = |of: &dyn Fn(u32) -> String| -> String {
        (0..20_000).map(|n| format!("  service-{n}: {{image: x, {}}}\n", of(n))).collect()
    };
    let networks: String = (0..20_000).map(|n| format!("  network-{n}: {{}}\n")).collect();
    let cases = [
        (services(&|_| "imagine: y".to_owned()), "C103"),
        (services(&|n| format!("networks: [networks-{n}]")), "C112"),
        (services(&|n| format!("depends_on: [services-{n}]")), "C111"),
    ];
    for (services, code) in cases {
        let loaded = load_text(format!("services:\n{services}networks:\n{networks}"));
        assert_eq!((errors(&loaded), loaded.diagnostics.len()), (vec![code], 20_000));
    }
}

#[test]
fn includes_that_double_with_every_level_come_to_an_end() {
    let mut files =
        MemoryFiles::new().with("/p/compose.yaml", "include: [f0.yaml, ./f0.yaml]\nservices: {a: {image: x}}");
    for n in 0..60 {
        let next = n + 1;
        files = files.with(
            format!("/p/f{n}.yaml"),
            format!("include: [f{next}.yaml, ./f{next}.yaml]\nservices: {{s{n}: {{image: x}}}}"),
        );
    }
    assert!(errors(&load(&files.with("/p/f60.yaml", "services: {end: {image: x}}"))).contains(&"C128"));
    assert!(errors(&load_text("include: [compose.yaml]\nservices: {a: {image: x}}")).contains(&"C128"));
}

#[test]
fn chains_of_extends_come_to_an_end() {
    let chain: String = (0..5000).map(|n| format!("  s{n}: {{extends: s{}}}\n", n + 1)).collect();
    assert!(errors(&load_text(format!("services:\n{chain}  s5000: {{image: x}}\n"))).contains(&"C128"));
    let mut files = MemoryFiles::new().with("/p/compose.yaml", "services: {a: {extends: {file: f0.yaml, service: a}}}");
    for n in 0..3000 {
        let text = format!("services: {{a: {{extends: {{file: f{}.yaml, service: a}}}}}}", n + 1);
        files = files.with(format!("/p/f{n}.yaml"), text);
    }
    assert!(errors(&load(&files)).contains(&"C128"));
    // Everyone's base is wide, and everyone extends it.
    let labels: String = (0..500).map(|n| format!("l{n}: x, ")).collect();
    let wide: String = (0..300).map(|n| format!("  s{n}: {{extends: base, labels: {{own: x}}}}\n")).collect();
    load_text(format!("services:\n  base: {{image: x, labels: {{{labels}}}}}\n{wide}"));
}

#[test]
fn ranges_of_ports_do_not_add_up_for_ever() {
    let ports = "'1-65535:1-65535', ".repeat(2000);
    load_text(format!("services: {{a: {{image: x, ports: [{ports}]}}}}"));
    let expose = "'1-65535', ".repeat(2000);
    load_text(format!("services: {{a: {{image: x, expose: [{expose}]}}}}"));
}

#[test]
fn merge_keys_of_one_mapping_by_the_thousand() {
    load_text("a: &a {b: &b [1]}\n".to_owned() + &"<<: *a\n".repeat(10_000));
    let list = "*a, ".repeat(10_000);
    load_text(format!("x-a: &a {{b: 1}}\nservices: {{a: {{image: x, labels: {{<<: [{list}]}}}}}}"));
}

#[test]
fn bytes_that_are_no_text_are_named() {
    assert_eq!(errors(&load_text("services: {a: {image: \"x\0\"}}")), ["C101"]);
    assert_eq!(errors(&load_text("\0")), ["C101"]);
    struct Broken;
    impl Files for Broken {
        fn read(&self, _: &Path) -> io::Result<String> {
            String::from_utf8(b"services: {a: {image: \xff}}".to_vec())
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        }
        fn exists(&self, path: &Path) -> bool {
            path == Path::new("/p/compose.yaml")
        }
        fn is_dir(&self, _: &Path) -> bool {
            false
        }
    }
    let loaded = load(&Broken);
    assert_eq!(errors(&loaded), ["C123"]);
    assert!(loaded.diagnostics[0].message.contains("UTF-8"), "{}", loaded.diagnostics[0].message);
}

#[test]
fn byte_order_marks_and_windows_line_ends_change_nothing() {
    let text = "x-a: &a\n  labels:\n    - l=$V\nservices:\n  a:\n    <<: *a\n    image: x\n    command: |\n      one\n      two\n";
    let env = "V=\"v\nw\"\nW=x\n";
    let model = |text: String, env: String| {
        let loaded = load(&MemoryFiles::new().with("/p/compose.yaml", text).with("/p/.env", env));
        assert_eq!(errors(&loaded), [""; 0]);
        view::model(&loaded.model().unwrap(), ModelFormat::Json, false)
    };
    let plain = model(text.to_owned(), env.to_owned());
    assert_eq!(model(format!("\u{feff}{text}"), format!("\u{feff}{env}")), plain);
    assert_eq!(model(text.replace('\n', "\r\n"), env.to_owned()), plain);
    assert_eq!(model(text.to_owned(), "V=v\r\n".to_owned()), model(text.to_owned(), "V=v\n".to_owned()));
}
