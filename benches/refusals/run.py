#!/usr/bin/env python3
"""How long `planner check` takes to say why a large stack does not fit. See README.md beside this file.

    run.py PLANNER [SERVICES [MACHINES [SEED]]]
    run.py --write FOLDER [SERVICES [MACHINES [SEED]]]   the stacks alone, for certificates.rs
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ZONES = "abcd"


def service(name, cpus, memory, replicas, planner="", rest=""):
    """The lines of one service."""
    return (
        f"  {name}:\n    image: example.com/app@sha256:{'0' * 64}\n{rest}"
        f"    deploy:\n      replicas: {replicas}\n"
        f"      resources: {{reservations: {{cpus: '{cpus}', memory: {memory}M}}}}\n"
        + (f"    x-planner: {{{planner}}}\n" if planner else "")
    )


def fits(generate, count):
    """Ordinary services: four fifths of what the machines have."""
    lines = []
    for index in range(count):
        cpus, memory = generate.choice([0.1, 0.2, 0.3, 0.5, 0.8]), generate.choice([64, 128, 256, 512])
        lines.append(service(f"s{index}", cpus, memory, generate.choice([1, 2, 3])))
    return lines


def port(generate, count):
    """One host port, asked for more often than there are machines."""
    return [service("web", 0.1, 64, 101, rest="    ports: ['8080:80']\n"), *fits(generate, count - 1)]


def pieces(generate, count):
    """Containers of more than half a machine, more of them than machines."""
    return [service("big", 9, 256, 101), *fits(generate, count - 1)]


def knot(generate, count):
    """Three services that cannot be where each asks to be: no certificate tells of it."""
    tied = [
        service("a", 0.5, 128, 2, "near: {service: b, by: zone}"),
        service("b", 0.5, 128, 2, "near: {service: c, by: zone}"),
        service("c", 0.5, 128, 2, "apart: {service: a, by: zone}"),
    ]
    return [*tied, *fits(generate, count - 3)]


def quarters(generate, count):
    """Evenly over four zones, of which one has room for fewer: no certificate tells of it."""
    large = service("even", 12, 512, 80, "spread: {over: zone, skew: 1}")
    also = service("beside", 12, 512, 20, "spread: {over: zone, skew: 1}, apart: even")
    return [large, also, *fits(generate, count - 2)]


def inventory(machines):
    lines = ["machines:\n"]
    for index in range(machines):
        lines.append(
            f"  - {{name: m{index:03}, endpoint: 'ssh://10.0.{index // 250}.{index % 250 + 1}', cpus: 16, memory: 64g, "
            f"labels: {{zone: {ZONES[min(index * 9 // (2 * machines), 3)]}}}}}\n"
        )
    return "".join(lines)


def check(planner, folder, kind):
    """Runs one check in its folder, and prints what it came to."""
    command = [planner, "check", "--format", "json", "--ignore", "H,S,Y", "-i", "inventory.yaml", "stack.yaml"]
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    took = time.monotonic() - start
    answer = json.loads(done.stdout)
    refused = answer.get("refused", [])
    codes = sorted({it["code"] for it in answer["findings"] if it["severity"] == "error"})
    conflicts = [f"{len(it['statements'])} {'minimal' if it['minimal'] else 'reduced'}" for way in refused for it in way["conflicts"]]
    ways = [" and ".join(it["changes"]) for way in refused for it in way["ways_out"]]
    print(f"{kind:9} exit {done.returncode} {took:6.2f} s  {', '.join(codes)}  conflicts: {conflicts}  ways out: {ways}")


def main():
    arguments = sys.argv[1:]
    written = arguments[:1] == ["--write"]
    place, *numbers = arguments[written:]
    count, machines, seed = (int(word) for word in (*numbers, *("1000", "100", "1")[len(numbers) :]))
    print(f"{count} services on {machines} machines, seed {seed}")
    with tempfile.TemporaryDirectory() as temporary:
        for make in (fits, port, pieces, knot, quarters):
            folder = pathlib.Path(place if written else temporary) / make.__name__
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "stack.yaml").write_text("services:\n" + "".join(make(random.Random(seed), count)))
            (folder / "inventory.yaml").write_text(inventory(machines))
            if not written:
                check(str(pathlib.Path(place).resolve()), folder, make.__name__)


main()
