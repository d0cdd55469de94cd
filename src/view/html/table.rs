//! Tables: each with a caption, heads with a scope, and a region of its own that scrolls where it is too wide.

use super::escape::{lines, text};

/// How a cell is meant. It is said by a sign as well as by a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Careful,
    Bad,
}

impl Mood {
    /// Its class and its sign.
    fn shown(self) -> (&'static str, &'static str) {
        match self {
            Mood::Good => ("good", "✓"),
            Mood::Careful => ("careful", "!"),
            Mood::Bad => ("bad", "✗"),
        }
    }
}

/// A text with its mood's sign before it; only its first line is coloured, what follows says why.
pub(super) fn told(mood: Mood, what: &str) -> String {
    let (class, sign) = mood.shown();
    let (first, rest) = what.split_once('\n').unwrap_or((what, ""));
    let rest =
        if rest.is_empty() { String::new() } else { format!("<br><span class=\"quiet\">{}</span>", lines(rest)) };
    format!("<span class=\"{class}\"><span aria-hidden=\"true\">{sign}</span> {}</span>{rest}", lines(first))
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    html: String,
    is_number: bool,
    /// By what it is sorted, where that is not its text.
    key: Option<u64>,
}

impl Cell {
    /// With markup that is ours.
    pub(super) fn html(html: String) -> Cell {
        Cell { html, is_number: false, key: None }
    }

    /// With a text.
    pub(super) fn text(what: impl ToString) -> Cell {
        Cell::html(lines(&what.to_string()))
    }

    /// With a text that says how it is meant.
    pub(super) fn told(mood: Mood, what: &str) -> Cell {
        Cell::html(told(mood, what))
    }

    /// With a number, or what is written of one.
    pub(super) fn number(what: impl ToString) -> Cell {
        Cell { html: text(what), is_number: true, key: None }
    }

    /// With an amount, which is sorted by its size.
    pub(super) fn amount(what: impl ToString, key: u64) -> Cell {
        Cell { html: text(what), is_number: true, key: Some(key) }
    }
}

/// A table in the making.
#[derive(Clone, Debug)]
pub(super) struct Table {
    caption: String,
    /// Each head, and whether numbers stand below it.
    heads: Vec<(String, bool)>,
    body: String,
    class: &'static str,
}

impl Table {
    /// With a caption and heads; one that begins with `#` has numbers below it.
    pub(super) fn new<'a>(caption: &str, heads: impl IntoIterator<Item = &'a str>) -> Table {
        let head = |head: &str| (head.trim_start_matches('#').to_owned(), head.starts_with('#'));
        Table {
            caption: caption.to_owned(),
            heads: heads.into_iter().map(head).collect(),
            body: String::new(),
            class: "",
        }
    }

    /// With a class of its own.
    pub(super) fn class(self, class: &'static str) -> Table {
        Table { class, ..self }
    }

    /// A row; its first cell is its head.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.body.push_str("<tr>");
        for (index, cell) in cells.into_iter().enumerate() {
            let (open, close) = if index == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            let class = if cell.is_number { " class=\"n\"" } else { "" };
            let key = cell.key.map_or(String::new(), |key| format!(" data-key=\"{key}\""));
            self.body.push_str(&format!("<{open}{class}{key}>{}</{close}>", cell.html));
        }
        self.body.push_str("</tr>\n");
    }

    /// As HTML.
    pub(super) fn html(&self) -> String {
        let caption = text(&self.caption);
        let heads: String = self
            .heads
            .iter()
            .map(|(head, is_number)| {
                let class = if *is_number { " class=\"n\"" } else { "" };
                format!("<th scope=\"col\"{class}>{}</th>", text(head))
            })
            .collect();
        let class = if self.class.is_empty() { String::new() } else { format!(" class=\"{}\"", self.class) };
        format!(
            "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table{class}>\n<caption><span>{caption}</span></caption>\n\
             <thead><tr>{heads}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n</div>\n",
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_cells() {
        let mut table = Table::new("<b>", ["service", "#cpus"]);
        table.row([Cell::text("</td><script>x</script>"), Cell::amount("0.5", 500), Cell::told(Mood::Bad, "<i>")]);
        let html = table.html();
        assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("<i>"), "{html}");
        assert!(html.contains("<th scope=\"row\">&lt;/td&gt;&lt;script&gt;x&lt;/script&gt;</th>"), "{html}");
        assert!(html.contains("<td class=\"n\" data-key=\"500\">0.5</td>"), "{html}");
    }
}
