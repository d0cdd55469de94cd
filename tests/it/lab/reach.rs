//! Reaching engines: over ssh, sockets and TLS, and what is said when that fails.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::Command;

use futures_util::future::join_all;
use planner::cluster::{Cluster, ClusterError, DockerCluster, Settings, observe_all};
use planner::inventory::{Endpoint, TlsFiles};

use super::{IMAGE, Lab, ssh};

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn three_hosts_are_seen_over_ssh_and_a_missing_one_is_an_error() {
    let lab = Lab::up();
    let gone = Endpoint::Ssh { user: Some("root".to_owned()), host: "10.77.0.99".to_owned(), port: None };
    let hosts = ["h1", "h2", "h3"].map(|host| (host.to_owned(), ssh(host)));
    let cluster = DockerCluster::new(hosts.into_iter().chain([("gone".to_owned(), gone)]), lab.settings());
    let names = ["h1", "h2", "h3", "gone"].map(str::to_owned);
    let (observed, errors) = observe_all(&cluster, &names).await;
    assert_eq!(observed.machines.keys().collect::<Vec<_>>(), ["h1", "h2", "h3"], "{errors:?}");
    let ids: BTreeSet<_> = observed.machines.values().map(|state| &state.engine.id).collect();
    assert_eq!(ids.len(), 3, "each engine has an identity of its own");
    for (name, state) in &observed.machines {
        assert_eq!(state.engine.hostname, *name);
        assert!(state.engine.capacity.cpu().0 >= 1000 && state.engine.capacity.memory().0 > 1 << 20);
        assert!(state.images.contains(&IMAGE.to_owned()), "{:?}", state.images);
        let sshd = state.listeners.iter().find(|one| one.port == 22 && one.address == "0.0.0.0");
        assert!(sshd.is_some(), "{:?}", state.listeners);
    }
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].to_string(), "gone: 10.77.0.99 cannot be reached");
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn forty_looks_at_once_fit_into_the_sessions_that_sshd_allows() {
    let lab = Lab::up();
    let _alone = lab.breakable();
    // Each connection of sshd is a process of its own: all sessions share one.
    let connections = || lab.run(&["in", "h4", "ss", "-Htn", "state", "established", "sport = :22"]).lines().count();
    let before = connections();
    let cluster = lab.over_ssh(&["h4"]);
    let states = join_all((0..40).map(|_| cluster.observe("h4"))).await;
    for state in states {
        let listeners = state.unwrap().listeners;
        assert!(listeners.iter().any(|one| one.port == 22), "{listeners:?}");
    }
    assert!(connections() <= before + 1, "{before} before, {} after", connections());
}

/// What observing over an endpoint fails with.
async fn failure(endpoint: Endpoint, settings: Settings) -> ClusterError {
    let cluster = DockerCluster::new([("m".to_owned(), endpoint)], settings);
    cluster.observe("m").await.expect_err("it should not be reached")
}

