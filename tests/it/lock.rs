//! One run at a time: locks on machines in memory, taken by several at once in every order of their steps.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use planner::apply::lock::{LEASE, Lock, NotLocked, free, holder};
use planner::cluster::{Cluster, Process};
use proptest::prelude::*;

use crate::fake::FakeCluster;

/// A process elsewhere, of which nothing is known but its silence.
fn elsewhere(name: &str) -> Process {
    Process { owner: name.to_owned(), place: "elsewhere".to_owned(), process: name.to_owned() }
}

fn names(machines: &[&str]) -> Vec<String> {
    machines.iter().map(|name| (*name).to_owned()).collect()
}

async fn take<'c>(
    cluster: &'c FakeCluster,
    who: &str,
    machines: &[&str],
    patience: u64,
) -> Result<(Lock<'c, FakeCluster>, usize), NotLocked> {
    let patience = Duration::from_secs(patience);
    let taken = Lock::take(cluster, "shop", &names(machines), elsewhere(who), patience, &mut |_, _| {}).await;
    taken.map(|(lock, left)| (lock, left.len()))
}

fn is_free(cluster: &FakeCluster, machines: &[&str]) -> bool {
    machines.iter().all(|machine| cluster.marks(machine).is_empty())
}

const THREE: [&str; 3] = ["m1", "m2", "m3"];

