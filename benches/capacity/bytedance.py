#!/usr/bin/env python3
"""A real cluster as a project, its machines, and what runs there: for `planner capacity` of something that nobody made up.

    python3 benches/capacity/bytedance.py M3.json FOLDER
    cd FOLDER && planner capacity --observed snapshot.json --html page.html stack.yaml

M3.json is of ByteDance's public data of microservice clusters. Its amounts are parts of the whole cluster; here the whole is 64 CPUs and 256 GiB for each machine on average.
"""
import json
import sys
from pathlib import Path

source, folder = Path(sys.argv[1]), Path(sys.argv[2])
data = json.loads(source.read_text())
services, machines = data["ServiceList"], data["MachineList"]
cpu_key = next(key for key in machines[0] if "cpu" in key.lower())
memory_key = next(key for key in machines[0] if "mem" in key.lower())
name_key = next(key for key in machines[0] if isinstance(machines[0][key], str))
held_key = next(key for key in machines[0] if isinstance(machines[0][key], list))
cpus, memory = 64_000 * len(machines), 256 * len(machines) << 30
names = {machine[name_key]: f"m{index:03}" for index, machine in enumerate(machines)}

project, inventory, of = ["name: m3", "services:"], ["machines:"], {}
for index, service in enumerate(services):
    name = f"s{index:03}"
    demand = {"cpus": max(1, round(service["RequestCPU"] * cpus)), "memory": max(1 << 20, round(service["RequestMem"] * memory))}
    project += [f"  {name}:", f"    image: {name}:1", "    deploy:", f"      replicas: {len(service['ContainerList'])}",
                f"      resources: {{reservations: {{cpus: '{demand['cpus'] / 1000}', memory: {demand['memory']}b}}}}"]
    if service["CompatibleMachines"] != "*":
        allowed = [names[machine] for machine in service["CompatibleMachines"]]
        project.append("    x-planner: {machines: [" + ", ".join(allowed) + "]}")
    for number, container in enumerate(service["ContainerList"], 1):
        of[container] = (name, number, demand)
seen = {}
for machine in machines:
    name, at = names[machine[name_key]], {}
    at["cpus"], at["memory"] = round(machine[cpu_key] * cpus), round(machine[memory_key] * memory)
    inventory.append(f"  - {{name: {name}, endpoint: 'ssh://{name}.invalid', cpus: '{at['cpus'] / 1000}', memory: {at['memory']}b}}")
    containers = []
    for container in machine[held_key]:
        service, number, demand = of[container]
        labels = {"com.docker.compose.project": "m3", "com.docker.compose.service": service,
                  "com.docker.compose.container-number": str(number)}
        containers.append({"id": container, "name": f"m3-{service}-{number}", "image": f"{service}:1", "state": "running",
                           "labels": labels, "reserved": demand})
    engine = {"id": name, "hostname": name, "version": "28", "os": "linux", "architecture": "amd64", "capacity": at, "labels": {}}
    seen[name] = {"engine": engine, "containers": containers, "networks": [], "volumes": [], "images": []}
folder.mkdir(parents=True, exist_ok=True)
(folder / "stack.yaml").write_text("\n".join(project) + "\n")
(folder / "inventory.yaml").write_text("\n".join(inventory) + "\n")
(folder / "snapshot.json").write_text(json.dumps({"format_version": "1.1", "machines": seen}))
print(f"{len(services)} services, {len(of)} containers, {len(machines)} machines")
