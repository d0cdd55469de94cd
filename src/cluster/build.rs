//! Building an image with the docker command here, which reads `.dockerignore`, has the user's logins and speaks with BuildKit.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::Settings;
use super::docker::Engine;
use super::fault::{Fault, clean, exit_code, explain, is_missing};
use super::tokens::seconds;
use crate::observed::{BuiltImage, ImageFacts};
use crate::stack::{Context, Recipe, SecretPlace};

/// So many lines of a builder's output are told where it fails.
const LAST_LINES: usize = 20;

/// Variables of the project's environment.
type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// The image under a reference, as it is on this engine.
pub(super) async fn built(engine: &Engine, image: &str) -> Result<BuiltImage, Fault> {
    let found = engine.docker.inspect_image(image).await.map_err(|error| match is_missing(&error) {
        true => Fault::new(format!("image `{image}` is not on the engine here")).help(
            "a builder of its own keeps what it builds: use one that loads it, such as `docker buildx use default`",
        ),
        false => explain(&error, &format!("looking for image `{image}`")),
    })?;
    let facts = ImageFacts {
        created: found.created.as_deref().map_or(0, seconds),
        bytes: u64::try_from(found.size.unwrap_or(0)).unwrap_or(0),
    };
    let text = |field: Option<String>| field.unwrap_or_default();
    Ok(BuiltImage {
        id: text(found.id),
        alike: BTreeSet::new(),
        facts,
        os: text(found.os),
        architecture: text(found.architecture),
        fresh: false,
    })
}

/// A platform, where it is not the engine's own.
pub(super) async fn not_own<'p>(engine: &Engine, platform: Option<&'p str>) -> Option<&'p str> {
    let version = engine.docker.version().await.unwrap_or_default();
    let own = format!("{}/{}", version.os.unwrap_or_default(), version.arch.unwrap_or_default());
    platform.filter(|platform| *platform != own)
}

/// The docker command here, as it builds.
pub(super) struct Builder<'s> {
    settings: &'s Settings,
    /// Whether it has buildx; without that it builds by itself.
    buildx: bool,
}

impl<'s> Builder<'s> {
    pub(super) async fn find(settings: &'s Settings) -> Result<Self, Fault> {
        let asked = docker(settings).args(["buildx", "version"]).stdin(Stdio::null()).output().await;
        let buildx = asked.map(|output| output.status.success()).map_err(|error| no_docker(&error))?;
        Ok(Builder { settings, buildx })
    }

    /// Builds an image. `said` is told each line that the builder says.
    pub(super) async fn build(
        &self,
        recipe: &Recipe,
        platform: Option<&str>,
        variable: Variables<'_>,
        said: &mut dyn FnMut(&str),
    ) -> Result<(), Fault> {
        let mut last = VecDeque::new();
        let mut note = |line: &str| {
            if last.len() == LAST_LINES {
                last.pop_front();
            }
            last.push_back(line.to_owned());
            said(line);
        };
        let command = self.command(recipe, platform, variable)?;
        let code = run(command, recipe.inline.as_deref(), &mut note).await?;
        if code == Some(0) {
            return Ok(());
        }
        let output = Vec::from(last).join("\n");
        let ended = exit_code(code.map(i64::from));
        let fault = Fault::new(format!("building image `{}` failed: {ended}", recipe.image));
        let help = help(&output).map(str::to_owned);
        Err(Fault { detail: Some(output).filter(|output| !output.is_empty()), help, ..fault })
    }

    fn command(&self, recipe: &Recipe, platform: Option<&str>, variable: Variables<'_>) -> Result<Command, Fault> {
        let mut command = docker(self.settings);
        command.args(arguments(recipe, platform, self.buildx, variable));
        for secret in &recipe.secrets {
            let SecretPlace::Variable(name) = &secret.from else { continue };
            let value = variable(name).ok_or_else(|| {
                Fault::new(format!("the build's secret `{}` is the variable {name}, which is not set", secret.id))
            })?;
            command.env(name, value);
        }
        // Without buildx, older docker commands have BuildKit only when they are asked for it.
        if !self.buildx && needs_buildkit(recipe) && self.settings.variable("DOCKER_BUILDKIT").is_none() {
            command.env("DOCKER_BUILDKIT", "1");
        }
        Ok(command)
    }
}

/// What would mend a build that failed, where that does not lie in what is built.
fn help(output: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| output.contains(word));
    if has(&["buildx component is missing", "requires BuildKit", "requires the buildx", "the --mount option requires"])
    {
        Some("install docker's buildx: this build needs BuildKit")
    } else if has(&[
        "Cannot connect to the Docker daemon",
        "error during connect",
        "permission denied while trying to connect",
    ]) {
        Some("an engine is needed that builds: start one here, or name one with DOCKER_HOST or DOCKER_CONTEXT")
    } else {
        None
    }
}

