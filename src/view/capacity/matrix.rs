//! Each loss against each service: which lose containers, which are down meanwhile, which find no place.

use std::collections::BTreeMap;

use comfy_table::{Cell, Color};

use crate::capacity::{Lost, Report, Verdict};
use crate::view::style::{Style, cell, count, lines};

use super::losses::{both, who};

/// So many services have a column, those that are hurt the worst; and so many losses a row.
const MOST_SERVICES: usize = 10;
const MOST_ROWS: usize = 40;

/// What a loss does to a service.
#[derive(Clone, Copy, Default)]
pub(in crate::view) struct Hurt {
    /// So many of its containers go.
    pub lost: u32,
    /// None is left meanwhile.
    pub is_down: bool,
    /// So many find no place.
    pub homeless: u32,
}

/// All losses against the services that are hurt by any.
pub(in crate::view) struct Matrix<'a> {
    /// Each loss with what it does, those of pairs last.
    pub rows: Vec<(String, BTreeMap<&'a str, Hurt>)>,
    /// The services that are hurt the worst, by name.
    pub shown: Vec<&'a str>,
    /// How many others are hurt.
    pub others: usize,
}

impl<'a> Matrix<'a> {
    /// With a column for so many services at the most.
    pub(in crate::view) fn new(report: &'a Report, most: usize) -> Matrix<'a> {
        let single = report.losses.iter().map(|lost| (who(lost), lost));
        let pairs = report.pairs.iter().flat_map(|pairs| &pairs.losses).map(|pair| (both(pair), &pair.lost));
        let rows: Vec<(String, BTreeMap<&str, Hurt>)> =
            single.chain(pairs).map(|(who, lost)| (who, hurt(lost))).collect();
        let mut worst: BTreeMap<&str, (u32, usize, u32)> = BTreeMap::new();
        for (service, hurt) in rows.iter().flat_map(|(_, hurt)| hurt) {
            let sum = worst.entry(service).or_default();
            *sum = (sum.0 + hurt.homeless, sum.1 + usize::from(hurt.is_down), sum.2 + hurt.lost);
        }
        let mut shown: Vec<&str> = worst.keys().copied().collect();
        shown.sort_by_key(|service| std::cmp::Reverse(worst[service]));
        shown.truncate(most);
        shown.sort_unstable();
        let others = worst.len() - shown.len();
        Matrix { rows, shown, others }
    }
}

pub(super) fn matrix(report: &Report, style: Style) -> String {
    let Matrix { rows, shown, others } = Matrix::new(report, MOST_SERVICES);
    let mut table = style.table();
    table.set_header([" lost"].into_iter().chain(shown.iter().copied()).map(cell));
    for (who, hurt) in rows.iter().take(MOST_ROWS) {
        let mut row = vec![cell(format!(" {who}"))];
        row.extend(shown.iter().map(|service| hurt.get(service).map_or(cell(""), |hurt| told(*hurt))));
        table.add_row(row);
    }
    let mut text = lines(&table);
    text.push_str("\nA number: so many containers go with it. Down: none is left meanwhile. Homeless: no place is found for it.\n");
    let left = [(rows.len().saturating_sub(MOST_ROWS), "loss"), (others, "service")];
    for (left, what) in left.into_iter().filter(|(left, _)| *left > 0) {
        let left = if what == "loss" { format!("{left} losses") } else { count(left, what) };
        text.push_str(&format!("{left} more are hurt or do harm and are not shown; --json tells all.\n"));
    }
    text
}

pub(in crate::view) fn hurt(lost: &Lost) -> BTreeMap<&str, Hurt> {
    let mut found: BTreeMap<&str, Hurt> = BTreeMap::new();
    lost.hit.iter().for_each(|(service, many)| found.entry(service).or_default().lost = *many);
    lost.silenced.iter().for_each(|service| found.entry(service).or_default().is_down = true);
    if let Verdict::Short(_, homeless) = &lost.verdict {
        homeless.iter().for_each(|(service, many)| found.entry(service).or_default().homeless = *many);
    }
    found
}

/// "2", "1 down", "1 down, 1 homeless".
fn told(hurt: Hurt) -> Cell {
    let lost = if hurt.lost > 0 { hurt.lost.to_string() } else { String::new() };
    let down = if hurt.is_down { " down" } else { "" };
    let homeless = (hurt.homeless > 0).then(|| format!("{} homeless", hurt.homeless));
    let lost = format!("{lost}{down}");
    let text: Vec<String> = (!lost.is_empty()).then_some(lost).into_iter().chain(homeless).collect();
    let cell = cell(text.join(", "));
    match (hurt.homeless, hurt.is_down) {
        (1.., _) => cell.fg(Color::Red),
        (0, true) => cell.fg(Color::Yellow),
        (0, false) => cell,
    }
}
