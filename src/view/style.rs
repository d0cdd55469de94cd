//! How things look: colour or not, drawn or plain lines, how wide.

use anstyle::{AnsiColor, Color};
use comfy_table::Cell;

use crate::text::is_harmful;

/// What the reader's screen can show. The same for everything that is shown in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Whether to draw with more than ASCII.
    pub unicode: bool,
    /// Whether it is written as Markdown: tables and bold as Markdown has them, nothing coloured or wrapped.
    pub markdown: bool,
    /// Columns; text is not wrapped where there are none (a file, a pipe).
    pub width: Option<u16>,
}

impl Style {
    /// Without colour, in UTF-8, not wrapped: for files and tests.
    pub const PLAIN: Style = Style { color: false, unicode: true, markdown: false, width: None };

    /// For pages that read Markdown.
    pub const MARKDOWN: Style = Style { markdown: true, ..Style::PLAIN };

    /// `text` in a colour, or as it is.
    pub(super) fn paint(self, color: AnsiColor, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let style = anstyle::Style::new().fg_color(Some(Color::Ansi(color)));
        format!("{}{text}{}", style.render(), style.render_reset())
    }

    /// `text` in bold, or as it is.
    pub(super) fn bold(self, text: &str) -> String {
        if self.markdown {
            return format!("**{text}**");
        }
        if !self.color {
            return text.to_owned();
        }
        let style = anstyle::Style::new().bold();
        format!("{}{text}{}", style.render(), style.render_reset())
    }

    /// Between two lines of a cell: a row of Markdown is one line.
    pub(super) fn line_break(self) -> &'static str {
        if self.markdown { "<br>" } else { "\n" }
    }

    /// A table without lines, in this style.
    pub(super) fn table(self) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        if self.markdown {
            table.load_style(comfy_table::presets::ASCII_MARKDOWN);
            table.force_no_tty();
            return table;
        }
        table.load_style(comfy_table::presets::NOTHING);
        if let Some(width) = self.width {
            table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
            table.set_width(width);
        } else {
            table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
        }
        if self.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }
}

/// The lines of a table without the spaces at their ends.
pub(super) fn lines(table: &comfy_table::Table) -> String {
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// `1 machine`, `3 machines`.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// "m1, m2"; of more than `few` the first, the last and how many there are: "m1 … m9 (9 machines)".
pub(super) fn machine_names(names: &[&str], few: usize) -> String {
    match names {
        [first, .., last] if names.len() > few => format!("{first} … {last} ({} machines)", names.len()),
        _ => names.join(", "),
    }
}

/// Text from outside (engines, ssh) without what terminals obey; its lines and tabs stay.
pub(super) fn safe(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A cell with text that may be from outside.
pub(super) fn cell(text: impl ToString) -> Cell {
    Cell::new(safe(&text.to_string()))
}
