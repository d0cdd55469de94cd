//! Who has a project's lock, in words.

use crate::apply::lock::Holder;

use super::style::{count, safe};

/// "ops@laptop, for 2 minutes, 3 of 12 steps done".
pub fn holder(holder: &Holder) -> String {
    let owner = match holder.process.owner.as_str() {
        "" => "another run".to_owned(),
        owner => safe(owner),
    };
    let mut text = format!("{owner}, for {}", time(holder.age));
    if let Some((done, steps)) = holder.done {
        text.push_str(&format!(", {done} of {} done", count(steps, "step")));
    }
    if holder.process.is_gone() {
        text.push_str("; its process is gone");
    } else if holder.is_left_behind() {
        text.push_str(&format!("; not heard of for {}", time(holder.silent)));
    }
    text
}

/// "45 seconds", "12 minutes".
fn time(seconds: i64) -> String {
    let seconds = usize::try_from(seconds).unwrap_or(0);
    match seconds {
        0..120 => count(seconds, "second"),
        120..7200 => count(seconds / 60, "minute"),
        _ => count(seconds / 3600, "hour"),
    }
}
