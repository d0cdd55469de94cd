//! What the files say of discovery: for the project as a whole, and by network.

use crate::compose::Compose;
use crate::diagnostic::Diagnostic;
use crate::map::Map;
use crate::source::Spanned;
use crate::yaml::Node;

use super::Discovery;

/// The image of proxies where none is named.
const PROXY_IMAGE: &str = "haproxy:3.2-alpine";

/// What the files say.
pub(in crate::stack) struct Said<'f> {
    /// For networks of which nothing is said.
    pub way: Option<Spanned<Discovery>>,
    /// The image of proxies.
    pub image: String,
    findings: &'f mut Vec<Diagnostic>,
}

impl<'f> Said<'f> {
    /// For the project as a whole.
    pub(in crate::stack) fn of_project(compose: &Compose, findings: &'f mut Vec<Diagnostic>) -> Self {
        let mut said = Said { way: None, image: PROXY_IMAGE.to_owned(), findings };
        let node = compose.extensions.get("x-planner").and_then(|node| node.get("discovery"));
        match node.and_then(Node::as_mapping) {
            Some(mapping) => {
                for (key, entry) in mapping {
                    match (&**key, entry.value.as_scalar()) {
                        ("way", _) => said.way = said.read(&entry.value),
                        ("image", Some(image)) => said.image = image.text.to_string(),
                        _ => said.not_understood(&entry.value, "`discovery` has `way` and `image`"),
                    }
                }
            }
            None => said.way = node.and_then(|node| said.read(node)),
        }
        said
    }

    /// For one network.
    pub(in crate::stack) fn of_network(&mut self, extensions: Option<&Map<Node>>) -> Option<Spanned<Discovery>> {
        let node = extensions.and_then(|it| it.get("x-planner")).and_then(|node| node.get("discovery"));
        match node {
            Some(node) => self.read(node),
            None => self.way.clone(),
        }
    }

    fn read(&mut self, node: &Node) -> Option<Spanned<Discovery>> {
        let way = node.as_scalar().and_then(|scalar| Discovery::parse(&scalar.text));
        if way.is_none() {
            self.not_understood(node, "`overlay`, `proxy`, `hosts`, or `none`");
        }
        // What is said and not understood is no leave to choose.
        Some(Spanned::new(way.unwrap_or_default(), node.span))
    }

    fn not_understood(&mut self, node: &Node, help: &str) {
        let message = "`x-planner`: this way of discovery is not understood";
        self.findings.push(Diagnostic::error("M326", message).label(node.span, "here").help(help));
    }
}
