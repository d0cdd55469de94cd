//! How services' images are built: what the files say, brought together for whoever builds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::compose::model::{self as compose, Compose, Rare};
use crate::diagnostic::Diagnostic;
use crate::labels;
use crate::source::{Span, Spanned, Text};

use super::services::texts;
use super::spec::{PullPolicy, Ulimit};
use super::{container, machines};

/// With this before its name, a service stands for its image.
const SERVICE: &str = "service:";

/// What an image is built from, and how. Secrets are named in it, and not in it.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    /// The service.
    pub service: String,
    /// The name that the image gets.
    pub image: String,
    /// Further names.
    pub tags: Vec<String>,
    /// Where the key `build` stands.
    pub span: Span,
    /// Whether it is built each time (`pull_policy: build`).
    pub always: bool,
    /// Whether a registry may have it as well.
    pub in_registry: bool,
    /// From where its files are.
    pub context: Spanned<Context>,
    /// The Dockerfile's path, as written, and where.
    pub dockerfile: Option<Spanned<String>>,
    /// The Dockerfile itself.
    pub inline: Option<String>,
    /// The stage that is built.
    pub target: Option<String>,
    /// Arguments; without a value those of the environment.
    pub args: Vec<(String, Option<String>)>,
    /// Labels of the image, ours among them.
    pub labels: BTreeMap<String, String>,
    /// The platforms that it may be built for; any where empty.
    pub platforms: Vec<Spanned<String>>,
    /// The platform that the service is to run on, if said.
    pub platform: Option<String>,
    /// The services whose images it copies from.
    pub needs: Vec<String>,
    /// Folders and images that the build can copy from, by name.
    pub contexts: BTreeMap<String, Spanned<String>>,
    /// The secrets that the build can read.
    pub secrets: Vec<BuildSecret>,
    /// `default`, or `NAME=PATH`.
    pub ssh: Vec<String>,
    /// Where what was built before is looked for.
    pub cache_from: Vec<String>,
    /// Where what is built is kept for the next time.
    pub cache_to: Vec<String>,
    /// Nothing that was built before is used.
    pub no_cache: bool,
    /// The stages of which nothing that was built before is used.
    pub no_cache_filter: Vec<String>,
    /// The images that it begins with are fetched each time.
    pub pull: bool,
    /// The network of its commands.
    pub network: Option<String>,
    /// `name:address`.
    pub extra_hosts: Vec<String>,
    /// The size of `/dev/shm`.
    pub shm_size: Option<u64>,
    /// Limits of its processes.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// What it may do that builds may not otherwise.
    pub entitlements: Vec<String>,
    /// What is told of how it was made; none where nothing is said.
    pub provenance: Option<String>,
    /// What is told of what is in it; none where nothing is said.
    pub sbom: Option<String>,
}

/// From where a build's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    /// A folder here.
    Folder(PathBuf),
    /// A repository or an archive elsewhere.
    Remote(String),
}

/// A secret that a build can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildSecret {
    /// By which name.
    pub id: String,
    /// Where it is.
    pub from: SecretPlace,
}

/// Where a build's secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// In a file here.
    File(PathBuf),
    /// In a variable of the project's environment.
    Variable(String),
}

impl Default for Context {
    fn default() -> Self {
        Context::Folder(PathBuf::new())
    }
}

impl Recipe {
    /// The Dockerfile's path, where it is a file here.
    pub fn dockerfile_path(&self) -> Option<PathBuf> {
        let Context::Folder(folder) = &self.context.value else { return None };
        let name = self.dockerfile.as_ref().map_or("Dockerfile", |file| &file.value);
        self.inline.is_none().then(|| folder.join(name))
    }

    /// Whether it may be built for a platform, `os/arch` or longer.
    pub fn is_for(&self, platform: &str) -> bool {
        let kind = |text: &str| text.split('/').take(2).map(machines::architecture).collect::<Vec<_>>().join("/");
        self.platforms.is_empty() || self.platforms.iter().any(|it| kind(&it.value) == kind(platform))
    }

