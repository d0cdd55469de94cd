//! A machine from which nothing came back: that it is so takes a while to find out, and is not found out for every step anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::fault::Fault;

/// For so long it is taken for what it was.
const STAYS: Duration = Duration::from_secs(30);

/// When a machine last could not be reached, and how that was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Unreachable {
    last: Arc<Mutex<Option<(Instant, Fault)>>>,
}

impl Unreachable {
    /// Nothing answered there.
    pub(super) fn note(&self, fault: &Fault) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), fault.clone()));
    }

    /// The fault, where it was seen only just now.
    pub(super) fn refuses(&self) -> Result<(), Fault> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((since, fault)) if since.elapsed() < STAYS => Err(fault.clone()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_answer_is_not_asked_again_at_once() {
        let unreachable = Unreachable::default();
        assert_eq!(unreachable.refuses(), Ok(()));
        let fault = Fault::new("h1 cannot be reached");
        unreachable.clone().note(&fault);
        assert_eq!(unreachable.refuses(), Err(fault));
        *unreachable.last.lock().unwrap() = Some((Instant::now().checked_sub(STAYS).unwrap(), Fault::new("long ago")));
        assert_eq!(unreachable.refuses(), Ok(()));
    }
}
