//! Whatever happens to whichever call: one more `apply` reaches the goal, and nothing is lost or there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::process::Stdio;

use super::{Run, Site};
use crate::lab::faults::{FAULTS, Fault, Faults};
use crate::lab::{Lab, script};

/// What is wanted one after the other, and with which flag, said of the second host.
const PHASES: [(&str, &str); 5] = [("create", ""), ("update", ""), ("scale", ""), ("move", "--drain"), ("remove", "")];

/// Six services: with a volume, with files, one after another, in place and beside the old one.
fn stack(phase: usize) -> String {
    let version = if phase >= 1 { 2 } else { 1 };
    let (web, api) = if phase >= 2 { (3, 1) } else { (2, 2) };
    let removed = if phase < 4 {
        "  kv: {<<: *one, networks: [back]}\n  mail: {<<: *one, networks: [back], depends_on: [kv]}\n"
    } else {
        ""
    };
    format!(
        "x-one: &one
  image: planner-lab:1
  stop_signal: SIGKILL
  environment: {{VERSION: '{version}'}}
services:
{removed}  web:
    <<: *one
    ports: ['20300-20305:80']
    networks: [front, back]
    deploy: {{replicas: {web}, update_config: {{order: start-first}}}}
    depends_on: {{api: {{condition: service_started}}, job: {{condition: service_completed_successfully}}}}
  api:
    <<: *one
    networks: [back]
    configs: [conf]
    deploy: {{replicas: {api}}}
    depends_on: {{db: {{condition: service_healthy}}}}
  db:
    <<: *one
    networks: [back]
    volumes: ['data:/data']
    healthcheck: {{test: [CMD, wget, -qO-, 'http://127.0.0.1/'], interval: 200ms, retries: 50}}
  job:
    <<: *one
    networks: [back]
    command: ['true']
volumes: {{data: {{}}}}
networks: {{front: {{}}, back: {{}}}}
configs: {{conf: {{content: 'version {version}'}}}}
"
    )
}

/// How faults went, by phase and kind.
type Tally = BTreeMap<(&'static str, Fault), Tried>;

#[derive(Default)]
pub(super) struct Tried {
    struck: usize,
    told: usize,
}

/// The faults before a site's hosts.
pub(super) struct Struck<'s, 'l> {
    pub(super) site: &'s Site<'l>,
    pub(super) faults: Faults,
    /// Mends what was done to a machine.
    pub(super) mend: &'s dyn Fn(&Faults, Fault, &'static str),
}

impl Struck<'_, '_> {
    /// An apply in which a call is struck, with the host. None: it came to its end before that call.
    fn apply(&self, call: usize, fault: Fault, flags: &str) -> Option<(String, &'static str, Run)> {
        self.faults.strike(call, fault);
        let inventory = if fault == Fault::CutOff { "ssh.yaml" } else { "faults.yaml" };
        let mut command = self.site.command(&format!("apply --yes -i {inventory} {flags}"));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        self.faults.made_by(child.id());
        let run = Run::of(child.wait_with_output().unwrap());
        self.faults.struck().map(|(call, host)| (call, host, run))
    }

    /// One more apply, from which on everything is as wanted. An engine that was killed while it started a container may hold that
    /// one's port for as long as it runs: then the apply has to say so, and what it says to do helps.
    fn go_on(&self, fault: Fault, flags: &str) {
        let (site, apply) = (self.site, format!("apply --yes -i sockets.yaml {flags}"));
        let run = site.run(&apply);
        let held_by_engine = |host: &&&str| {
            let on_it = format!("({host}): container");
            run.out.lines().any(|line| line.contains(&on_it) && line.contains("is taken by its engine"))
        };
        if fault == Fault::EngineKilled
            && run.exit == 1
            && let Some(host) = site.hosts.iter().find(held_by_engine)
        {
            assert!(run.out.contains("restart that engine"), "{}{}", run.out, run.err);
            eprintln!("the engine of {host} held a port of no container, and was restarted as it was told");
            script(&["restart", host]);
            site.expect(0, &apply);
        } else {
            run.expect(0, &apply);
        }
    }

