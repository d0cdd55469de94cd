//! Images that are built here reach the machines, and of another version only the layers that are new.

use super::{Run, Site};
use crate::lab::Lab;

/// Larger than all else that is sent.
const LARGE: usize = 8 << 20;

impl Site<'_> {
    /// A run with the engine of the first host as the one here: the machines are others.
    fn here(&self, arguments: &str) -> Run {
        let socket = self.lab.file("h1").join("docker.sock");
        let mut command = self.command(arguments);
        command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        Run::of(command.output().expect("the binary"))
    }

    fn small(&self, replica: &str) -> String {
        let container = &self.containers()[replica];
        self.docker(&container.host, &["exec", &container.id, "cat", "/small"])
    }
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn what_is_built_here_is_sent_and_of_another_version_the_new_layers() {
    let lab = Lab::up();
    let site = Site::new(&lab, "built", &["h2", "h3"]);
    for host in ["h1", "h2", "h3"] {
        for id in site.docker(host, &["images", "-q", "--no-trunc", "built-web"]).lines() {
            site.docker(host, &["rmi", "-f", id]);
        }
    }
    // Other tests' image, which the hosts have, is none of its layers.
    std::fs::create_dir_all(site.folder.join("web")).unwrap();
    let noise: Vec<u8> = (0..LARGE as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u8).collect();
    std::fs::write(site.folder.join("web/large"), noise).unwrap();
    site.write(
        "web/Dockerfile",
        "FROM planner-lab:1\nCOPY large /large\nCOPY small /small\nCMD [\"sleep\", \"1000\"]\n",
    );
    site.write("web/small", "first");
    site.compose("services:\n  web:\n    build: ./web\n    stop_signal: SIGKILL\n    deploy: {replicas: 2}\n");

    let run = site.here("plan");
    assert!(run.err.contains("M333") && run.out.contains("yet to be built, then sent: built-web to h2, h3"), "{run:?}");
    assert_eq!(site.here("plan -o saved.json").exit, 1);

    let run = site.here("apply --yes");
    assert!(run.exit == 0 && run.err.contains("Built built-web"), "{run:?}");
    assert!(run.out.contains("to be sent: built-web (built here) to h2, h3"), "{run:?}");
    assert_eq!((site.small("web.1"), site.small("web.2")), ("first".to_owned(), "first".to_owned()));
    let run = site.here("plan --detailed-exitcode");
    assert_eq!(run.exit, 0, "{run:?}");

    // Another version, in its topmost layer: of the large one below not a byte goes over the network.
    site.write("web/small", "second");
    assert_eq!(site.here("plan --build -o saved.json").exit, 0);
    let run = site.here("apply --yes --plan saved.json");
    assert!(run.exit == 0 && run.err.matches("MiB was there").count() == 2, "{run:?}");
    assert_eq!((site.small("web.1"), site.small("web.2")), ("second".to_owned(), "second".to_owned()));

    // What was built before is had back from the builder's cache, older than what the machines have: it is what is meant.
    site.write("web/small", "first");
    let run = site.here("apply --yes --build");
    assert_eq!((run.exit, site.small("web.1")), (0, "first".to_owned()), "{run:?}");

    site.write("web/Dockerfile", "FROM planner-lab:1\nCOPY nothing-there /small\n");
    let run = site.here("apply --yes --build");
    assert!(run.exit == 1 && run.err.contains("building image `built-web` failed"), "{run:?}");
    assert!(run.err.contains("nothing-there") && run.err.contains("Nothing was changed on the machines."), "{run:?}");
    site.expect(0, "down --yes");
}
