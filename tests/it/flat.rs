//! Small changes in flat arrays: what they are said to cost, and whether they hold, is what the plain sums say.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use planner::placement::core::{Cost, Flat, Instance, Rng, State, Trial, broken};
use planner::placement::plain::{Plain, instance};
use planner::placement::strategies::{Answer, Limits, Solved, solve};

/// Every rule and every cost that annealing knows, on ten machines. `count` containers of each kind.
fn problem(count: usize, objective: &str) -> Plain {
    let machine = |index: usize| {
        let (zone, row) = (index % 3, index % 5);
        format!(
            r#"{{"room": [{}, 90, 70], "soft": [{}, 40, 30], "cost": {}, "domains": {{"zone": "{zone}", "row": "{row}"}}}}"#,
            60 + index,
            20 + index,
            1 + index % 3
        )
    };
    let service = |index: usize| {
        let rules = match index % 6 {
            0 => r#""per_machine": 1, "spread": [{"over": "zone", "at_least": 2}], "#,
            1 => r#""spread": [{"over": "zone", "skew": 2}], "#,
            2 => r#""near": [{"service": 0, "by": "row"}], "#,
            3 => r#""apart": [{"service": 4}], "#,
            _ => "",
        };
        let ports = if index == 5 { r#""ports": [80], "# } else { "" };
        let group = |place: usize| {
            let (cpu, memory, disk) = (1 + index * 7 % 5, 1 + (index + place) * 5 % 11, 1 + (index * 3 + place) % 6);
            let machine = (index + place) % 10;
            format!(
                r#"{{"count": {count}, {ports}"demand": [{cpu}, {memory}, {disk}], "move_cost": {}, "running": [[{machine}, 1]{}]}}"#,
                1 + place,
                if count > 1 { format!(", [{}, {}]", (machine + 1) % 10, count - 1) } else { String::new() }
            )
        };
        format!(r#"{{{rules}"containers": [{}, {}]}}"#, group(0), group(1))
    };
    let machines: Vec<String> = (0..10).map(machine).collect();
    let services: Vec<String> = (0..18).map(service).collect();
    let moves: Vec<Vec<usize>> = (0..10usize).map(|from| (0..10).map(|to| from.abs_diff(to)).collect()).collect();
    let moves = if count == 1 { format!(r#""machine_move_costs": {moves:?},"#) } else { String::new() };
    let text = format!(
        r#"{{"format_version": "1.0", "resources": [{{"name": "cpu"}}, {{"name": "memory", "transient": true}}, {{"name": "disk"}}],
            "machines": [{}], "services": [{}], "balances": [{{"first": 0, "second": 1, "target": 2, "weight": 3}}],
            {moves} "objective": [{objective}]}}"#,
        machines.join(","),
        services.join(",")
    );
    serde_json::from_str(&text).unwrap()
}

/// Changes by chance; each that is done is compared.
fn compare(instance: &Instance) {
    // Told to stop before it begins, the search gives the first answer that holds.
    let stop = Some(Arc::new(AtomicBool::new(true)));
    let limits = Limits { stop, ..Limits::default() };
    let Solved::Found(Answer { counts: start, .. }) = solve(instance, &limits) else { panic!("no start was found") };
    let tier = &instance.tiers[0];
    let mut flat = Flat::of(instance, &start);
    let first = flat.places().to_vec();
    let cost = Cost::of(&flat, tier);
    let (mut rng, mut trial) = (Rng::new(1), Trial::new(&flat));
    let (mut done, mut refused) = (0, 0);
    for _ in 0..4000 {
        let loads: Vec<f64> = (0..10).map(|it| cost.load(it, flat.load(it), flat.nothing())).collect();
        let (one, two) = (rng.below(flat.containers()) as u32, rng.below(flat.containers()) as u32);
        let (from, to) = (flat.place(one), rng.below(10) as u32);
        let (twins, swap) = (flat.service_of(flat.group(one)) == flat.service_of(flat.group(two)), rng.below(2) == 0);
        trial.clear();
        if swap && !twins && flat.place(two) != from {
            // Two change places, or one pushes the other out to a third machine.
            let last = if to == flat.place(two) || rng.below(2) == 0 { from } else { to };
            trial.push(flat.shift(one, flat.place(two)));
            trial.push(flat.shift(two, last));
        } else if to != from && flat.is_eligible(flat.group(one), to) {
            trial.push(flat.shift(one, to));
        } else {
            continue;
        }
        let before = State::of(instance, &flat.layout());
        let Some(change) = flat.change(&mut trial, &cost, &loads) else { continue };
        // Where machines might hold too much, it is the same, and nothing is too much.
        assert_eq!(flat.loose_change(&mut trial, &cost, &loads, &[0.0; 10]), (change, 0.0));
        let most_moved = cost.most_moved(&flat, &trial);
        let places = flat.places().to_vec();
        if !flat.apply(&trial) {
            refused += 1;
            assert_eq!(flat.places(), places);
            continue;
        }
        done += 1;
        let after = State::of(instance, &flat.layout());
        let is_one = trial.shifts().len() == 1;
        let of_most = tier.most_moved * (f64::from(after.most_moved()) - f64::from(before.most_moved()));
        assert!(!is_one || most_moved == of_most, "{most_moved} for {of_most}");
        let difference = tier.value(&after) - tier.value(&before) - of_most;
        assert!((change - difference).abs() < 1e-6, "{change} for {difference}: {:?}", trial.shifts());
        assert_eq!(broken(instance, &flat.layout()), Vec::<String>::new(), "{:?}", trial.shifts());
    }
    assert!(done > 100 && refused > 10, "{done} done, {refused} refused");
    flat.restore(&first);
    assert_eq!(flat.layout(), State::of(instance, &start).counts());
}

#[test]
fn changes_cost_what_the_sums_say_and_hold_where_they_are_done() {
    let costs = r#"{"overuse": 1, "balance": 1, "moves": 1, "most_moved": 10, "machine_moves": 5, "machine_costs": 7}"#;
    compare(&instance(&problem(1, costs)).unwrap());
    compare(&instance(&problem(2, r#"{"even_use": 9, "doubled": 2, "moves": 1, "machine_costs": 3}"#)).unwrap());
}
