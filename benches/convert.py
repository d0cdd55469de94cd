#!/usr/bin/env python3
"""Other collections' placement problems as plain problems for `planner solve` (docs/formats.md).

    convert.py synthetic INSTANCE.json moves|pack|spread|headroom|moves,spread > problem.json
    convert.py roadef MODEL.txt ASSIGNMENT.txt > problem.json
    convert.py bytedance M3.json spread|moves,spread > problem.json
    convert.py assignment MODEL.txt solution.json > NEW.txt         a ROADEF solution for its checker
    convert.py layout INSTANCE.json solution.json > layout.json     a synthetic solution for its checker
"""
import json
import sys

TIERS = {
    "moves": {"moves": 1},
    "pack": {"machine_costs": 1},
    "cheapest": {"machine_costs": 1},
    "spread": {"even_use": 1},
    "headroom": {"headroom": 1},
}


def objective(words):
    return [TIERS[word] for word in words.split(",")]


def synthetic(path, words):
    it = json.load(open(path))
    services = []
    apart, near = {}, {}
    for a, b in it["anti"]:
        apart.setdefault(a, []).append({"service": b})
    for a, b in it["affine"]:
        near.setdefault(a, []).append({"service": b})
    for s in it["services"]:
        where = None
        if s["pin"] is not None:
            where = [s["pin"]]
        elif s["need"]:
            where = [m["id"] for m in it["machines"] if s["need"] in m["labels"]]
        running = it["existing"].get(str(s["id"]), {})
        group = {"count": s["replicas"], "demand": [s["cpu"], s["mem"]], "move_cost": s["move_cost"],
                 "running": [[int(m), c] for m, c in running.items()]}
        if s["ports"]:
            group["ports"] = s["ports"]
        if where is not None:
            group["machines"] = where
        service = {"containers": [group]}
        if s["anti_self"]:
            service["per_machine"] = 1
        if s["zone_spread"]:
            service["spread"] = [{"over": "zone", "skew": 1}]
        if s["id"] in apart:
            service["apart"] = apart[s["id"]]
        if s["id"] in near:
            service["near"] = near[s["id"]]
        services.append(service)
    big = max(it["services"], key=lambda s: s["cpu"] / 8000 + s["mem"] / 32768)
    return {
        "format_version": "1.0",
        "resources": [{"name": "cpu"}, {"name": "mem"}],
        "machines": [{"room": [m["cpu"], m["mem"]], "cost": m["cost"], "domains": {"zone": str(m["zone"])}}
                     for m in it["machines"]],
        "services": services,
        "headroom_shape": [big["cpu"], big["mem"]],
        "objective": objective(words),
    }


def roadef(model, assignment):
    numbers = iter(map(int, open(model).read().split()))
    start = list(map(int, open(assignment).read().split()))

    def take(n):
        return [next(numbers) for _ in range(n)]

    resources = []
    for r in range(next(numbers)):
        transient, weight = take(2)
        resources.append({"name": f"r{r}", "transient": bool(transient), "overuse_cost": weight})
    n, count = len(resources), next(numbers)
    machines, moves = [], []
    for m in range(count):
        neighbourhood, location = take(2)
        room, soft = take(n), take(n)
        moves.append(take(count))
        machines.append({"room": room, "soft": soft,
                         "domains": {"neighbourhood": str(neighbourhood), "location": str(location)}})
    services = []
    for s in range(next(numbers)):
        spread, needs = take(2)
        service = {"containers": [], "per_machine": 1,
                   "near": [{"service": b, "by": "neighbourhood"} for b in take(needs)]}
        if spread > 1:
            service["spread"] = [{"over": "location", "at_least": spread}]
        services.append(service)
    order = []
    for p in range(next(numbers)):
        s = next(numbers)
        demand, cost = take(n), next(numbers)
        order.append([s, len(services[s]["containers"])])
        services[s]["containers"].append({"demand": demand, "move_cost": cost, "running": [[start[p], 1]]})
    balances = []
    for _ in range(next(numbers)):
        first, second, target, weight = take(4)
        balances.append({"first": first, "second": second, "target": target, "weight": weight})
    process, service, machine = take(3)
    # A service that has no process is no service.
    return {
        "format_version": "1.0", "resources": resources, "machines": machines, "services": services,
        "balances": balances, "machine_move_costs": moves,
        "objective": [{"overuse": 1, "balance": 1, "moves": process, "most_moved": service, "machine_moves": machine}],
    }


def bytedance(path, words):
    it = json.load(open(path))
    places = {m["MachineIP"]: i for i, m in enumerate(it["MachineList"])}
    scale = 1e9
    at = {c: places[m["MachineIP"]] for m in it["MachineList"] for c in m["InitialDeployingContainers"]}
    services = []
    for s in it["ServiceList"]:
        running = {}
        for c in s["ContainerList"]:
            if c in at:
                running[at[c]] = running.get(at[c], 0) + 1
        group = {"count": len(s["ContainerList"]), "demand": [round(s["RequestCPU"] * scale), round(s["RequestMem"] * scale)],
                 "running": sorted(running.items())}
        if s["CompatibleMachines"] != "*":
            group["machines"] = sorted(places[m] for m in s["CompatibleMachines"] if m in places)
        services.append({"name": s["Service"], "containers": [group]})
    return {
        "format_version": "1.0",
        "resources": [{"name": "cpu"}, {"name": "mem"}],
        "machines": [{"name": m["MachineIP"], "room": [round(m["TotalCPU"] * scale), round(m["TotalMem"] * scale)]}
                     for m in it["MachineList"]],
        "services": services,
        "objective": objective(words),
    }


def assignment(model, solution):
    """The order of processes is that of the model: services are named by each in turn."""
    text = list(map(int, open(model).read().split()))
    n = text[0]
    k = 1 + 2 * n
    count = text[k]
    k += 1 + count * (2 + 2 * n + count)
    services = text[k]
    k += 1
    for _ in range(services):
        k += 2 + text[k + 1]
    processes = text[k]
    k += 1
    placed = json.load(open(solution))["placement"]
    seen = [0] * services
    out = []
    for p in range(processes):
        s = text[k]
        k += n + 2
        out.append(placed[s][seen[s]][0])
        seen[s] += 1
    return " ".join(map(str, out))


def layout(path, solution):
    placed = json.load(open(solution))["placement"]
    rows = []
    for service in placed:
        row = {}
        for machine in service[0]:
            row[str(machine)] = row.get(str(machine), 0) + 1
        rows.append(row)
    return rows


def main(args):
    kind, rest = args[0], args[1:]
    if kind == "assignment":
        print(assignment(*rest))
        return
    json.dump({"synthetic": synthetic, "roadef": roadef, "bytedance": bytedance, "layout": layout}[kind](*rest), sys.stdout)
    print()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1:])
