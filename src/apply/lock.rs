//! One run at a time: a project's lock on the machines that a run may touch.
//!
//! On each machine the lock is a token (see [`Cluster::put_token`]) with a generation in its name: of all who put the same
//! one, one alone has it. Whoever holds it renews it now and then with a further token, which also says how far the run has
//! come. A lock whose process is known to be gone, or that was not renewed for longer than [`LEASE`] by the machine's own
//! clock, is left behind: the next generation takes its place. After taking one, the holder looks again, so that of two who
//! looked at different times one sees the other.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{StreamExt, iter};

use crate::cluster::{Cluster, ClusterError, Process, Token};
use crate::digest::sha256;
use crate::labels;

/// What was not renewed for so long, in seconds of the machine's clock, is left behind.
pub const LEASE: i64 = 60;
/// Between two renewals.
const RENEWAL: Duration = Duration::from_secs(15);
/// Between two tries of one who waits.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many tokens without labels one after the other are no accident.
const MOST_BROKEN: u64 = 8;
/// Machines locked side by side.
const SIDE_BY_SIDE: usize = 32;

const OWNER: &str = "planner.lock.owner";
const PLACE: &str = "planner.lock.place";
const PROCESS: &str = "planner.lock.process";
const KEY: &str = "planner.lock.key";
const DONE: &str = "planner.lock.done";
const STEPS: &str = "planner.lock.steps";

/// Who has, or had, the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The run's process.
    pub process: Process,
    /// How long it is locked, in seconds of the machine's clock.
    pub age: i64,
    /// How long ago that was last renewed.
    pub silent: i64,
    /// How many steps were done then, of how many, once the run had come to its steps.
    pub done: Option<(usize, usize)>,
    key: String,
    generation: u64,
    tokens: Vec<String>,
}

impl Holder {
    /// Whether it is not held any more: its process is gone, or it was not renewed in time.
    pub fn is_left_behind(&self) -> bool {
        self.process.is_gone() || self.silent > LEASE
    }
}

/// Why there is no lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotLocked {
    /// Another run has it, on this machine.
    Held(String, Holder),
    /// A machine did not answer.
    Failed(ClusterError),
}

impl From<ClusterError> for NotLocked {
    fn from(error: ClusterError) -> Self {
        NotLocked::Failed(error)
    }
}

/// A lock that is held.
#[derive(Debug)]
pub struct Lock<'c, C: Cluster> {
    cluster: &'c C,
    project: String,
    machines: Vec<String>,
    process: Process,
    key: String,
    generations: RefCell<BTreeMap<String, u64>>,
    renewals: Cell<u64>,
    /// How many steps are done, of how many.
    pub progress: Cell<Option<(usize, usize)>>,
}

/// Who has the lock of a project on a machine, if anybody has: the latest, also where it is left behind.
///
/// # Errors
/// When the machine does not answer.
pub async fn holder<C: Cluster>(cluster: &C, machine: &str, project: &str) -> Result<Option<Holder>, ClusterError> {
    Ok(holders(cluster, machine, project).await?.into_iter().max_by_key(|holder| holder.generation))
}

/// Takes away whatever locks a project on a machine.
///
/// # Errors
/// When the machine does not answer.
pub async fn free<C: Cluster>(cluster: &C, machine: &str, project: &str) -> Result<(), ClusterError> {
    for token in cluster.tokens(machine, project).await?.tokens {
        cluster.take_token(machine, &token.name).await?;
    }
    Ok(())
}

impl<'c, C: Cluster> Lock<'c, C> {
    /// Takes the lock on all machines, or on none. Where another run has it, it is tried again for as long as
    /// `patience`; `waits` is told once for whom. Returns the lock, and who left one behind.
    ///
    /// # Errors
    /// When another run has it, or a machine does not answer.
    pub async fn take(
        cluster: &'c C,
        project: &str,
        machines: &[String],
        process: Process,
        patience: Duration,
        waits: &mut dyn FnMut(&str, &Holder),
    ) -> Result<(Self, Vec<Holder>), NotLocked> {
        let key = key(&process);
        let lock = Lock {
            cluster,
            project: project.to_owned(),
            machines: machines.to_vec(),
            process,
            key,
            generations: RefCell::default(),
            renewals: Cell::new(0),
            progress: Cell::new(None),
        };
        let (mut waited, mut told) = (Duration::ZERO, false);
        loop {
            match lock.try_all().await {
                Ok(left) => return Ok((lock, left)),
                // Whoever was quicker has come to its end meanwhile.
                Err(NotLocked::Held(_, holder)) if holder.key.is_empty() => {}
                Err(NotLocked::Held(machine, holder)) if waited < patience => {
                    if !std::mem::replace(&mut told, true) {
                        waits(&machine, &holder);
                    }
                    cluster.pause(PATIENCE).await;
                    waited += PATIENCE;
                }
                Err(why) => return Err(why),
            }
        }
    }

