//! Curves as SVG.

use super::escape::text;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 48.0;
/// So many colours and dashes there are for curves.
pub(super) const CURVES: usize = 4;

/// One of the two directions.
pub(super) struct Axis {
    /// What is counted.
    pub name: String,
    /// From here.
    pub least: f64,
    /// To here.
    pub most: f64,
    /// The places that are marked, with what stands there.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From one number to another, with round numbers marked.
    pub(super) fn new(name: &str, least: f64, most: f64, unit: &str) -> Axis {
        let step = round_step((most - least) / 5.0);
        let first = (least / step).ceil() as i64;
        let tick = |index: i64| {
            let value = index as f64 * step;
            (value, format!("{}{unit}", shortest(value)))
        };
        let ticks = (first..).map(tick).take_while(|(value, _)| *value <= most + step * 1e-6).collect();
        Axis { name: name.to_owned(), least, most, ticks }
    }

    /// Where a value stands, from 0 to 1.
    fn at(&self, value: f64) -> f64 {
        if self.most > self.least { (value - self.least) / (self.most - self.least) } else { 0.0 }
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below a number.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= least * 0.999).unwrap_or(power)
}

/// Without zeros at the end.
fn shortest(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How a point is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A full disc: it holds.
    Full,
    /// A ring: it is not all known.
    Ring,
    /// A cross: it does not hold.
    Cross,
}

/// Curves in the making.
pub(super) struct Chart {
    what: String,
    x: Axis,
    y: Axis,
    drawn: String,
}

impl Chart {
    /// Without curves; `what` is said to those who do not see it.
    pub(super) fn new(what: String, x: Axis, y: Axis) -> Chart {
        Chart { what, x, y, drawn: String::new() }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.at(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.at(value) * (HEIGHT - TOP - BOTTOM)
    }

    /// A line through points.
    pub(super) fn curve(&mut self, class: usize, points: &[(f64, f64)]) {
        let at: Vec<String> = points.iter().map(|(x, y)| format!("{:.1},{:.1}", self.x(*x), self.y(*y))).collect();
        self.drawn.push_str(&format!("<polyline class=\"curve c{}\" points=\"{}\"/>\n", class % CURVES, at.join(" ")));
    }

    /// A point, with what it says.
    pub(super) fn mark(&mut self, class: usize, mark: Mark, (x, y): (f64, f64), title: &str) {
        let (x, y, title) = (self.x(x), self.y(y), text(title));
        let full = if mark == Mark::Full { " full" } else { "" };
        let class = format!("mark c{}{full}", class % CURVES);
        let shape = match mark {
            Mark::Full | Mark::Ring => format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\">"),
            Mark::Cross => {
                let (left, right, up, down) = (x - 4.0, x + 4.0, y - 4.0, y + 4.0);
                format!(
                    "<path class=\"{class}\" d=\"M{left:.1} {up:.1}L{right:.1} {down:.1}M{left:.1} {down:.1}L{right:.1} {up:.1}\">"
                )
            }
        };
        let close = if mark == Mark::Cross { "path" } else { "circle" };
        self.drawn.push_str(&format!("{shape}<title>{title}</title></{close}>\n"));
    }

    /// From one height to another: between them the truth lies.
    pub(super) fn between(&mut self, class: usize, x: f64, (from, to): (f64, f64)) {
        let (x, from, to) = (self.x(x), self.y(from), self.y(to));
        let (left, right) = (x - 5.0, x + 5.0);
        self.drawn.push_str(&format!(
            "<path class=\"curve c{}\" d=\"M{x:.1} {from:.1}V{to:.1}M{left:.1} {from:.1}H{right:.1}\"/>\n",
            class % CURVES
        ));
    }

    /// Words above a point.
    pub(super) fn words(&mut self, (x, y): (f64, f64), words: &str) {
        let (x, y) = (self.x(x), self.y(y) - 9.0);
        let anchor = if x > WIDTH - RIGHT - 30.0 { "end" } else { "middle" };
        self.drawn
            .push_str(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>\n", text(words)));
    }

    /// Here it ends, and why is written at the top.
    pub(super) fn end(&mut self, x: f64, words: &str) {
        let (x, bottom) = (self.x(x), HEIGHT - BOTTOM);
        let anchor = if x > WIDTH / 2.0 { "end" } else { "start" };
        self.drawn.push_str(&format!(
            "<path class=\"end\" d=\"M{x:.1} {TOP:.1}V{bottom:.1}\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
            TOP - 9.0,
            text(words)
        ));
    }

    /// As SVG.
    pub(super) fn html(&self) -> String {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let across: String = self
            .y
            .ticks
            .iter()
            .map(|(value, words)| {
                let (y, words) = (self.y(*value), text(words));
                format!(
                    "<path class=\"grid\" d=\"M{LEFT:.1} {y:.1}H{right:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" \
                     text-anchor=\"end\">{words}</text>\n",
                    LEFT - 6.0,
                    y + 4.0
                )
            })
            .collect();
        let up: String = self
            .x
            .ticks
            .iter()
            .map(|(value, words)| {
                let (x, y, words) = (self.x(*value), bottom + 16.0, text(words));
                format!("<text class=\"tick\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{words}</text>\n")
            })
            .collect();
        format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n{across}{up}\
             <path class=\"axis\" d=\"M{LEFT:.1} {bottom:.1}H{right:.1}\"/>\n\
             <text x=\"{right:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n<text x=\"4\" y=\"{:.1}\">{}</text>\n{}</svg>\n",
            text(&self.what),
            HEIGHT - 10.0,
            text(&self.x.name),
            TOP - 9.0,
            text(&self.y.name),
            self.drawn
        )
    }
}

/// What each curve stands for.
pub(super) fn key(names: &[String]) -> String {
    let one = |(index, name): (usize, &String)| {
        let class = index % CURVES;
        format!(
            "<li><svg viewBox=\"0 0 40 12\" aria-hidden=\"true\"><path class=\"curve c{class}\" d=\"M0 6H40\"/></svg> {}</li>",
            text(name)
        )
    };
    format!("<ul class=\"key\">{}</ul>\n", names.iter().enumerate().map(one).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let shown = |least: f64, most: f64| -> Vec<String> {
            Axis::new("", least, most, "").ticks.into_iter().map(|(_, words)| words).collect()
        };
        assert_eq!(shown(0.0, 100.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(shown(1.0, 1.5), ["1", "1.1", "1.2", "1.3", "1.4", "1.5"]);
        assert_eq!(shown(0.0, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(shown(0.0, 0.012), ["0", "0.005", "0.01"]);
    }

    #[test]
    fn what_is_said_is_no_markup() {
        let axis = || Axis::new("</svg>", 0.0, 1.0, "<b>");
        let mut chart = Chart::new("\"><script>".to_owned(), axis(), axis());
        chart.mark(0, Mark::Cross, (0.5, 0.5), "</title>");
        chart.words((0.5, 0.5), "<i>");
        let html = chart.html();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("<i>"), "{html}");
        assert_eq!((html.matches("</svg>").count(), html.matches("</title>").count()), (1, 1), "{html}");
    }
}
