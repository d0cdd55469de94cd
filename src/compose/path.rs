//! Paths as compose files write them. Nothing here looks at the disk.

use std::path::{Component, Path, PathBuf};

/// `written` against the folder `base`, with `~` as `home` and without `.` and `..`; absolute paths stay as they are.
pub(super) fn absolute(written: &str, base: &Path, home: Option<&str>) -> PathBuf {
    if is_windows(written) || written.starts_with('/') {
        return PathBuf::from(written);
    }
    match (written.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            clean(Path::new(&format!("{home}{rest}")))
        }
        _ => clean(&base.join(written)),
    }
}

/// The path without `.` and `..`.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            other => out.push(other),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// Whether a volume's source is a path and not a volume's name.
pub(super) fn is_path(source: &str) -> bool {
    // A drive's letter makes a path, even a relative one.
    let drive = matches!(source.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    drive || source.starts_with(['.', '/', '~']) || is_windows(source)
}

/// Whether something is to be fetched rather than read: a git repository, an OCI artifact, a URL.
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://") || path.starts_with("git@") || path.starts_with("github.com/")
}

/// Whether what is built from is not a folder of this machine: a URL, an image, another service.
pub(super) fn is_build_remote(context: &str) -> bool {
    is_remote(context) || context.starts_with("service:") || context.starts_with("target:")
}

fn is_windows(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.starts_with("\\\\")
        || (bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_and_the_home_folder_are_resolved() {
        let cases = [
            ("./a", "/p/a"),
            ("../a/./b", "/a/b"),
            ("../../..", "/"),
            ("/x//y", "/x//y"),
            ("~/d", "/home/u/d"),
            (".", "/p"),
        ];
        for (written, expected) in cases {
            assert_eq!(absolute(written, Path::new("/p"), Some("/home/u")), Path::new(expected), "{written}");
        }
        assert_eq!(absolute("C:\\x", Path::new("/p"), None), Path::new("C:\\x"));
    }
}