/// The docker command, with what it is to know of the user's surroundings.
fn docker(settings: &Settings) -> Command {
    let mut command = Command::new("docker");
    // Not the terminal: what is for people is told by whoever called.
    command.envs(&settings.variables).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn no_docker(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound => Fault::new("there is no `docker` command here, and images are built by it").help(
            "install docker's command line with buildx, or build and push elsewhere and name the result with `image:`",
        ),
        _ => Fault::new("cannot run `docker`").detail(&error.to_string()),
    }
}

/// Runs a command to its end; what it says is handed on line by line.
async fn run(mut command: Command, input: Option<&str>, said: &mut dyn FnMut(&str)) -> Result<Option<i32>, Fault> {
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.spawn().map_err(|error| no_docker(&error))?;
    let (tell, mut told) = unbounded_channel::<String>();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let mut stdin = child.stdin.take();
    let give = async {
        if let (Some(stdin), Some(input)) = (&mut stdin, input) {
            // A builder that does not want to read says why.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        drop(stdin);
    };
    let show = async {
        while let Some(line) = told.recv().await {
            said(&line);
        }
    };
    let tells = tell.clone();
    let (status, ..) = futures_util::join!(child.wait(), give, lines(out, tell), lines(err, tells), show);
    status.map(|status| status.code()).map_err(|error| no_docker(&error))
}

/// Hands on the lines of a stream, made fit for a terminal.
async fn lines(stream: Option<impl AsyncRead + Unpin>, tell: UnboundedSender<String>) {
    let Some(stream) = stream else { return };
    let (mut stream, mut line) = (BufReader::new(stream), Vec::new());
    while let Ok(1..) = stream.read_until(b'\n', &mut line).await {
        let text = clean(&String::from_utf8_lossy(&line));
        if !text.is_empty() && tell.send(text).is_err() {
            return;
        }
        line.clear();
    }
}

/// Whether only BuildKit can do it.
fn needs_buildkit(recipe: &Recipe) -> bool {
    let lists = [&recipe.ssh, &recipe.cache_to, &recipe.no_cache_filter, &recipe.entitlements];
    !recipe.secrets.is_empty() || !recipe.contexts.is_empty() || lists.into_iter().any(|list| !list.is_empty())
}

/// What the docker command is told. Every value stands in one word with its flag, so that none is taken for one.
fn arguments(recipe: &Recipe, platform: Option<&str>, with_buildx: bool, variable: Variables<'_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if with_buildx {
        all.extend(["buildx", "build", "--load", "--progress=plain"].map(str::to_owned));
    } else {
        all.push("build".to_owned());
    }
    let mut say = |flag: &str, value: &str| all.push(format!("--{flag}={value}"));
    for name in std::iter::once(&recipe.image).chain(&recipe.tags) {
        say("tag", name);
    }
    match (recipe.dockerfile_path(), &recipe.inline, &recipe.dockerfile) {
        (_, Some(_), _) => say("file", "-"),
        (Some(path), ..) => say("file", &path.display().to_string()),
        (None, _, Some(file)) => say("file", &file.value),
        (None, _, None) => {}
    }
    let texts = [("target", recipe.target.as_deref()), ("platform", platform), ("network", recipe.network.as_deref())];
    for (flag, value) in texts {
        value.into_iter().for_each(|value| say(flag, value));
    }
    for (name, value) in &recipe.args {
        if let Some(value) = value.clone().or_else(|| variable(name)) {
            say("build-arg", &format!("{name}={value}"));
        }
    }
    recipe.labels.iter().for_each(|(name, value)| say("label", &format!("{name}={value}")));
    recipe.extra_hosts.iter().for_each(|host| say("add-host", host));
    recipe.ulimits.iter().for_each(|(name, it)| say("ulimit", &format!("{name}={}:{}", it.soft, it.hard)));
    recipe.shm_size.iter().for_each(|size| say("shm-size", &size.to_string()));
    for (flag, is) in [("no-cache", recipe.no_cache), ("pull", recipe.pull)] {
        if is {
            say(flag, "true");
        }
    }
    let lists = [
        ("cache-from", &recipe.cache_from),
        ("cache-to", &recipe.cache_to),
        ("no-cache-filter", &recipe.no_cache_filter),
        ("ssh", &recipe.ssh),
        ("allow", &recipe.entitlements),
    ];
    for (flag, values) in lists {
        values.iter().for_each(|value| say(flag, value));
    }
    for secret in &recipe.secrets {
        match &secret.from {
            SecretPlace::File(path) => say("secret", &fields(["id", "src"], [&secret.id, &path.display().to_string()])),
            SecretPlace::Variable(name) => say("secret", &fields(["id", "env"], [&secret.id, name])),
        }
    }
    for (name, context) in &recipe.contexts {
        say("build-context", &format!("{name}={}", context.value));
    }
    // What tells when it was built would make another image of it each time.
    let told = [("provenance", recipe.provenance.as_deref().or(Some("false"))), ("sbom", recipe.sbom.as_deref())];
    for (flag, value) in told.into_iter().filter(|_| with_buildx) {
        value.into_iter().for_each(|value| say(flag, value));
    }
    all.push(match &recipe.context.value {
        Context::Folder(folder) => folder.display().to_string(),
        Context::Remote(address) => address.clone(),
    });
    all
}

