#!/usr/bin/env python3
"""A large stack that runs already, as a plain problem for `planner solve` (docs/formats.md).

    generate.py CONTAINERS MACHINES UTILISATION SEED [moves|pack|spread] > problem.json

Services of one to forty replicas on machines of five types in three zones: CPU and memory, host ports, replicas that must
differ, even use of zones, labels, containers bound to one machine, services that may not or must be together. What runs was
placed when containers had other sizes, and one service in seven is new. There is an answer: one was found while it was made, and
services that had no place in it were left out.
"""
import json
import random
import sys

import numpy

TYPES = [("small", 4000, 8192, 1), ("medium", 8000, 32768, 2), ("large", 16000, 65536, 4), ("cpu", 16000, 32768, 3.5),
         ("huge", 32000, 131072, 8)]
PARTS = {"moves": "moves", "pack": "machine_costs", "spread": "even_use"}
PORTS = [80, 443, 8080, 8443, 3000, 5432, 3306, 6379, 9090, 9100, 5000, 8000, 27017, 9200, 5672, 1883, 25, 53, 2181, 9092]


def machines(count, rng):
    made = []
    for number in range(count):
        _, cpu, memory, cost = rng.choices(TYPES, [4, 5, 3, 2, 1])[0]
        labels = {name for name, share in (("ssd", .5), ("gpu", .06)) if rng.random() < share}
        made.append({"cpu": cpu, "mem": memory, "cost": cost, "zone": number % 3, "labels": labels})
    return made


def services(containers, fleet, utilisation, rng):
    made, left = [], containers
    while left:
        kind = rng.random()
        replicas = 1 if kind < .6 else rng.randint(2, 3) if kind < .88 else rng.randint(4, 12) if kind < .985 else 40
        replicas = min(replicas, left)
        left -= replicas
        size = rng.uniform(.7, 1.3), rng.uniform(.7, 1.3)
        it = {"replicas": replicas,
              "cpu": size[0] * rng.choices([50, 100, 250, 500, 1000, 2000, 4000], [10, 20, 25, 22, 13, 7, 3])[0],
              "mem": size[1] * rng.choices([64, 128, 256, 512, 1024, 2048, 4096, 8192], [8, 14, 22, 22, 16, 10, 6, 2])[0],
              "ports": set(), "need": None, "bound": False, "partner": None}
        if rng.random() < .2:
            it["ports"] = set(rng.choices(PORTS, k=rng.choice([1, 1, 2]))) if rng.random() < .6 else {20000 + len(made)}
        it["differ"] = bool(it["ports"]) or replicas > 1 and rng.random() < .5
        if rng.random() < .1:
            it["need"] = "ssd" if rng.random() < .9 else "gpu"
        if it["need"] and replicas > sum(it["need"] in machine["labels"] for machine in fleet) // 3:
            it["need"] = None
        it["even"] = replicas > 1 and it["need"] is None and rng.random() < .3
        it["bound"] = replicas == 1 and rng.random() < .04
        it["move_cost"] = round(1 + it["mem"] / 1024, 2)
        made.append(it)
    for what in ("cpu", "mem"):
        all_of = sum(machine[what] for machine in fleet)
        factor = utilisation * (1 if what == "cpu" else .93) * all_of / sum(it[what] * it["replicas"] for it in made)
        most = 8000 if what == "cpu" else 32768
        for it in made:
            it[what] = max(10, min(int(it[what] * factor / 10) * 10, most))
    return made


class Fleet:
    """What is left of each machine, all machines at once."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.room = numpy.array([[it["cpu"], it["mem"]] for it in fleet], dtype=float)
        self.free = self.room.copy()
        self.zone = numpy.array([it["zone"] for it in fleet])
        self.has = {name: numpy.array([name in it["labels"] for it in fleet]) for name in ("ssd", "gpu")}
        self.ports = {}
        self.on = {}

    def port(self, port):
        return self.ports.setdefault(port, numpy.zeros(len(self.fleet), dtype=bool))

    def place(self, index, it, beside, apart, scale, tight, rng):
        """The machines of a service's containers, with room for what is to come beside it; None where one finds no place."""
        need = numpy.array([it["cpu"], it["mem"]]) * scale
        room = need + numpy.array([beside["cpu"], beside["mem"]]) * scale if beside else need
        here, by_zone = numpy.zeros(len(self.fleet), dtype=int), numpy.zeros(3, dtype=int)
        for _ in range(it["replicas"]):
            may = (self.free >= room).all(axis=1)
            if it["need"]:
                may &= self.has[it["need"]]
            for port in it["ports"]:
                may &= ~self.port(port)
            if it["differ"]:
                may &= here == 0
            if it["even"]:
                may &= by_zone[self.zone] == by_zone.min()
            for other in apart:
                if other in self.on:
                    may &= self.on[other] == 0
            if it["partner"] is not None and it["partner"] in self.on:
                may &= self.on[it["partner"]] > 0
            if it.get("at") is not None:
                may &= numpy.arange(len(self.fleet)) == it["at"]
            left = ((self.free - need) / self.room).min(axis=1)
            score = (left if tight else -left) + rng.random(len(self.fleet)) * .15
            machine = int(numpy.where(may, score, numpy.inf).argmin())
            if not may[machine]:
                self.free += numpy.outer(here, need)
                for port in it["ports"]:
                    self.port(port)[here > 0] = False
                return None
            here[machine] += 1
            by_zone[self.zone[machine]] += 1
            self.free[machine] -= need
            for port in it["ports"]:
                self.port(port)[machine] = True
        self.on[index] = here
        return here


