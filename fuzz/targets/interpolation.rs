//! Any template in any kind of scalar, with variables from an env file: what stands before the first `---` line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use planner::source::MemoryFiles;

fuzz_target!(|text: &str| {
    let (variables, template) = text.split_once("\n---\n").unwrap_or(("A=a\nB=\nC=$A${B:-c}\n", text));
    // JSON's strings are YAML's, in double quotes.
    let Ok(quoted) = serde_json::to_string(template) else { return };
    let block: String = template.lines().map(|line| format!("        {line}\n")).collect();
    let single = template.replace('\'', "''").replace('\n', "\n\n");
    let project = format!(
        "services:\n  a:\n    image: x\n    labels:\n      a: {quoted}\n      b: '{single}'\n      c: |\n{block}      d: >-\n{block}      e: {template}\n"
    );
    let files = MemoryFiles::new().with("/p/compose.yaml", project).with("/p/.env", variables);
    planner_fuzz::load(&files, true);
    planner_fuzz::load(&files, false);
});
