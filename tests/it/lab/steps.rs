//! Doing operations on real engines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use planner::cluster::{Cluster, DockerCluster, Settings};
use planner::plan::{NetworkSpec, Operation, VolumeSpec};
use planner::stack::{Attachment, Mount, PullPolicy};
use planner::units::Resource;

use super::{IMAGE, Lab, clear, container, create, find, lab_dir, perform, ssh, start};

fn network(name: &str, project: &str) -> Operation {
    let labels = BTreeMap::from([("com.docker.compose.project".to_owned(), project.to_owned())]);
    Operation::CreateNetwork(NetworkSpec { name: name.to_owned(), labels, ..Default::default() })
}

fn get(url: &str) -> String {
    let patient = ["-fsS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "--max-time", "20"];
    let output = Command::new("curl").args(patient).arg(url).output().expect("curl");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn a_container_lives_from_its_networks_making_to_their_removal() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h1"]);
    let volume = VolumeSpec { name: "life_data".to_owned(), ..Default::default() };
    for _ in 0..2 {
        perform(&cluster, "h1", network("life_front", "life")).await.unwrap();
        perform(&cluster, "h1", network("life_back", "life")).await.unwrap();
        perform(&cluster, "h1", Operation::CreateVolume(volume.clone())).await.unwrap();
    }
    let mut new = container("life-web-1", Some(18001));
    new.labels.insert("com.docker.compose.project".to_owned(), "life".to_owned());
    // Of a resource that no other test on these hosts counts on.
    new.labels.insert("planner.reserved".to_owned(), r#"{"licences":250}"#.to_owned());
    new.spec.network_mode = None;
    new.spec.hostname = Some("front-desk".to_owned());
    new.spec.memory_limit = Some(64 << 20);
    new.spec.networks = ["life_front", "life_back"]
        .map(|name| Attachment { network: name.to_owned(), aliases: vec!["web".to_owned()], ..Default::default() })
        .to_vec();
    new.spec.mounts = vec![
        Mount { kind: "volume".into(), source: "life_data".into(), target: "/data".into(), ..Default::default() },
        Mount { kind: "tmpfs".into(), target: "/scratch".into(), ..Default::default() },
    ];
    create(&cluster, "h1", &new).await.unwrap();
    let again = create(&cluster, "h1", &new).await.unwrap_err();
    assert_eq!(again.message, "a container named `life-web-1` is there already", "{again:?}");
    let before = find(&cluster.observe("h1").await.unwrap(), "life-web-1");
    assert_eq!((before.state.as_str(), before.ports.len()), ("created", 1), "a stopped container's ports are known");

    start(&cluster, "h1", "life-web-1").await.unwrap();
    start(&cluster, "h1", "life-web-1").await.expect("started is started");
    assert_eq!(get("http://10.77.0.11:18001/").trim(), "front-desk");
    let state = cluster.observe("h1").await.unwrap();
    let seen = find(&state, "life-web-1");
    assert_eq!((seen.state.as_str(), seen.image.as_str()), ("running", IMAGE));
    assert_eq!(seen.ports, new.ports, "as they were asked for");
    assert_eq!(
        (seen.volumes.clone(), seen.reserved.get(&Resource("licences".to_owned()))),
        (vec!["life_data".to_owned()], 250)
    );
    assert_eq!(seen.labels, new.labels);
    assert!(state.networks.iter().any(|network| network.name == "life_back"));
    let inspected = lab.run(&["docker", "h1", "inspect", "-f", "{{json .NetworkSettings.Networks}}", "life-web-1"]);
    assert!(inspected.contains("life_front") && inspected.contains("life_back"), "{inspected}");

    let error = perform(&cluster, "h1", Operation::RemoveNetwork { name: "life_front".into() }).await.unwrap_err();
    assert_eq!(error.message, "network `life_front` is still in use", "{error:?}");
    let rename = Operation::Rename { from: "life-web-1".to_owned(), to: "life-web-2".to_owned() };
    perform(&cluster, "h1", rename.clone()).await.unwrap();
    perform(&cluster, "h1", rename).await.expect("renamed is renamed");
    let remove = Operation::Remove { id: seen.id.clone(), name: "life-web-2".to_owned() };
    let error = perform(&cluster, "h1", remove.clone()).await.unwrap_err();
    assert_eq!(error.message, "removing container `life-web-2` failed", "it runs: {error:?}");
    for _ in 0..2 {
        perform(&cluster, "h1", Operation::Stop { id: seen.id.clone(), name: "life-web-2".into() }).await.unwrap();
    }
    for _ in 0..2 {
        perform(&cluster, "h1", remove.clone()).await.expect("removed is removed");
        perform(&cluster, "h1", Operation::RemoveNetwork { name: "life_front".into() }).await.unwrap();
        perform(&cluster, "h1", Operation::RemoveNetwork { name: "life_back".into() }).await.unwrap();
    }
    let after = cluster.observe("h1").await.unwrap();
    assert!(after.volumes.iter().any(|volume| volume.name == "life_data"), "volumes stay");
    assert!(!after.networks.iter().any(|network| network.name.starts_with("life_")));
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn another_projects_network_is_not_taken_for_ours() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h2"]);
    perform(&cluster, "h2", network("shared_name", "theirs")).await.unwrap();
    let error = perform(&cluster, "h2", network("shared_name", "ours")).await.unwrap_err();
    assert_eq!(error.message, "a network `shared_name` that is not this project's is there already");
    perform(&cluster, "h2", Operation::RemoveNetwork { name: "shared_name".into() }).await.unwrap();
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn a_taken_port_is_told_with_its_holder() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h2"]);
    let mut outsider = Command::new("nsenter")
        .args(["--net=/run/netns/pln-h2", "busybox", "httpd", "-f", "-p", "18080"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let state = cluster.observe("h2").await.unwrap();
    create(&cluster, "h2", &container("port-a", Some(18080))).await.unwrap();
    let error = start(&cluster, "h2", "port-a").await.unwrap_err();
    outsider.kill().unwrap();
    outsider.wait().unwrap();
    assert!(state.listeners.iter().any(|one| one.port == 18080), "{:?}", state.listeners);
    assert!(error.message.contains("port 18080"), "{error:?}");
    assert!(error.message.ends_with("is taken by a process outside Docker"), "{error:?}");

    start(&cluster, "h2", "port-a").await.expect("once the port is free");
    create(&cluster, "h2", &container("port-b", Some(18080))).await.unwrap();
    let error = start(&cluster, "h2", "port-b").await.unwrap_err();
    assert!(error.message.ends_with("is taken by container `port-a`"), "{error:?}");
    clear(&cluster, "h2", "port-a").await;
    clear(&cluster, "h2", "port-b").await;
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn a_missing_source_of_a_bind_mount_is_named() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h2"]);
    let _ = std::fs::remove_dir_all(lab.file("made"));
    let mut new = container("bind-a", None);
    let (source, target) = (lab.file("made/by/engine").to_string_lossy().into_owned(), "/data".to_owned());
    new.spec.mounts = vec![Mount { kind: "bind".into(), source: source.clone(), target, ..Default::default() }];
    let error = create(&cluster, "h2", &new).await.unwrap_err();
    assert_eq!(error.message, format!("the bind mount's source {source} is not there"), "{error:?}");
    new.spec.mounts[0].create_host_path = true;
    create(&cluster, "h2", &new).await.unwrap();
    start(&cluster, "h2", "bind-a").await.unwrap();
    assert!(lab.file("made/by/engine").is_dir());
    clear(&cluster, "h2", "bind-a").await;
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn images_are_pulled_and_missing_ones_are_told_apart() {
    let lab = Lab::up();
    lab.run(&["registry"]);
    let image = "10.77.0.1:5000/lab/web:1";
    lab.run(&["docker", "h1", "tag", IMAGE, image]);
    lab.run(&["docker", "h1", "push", "-q", image]);
    let cluster = lab.over_ssh(&["h3"]);
    if cluster.observe("h3").await.unwrap().images.contains(&image.to_owned()) {
        lab.run(&["docker", "h3", "rmi", image]);
    }
    let pull = |image: &str, policy| Operation::Pull {
        image: image.to_owned(),
        platform: None,
        policy,
        digest: None,
        id: None,
        bytes: None,
        from: Vec::new(),
        here: false,
    };
    let told = RefCell::new(Vec::new());
    cluster
        .perform("h3", &pull(image, PullPolicy::Missing), &|text| told.borrow_mut().push(text.to_owned()))
        .await
        .unwrap();
    assert!(!told.borrow().is_empty());
    perform(&cluster, "h3", pull(image, PullPolicy::Always)).await.unwrap();
    assert!(cluster.observe("h3").await.unwrap().images.contains(&image.to_owned()));

    let error = perform(&cluster, "h3", pull("10.77.0.1:5000/lab/web:2", PullPolicy::Missing)).await.unwrap_err();
    assert_eq!(error.message, "registry 10.77.0.1:5000 has no image `10.77.0.1:5000/lab/web:2`", "{error:?}");
    let error = perform(&cluster, "h3", pull("10.77.0.1:5001/lab/web", PullPolicy::Missing)).await.unwrap_err();
    assert_eq!(error.message, "registry 10.77.0.1:5001 cannot be reached from this machine", "{error:?}");
    let error = perform(&cluster, "h3", pull("nowhere:1", PullPolicy::Never)).await.unwrap_err();
    assert_eq!(error.message, "image `nowhere:1` is not there, and is not to be pulled");
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn a_registry_that_wants_a_login_gets_what_docker_login_left() {
    let lab = Lab::up();
    lab.run(&["registry"]);
    let image = "10.77.0.1:5002/lab/locked:1";
    // The password's encoding has characters that only one of Base64's two alphabets has.
    let login = ["login", "-u", "lab", "-p", "lab?>pass~~word", "10.77.0.1:5002"];
    let docker = |host: &str, arguments: &[&str]| {
        let socket = format!("unix://{}", lab.file(host).join("docker.sock").display());
        let mut command = Command::new("docker");
        command.args(["--config", &lab.file("docker-login").to_string_lossy(), "-H", &socket]).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    docker("h1", &login);
    docker("h1", &["tag", IMAGE, image]);
    docker("h1", &["push", "-q", image]);

    let pull = Operation::Pull {
        image: image.to_owned(),
        platform: None,
        policy: PullPolicy::Always,
        digest: None,
        id: None,
        bytes: None,
        from: Vec::new(),
        here: false,
    };
    let error = perform(&lab.over_ssh(&["h3"]), "h3", pull.clone()).await.unwrap_err();
    assert_eq!(error.message, format!("registry 10.77.0.1:5002 has no image `{image}` for us"), "{error:?}");
    let settings = Settings { docker_config: lab.file("docker-login"), ..lab.settings() };
    let cluster = DockerCluster::new([("h3".to_owned(), ssh("h3"))], settings);
    perform(&cluster, "h3", pull).await.unwrap();
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn what_its_engine_cannot_start_any_more_is_made_anew_in_the_same_step() {
    let lab = Lab::up();
    let cluster = lab.over_ssh(&["h2"]);
    let new = container("anew", None);
    create(&cluster, "h2", &new).await.unwrap();
    let before = find(&cluster.observe("h2").await.unwrap(), "anew");
    // As an engine leaves it that is killed while it starts the container.
    let tasks = lab_dir().join("h2/exec/containerd/daemon/io.containerd.runtime.v2.task/moby");
    std::fs::create_dir_all(tasks.join(&before.id)).unwrap();
    let error = start(&cluster, "h2", "anew").await.unwrap_err();
    assert!(error.message.ends_with("something is left of it from when its engine was killed"), "{error:?}");
    assert!(find(&cluster.observe("h2").await.unwrap(), "anew").stuck, "the next plan sees it");

    let operation = Operation::Start { name: "anew".to_owned(), anew: Some(Box::new(new)) };
    perform(&cluster, "h2", operation).await.unwrap();
    let after = find(&cluster.observe("h2").await.unwrap(), "anew");
    assert!(after.id != before.id && after.is_up() && !after.stuck, "{after:?}");
    clear(&cluster, "h2", "anew").await;
    std::fs::remove_dir(tasks.join(&before.id)).unwrap();
}