    /// The first machine decides between runs on the same ones; the others follow side by side.
    async fn try_all(&self) -> Result<Vec<Holder>, NotLocked> {
        let mut left = Vec::new();
        let (first, rest) = self.machines.split_at(self.machines.len().min(1));
        for machines in [first, rest] {
            let tries = iter(machines).map(|machine| async move { (machine, self.try_one(machine).await) });
            let tried: Vec<_> = tries.buffered(SIDE_BY_SIDE).collect().await;
            let mut failed = None;
            let mut taken = Vec::new();
            for (machine, result) in tried {
                match result {
                    Ok((generation, abandoned)) => {
                        taken.push((machine.clone(), generation));
                        left.extend(abandoned);
                    }
                    Err(why) => failed = failed.or(Some(why)),
                }
            }
            self.generations.borrow_mut().extend(taken);
            if let Some(why) = failed {
                self.give_back().await;
                return Err(why);
            }
        }
        Ok(left)
    }

    async fn try_one(&self, machine: &str) -> Result<(u64, Vec<Holder>), NotLocked> {
        let there = holders(self.cluster, machine, &self.project).await?;
        // Under another name this machine is locked already: that it has two is told by whoever looks at them.
        if let Some(own) = there.iter().find(|holder| holder.key == self.key) {
            return Ok((own.generation, Vec::new()));
        }
        if let Some(holder) = there.iter().find(|holder| !holder.is_left_behind()) {
            return Err(NotLocked::Held(machine.to_owned(), holder.clone()));
        }
        let next = there.iter().map(|holder| holder.generation).max().unwrap_or(0) + 1;
        let (generation, found) = self.put_next(machine, next).await?;
        let name = self.name(generation);
        let others = holders(self.cluster, machine, &self.project).await?;
        let is_new = |holder: &&Holder| holder.key != self.key && !there.iter().any(|it| it.key == holder.key);
        if let Some(other) = others.iter().find(is_new) {
            if found.get(KEY) == Some(&self.key) {
                self.cluster.take_token(machine, &name).await?;
            }
            return Err(NotLocked::Held(machine.to_owned(), other.clone()));
        }
        if found.get(KEY) != Some(&self.key) {
            return Err(NotLocked::Held(machine.to_owned(), Holder::default()));
        }
        for token in there.iter().flat_map(|holder| &holder.tokens) {
            self.cluster.take_token(machine, token).await?;
        }
        for broken in next..generation {
            self.cluster.take_token(machine, &self.name(broken)).await?;
        }
        Ok((generation, there))
    }

    /// Puts the token of the next generation, and tells what is there then. An engine that was killed while it made one
    /// leaves it without labels: such a one is nobody's, and the generation after it is taken. It is taken off only by who
    /// has the lock: of two who both found it, the second would else take off the first one's.
    async fn put_next(&self, machine: &str, next: u64) -> Result<(u64, BTreeMap<String, String>), ClusterError> {
        for generation in next..next + MOST_BROKEN {
            let found = self.cluster.put_token(machine, &self.name(generation), &self.labels()).await?;
            if found.contains_key(KEY) {
                return Ok((generation, found));
            }
        }
        Err(ClusterError {
            machine: machine.to_owned(),
            message: "its engine forgets the labels of the volumes that are the lock".to_owned(),
            detail: None,
            help: Some(format!("see `docker volume inspect {}` there", self.name(next))),
        })
    }

