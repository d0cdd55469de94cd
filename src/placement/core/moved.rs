//! How many containers each service moves, and the most that any one does: kept up to date move by move.

/// By service, and by number.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    /// By service: how many containers leave their machine.
    of: Vec<u32>,
    /// By number: how many services move so many.
    movers: Vec<u32>,
    most: usize,
}

impl Moved {
    /// With what moves when nothing is placed yet: no service ever moves more.
    pub(super) fn new(of: Vec<u32>) -> Self {
        let most = of.iter().max().copied().unwrap_or(0) as usize;
        let mut movers = vec![0; most + 1];
        of.iter().for_each(|moved| movers[*moved as usize] += 1);
        Moved { of, movers, most }
    }

    /// How many containers of the service leave their machine.
    pub(super) fn of(&self, service: usize) -> u32 {
        self.of[service]
    }

    /// The most containers that one service moves.
    pub(super) fn most(&self) -> u32 {
        self.most as u32
    }

    /// One more of the service, or one less.
    pub(super) fn change(&mut self, service: usize, more: bool) {
        let now = self.of[service] as usize;
        let then = if more { now + 1 } else { now - 1 };
        self.of[service] = then as u32;
        self.movers[now] -= 1;
        self.movers[then] += 1;
        self.most = self.most.max(then);
        while self.most > 0 && self.movers[self.most] == 0 {
            self.most -= 1;
        }
    }

    /// What [`most`](Self::most) becomes when a service moves so many more.
    pub(super) fn most_after(&self, service: usize, change: i32) -> u32 {
        let now = self.of[service] as usize;
        let then = (now as i32 + change).max(0) as usize;
        if then > self.most {
            then as u32
        } else if now == self.most && then < now && self.movers[now] == 1 {
            then.max(self.movers[..now].iter().rposition(|count| *count > 0).unwrap_or(0)) as u32
        } else {
            self.most as u32
        }
    }
}