    /// What of its folders and files is not there, as findings at their lines, with paths as seen from a folder.
    pub fn missing(&self, seen_from: &Path, exists: &dyn Fn(&Path) -> bool) -> Vec<Diagnostic> {
        let shown = |path: &Path| path.strip_prefix(seen_from).unwrap_or(path).display().to_string();
        let at = |message: String, span: Span| Diagnostic::error("M334", message).label(span, "nothing is there");
        let mut findings = Vec::new();
        if let Context::Folder(folder) = &self.context.value {
            let file = self.dockerfile_path().filter(|file| !exists(file));
            if !exists(folder) {
                let message = format!("`{}` is built from {}, which is not there", self.service, shown(folder));
                findings.push(at(message, self.context.span).help("put the folder there, or correct `context`"));
            } else if let Some(file) = file {
                let message = format!("`{}` is built by {}, which is not there", self.service, shown(&file));
                let span = self.dockerfile.as_ref().map_or(self.context.span, |file| file.span);
                findings.push(at(message, span).help("put the file there, or name another one with `dockerfile`"));
            }
        }
        for (name, context) in &self.contexts {
            let path = Path::new(&context.value);
            if path.is_absolute() && !exists(path) {
                let message = format!("`{}`: the additional context `{name}` is not there", self.service);
                findings.push(at(message, context.span).help(format!("put {} there", shown(path))));
            }
        }
        findings
    }
}

/// How the images of the active services are built, those first that others copy from.
pub fn recipes(compose: &Compose) -> Vec<Recipe> {
    let mut left: Vec<Recipe> = compose.services.values().filter_map(|service| recipe(compose, service)).collect();
    let mut ordered: Vec<Recipe> = Vec::new();
    while !left.is_empty() {
        let waits = |it: &Recipe, need: &String| *need != it.service && left.iter().any(|it| it.service == *need);
        let ready = |it: &Recipe| !it.needs.iter().any(|need| waits(it, need));
        // Of a circle, which no build could follow, the first one is begun with: its builder says so.
        let next = left.iter().position(ready).unwrap_or(0);
        ordered.push(left.remove(next));
    }
    ordered
}

fn recipe(compose: &Compose, service: &compose::Service) -> Option<Recipe> {
    let build = service.build.as_deref()?;
    let text = |field: &Rare<Text>| field.as_ref().map(|it| it.value.to_string()).filter(|it| !it.is_empty());
    let spanned = |it: &Spanned<Text>| Spanned::new(it.value.to_string(), it.span);
    let given = |field: &Option<Spanned<Text>>| field.as_ref().filter(|it| !it.value.is_empty()).map(&spanned);
    let mut labels = texts(&build.labels);
    labels.insert(labels::PROJECT.to_owned(), compose.name.clone());
    labels.insert(labels::SERVICE.to_owned(), service.name.to_string());
    let mut entitlements = container::list(&build.entitlements);
    let insecure = "security.insecure";
    if container::is(&build.privileged) && !entitlements.iter().any(|it| it == insecure) {
        entitlements.push(insecure.to_owned());
    }
    let ssh = |(name, path): (&Text, &Spanned<Text>)| match &*path.value {
        "" => name.to_string(),
        path => format!("{name}={path}"),
    };
    let argument = |(name, value): (&Text, &Spanned<Option<Text>>)| {
        (name.to_string(), value.value.as_ref().map(ToString::to_string))
    };
    let services = || build.additional_contexts.values().filter_map(|it| it.value.strip_prefix(SERVICE));
    Some(Recipe {
        service: service.name.to_string(),
        image: compose.image(service)?.to_string(),
        tags: container::list(&build.tags),
        span: build.span,
        always: service.pull_policy.as_ref().is_some_and(|policy| policy.value == compose::PullPolicy::Build),
        in_registry: !matches!(container::pull(service), PullPolicy::Built | PullPolicy::Never),
        context: context(compose, build),
        dockerfile: given(&build.dockerfile),
        inline: given(&build.dockerfile_inline).map(|inline| inline.value),
        target: text(&build.target),
        args: build.args.iter().map(argument).collect(),
        labels,
        platforms: build.platforms.iter().map(spanned).collect(),
        platform: text(&service.platform),
        needs: services().map(ToString::to_string).collect(),
        contexts: build
            .additional_contexts
            .iter()
            .map(|(name, it)| (name.to_string(), copied_from(compose, it)))
            .collect(),
        secrets: build.secrets.iter().filter_map(|secret| build_secret(compose, secret)).collect(),
        ssh: build.ssh.iter().map(ssh).collect(),
        cache_from: container::list(&build.cache_from),
        cache_to: container::list(&build.cache_to),
        no_cache: container::is(&build.no_cache),
        no_cache_filter: container::list(&build.no_cache_filter),
        pull: container::is(&build.pull),
        network: text(&build.network),
        extra_hosts: container::extra_hosts(&build.extra_hosts),
        shm_size: build.shm_size.as_ref().map(|size| size.value.0),
        ulimits: container::ulimits(&build.ulimits),
        entitlements,
        provenance: text(&build.provenance),
        sbom: text(&build.sbom),
    })
}

