//! Every form, of one report.

use super::*;
use crate::diagnostic::{Diagnostic, Edit};
use crate::lint::Report;
use crate::yaml;

/// A warning with two places and a fix, and an error whose message tries to break out.
fn sample() -> (Report, Sources) {
    let text = "services:\n  web:\n    image: nginx\n    user: root\n";
    let mut sources = Sources::new();
    let file = sources.add("a b/compose.yaml", text);
    let written = yaml::parse(file, text).documents.unwrap();
    let span = |part: &str| {
        let start = text.find(part).unwrap();
        Span::new(file, start..start + part.len())
    };
    let first = Diagnostic::warning("Y701", "`web` runs whatever")
        .label(span("nginx"), "no tag")
        .label(span("web"), "here")
        .help("image: nginx:<version>")
        .fix(true, vec![Edit { span: span("nginx"), text: "nginx:1".to_owned() }]);
    let second = Diagnostic::error("C104", "a <b> & \"c\"::d%\nnext").label(span("root"), "");
    (Report::of(vec![first, second], &written, &sources), sources)
}

fn shown(format: Format) -> String {
    let (sample, sources) = sample();
    report(&sample, &[], &sources, format, Style::PLAIN)
}

#[test]
fn concise_is_a_line_for_each() {
    let expected = "a b/compose.yaml:3:12: warning[Y701] `web` runs whatever\n\
                    a b/compose.yaml:4:11: error[C104] a <b> & \"c\"::d% next\n";
    assert_eq!(shown(Format::Concise), expected);
}

#[test]
fn github_escapes_what_would_end_a_command() {
    let text = shown(Format::Github);
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "::error file=a b/compose.yaml,line=4,endLine=4,col=11,endColumn=15,title=C104 wrong-type::a <b> & \"c\"::d%25%0Anext"
    );
    assert!(text.ends_with("planner: 1 errors, 1 warnings, 0 notes\n"));
}

#[test]
fn sarif_has_places_rules_fixes_and_fingerprints() {
    let value: serde_json::Value = serde_json::from_str(&shown(Format::Sarif)).unwrap();
    let run = &value["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["planner/v1"].as_str().unwrap().ends_with(":1"));
    }
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/compose.yaml");
    assert_eq!(results[0]["relatedLocations"].as_array().unwrap().len(), 1);
    assert_eq!(results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "nginx:1");
}

#[test]
fn gitlab_and_json_agree_on_fingerprints() {
    let gitlab: serde_json::Value = serde_json::from_str(&shown(Format::Gitlab)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&shown(Format::Json)).unwrap();
    assert_eq!(gitlab[0]["fingerprint"], json["findings"][0]["fingerprint"]);
    assert_eq!(json["findings"][0]["service"], "web");
    assert_eq!(gitlab[1]["location"]["lines"]["begin"], 4);
}

#[test]
fn junit_is_escaped() {
    let text = shown(Format::Junit);
    assert!(text.contains("message=\"a &lt;b&gt; &amp; &quot;c&quot;::d%&#10;next\""), "{text}");
    assert!(text.contains("tests=\"2\" failures=\"2\""), "{text}");
}
