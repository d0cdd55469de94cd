//! Plain problems: the same answer for any number of threads, bounds that are never above a value, mistakes told.

use std::time::Duration;

use planner::placement::core::broken;
use planner::placement::plain::{Plain, instance};
use planner::placement::strategies::{Ended, Limits, Solved, solve};

/// Services of several sizes, some with ports, some to be spread over two zones, most of them running somewhere.
fn problem(objective: &str) -> Plain {
    let machine = |index: usize| {
        let zone = if index.is_multiple_of(2) { "a" } else { "b" };
        format!(r#"{{"room": [{}, 64], "cost": {}, "domains": {{"zone": "{zone}"}}}}"#, 20 + index, 1 + index % 3)
    };
    let service = |index: usize| {
        let rules = match index % 5 {
            0 => r#""per_machine": 1, "#,
            1 => r#""spread": [{"over": "zone", "skew": 1}], "#,
            _ => "",
        };
        let (count, cpu, memory) = (1 + index % 3, 1 + index * 7 % 5, 1 + index * 5 % 11);
        let ports = if index.is_multiple_of(6) { r#""ports": [80], "# } else { "" };
        format!(
            r#"{{{rules}"containers": [{{"count": {count}, {ports}"demand": [{cpu}, {memory}], "running": [[{}, 1]]}}]}}"#,
            index % 12
        )
    };
    let machines: Vec<String> = (0..12).map(machine).collect();
    let services: Vec<String> = (0..36).map(service).collect();
    let text = format!(
        r#"{{"format_version": "1.0", "resources": [{{"name": "cpu"}}, {{"name": "memory"}}], "machines": [{}],
            "services": [{}], "headroom_shape": [4, 8], "objective": {objective}}}"#,
        machines.join(","),
        services.join(",")
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn threads_change_nothing_and_no_bound_is_above_its_value() {
    for objective in [
        r#"[{"moves": 1}, {"even_use": 1}]"#,
        r#"[{"machine_costs": 1}]"#,
        r#"[{"headroom": 1}]"#,
        r#"[{"doubled": 1, "even_use": 1}]"#,
    ] {
        let instance = instance(&problem(objective)).unwrap();
        let answers = [1, 2, 3].map(|threads| {
            let limits = Limits { work: Some(40_000), time: Duration::from_secs(600), threads, stop: None };
            match solve(&instance, &limits) {
                Solved::Found(answer) => answer,
                other => panic!("{objective}: {other:?}"),
            }
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{objective}");
        assert_eq!(broken(&instance, &answers[0].counts), Vec::<String>::new());
        assert!(answers[0].tiers.iter().all(|tier| tier.bound <= tier.value), "{:?}", answers[0].tiers);
        assert!(matches!(answers[0].ended, Ended::Proof | Ended::Enough | Ended::Work), "{objective}");
    }
}

#[test]
fn what_cannot_be_is_told_with_its_place() {
    let mut plain = problem(r#"[{"moves": 1}]"#);
    plain.services[3].containers[0].demand.pop();
    assert_eq!(instance(&plain).unwrap_err(), "services[3].containers[0].demand has 1 entries, 2 are expected");
    let mut plain = problem(r#"[{"moves": 1}]"#);
    plain.services[2].containers[0].machines = Some(vec![12]);
    assert_eq!(instance(&plain).unwrap_err(), "services[2].containers[0].machines: there is no machine 12");
}