/// The folder, absolute where it is here; the project's own where none is said.
fn context(compose: &Compose, build: &compose::Build) -> Spanned<Context> {
    let written = build.context.as_ref().filter(|context| !context.value.is_empty());
    let Some(written) = written else { return Spanned::new(Context::Folder(compose.directory.clone()), build.span) };
    let path = Path::new(&*written.value);
    let here = path.is_absolute();
    let context = if here { Context::Folder(path.to_owned()) } else { Context::Remote(written.value.to_string()) };
    Spanned::new(context, written.span)
}

/// From where a build can copy: of a service its image.
fn copied_from(compose: &Compose, context: &Spanned<Text>) -> Spanned<String> {
    let other = context.value.strip_prefix(SERVICE).and_then(|name| compose.services.get(name));
    let image = other.and_then(|other| compose.image(other)).map(|image| format!("docker-image://{image}"));
    Spanned::new(image.unwrap_or_else(|| context.value.to_string()), context.span)
}

/// A secret of a build, by its target's name where it has one; none where nobody here has it.
fn build_secret(compose: &Compose, secret: &compose::FileReference) -> Option<BuildSecret> {
    let declared = compose.secrets.get(&secret.source.value)?;
    let from = match (&declared.file, &declared.environment) {
        (Some(file), _) => SecretPlace::File(file.value.clone()),
        (None, Some(variable)) => SecretPlace::Variable(variable.value.to_string()),
        (None, None) => return None,
    };
    let id = secret.target.as_ref().map_or(&secret.source.value, |target| &target.value);
    Some(BuildSecret { id: id.to_string(), from })
}

/// What of the active services' builds cannot be handed on to the builder.
pub fn unbuildable(compose: &Compose) -> Vec<Diagnostic> {
    compose.services.values().flat_map(|service| unsupported(compose, service)).collect()
}