/// The lab's ssh configuration with one text replaced by another.
fn changed(lab: &Lab, name: &str, from: &str, to: &str) -> Settings {
    let text = std::fs::read_to_string(lab.file("ssh_config")).unwrap();
    assert!(text.contains(from), "{text}");
    let path = lab.file(name);
    std::fs::write(&path, text.replace(from, to)).unwrap();
    Settings { ssh_config: Some(path), ..lab.settings() }
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn ssh_says_why_it_fails() {
    let lab = Lab::up();
    let known = lab.file("known_hosts").to_string_lossy().into_owned();

    let wrong = lab.file("known_wrong");
    let client_key = std::fs::read_to_string(lab.file("id.pub")).unwrap();
    std::fs::write(&wrong, format!("10.77.0.11 {client_key}")).unwrap();
    let error = failure(ssh("h1"), changed(&lab, "ssh_wrong", &known, &wrong.to_string_lossy())).await;
    assert_eq!(error.message, "the ssh host key of h1 is not the one that is known", "{error:?}");
    assert!(error.help.unwrap().contains("ssh-keygen -R h1"));

    let error = failure(ssh("h1"), changed(&lab, "ssh_unknown", &known, "/dev/null")).await;
    assert_eq!(error.message, "the ssh host key of h1 is not known yet", "{error:?}");

    let key = format!("IdentityFile {}", lab.file("id").display());
    let other = format!("IdentityFile {}", lab.file("host").display());
    let error = failure(ssh("h1"), changed(&lab, "ssh_key", &key, &other)).await;
    assert_eq!(error.message, "h1 refuses the ssh login", "{error:?}");

    let closed = Endpoint::Ssh { user: None, host: "h1".to_owned(), port: Some(23) };
    let error = failure(closed, lab.settings()).await;
    assert_eq!(error.message, "h1 refuses the connection", "{error:?}");

    let error = failure(ssh("no-such-host.invalid"), lab.settings()).await;
    assert_eq!(error.message, "there is no host `no-such-host.invalid`", "{error:?}");
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn jump_hosts_are_gone_through_and_never_ask() {
    let lab = Lab::up();
    let text = std::fs::read_to_string(lab.file("ssh_config")).unwrap();
    let known = format!("UserKnownHostsFile {}", lab.file("known_hosts").display());
    let jumps = format!(
        "Host far\n HostName 10.77.0.12\n ProxyJump h1\n User root\n IdentityFile {}\n {known}\n",
        lab.file("id").display()
    );
    let configured = |name: &str, text: String| {
        std::fs::write(lab.file(name), text).unwrap();
        Settings { ssh_config: Some(lab.file(name)), ..lab.settings() }
    };
    let settings = configured("ssh_jump", format!("{text}{jumps}"));
    let cluster = DockerCluster::new([("m".to_owned(), ssh("far"))], settings);
    assert_eq!(cluster.observe("m").await.unwrap().engine.hostname, "h2");

    let strangers = text.replace(&known, "UserKnownHostsFile /dev/null");
    let error = failure(ssh("far"), configured("ssh_jump_unknown", format!("{strangers}{jumps}"))).await;
    assert_eq!(error.message, "the way to far was closed before the login", "{error:?}");
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn an_engine_that_is_down_is_told_from_a_machine_that_is_down() {
    let lab = Lab::up();
    let _alone = lab.breakable();
    let cluster = lab.over_ssh(&["h4"]);
    cluster.observe("h4").await.unwrap();
    lab.run(&["kill", "h4"]);
    let error = cluster.observe("h4").await.unwrap_err();
    lab.run(&["start", "h4"]);
    assert_eq!(error.message, "the engine on h4 is not running", "{error:?}");
    cluster.observe("h4").await.expect("the same cluster reaches it again");
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn the_socket_of_this_machine_is_used_directly() {
    let lab = Lab::up();
    let socket = |name: &str| Endpoint::Unix(lab.file(name).to_string_lossy().into_owned());
    let cluster = DockerCluster::new([("m".to_owned(), socket("h2/docker.sock"))], Settings::default());
    assert_eq!(cluster.observe("m").await.unwrap().engine.hostname, "h2");
    let error = failure(socket("h2/none.sock"), Settings::default()).await;
    assert_eq!(error.message, format!("there is no engine at {}", lab.file("h2/none.sock").display()));
}

/// Runs itself again as a user who may not open the socket.
#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn a_socket_without_permission_is_named_with_the_remedy() {
    let lab = Lab::up();
    let socket = lab.file("h2/docker.sock");
    if std::env::var("PLANNER_LAB_CHILD").is_ok() {
        let error = failure(Endpoint::Unix(socket.to_string_lossy().into_owned()), Settings::default()).await;
        assert_eq!(error.message, format!("no permission to use the engine at {}", socket.display()));
        assert!(error.help.unwrap().contains("usermod -aG docker"));
        println!("refused as it should be");
        // The lab is not this user's to take down.
        std::mem::forget(lab);
        return;
    }
    let lock = std::env::temp_dir().join("planner-lab.lock");
    std::fs::set_permissions(&lock, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    // A copy where everybody may run it.
    let copy = lab.file("tests-of-nobody");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let test = "lab::reach::a_socket_without_permission_is_named_with_the_remedy";
    let mut command = Command::new(copy);
    command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("PLANNER_LAB_CHILD", "1")
        .current_dir("/")
        .uid(65534)
        .gid(65534);
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("refused as it should be"), "{said}");
}

fn tls(lab: &Lab, files: [&str; 3]) -> Endpoint {
    let [ca, cert, key] = files.map(|file| lab.file("tls").join(file).to_string_lossy().into_owned());
    Endpoint::Tcp { host: "10.77.0.13".to_owned(), port: 2376, tls: Some(TlsFiles { ca, cert, key }) }
}

#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn tls_proves_both_sides() {
    let lab = Lab::up();
    let good = tls(&lab, ["ca.pem", "cert.pem", "key.pem"]);
    let cluster = DockerCluster::new([("m".to_owned(), good)], Settings::default());
    assert_eq!(cluster.observe("m").await.unwrap().engine.hostname, "h3");

    let error = failure(tls(&lab, ["cert.pem", "cert.pem", "key.pem"]), Settings::default()).await;
    assert_eq!(error.message, "TLS with 10.77.0.13 failed", "{error:?}");

    let error = failure(tls(&lab, ["ca.pem", "host.pem", "host-key.pem"]), Settings::default()).await;
    assert_eq!(error.message, "the engine refuses our certificate", "{error:?}");

    let error = failure(tls(&lab, ["none.pem", "cert.pem", "key.pem"]), Settings::default()).await;
    assert_eq!(error.message, format!("cannot read {}", lab.file("tls/none.pem").display()));

    let plain = |port| Endpoint::Tcp { host: "10.77.0.13".to_owned(), port, tls: None };
    let error = failure(plain(2376), Settings::default()).await;
    assert!(error.detail.clone().unwrap_or_default().contains("HTTPS"), "{error:?}");
    let error = failure(plain(2375), Settings::default()).await;
    assert_eq!(error.message, "cannot connect to 10.77.0.13:2375", "{error:?}");
}

/// The docker client's own files, written by it.
#[tokio::test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
async fn contexts_of_the_docker_client_are_followed() {
    let lab = Lab::up();
    let folder = lab.file("docker-contexts");
    let _ = std::fs::remove_dir_all(&folder);
    let docker = |arguments: &[&str]| {
        let output = Command::new("docker").arg("--config").arg(&folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let tls = |file: &str| lab.file("tls").join(file).display().to_string();
    let (ca, cert, key) = (tls("ca.pem"), tls("cert.pem"), tls("key.pem"));
    docker(&["context", "create", "by-ssh", "--docker", "host=ssh://root@h1"]);
    let by_tls = format!("host=tcp://10.77.0.12:2376,ca={ca},cert={cert},key={key}");
    docker(&["context", "create", "by-tls", "--docker", &by_tls]);
    docker(&["context", "use", "by-tls"]);

    let settings = Settings { docker_config: folder, ..lab.settings() };
    let hostname = async |endpoint: Endpoint, variables: &[(&str, String)]| {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let settings = Settings { variables, ..settings.clone() };
        let cluster = DockerCluster::new([("m".to_owned(), endpoint)], settings);
        cluster.observe("m").await.map(|state| state.engine.hostname).unwrap_or_else(|error| format!("{error:?}"))
    };
    assert_eq!(hostname(Endpoint::Context("by-ssh".to_owned()), &[]).await, "h1");
    assert_eq!(hostname(Endpoint::Local, &[]).await, "h2", "the current context");
    assert_eq!(hostname(Endpoint::Local, &[("DOCKER_CONTEXT", "by-ssh".to_owned())]).await, "h1");
    let host = ("DOCKER_HOST", "tcp://10.77.0.13:2376".to_owned());
    let folder = ("DOCKER_CERT_PATH", lab.file("tls").display().to_string());
    assert_eq!(hostname(Endpoint::Local, &[host, folder, ("DOCKER_TLS_VERIFY", "1".to_owned())]).await, "h3");
}