/// `id=token,src=/a`, as the docker command reads it: CSV.
fn fields(names: [&str; 2], values: [&str; 2]) -> String {
    let field = |(name, value): (&str, &str)| match value.contains([',', '"']) {
        true => format!("\"{name}={}\"", value.replace('"', "\"\"")),
        false => format!("{name}={value}"),
    };
    names.into_iter().zip(values).map(field).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{BuildSecret, Ulimit};

    fn recipe() -> Recipe {
        let mut recipe = Recipe { image: "shop-web".to_owned(), ..Recipe::default() };
        recipe.context.value = Context::Folder("/src/web".into());
        recipe
    }

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_plain_build_is_told_its_name_its_file_and_its_folder() {
        let with_buildx = arguments(&recipe(), None, true, &none);
        let words = ["--tag=shop-web", "--file=/src/web/Dockerfile", "--provenance=false", "/src/web"];
        assert_eq!(with_buildx[..4], ["buildx", "build", "--load", "--progress=plain"]);
        assert_eq!(with_buildx[4..], words);
        let without = arguments(&recipe(), Some("linux/arm64"), false, &none);
        let words = ["build", "--tag=shop-web", "--file=/src/web/Dockerfile", "--platform=linux/arm64", "/src/web"];
        assert_eq!(without, words);
        assert!(!needs_buildkit(&recipe()));
    }

    #[test]
    fn all_that_a_build_says_is_handed_on() {
        let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let secret = |id: &str, from| BuildSecret { id: id.to_owned(), from };
        let mut recipe = Recipe {
            tags: texts(&["shop/web:2"]),
            inline: Some("FROM scratch".to_owned()),
            target: Some("last".to_owned()),
            args: vec![
                ("SAID".to_owned(), Some("--a b".to_owned())),
                ("SET".to_owned(), None),
                ("UNSET".to_owned(), None),
            ],
            labels: [("team".to_owned(), "a=b".to_owned())].into(),
            secrets: vec![
                secret("token", SecretPlace::File("/keys/a,b".into())),
                secret("other", SecretPlace::Variable("OTHER".to_owned())),
            ],
            ssh: texts(&["default"]),
            cache_from: texts(&["type=local,src=c"]),
            cache_to: texts(&["type=inline"]),
            no_cache: true,
            no_cache_filter: texts(&["first"]),
            pull: true,
            network: Some("host".to_owned()),
            extra_hosts: texts(&["some:10.0.0.1"]),
            shm_size: Some(64),
            ulimits: [("nofile".to_owned(), Ulimit { soft: 1, hard: 2 })].into(),
            entitlements: texts(&["network.host"]),
            provenance: Some("mode=max".to_owned()),
            sbom: Some("true".to_owned()),
            ..recipe()
        };
        recipe.contexts.entry("base".to_owned()).or_default().value = "docker-image://b:1".to_owned();
        let variable = |name: &str| (name == "SET").then(|| "from outside".to_owned());
        let expected = [
            "--tag=shop-web",
            "--tag=shop/web:2",
            "--file=-",
            "--target=last",
            "--platform=linux/arm64",
            "--network=host",
            "--build-arg=SAID=--a b",
            "--build-arg=SET=from outside",
            "--label=team=a=b",
            "--add-host=some:10.0.0.1",
            "--ulimit=nofile=1:2",
            "--shm-size=64",
            "--no-cache=true",
            "--pull=true",
            "--cache-from=type=local,src=c",
            "--cache-to=type=inline",
            "--no-cache-filter=first",
            "--ssh=default",
            "--allow=network.host",
            "--secret=id=token,\"src=/keys/a,b\"",
            "--secret=id=other,env=OTHER",
            "--build-context=base=docker-image://b:1",
            "--provenance=mode=max",
            "--sbom=true",
            "/src/web",
        ];
        assert_eq!(arguments(&recipe, Some("linux/arm64"), true, &variable)[4..], expected);
        assert!(needs_buildkit(&recipe));
    }

    #[test]
    fn what_lies_not_in_what_is_built_gets_a_remedy() {
        assert!(
            help("ERROR: BuildKit is enabled but the buildx component is missing or broken.")
                .unwrap()
                .contains("buildx")
        );
        assert!(help("Cannot connect to the Docker daemon at unix:///x.").unwrap().contains("DOCKER_HOST"));
        assert_eq!(help("COPY failed: no such file"), None);
    }
}