    /// Strikes the same call in every phase, goes on each time, and takes all away again. How often something was struck.
    fn cycle(&self, call: usize, fault: Fault, tried: &mut Tally) -> usize {
        let (site, mut strikes, mut data) = (self.site, 0, None);
        for (phase, (name, flag)) in PHASES.into_iter().enumerate() {
            // What is on a drained machine moves; its data does not.
            let flags = if flag.is_empty() { String::new() } else { format!("{flag} {}", without_data(site)) };
            let flags = flags.as_str();
            site.compose(&stack(phase));
            if let Some((what, host, run)) = self.apply(call, fault, flags) {
                strikes += 1;
                (self.mend)(&self.faults, fault, host);
                let tried = tried.entry((name, fault)).or_default();
                tried.struck += 1;
                let (exit, out, err) = (run.exit, &run.out, &run.err);
                let case = format!("{name}: call {call} ({what} on {host}) {fault:?}: exit {exit}\n{out}{err}");
                assert!(!run.err.contains("panicked"), "{case}");
                // Killed, it says nothing; else either it went well all the same, or it says what did not, and how to go on.
                if fault != Fault::Killed && run.exit != 0 {
                    tried.told += 1;
                    assert!(is_told(&run, site.hosts, fault, host), "{case}");
                }
            }
            self.go_on(fault, flags);
            site.expect(0, &format!("plan --detailed-exitcode -i sockets.yaml {flags}"));
            site.is_whole(phase);
            site.keeps_its_data(&mut data);
        }
        site.expect(0, "down --yes -i sockets.yaml");
        assert_eq!(site.all_containers(), []);
        assert_eq!(site.hosts_with_volume("data").len(), 1, "volumes stay");
        site.clear();
        strikes
    }

    /// All of these, each until no phase has so many calls; what became of them is told.
    pub(super) fn try_all(&self, cases: Vec<(usize, Fault)>) {
        let (mut tried, mut over) = (Tally::new(), BTreeMap::new());
        for (call, fault) in cases {
            if over.contains_key(&fault) {
                continue;
            }
            let strikes = self.cycle(call, fault, &mut tried);
            eprintln!("call {call} {fault:?}: struck in {strikes} of {} phases", PHASES.len());
            if strikes == 0 {
                over.insert(fault, call);
            }
        }
        let sum: usize = tried.values().map(|it| it.struck).sum();
        for ((phase, fault), Tried { struck, told }) in &tried {
            eprintln!(
                "{phase:8} {fault:12?} {struck:3} struck, all survived; {told:3} times the run failed and said so"
            );
        }
        eprintln!("{sum} faults, {sum} survived");
        assert!(sum > 0);
    }
}

/// A machine with containers, and without the data.
fn without_data(site: &Site<'_>) -> &'static str {
    let data = site.hosts_with_volume("data");
    let used: BTreeSet<String> = site.containers().into_values().map(|it| it.host).collect();
    site.hosts.iter().find(|host| !data.contains(host) && used.contains(**host)).copied().expect("such a machine")
}

/// Whether a failed run says where, what and how to go on: of what happened to a machine, its name and what that is like.
fn is_told(run: &Run, run_on: &[&str], fault: Fault, host: &str) -> bool {
    let says = |word: &str| run.out.contains(word) || run.err.contains(word);
    let names = |host: &str| says(&format!("({host}): ")) || says(&format!("{host}: "));
    let goes_on = run.exit == 1 && says("`planner apply` again") || run.exit == 4 && says("Nothing was changed");
    let (hosts, causes) = match fault {
        Fault::EngineKilled => (vec![host], vec!["the connection to the engine broke", "is not running"]),
        Fault::CutOff => (vec![host], vec!["cannot be reached", "was lost"]),
        Fault::DiskFull => (vec![host], vec!["no space left on device"]),
        _ => (run_on.to_vec(), vec![""]),
    };
    goes_on && hosts.into_iter().any(names) && causes.into_iter().any(says)
}

impl Site<'_> {
    /// Everything that is wanted is there once, and nothing else.
    fn is_whole(&self, phase: usize) {
        let (web, api) = if phase >= 2 { (3, 1) } else { (2, 2) };
        let mut wanted = BTreeMap::from([("web", web), ("api", api), ("db", 1), ("job", 1)]);
        wanted.extend((phase < 4).then_some([("kv", 1), ("mail", 1)]).into_iter().flatten());
        let containers = self.containers();
        let mut there: BTreeMap<&str, usize> = BTreeMap::new();
        for address in containers.keys() {
            *there.entry(address.split('.').next().unwrap()).or_default() += 1;
        }
        assert_eq!(there, wanted);
        for (address, container) in &containers {
            // An engine whose disk was full lists containers as they were before.
            let state = self.docker(&container.host, &["inspect", "-f", "{{.State.Status}}", &container.id]);
            let ends = address.starts_with("job") && state == "exited";
            assert!(state == "running" || ends, "{container:?} is {state}");
            let usual = format!("{}-{}", self.project, address.replace('.', "-"));
            assert_eq!(container.name, usual);
        }
    }

    /// What was written into the volume is still there, in the one volume that there is.
    fn keeps_its_data(&self, data: &mut Option<&'static str>) {
        let hosts = self.hosts_with_volume("data");
        let db = self.containers()["db.1"].clone();
        assert_eq!(hosts, [db.host.as_str()]);
        if let Some(host) = data {
            assert_eq!(*host, hosts[0]);
            assert_eq!(self.docker(&db.host, &["exec", &db.id, "cat", "/data/kept"]), "kept");
        } else {
            self.docker(&db.host, &["exec", &db.id, "sh", "-c", "echo kept > /data/kept"]);
            *data = Some(hosts[0]);
        }
    }
}

