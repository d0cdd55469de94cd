//! Whole plans on real engines, several machines at a time.

use planner::apply::apply;
use planner::cluster::Cluster;
use planner::plan::{NetworkSpec, Operation, Until};
use planner::stack::{Attachment, Healthcheck};

use super::{Lab, clear, container, find, perform, running};
use crate::apply::plan;

fn start(name: &str) -> Operation {
    Operation::Start { name: name.to_owned(), anew: None }
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn a_machine_waits_for_another_ones_health_and_a_failure_stays_where_it_is() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h1", "h2"]);
    let network = Operation::CreateNetwork(NetworkSpec { name: "plan_net".to_owned(), ..Default::default() });
    let create = |mut new: planner::plan::NewContainer| {
        new.spec.network_mode = None;
        new.spec.networks = vec![Attachment { network: "plan_net".to_owned(), ..Default::default() }];
        Operation::CreateContainer(Box::new(new))
    };
    let mut db = running("plan-db-1", "sleep 1; touch /ready; sleep 60");
    let test = vec!["CMD".to_owned(), "test".to_owned(), "-e".to_owned(), "/ready".to_owned()];
    db.spec.healthcheck =
        Some(Healthcheck { test, interval: Some(200_000_000), retries: Some(50), ..Default::default() });
    let plan = plan(vec![
        ("h1", network.clone(), vec![]),
        ("h1", create(db), vec![0]),
        ("h1", start("plan-db-1"), vec![1]),
        ("h1", Operation::Await { name: "plan-db-1".to_owned(), until: Until::Healthy }, vec![2]),
        ("h2", network, vec![]),
        ("h2", create(container("plan-web-1", Some(18101))), vec![4]),
        ("h2", start("plan-web-1"), vec![3, 5]),
        // Its port is sshd's; what stands behind it is left alone.
        ("h2", create(container("plan-bad-1", Some(22))), vec![4]),
        ("h2", start("plan-bad-1"), vec![7]),
        ("h2", Operation::Await { name: "plan-bad-1".to_owned(), until: Until::Healthy }, vec![8]),
    ]);
    let outcome = apply(&plan, &cluster, &mut |_| {}, std::future::pending()).await;
    assert_eq!(outcome.failed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [8], "{:?}", outcome.failed);
    assert!(outcome.failed[0].1.message.contains("port 22"), "{:?}", outcome.failed);
    assert_eq!(outcome.skipped, [(9, 8)]);
    let at = |id: usize| outcome.done.iter().position(|done| *done == id);
    assert!(outcome.done.len() == 8 && at(3) < at(6), "{:?}", outcome.done);
    let web = find(&cluster.observe("h2").await.unwrap(), "plan-web-1");
    assert_eq!((web.state.as_str(), web.ports[0].host_port), ("running", 18101));
    for (machine, name) in [("h1", "plan-db-1"), ("h2", "plan-web-1"), ("h2", "plan-bad-1")] {
        clear(&cluster, machine, name).await;
    }
    for machine in ["h1", "h2"] {
        perform(&cluster, machine, Operation::RemoveNetwork { name: "plan_net".to_owned() }).await.unwrap();
    }
}