    /// Says that the run goes on, and how far it has come. False: the lock was lost on some machine.
    ///
    /// # Errors
    /// When a machine does not answer.
    pub async fn renew(&self) -> Result<bool, ClusterError> {
        let number = self.renewals.get();
        self.renewals.set(number + 1);
        let renewals = iter(&self.machines).map(|machine| self.renew_one(machine, number));
        let renewed: Vec<Result<bool, ClusterError>> = renewals.buffered(SIDE_BY_SIDE).collect().await;
        renewed.into_iter().try_fold(true, |all, one| Ok(all && one?))
    }

    async fn renew_one(&self, machine: &str, number: u64) -> Result<bool, ClusterError> {
        let others = holders(self.cluster, machine, &self.project).await?;
        if !others.iter().any(|it| it.key == self.key) || others.iter().any(|it| it.key != self.key) {
            return Ok(false);
        }
        self.cluster.put_token(machine, &self.renewal(number + 1), &self.labels()).await?;
        self.cluster.take_token(machine, &self.renewal(number)).await?;
        Ok(true)
    }

    /// Renews it again and again; ready when it is lost. A machine that does not answer for a while is no loss.
    pub async fn keep(&self) {
        loop {
            self.cluster.pause(RENEWAL).await;
            if self.renew().await == Ok(false) {
                return;
            }
        }
    }

    /// Gives it back. A machine that does not answer keeps it, until it is seen to be left behind.
    pub async fn release(self) {
        self.give_back().await;
    }

    async fn give_back(&self) {
        let generations = self.generations.take();
        let removals = iter(&generations).map(|(machine, generation)| async move {
            let name = self.name(*generation);
            // The renewals first: by themselves they say nothing. One that could not be taken off in its time is among them.
            for renewal in self.renewals_on(machine).await.iter().filter(|token| **token != name) {
                let _ = self.cluster.take_token(machine, renewal).await;
            }
            let _ = self.cluster.take_token(machine, &name).await;
        });
        removals.buffered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
    }

    /// Whatever this run has on a machine; nothing is asked where it was never renewed.
    async fn renewals_on(&self, machine: &str) -> Vec<String> {
        if self.renewals.get() == 0 {
            return Vec::new();
        }
        let holders = holders(self.cluster, machine, &self.project).await.unwrap_or_default();
        holders.into_iter().filter(|holder| holder.key == self.key).flat_map(|holder| holder.tokens).collect()
    }

    fn name(&self, generation: u64) -> String {
        format!("planner.lock.{}.{generation}", self.project)
    }

    fn renewal(&self, number: u64) -> String {
        format!("planner.renewal.{}.{}.{number}", self.project, &self.key[..8])
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let mut all = vec![
            (labels::LOCK, self.project.clone()),
            (KEY, self.key.clone()),
            (OWNER, self.process.owner.clone()),
            (PLACE, self.process.place.clone()),
            (PROCESS, self.process.process.clone()),
        ];
        if let Some((done, steps)) = self.progress.get() {
            all.extend([(DONE, done.to_string()), (STEPS, steps.to_string())]);
        }
        all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// Everybody who has a lock on a machine, each with its renewals.
async fn holders<C: Cluster>(cluster: &C, machine: &str, project: &str) -> Result<Vec<Holder>, ClusterError> {
    let all = cluster.tokens(machine, project).await?;
    let generation = |token: &Token| token.name.strip_prefix(&format!("planner.lock.{project}."))?.parse::<u64>().ok();
    let label = |token: &Token, name: &str| token.labels.get(name).cloned().unwrap_or_default();
    let mut holders = Vec::new();
    for (token, generation) in all.tokens.iter().filter_map(|token| Some((token, generation(token)?))) {
        let key = label(token, KEY);
        let own: Vec<&Token> = all.tokens.iter().filter(|other| label(other, KEY) == key).collect();
        let last = own.iter().max_by_key(|token| token.made).copied().unwrap_or(token);
        let done = label(last, DONE).parse().ok().zip(label(last, STEPS).parse().ok());
        holders.push(Holder {
            process: Process { owner: label(token, OWNER), place: label(token, PLACE), process: label(token, PROCESS) },
            age: all.now - token.made,
            silent: all.now - last.made,
            done,
            key,
            generation,
            tokens: own.iter().map(|token| token.name.clone()).collect(),
        });
    }
    Ok(holders)
}

/// What no other run has: the process, and when it came to lock.
fn key(process: &Process) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    sha256(format!("{} {} {}", process.place, process.process, now.as_nanos()))
}
