//! Waiting for real containers.

use planner::plan::{Operation, Until};
use planner::stack::Healthcheck;

use super::{Lab, clear, create, perform, running, start};

fn wait(name: &str, until: Until) -> Operation {
    Operation::Await { name: name.to_owned(), until }
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn health_is_awaited_and_its_last_words_are_told() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h3"]);
    let tested = |test: &str| Healthcheck {
        test: vec!["CMD-SHELL".to_owned(), test.to_owned()],
        interval: Some(200_000_000),
        retries: Some(2),
        ..Default::default()
    };
    let mut well = running("wait-well", "sleep 1; touch /ready; sleep 60");
    well.spec.healthcheck = Some(Healthcheck { retries: Some(50), ..tested("test -e /ready") });
    let mut ill = running("wait-ill", "sleep 60");
    ill.spec.healthcheck = Some(tested("echo no route to db; false"));
    for new in [&well, &ill] {
        create(&cluster, "h3", new).await.unwrap();
        start(&cluster, "h3", &new.name).await.unwrap();
    }
    perform(&cluster, "h3", wait("wait-well", Until::Healthy)).await.unwrap();
    let error = perform(&cluster, "h3", wait("wait-ill", Until::Healthy)).await.unwrap_err();
    assert_eq!(error.message, "container `wait-ill` is unhealthy");
    assert_eq!(error.detail.as_deref(), Some("no route to db"));
    clear(&cluster, "h3", "wait-well").await;
    clear(&cluster, "h3", "wait-ill").await;
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn an_end_is_awaited_and_judged_by_its_exit_code() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h3"]);
    for (name, command) in [("wait-good", "sleep 0.5"), ("wait-bad", "exit 3")] {
        create(&cluster, "h3", &running(name, command)).await.unwrap();
        start(&cluster, "h3", name).await.unwrap();
    }
    perform(&cluster, "h3", wait("wait-good", Until::Completed)).await.unwrap();
    let error = perform(&cluster, "h3", wait("wait-bad", Until::Completed)).await.unwrap_err();
    assert_eq!(error.message, "container `wait-bad` ended with exit code 3");
    clear(&cluster, "h3", "wait-good").await;
    clear(&cluster, "h3", "wait-bad").await;
}
