//! The user's Ctrl-C, or whoever runs us and wants us to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::select;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Exit;

/// Hears every interrupt from its making on. One for the whole wait: a new one would not hear what came before it.
pub(in crate::cli) struct Interrupts {
    listeners: Option<(Signal, Signal)>,
}

impl Interrupts {
    /// Inside a runtime only. Where the system lets nobody listen, an interrupt ends the program as ever.
    pub(in crate::cli) fn new() -> Interrupts {
        let listener = |kind| signal(kind).ok();
        Interrupts { listeners: listener(SignalKind::interrupt()).zip(listener(SignalKind::terminate())) }
    }

    /// Ready at the next SIGINT or SIGTERM. Those that came since the last are one.
    pub(in crate::cli) async fn next(&mut self) {
        let Some((interrupt, terminate)) = &mut self.listeners else { return std::future::pending().await };
        select(std::pin::pin!(interrupt.recv()), std::pin::pin!(terminate.recv())).await;
    }
}

/// A flag that an interrupt sets: the search then ends with the best it has. A second one ends the program.
pub(in crate::cli) fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let mut interrupts = Interrupts::new();
            interrupts.next().await;
            flag.store(true, Ordering::Relaxed);
            interrupts.next().await;
            std::process::exit(Exit::Cancelled as i32);
        });
    });
    stop
}
