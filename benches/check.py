#!/usr/bin/env python3
"""CPU time of `planner check` beside dclint (npm) and compose-lint (PyPI), in one run on the same files.

    benches/check.py [--planner target/release/planner] [--tools DIR] [--rounds 7] [--extra DIR]

Installs the other two into DIR (default: a folder of the system's temporary one) with npm and pip, unless they are
there. Files are generated: one file, a hundred projects, one file of 200 services; `--extra` adds a folder of real
ones. Told is the least user and system time of all rounds: on a busy machine the least is the nearest to the truth.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile

SERVICE = """  app{n}:
    image: registry.example.com/team/app{n}:1.{n}
    restart: unless-stopped
    depends_on:
      db{n}:
        condition: service_healthy
    environment:
      DATABASE_URL: postgres://app@db{n}/app
      LOG_LEVEL: ${{LOG_LEVEL:-info}}
    ports:
      - "{port}:8080"
    networks: [front, back]
  db{n}:
    image: postgres:17
    volumes:
      - data{n}:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD", "pg_isready"]
      interval: 10s
      timeout: 5s
    networks: [back]
    deploy:
      resources:
        limits: {{ cpus: "1", memory: 512m }}
"""


def project(pairs):
    services = "".join(SERVICE.format(n=n, port=20000 + n) for n in range(pairs))
    volumes = "".join(f"  data{n}:\n" for n in range(pairs))
    return f"services:\n{services}networks:\n  front:\n  back:\nvolumes:\n{volumes}"


def cpu(command, rounds):
    """The least CPU seconds of a command, its children included; its exit code is its own affair."""
    times = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def tools(folder):
    """The two others, installed where they are not."""
    dclint = os.path.join(folder, "node_modules", ".bin", "dclint")
    if not os.path.exists(dclint):
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, "dclint"], check=True)
    lint = os.path.join(folder, "venv", "bin", "compose-lint")
    if not os.path.exists(lint):
        subprocess.run([sys.executable, "-m", "venv", os.path.join(folder, "venv")], check=True)
        subprocess.run([os.path.join(folder, "venv", "bin", "pip"), "install", "--quiet", "compose-lint"], check=True)
    return dclint, lint


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planner", default="target/release/planner")
    parser.add_argument("--tools", default=os.path.join(tempfile.gettempdir(), "planner-bench-tools"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--extra")
    args = parser.parse_args()
    dclint, lint = tools(args.tools)
    planner = os.path.abspath(args.planner)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("one.yaml", "w") as file:
            file.write(project(2))
        with open("large.yaml", "w") as file:
            file.write(project(100))
        for n in range(100):
            os.makedirs(f"many/p{n}")
            with open(f"many/p{n}/compose.yaml", "w") as file:
                file.write(project(2))
        many = [f"many/p{n}/compose.yaml" for n in range(100)]
        cases = [("one file", ["one.yaml"], ["one.yaml"]), ("100 files", ["many"], many), ("200 services", ["large.yaml"], ["large.yaml"])]
        if args.extra:
            found = [os.path.join(at, name) for at, _, names in os.walk(args.extra) for name in names if name.endswith((".yml", ".yaml"))]
            cases.append((f"{len(found)} real files", found, found))
        print("| CPU time | planner | dclint | compose-lint | dclint ÷ planner | compose-lint ÷ planner |\n|---|---|---|---|---|---|")
        for name, ours, theirs in cases:
            mine = cpu([planner, "check", "--format", "concise", *ours], args.rounds)
            first = cpu([dclint, *theirs], args.rounds if len(theirs) == 1 else max(1, args.rounds // 3))
            second = cpu([lint, *theirs], args.rounds)
            print(f"| {name} | {mine * 1000:.1f} ms | {first * 1000:.0f} ms | {second * 1000:.0f} ms | {first / mine:.0f} | {second / mine:.0f} |", flush=True)


if __name__ == "__main__":
    main()