def place_all(fleet, all_services, apart, tight, seed, skip=0.0):
    rng, layout, hosts = numpy.random.default_rng(seed), {}, Fleet(fleet)
    key = lambda it: it["cpu"] / 8000 + it["mem"] / 32768 + 2 * bool(it["need"] or it["ports"]) + 2 * it["even"]
    wanted = {it["partner"]: at for at, it in enumerate(all_services) if it["partner"] is not None}

    def rank(at):
        it = all_services[at]
        return it.get("at") is None, at not in wanted, -key(it)

    order = []
    for at in sorted(range(len(all_services)), key=rank):
        if all_services[at]["partner"] is None:
            order += [at, wanted[at]] if at in wanted else [at]
    for index in order:
        it = all_services[index]
        if rng.random() < skip:
            continue
        scale = 1.0 if tight else rng.choice([.35, .6, .9, 1.0, 1.1])
        here = hosts.place(index, it, all_services[wanted[index]] if index in wanted else None, apart.get(index, ()), scale, tight, rng)
        if here is None:
            continue
        layout[index] = [(int(at), int(here[at])) for at in numpy.flatnonzero(here)]
        if tight and it["bound"]:
            it["at"] = layout[index][0][0]
    return layout


def problem(fleet, all_services, apart, running, objective):
    by_class = {}

    def machine(number, it):
        labels = {"zone": str(it["zone"]), **{name: "yes" for name in it["labels"]}}
        return {"room": [it["cpu"], it["mem"]], "cost": it["cost"], "domains": labels}

    made = []
    for index, it in enumerate(all_services):
        group = {"count": it["replicas"], "demand": [it["cpu"], it["mem"]], "move_cost": it["move_cost"],
                 "running": running.get(index, [])}
        if it["ports"]:
            group["ports"] = sorted(it["ports"])
        if it.get("at") is not None:
            group["machines"] = [it["at"]]
        elif it["need"]:
            label = it["need"]
            group["machines"] = by_class.setdefault(label, [at for at, m in enumerate(fleet) if label in m["labels"]])
        service = {"containers": [group]}
        if it["differ"]:
            service["per_machine"] = 1
        if it["even"]:
            service["spread"] = [{"over": "zone", "skew": 1}]
        if it["partner"] is not None:
            service["near"] = [{"service": it["partner"]}]
        if index in apart:
            service["apart"] = [{"service": other} for other in sorted(apart[index]) if other > index]
        made.append(service)
    return {"format_version": "1.0", "resources": [{"name": "cpu"}, {"name": "mem"}],
            "machines": [machine(*it) for it in enumerate(fleet)], "services": made, "objective": [{PARTS[objective]: 1}]}


def main():
    containers, count, utilisation, seed = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    objective = sys.argv[5] if len(sys.argv) > 5 else "moves"
    rng = random.Random(f"{containers}-{count}-{utilisation}-{seed}")
    fleet = machines(count, rng)
    made = services(containers, fleet, utilisation, rng)
    pairs = [rng.sample(range(len(made)), 2) for _ in range(len(made) * 5 // 100)]
    apart, together = pairs[:len(made) * 3 // 100], pairs[len(made) * 3 // 100:]
    near = {}
    for a, b in together:
        simple = all(made[it]["replicas"] == 1 and not (made[it]["need"] or made[it]["bound"] or made[it]["ports"])
                     and it not in near and it not in near.values() and not any(it in pair for pair in apart) for it in (a, b))
        if simple:
            made[b]["partner"] = near[b] = a
    bonds = {}
    for a, b in apart:
        bonds.setdefault(a, set()).add(b)
        bonds.setdefault(b, set()).add(a)
    layout = place_all(fleet, made, bonds, True, seed)
    # What had no place is left out, and what is to be beside it.
    kept = [at for at in range(len(made)) if at in layout and (made[at]["partner"] is None or made[at]["partner"] in layout)]
    number = {old: new for new, old in enumerate(kept)}
    bonds = {number[a]: {number[b] for b in others if b in number} for a, others in bonds.items() if a in number}
    made = [{**made[old], "partner": number.get(made[old]["partner"])} for old in kept]
    running = place_all(fleet, made, bonds, False, seed, .15)
    left_out = containers - sum(it["replicas"] for it in made)
    print(f"{containers - left_out} containers, {left_out} left out", file=sys.stderr)
    json.dump(problem(fleet, made, bonds, running, objective), sys.stdout)


main()
