//! Building images, in words.

use crate::stack::Recipe;
use crate::text::tame;
use crate::units::Bytes;

use super::plan::short;

/// An image's build begins.
pub fn building(recipe: &Recipe, platform: Option<&str>) -> String {
    let platform = platform.map(|platform| format!(" for {platform}")).unwrap_or_default();
    tame(&format!("Building {} ({}){platform}.", recipe.image, recipe.service)) + "\n"
}

/// An image was built: the engine's id of it, and its size in bytes.
pub fn built(recipe: &Recipe, id: &str, bytes: u64) -> String {
    tame(&format!("Built {} ({}, {}).", recipe.image, short(id), Bytes(bytes))) + "\n"
}