#[tokio::test]
async fn a_lock_is_held_by_one_told_of_and_given_back() {
    let cluster = FakeCluster::new(&THREE);
    let (lock, left) = take(&cluster, "a", &THREE, 0).await.unwrap();
    assert_eq!(left, 0);
    lock.progress.set(Some((3, 12)));
    cluster.clock.set(40);
    assert_eq!(lock.renew().await, Ok(true));
    cluster.clock.set(50);
    let Err(NotLocked::Held(machine, told)) = take(&cluster, "b", &["m3", "m1"], 0).await else { panic!("twice") };
    assert_eq!((machine.as_str(), told.process.owner.as_str(), told.age, told.silent), ("m3", "a", 50, 10));
    assert_eq!(told.done, Some((3, 12)));
    assert_eq!(take(&cluster, "c", &["m4"], 0).await.unwrap().1, 0, "another machine is another matter");
    let other = Lock::take(&cluster, "blog", &names(&THREE), elsewhere("d"), Duration::ZERO, &mut |_, _| {}).await;
    assert!(other.is_ok(), "and another project as well");
    other.unwrap().0.release().await;
    lock.release().await;
    assert!(is_free(&cluster, &THREE));
    assert!(holder(&cluster, "m1", "shop").await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_left_behind_is_taken_over_and_its_owner_stops() {
    let cluster = FakeCluster::new(&THREE);
    let (lost, _) = take(&cluster, "a", &THREE, 0).await.unwrap();
    assert_eq!(lost.renew().await, Ok(true));
    cluster.clock.set(LEASE);
    assert!(take(&cluster, "b", &THREE, 0).await.is_err(), "it may still come back");
    cluster.clock.set(LEASE + 1);
    let (lock, left) = take(&cluster, "b", &THREE, 0).await.unwrap();
    assert_eq!(left, 3);
    assert_eq!(lost.renew().await, Ok(false), "who was too slow learns of it");
    lost.release().await;
    assert_eq!(lock.renew().await, Ok(true), "and takes nothing away from its successor");
    lock.release().await;
    assert!(is_free(&cluster, &THREE), "{:?}", cluster.marks("m1"));
}

#[tokio::test]
async fn a_renewal_that_failed_leaves_nothing_on_the_machines() {
    let cluster = FakeCluster::new(&THREE);
    let (lock, _) = take(&cluster, "a", &THREE, 0).await.unwrap();
    assert_eq!(lock.renew().await, Ok(true));
    cluster.deaf.set(true);
    assert!(lock.renew().await.is_err());
    cluster.deaf.set(false);
    assert_eq!(lock.renew().await, Ok(true), "a line that was gone for a while is no loss");
    lock.release().await;
    assert!(is_free(&cluster, &THREE), "{:?}", cluster.marks("m1"));
}

#[tokio::test]
async fn a_process_that_is_gone_leaves_its_lock_behind_at_once() {
    let cluster = FakeCluster::new(&THREE);
    let this = planner::cluster::this_process("me");
    let gone = Process { process: "1/1".to_owned(), ..this };
    let machines = names(&THREE);
    let lock = Lock::take(&cluster, "shop", &machines, gone, Duration::ZERO, &mut |_, _| {}).await.unwrap();
    drop(lock);
    assert_eq!(take(&cluster, "b", &THREE, 0).await.unwrap().1, 3);
}

#[tokio::test]
async fn a_lock_that_is_nobodys_is_passed_over_and_taken_off() {
    let cluster = FakeCluster::new(&THREE);
    let nobodys = async |name: &str| cluster.put_token("m2", name, &BTreeMap::new()).await.unwrap();
    nobodys("planner.lock.shop.1").await;
    let (lock, left) = take(&cluster, "a", &THREE, 0).await.unwrap();
    assert_eq!(left, 0);
    assert!(matches!(take(&cluster, "b", &["m2"], 0).await, Err(NotLocked::Held(..))));
    lock.release().await;
    assert!(is_free(&cluster, &THREE));
    // An engine that forgets all labels cannot be locked: that is said, and nobody tries for ever.
    for generation in 1..20 {
        nobodys(&format!("planner.lock.shop.{generation}")).await;
    }
    let Err(NotLocked::Failed(error)) = take(&cluster, "c", &THREE, 0).await else { panic!("locked") };
    assert!(error.machine == "m2" && error.help.is_some());
}

#[tokio::test]
async fn a_lock_can_be_waited_for_and_be_taken_away() {
    let cluster = FakeCluster::new(&THREE);
    let (lock, _) = take(&cluster, "a", &THREE, 0).await.unwrap();
    let told = RefCell::new(Vec::new());
    let waiting = async {
        let tell = &mut |machine: &str, _: &planner::apply::lock::Holder| told.borrow_mut().push(machine.to_owned());
        Lock::take(&cluster, "shop", &names(&THREE), elsewhere("b"), Duration::from_secs(30), tell).await.unwrap()
    };
    let working = async {
        cluster.pause(Duration::from_secs(5)).await;
        lock.release().await;
    };
    let ((second, left), ()) = futures_util::future::join(waiting, working).await;
    assert_eq!((told.into_inner(), left.len()), (names(&["m1"]), 0));
    for machine in THREE {
        free(&cluster, machine, "shop").await.unwrap();
    }
    assert_eq!(second.renew().await, Ok(false));
}

/// What one of several runs does: on which machines, in which order, after how many pauses, for how long.
fn any_run() -> impl Strategy<Value = (Vec<usize>, usize, usize)> {
    (prop::sample::subsequence(vec![0usize, 1, 2], 1..=3).prop_shuffle(), 0usize..12, 0usize..12)
}

proptest! {
    /// Whatever machines several runs want, in whatever order, and however their steps mix: no machine is locked by two.
    #[test]
    fn no_machine_is_ever_locked_by_two(
        runs in prop::collection::vec(any_run(), 2..5),
        delays in prop::collection::vec(prop_oneof![4 => 0u8..3, 1 => 10u8..60], 0..60),
        dies in any::<bool>(),
        broken in prop::sample::subsequence(THREE.to_vec(), 0..=3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let cluster = FakeCluster::new(&THREE);
        if dies {
            // One that left its lock behind long ago.
            let lock = runtime.block_on(take(&cluster, "old", &THREE, 0)).unwrap();
            drop(lock);
            cluster.clock.set(LEASE + 1);
        }
        for machine in broken {
            // And one of which an engine, when it was killed, left nothing but the name.
            let name = format!("planner.lock.shop.{}", if dies { 2 } else { 1 });
            runtime.block_on(cluster.put_token(machine, &name, &BTreeMap::new())).unwrap();
        }
        cluster.delays.replace(delays);
        let inside = RefCell::new([0u32; 3]);
        let (most, came) = (Cell::new(0), Cell::new(0));
        let run = async |index: usize, (machines, before, length): &(Vec<usize>, usize, usize)| {
            for _ in 0..*before {
                tokio::task::yield_now().await;
            }
            let wanted: Vec<&str> = machines.iter().map(|machine| THREE[*machine]).collect();
            let Ok((lock, _)) = take(&cluster, &format!("r{index}"), &wanted, 0).await else { return };
            came.set(came.get() + 1);
            machines.iter().for_each(|machine| inside.borrow_mut()[*machine] += 1);
            for _ in 0..*length {
                most.set(most.get().max(*inside.borrow().iter().max().unwrap()));
                tokio::task::yield_now().await;
            }
            machines.iter().for_each(|machine| inside.borrow_mut()[*machine] -= 1);
            lock.release().await;
        };
        runtime.block_on(join_all(runs.iter().enumerate().map(|(index, it)| run(index, it))));
        prop_assert!(most.get() <= 1, "{} at once", most.get());
        // Who comes when all have gone finds it free.
        cluster.delays.take();
        let last = runtime.block_on(take(&cluster, "last", &THREE, 0));
        prop_assert!(last.is_ok(), "{:?}", last.err());
        runtime.block_on(last.unwrap().0.release());
        prop_assert!(is_free(&cluster, &THREE), "{:?}", cluster.marks("m1"));
    }
}
