//! The frame of a page: one file that needs nothing else, with its style and script in it.

use super::escape::text;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Of the script above, so that no other runs, whatever a page may hold: `tests/it/pages.rs` says so where it is another.
const SCRIPT_DIGEST: &str = "sha256-Htp78zo66EGojtYjCoQ9DNfi+ZyiHUsehR3HjpeUb50=";

/// A part of the page, with a head by which it is found.
pub(super) struct Section {
    /// Its name in addresses.
    pub id: &'static str,
    /// Its head.
    pub head: &'static str,
    /// All below it.
    pub body: String,
}

/// The whole page.
pub(super) fn page(title: &str, lead: &str, sections: &[Section]) -> String {
    let title = text(title);
    let links: String =
        sections.iter().map(|it| format!("<li><a href=\"#{}\">{}</a></li>", it.id, text(it.head))).collect();
    let shown: String = sections
        .iter()
        .map(|it| {
            let (id, head, body) = (it.id, text(it.head), &it.body);
            format!("<section id=\"{id}\" aria-labelledby=\"{id}-head\">\n<h2 id=\"{id}-head\">{head}</h2>\n{body}</section>\n")
        })
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src '{SCRIPT_DIGEST}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"planner {}\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n<p>{lead}</p>\n</header>\n<nav aria-label=\"Sections\"><ul>{links}</ul></nav>\n<main>\n{shown}</main>\n\
         <footer><p>What is said to fit was tried by placing it. Where it is said that no more fits, that is proven; where \
         it is not, “at least” or “not found out in time” stands there. What a container counts for is what is reserved for it, \
         not what it uses. Written by planner {}.</p></footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION"),
    )
}

/// A few figures that say the most: each with its name, and what is to be said beside it.
pub(super) fn figures(figures: &[(&str, String, String)]) -> String {
    let one = |(name, value, beside): &(&str, String, String)| {
        format!("<div><dt>{}</dt><dd><strong>{value}</strong> {beside}</dd></div>\n", text(name))
    };
    format!("<dl class=\"figures\">\n{}</dl>\n", figures.iter().map(one).collect::<String>())
}

/// A paragraph of text.
pub(super) fn paragraph(what: &str) -> String {
    format!("<p>{}</p>\n", super::escape::lines(what))
}