/// What of a service's build cannot be handed on to the builder.
pub(super) fn unsupported(compose: &Compose, service: &compose::Service) -> Vec<Diagnostic> {
    let Some(build) = service.build.as_deref() else { return Vec::new() };
    let name = &service.name;
    let mut findings = Vec::new();
    if let Some(isolation) = build.isolation.as_ref().filter(|it| !matches!(&*it.value, "" | "default")) {
        let message = format!("`{name}`: builds with the isolation `{}` are not made", isolation.value);
        findings.push(Diagnostic::error("M310", message).label(isolation.span, "this isolation"));
    }
    for secret in &build.secrets {
        let owned = [&secret.uid, &secret.gid].into_iter().flatten().map(|it| it.span).next();
        if let Some(span) = owned.or(secret.mode.as_ref().map(|mode| mode.span)) {
            let message = format!("`{name}`: owner and mode of a build's secret are left out: builders know none");
            findings.push(Diagnostic::warning("M310", message).label(span, "left out"));
        }
        let declared = compose.secrets.get(&secret.source.value);
        if declared.is_some_and(|it| it.file.is_none() && it.environment.is_none()) {
            let message =
                format!("`{name}`: the build's secret `{}` is in no file or variable here", secret.source.value);
            let finding = Diagnostic::error("M310", message).label(secret.source.span, "read by the build");
            findings.push(finding.help("declare it with `file` or `environment`"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{LoadOptions, load};
    use crate::source::{MemoryFiles, Sources};

    fn compose(services: &str) -> Compose {
        let text = format!(
            "name: shop\nservices:\n{services}secrets: {{t: {{file: ./t}}, v: {{environment: V}}, far: {{external: true}}}}\n"
        );
        let files = MemoryFiles::new().with("/p/compose.yaml", &text);
        let options = LoadOptions {
            files: vec!["/p/compose.yaml".into()],
            working_directory: "/p".into(),
            ..LoadOptions::default()
        };
        let loaded = load(&files, &options, &mut Sources::new());
        assert!(loaded.complete && !loaded.diagnostics.iter().any(Diagnostic::is_error), "{:?}", loaded.diagnostics);
        loaded.compose
    }

    #[test]
    fn what_others_copy_from_is_built_before_them() {
        let all = recipes(&compose(
            "  a: {build: {context: ./a, additional_contexts: {x: 'service:c', y: ./y, z: 'docker-image://z:1'}}}\n  \
             b: {image: plain}\n  c: {image: 'r.example/c:1', pull_policy: build, build: ./c}\n",
        ));
        let names: Vec<(&str, &str)> = all.iter().map(|it| (it.service.as_str(), it.image.as_str())).collect();
        assert_eq!(names, [("c", "r.example/c:1"), ("a", "shop-a")]);
        assert_eq!(
            all[1].contexts.values().map(|it| it.value.as_str()).collect::<Vec<_>>(),
            ["docker-image://r.example/c:1", "/p/y", "docker-image://z:1"]
        );
        assert_eq!((all[0].always, all[0].in_registry, all[1].always, all[1].in_registry), (true, false, false, false));
        assert_eq!(all[1].labels[labels::SERVICE], "a");
    }

    #[test]
    fn a_recipe_has_all_that_the_files_say_of_a_build() {
        let all = recipes(&compose(
            "  a:\n    image: a:1\n    build:\n      context: https://git.example/a.git#main\n      dockerfile: b/File\n      \
             args: [A=1, B]\n      privileged: true\n      ssh: [default, k=./k]\n      extra_hosts: ['h=10.0.0.1']\n      \
             secrets: [t, {source: v, target: token}]\n      ulimits: {nofile: 5}\n      shm_size: 1m\n      provenance: true\n",
        ));
        let recipe = &all[0];
        assert_eq!(recipe.context.value, Context::Remote("https://git.example/a.git#main".to_owned()));
        assert_eq!((recipe.dockerfile_path(), recipe.missing(Path::new("/"), &|_| false).len()), (None, 0));
        assert_eq!(recipe.args, [("A".to_owned(), Some("1".to_owned())), ("B".to_owned(), None)]);
        assert_eq!(
            (recipe.ssh.join(" "), recipe.entitlements.join(" ")),
            ("default k=/p/k".into(), "security.insecure".into())
        );
        let secrets: Vec<_> = recipe.secrets.iter().map(|it| (it.id.as_str(), &it.from)).collect();
        let (file, variable) = (SecretPlace::File("/p/t".into()), SecretPlace::Variable("V".to_owned()));
        assert_eq!(secrets, [("t", &file), ("token", &variable)]);
        assert_eq!((recipe.extra_hosts.join(" "), recipe.shm_size), ("h:10.0.0.1".into(), Some(1 << 20)));
        assert_eq!((recipe.ulimits["nofile"].hard, recipe.provenance.as_deref()), (5, Some("true")));
        assert!(recipe.in_registry);
    }

    #[test]
    fn what_is_not_there_is_told_with_its_place() {
        let all = recipes(&compose("  a: {build: {context: ./a, dockerfile: F, additional_contexts: {y: ./y}}}\n"));
        let missing = |there: &[&str]| -> Vec<String> {
            let exists = |path: &Path| there.iter().any(|it| Path::new(it) == path);
            all[0].missing(Path::new("/p"), &exists).into_iter().map(|it| it.message).collect()
        };
        let context = "`a`: the additional context `y` is not there";
        assert_eq!(missing(&[]), ["`a` is built from a, which is not there", context]);
        assert_eq!(missing(&["/p/a", "/p/y"]), ["`a` is built by a/F, which is not there"]);
        assert_eq!(missing(&["/p/a", "/p/a/F", "/p/y"]), [""; 0]);
    }

    #[test]
    fn platforms_are_compared_by_system_and_architecture() {
        let all = recipes(&compose("  a: {build: {context: ., platforms: [linux/arm64/v8]}}\n  b: {build: .}\n"));
        assert!(all[0].is_for("linux/aarch64") && !all[0].is_for("linux/amd64") && all[1].is_for("linux/amd64"));
    }
}
