#!/usr/bin/env python3
"""The pre-commit hook and the GitHub Action, run as those who use them run them, with a planner that is built already.

    integrations.py PLANNER     needs the Python package pre-commit (which brings PyYAML)

Building planner, as both do on a machine that has none, is left out: it takes minutes, and is bootstrap.sh and cargo.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FINE = "services:\n  a:\n    image: nginx:1.29\n    ports: ['8080:80']\n"
CLASH = FINE + "  b:\n    image: nginx:1.29\n    ports: ['8080:80']\n"


def run(words, folder, **variables):
    done = subprocess.run(words, cwd=folder, env=os.environ | variables, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def expect(what, holds, shown):
    if not holds:
        sys.exit(f"{what}:\n{shown}")
    print(f"ok: {what}")


def repository(folder, text):
    """A repository with one project, and a file that is none of the hook's business."""
    folder.mkdir()
    (folder / "compose.yaml").write_text(text)
    (folder / "values.yaml").write_text("services: 12\n")
    for words in (["init", "-q"], ["add", "-A"]):
        code, shown = run(["git", *words], folder)
        expect(f"git {words[0]}", code == 0, shown)
    return folder


def pre_commit(planner, scratch):
    # A copy of what is committed, so that the planner that is there already can be laid into it.
    hooks = scratch / "hooks"
    code, shown = run(["git", "clone", "-q", str(ROOT), str(hooks)], scratch)
    expect("the hooks are cloned", code == 0, shown)
    for name in (".pre-commit-hook", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, hooks / name)
    binary = hooks / "target/pre-commit/bin/planner"
    binary.parent.mkdir(parents=True)
    binary.symlink_to(planner)
    path = f"{planner.parent}:{os.environ['PATH']}"
    for entry in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        local = entry | {"entry": entry["entry"].replace(".pre-commit-hook", str(hooks / ".pre-commit-hook"))}
        for name, text, wanted in (("fine", FINE, 0), ("clash", CLASH, 1)):
            folder = repository(scratch / f"{entry['id']}-{name}", text)
            config = {"repos": [{"repo": "local", "hooks": [local]}]}
            (folder / ".pre-commit-config.yaml").write_text(json.dumps(config))
            words = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
            code, shown = run(words, folder, PATH=path, PRE_COMMIT_HOME=str(scratch / "home"))
            told = "C124" in shown if wanted else "Passed" in shown
            expect(f"hook {entry['id']}, {name}", code == wanted and told, shown)


def action(planner, scratch):
    steps = {step["name"]: step for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]}
    defaults = {name: value["default"] for name, value in yaml.safe_load((ROOT / "action.yml").read_text())["inputs"].items()}
    (scratch / "planner/bin").mkdir(parents=True)
    (scratch / "planner/bin/planner").symlink_to(planner)

    output = scratch / "output"
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]  # as runners call it
    code, shown = run([*shell, steps["What would be built"]["run"]], ROOT, GITHUB_OUTPUT=str(output))
    expect("action: the digest", code == 0 and re.fullmatch(r"digest=[0-9a-f]{64}\n", output.read_text()), shown)

    def check(text, **inputs):
        folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
        (folder / "compose.yaml").write_text(text)
        given = defaults | inputs
        variables = {
            name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: given[found[1]], value)
            for name, value in steps["Check"]["env"].items()
        }
        return folder, *run([*shell, steps["Check"]["run"]], folder, RUNNER_TEMP=str(scratch), **variables)

    _, code, shown = check(FINE)
    expect("action: fine", code == 0, shown)
    folder, code, shown = check(CLASH, **{"sarif-file": "out.sarif"})
    results = json.loads((folder / "out.sarif").read_text())["runs"][0]["results"]
    annotated = re.search(r"^::error file=compose\.yaml,line=\d+.*C124", shown, re.MULTILINE)
    expect("action: clash", code == 1 and annotated and any(result["ruleId"] == "C124" for result in results), shown)
    _, code, shown = check(FINE.replace(":1.29", ":latest"), **{"fail-on": "info"})
    expect("action: fail-on", code == 1, shown)


def main():
    planner = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        pre_commit(planner, pathlib.Path(scratch))
        action(planner, pathlib.Path(scratch))


main()
