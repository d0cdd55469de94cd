//! What a tree does not keep of its text: comments, anchors and aliases.

use granit_parser::{Scanner, StrInput, TokenType};

use crate::source::{FileId, Span, Spanned};

/// Comments, anchors and aliases of a text, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Comments, with what stands behind the `#`; the place is that of the whole comment.
    pub comments: Vec<Spanned<String>>,
    /// Anchors: name, place with the `&`, and whether an alias refers to it.
    pub anchors: Vec<(Spanned<String>, bool)>,
}

/// Reads the outline of `file`, up to the first fault of syntax.
pub fn outline(file: FileId, text: &str) -> Outline {
    let mut outline = Outline::default();
    if text.contains('\0') {
        return outline;
    }
    // Anchors are looked up from here on: those of earlier documents are gone.
    let mut document = 0;
    for token in Scanner::new(StrInput::new(text)).map_while(Result::ok) {
        let place = || Span::new(file, token.span().byte_range().unwrap_or(0..0));
        match token.token_type() {
            TokenType::Comment(comment) => {
                outline.comments.push(Spanned::new(comment.text().to_owned(), place()));
            }
            TokenType::Anchor(name) => outline.anchors.push((Spanned::new(name.to_string(), place()), false)),
            TokenType::Alias(name) => {
                let mut earlier = outline.anchors[document..].iter_mut().rev();
                if let Some((_, used)) = earlier.find(|(anchor, _)| anchor.value == *name) {
                    *used = true;
                }
            }
            TokenType::DocumentStart | TokenType::DocumentEnd => document = outline.anchors.len(),
            _ => {}
        }
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_where_they_are_comments_and_anchors_where_they_are_used() {
        let text = "# one\na: &x \"# no\" # two\nb: |\n  # no\nc: *x\nd: &y 1\n";
        let outline = outline(FileId(0), text);
        let comments: Vec<_> = outline.comments.iter().map(|it| (&*it.value, &text[it.span.range()])).collect();
        assert_eq!(comments, [(" one", "# one"), (" two", "# two")]);
        let anchors: Vec<_> = outline.anchors.iter().map(|(it, used)| (&text[it.span.range()], *used)).collect();
        assert_eq!(anchors, [("&x", true), ("&y", false)]);
    }
}