/// Which calls are struck by which of these: a few, drawn by `PLANNER_FAULTS_SEED`; with `PLANNER_FAULTS` all that it names.
pub(super) fn cases<const N: usize>(faults: [Fault; N]) -> Vec<(usize, Fault)> {
    if let Ok(asked) = std::env::var("PLANNER_FAULTS") {
        let (calls, every) =
            named(&asked).unwrap_or_else(|| panic!("PLANNER_FAULTS={asked} is none of all, 32.., 32..40, all/7"));
        return calls.flat_map(|call| faults.map(|fault| (call, fault))).step_by(every).collect();
    }
    let seed = std::env::var("PLANNER_FAULTS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_719_u64);
    let mut state = seed;
    let mut draw = |below: usize| {
        // Knuth's MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    faults.map(|fault| (1 + draw(24), fault)).to_vec()
}

/// The calls that a text names, and every which case of them is meant: `all`, `32..` (where a run was left), `32..40`, and
/// each with `/7` behind it.
fn named(asked: &str) -> Option<(RangeInclusive<usize>, usize)> {
    const MOST_CALLS: usize = 90;
    let (calls, every) = asked.split_once('/').unwrap_or((asked, "1"));
    let calls = match calls.split_once("..") {
        Some((first, last)) => first.parse().ok()?..=if last.is_empty() { MOST_CALLS } else { last.parse().ok()? },
        None => (calls == "all").then_some(1..=MOST_CALLS)?,
    };
    Some((calls, every.parse().ok().filter(|every| *every > 0)?))
}

/// A site with a socket before each host's engine, behind which `strike` happens to machines and `mend` undoes that.
pub(super) fn with_faults(site: &Site<'_>, strike: impl Fn(Fault, &str) + Send + Sync + 'static) -> Faults {
    let engines: Vec<_> = site.hosts.iter().map(|host| (*host, site.lab.file(host).join("docker.sock"))).collect();
    let faults = Faults::before(&engines, &site.folder, Box::new(strike));
    let endpoint = |path: &std::path::Path| format!("unix://{}", path.display());
    let direct: Vec<_> = engines.iter().map(|(host, path)| (*host, endpoint(path))).collect();
    let struck: Vec<_> = faults.sockets.iter().map(|(host, path)| (*host, endpoint(path))).collect();
    site.inventory("sockets.yaml", &direct);
    site.inventory("faults.yaml", &struck);
    faults
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn whatever_happens_to_a_call_one_more_run_reaches_the_goal() {
    let lab = Lab::up();
    let site = Site::new(&lab, "struck", &["h1", "h2", "h3"]);
    let faults = with_faults(&site, |fault, host| unreachable!("{fault:?} is none of a call to {host}"));
    Struck { site: &site, faults, mend: &|_, _, _| {} }.try_all(cases(FAULTS));
}
