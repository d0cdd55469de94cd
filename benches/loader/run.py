#!/usr/bin/env python3
"""What loading costs, in CPU and memory. See README.md beside this file.

    run.py corpus PLANNER DOCKER_COMPOSE CORPUS [RUNS]   both programs over all projects that docker compose accepts
    run.py large PLANNER [RUNS]                          a file of 10 MB with 20,000 services
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent


def run(command, folder, variables):
    """The seconds of CPU and of the clock, the peak memory in bytes, and the exit code of a command."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    clock = time.monotonic() - start
    return usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss * 1024, process.returncode


def accepted(corpus):
    """The folder, flags and variables of every project that docker compose accepts."""
    for path in sorted(corpus.glob("*/*/case.json")):
        expected = json.loads((path.parent / "expected.json").read_text())
        if expected["rc"] != 0 or isinstance(expected.get("exclude"), str):
            continue
        case = json.loads(path.read_text())
        folder = (path.parent / "in" / case["cwd"]).resolve()
        variables = {"HOME": "/home", "PATH": "/usr/bin:/bin", "PWD": str(folder)} | case["env"]
        yield folder, case["argv"], variables


def compare(planner, docker_compose, corpus, runs):
    cases = list(accepted(corpus))
    totals = {"docker compose": 0.0, "planner": 0.0}
    refused = {"docker compose": 0, "planner": 0}
    for _ in range(runs):
        # One after the other on each project, so that both meet the same noise.
        for folder, flags, variables in cases:
            for name, program in (("docker compose", docker_compose), ("planner", planner)):
                words = [*flags, "config"] if name == "docker compose" else ["config", *flags]
                cpu, _, _, code = run([program, *words, "--format", "json"], folder, variables)
                totals[name] += cpu
                refused[name] += code != 0
    print(f"{len(cases)} projects, {runs} run(s): CPU (user+sys) in all, and for one project")
    for name, total in totals.items():
        print(f"  {name:15} {total:9.2f} s {1000 * total / len(cases) / runs:8.2f} ms   refused: {refused[name]}")
    print(f"  docker compose / planner = {totals['docker compose'] / totals['planner']:.1f}")


def large(planner, runs):
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run([sys.executable, HERE / "generate.py"], check=True, capture_output=True).stdout
        (pathlib.Path(folder) / "compose.yaml").write_bytes(text)
        print(f"{len(text) / 1e6:.1f} MB; the best of {runs} runs")
        for words in (["config", "-q"], ["check"], ["config"], ["config", "--format", "json"]):
            measured = [run([planner, *words], folder, {"PATH": "/usr/bin:/bin", "HOME": "/home"}) for _ in range(runs)]
            cpus, clocks, memories, codes = zip(*measured)
            cpu, clock, memory, code = min(cpus), min(clocks), max(memories), max(codes)
            print(
                f"  planner {' '.join(words):22} {clock:5.2f} s, CPU {cpu:5.2f} s, peak {memory / 1e6:4.0f} MB"
                f" = {memory / len(text):4.1f} times the text, exit {code}"
            )


def main():
    match sys.argv[1:]:
        case ["corpus", planner, docker_compose, corpus, *runs]:
            compare(*map(os.path.abspath, (planner, docker_compose)), pathlib.Path(corpus), int(*runs or ["1"]))
        case ["large", planner, *runs]:
            large(os.path.abspath(planner), int(*runs or ["5"]))
        case _:
            sys.exit(__doc__)


main()
