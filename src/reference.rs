//! Image references, taken apart.

/// A reference taken apart: `registry/path/name:tag@digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image<'t> {
    /// Everything before the tag.
    pub name: &'t str,
    /// The tag, if there is one.
    pub tag: Option<&'t str>,
    /// The digest, if there is one.
    pub digest: Option<&'t str>,
}

/// Takes a reference apart. A port of the registry is no tag.
pub fn parse(reference: &str) -> Image<'_> {
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (reference, None),
    };
    let path = rest.rfind('/').map_or(0, |at| at + 1);
    match rest[path..].find(':') {
        Some(colon) => Image { name: &rest[..path + colon], tag: Some(&rest[path + colon + 1..]), digest },
        None => Image { name: rest, tag: None, digest },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let of = |text| {
            let image = parse(text);
            (image.name, image.tag, image.digest)
        };
        assert_eq!(of("nginx"), ("nginx", None, None));
        assert_eq!(of("localhost:5000/a/b"), ("localhost:5000/a/b", None, None));
        assert_eq!(of("r.io:5000/a/b:1@sha256:0"), ("r.io:5000/a/b", Some("1"), Some("sha256:0")));
    }
}
