#!/usr/bin/env python3
"""How long a deployment takes, and how many calls it makes: `planner apply` beside `docker compose up -d --wait`.

    tests/lab/lab.sh install; tests/lab/lab.sh up 3; tests/lab/lab.sh image planner-lab:1
    benches/apply/run.py target/release/planner [--runs 5]

Ten services with networks, volumes, ports, health checks and dependencies. Both programs take turns on the same engine of the
lab, through the same socket, which counts calls; then planner alone on three engines. Figures are medians, and ratios to docker
compose's.
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time

LAB = os.environ.get("LAB_DIR", os.path.join(tempfile.gettempdir(), "planner-lab"))


def stack(version):
    """The compose file: a front, three applications, two stores, workers. All of one small image."""
    healthy = "healthcheck: {test: [CMD, wget, -qO-, 'http://127.0.0.1/'], interval: 200ms, retries: 50}"
    one = f"image: planner-lab:1, stop_signal: SIGKILL, environment: {{VERSION: '{version}'}}"
    lines = ["name: timed", "services:"]
    for number in range(2):
        lines.append(f"  store{number}: {{{one}, networks: [back], volumes: ['data{number}:/data'], {healthy}}}")
    after = "{store0: {condition: service_healthy}, store1: {condition: service_healthy}}"
    for number in range(3):
        lines.append(f"  app{number}: {{{one}, networks: [front, back], depends_on: {after}, {healthy}}}")
    waits = ", ".join(f"app{number}: {{condition: service_healthy}}" for number in range(3))
    lines.append(f"  front: {{{one}, networks: [front], ports: ['7390:80'], depends_on: {{{waits}}}, {healthy}}}")
    for number in range(4):
        lines.append(f"  worker{number}: {{{one}, networks: [back], depends_on: {after}, {healthy}}}")
    lines += ["networks: {front: {}, back: {}}", "volumes: {data0: {}, data1: {}}"]
    return "\n".join(lines) + "\n"


class Counting:
    """A socket before an engine's own that counts calls."""

    REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE) /\S* HTTP/1\.1\r\n")

    def __init__(self, path, engine):
        self.path, self.engine, self.calls = path, engine, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self.engine)
            threading.Thread(target=self.copy, args=(client, engine, True), daemon=True).start()
            threading.Thread(target=self.copy, args=(engine, client, False), daemon=True).start()

    def copy(self, source, target, requests):
        try:
            while data := source.recv(65536):
                if requests:
                    self.calls += len(self.REQUEST.findall(data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def inventory(hosts):
    machine = "  - {{name: {}, endpoint: 'unix://{}', cpus: 6, memory: 16g}}"
    return "machines:\n" + "\n".join(machine.format(name, path) for name, path in hosts) + "\n"


def timed(command, folder, env=None):
    begin = time.monotonic()
    done = subprocess.run(command, cwd=folder, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command}: {done.stdout}{done.stderr}")
    return time.monotonic() - begin


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("planner")
    arguments.add_argument("--runs", type=int, default=5)
    arguments = arguments.parse_args()
    planner = os.path.abspath(arguments.planner)
    folder = tempfile.mkdtemp()
    engine = lambda host: os.path.join(LAB, host, "docker.sock")
    counting = Counting(os.path.join(folder, "engine.sock"), engine("h1"))
    write = lambda name, text: open(os.path.join(folder, name), "w").write(text)
    write("one.yaml", inventory([("h1", counting.path)]))
    write("three.yaml", inventory([(host, engine(host)) for host in ("h1", "h2", "h3")]))
    docker = {"DOCKER_HOST": f"unix://{counting.path}"}
    ways = {
        "docker compose, one engine": (["docker", "compose", "up", "-d", "--wait"], docker),
        "planner, one engine": ([planner, "apply", "--yes", "-i", "one.yaml"], None),
        "planner, three engines": ([planner, "apply", "--yes", "-i", "three.yaml"], None),
    }
    down = {
        "docker compose, one engine": (["docker", "compose", "down", "-v"], docker),
        "planner, one engine": ([planner, "down", "--yes", "-i", "one.yaml"], None),
        "planner, three engines": ([planner, "down", "--yes", "-i", "three.yaml"], None),
    }
    # What is wanted, as whether everything runs when the run ends: compose waits for health, and so does planner.
    for name in ("planner, one engine", "planner, three engines"):
        ways[name][0].append("--wait")
    taken = {}
    for _ in range(arguments.runs):
        for name, (command, env) in ways.items():
            for step in ("create", "nothing to do", "update", "down"):
                write("compose.yaml", stack(2 if step in ("update", "down") else 1))
                todo, todo_env = down[name] if step == "down" else (command, env)
                calls = counting.calls
                seconds = timed(todo, folder, todo_env)
                taken.setdefault((step, name), []).append((seconds, counting.calls - calls))
    print("| step | program | seconds | ratio | calls |\n|---|---|---|---|---|")
    median = lambda step, name, item: statistics.median(it[item] for it in taken[step, name])
    for step in ("create", "nothing to do", "update", "down"):
        base = median(step, "docker compose, one engine", 0)
        for name in ways:
            seconds = median(step, name, 0)
            calls = f"{median(step, name, 1):.0f}" if "one" in name else "–"
            print(f"| {step} | {name} | {seconds:.2f} | {seconds / base:.2f} | {calls} |")


main()
