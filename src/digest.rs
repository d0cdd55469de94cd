//! Digests as text: the same bytes give the same one everywhere.

use sha2::{Digest, Sha256};

/// The SHA-256 of some bytes, as 64 hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    text(&Sha256::digest(bytes))
}

/// The SHA-256 of bytes that are written to it one after the other.
#[derive(Clone, Default)]
pub struct Hashing(Sha256);

impl Hashing {
    /// The digest, as 64 hexadecimal digits.
    pub fn finish(self) -> String {
        text(&self.0.finalize())
    }
}

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn text(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
