#!/usr/bin/env python3
"""Runs the placement benchmarks and prints a Markdown table.

    table.py BENCH_FOLDER PLANNER [moves|pack|policies|small|large|roadef|roadef:NAME[:SECONDS]|bytedance|greedy ...]

BENCH_FOLDER has the folders synthetic, roadef and bytedance. Every answer is checked by their own checkers where they have
one. Times are wall seconds and user CPU seconds of the whole process. Nothing here is tuned to an instance: other sizes and
seeds go the same way (`synthetic/gen.py N M UTIL SEED`).
"""
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = sys.executable
ROADEF = "a1_1 a1_2 a1_3 a1_4 a1_5 a2_1 a2_2 a2_3 a2_4 a2_5 b_1 b_2 b_3 b_4 b_5 b_6 b_8 b_9".split()


def call(*args):
    return subprocess.run([PYTHON, *args], check=True, capture_output=True, text=True).stdout


class Bench:
    def __init__(self, folder, planner):
        self.folder, self.planner = folder, planner
        self.work = tempfile.mkdtemp()

    def file(self, name, text):
        path = os.path.join(self.work, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def solve(self, problem, seconds):
        path, begun = os.path.join(self.work, "solution.json"), time.time()
        with open(path, "w") as out, open(os.devnull, "w") as nothing:
            run = subprocess.Popen([self.planner, "solve", "--time-limit", str(seconds), problem], stdout=out, stderr=nothing)
            _, _, used = os.wait4(run.pid, 0)
        self.memory = used.ru_maxrss // 1024
        return json.load(open(path)), path, time.time() - begun, used.ru_utime

    def instance(self, n, m, util, seed=None):
        path = os.path.join(self.folder, "synthetic", f"inst_{n}x{m}_{util}.json")
        if seed is None and os.path.exists(path):
            return path
        return self.file(f"inst_{n}x{m}_{util}_{seed}.json",
                         call(os.path.join(self.folder, "synthetic", "gen.py"), str(n), str(m), str(util), str(seed or 1)))

    def synthetic(self, n, m, util, words, seconds, seed=None):
        inst = self.instance(n, m, util, seed)
        problem = self.file("problem.json", call(f"{HERE}/convert.py", "synthetic", inst, words))
        solution, path, wall, cpu = self.solve(problem, seconds)
        name = f"{n}×{m} {util}" + (f" seed {seed}" if seed else "") + f", {words}"
        check = "-"
        if solution["placement"]:
            layout = self.file("layout.json", call(f"{HERE}/convert.py", "layout", inst, path))
            check = call(os.path.join(self.folder, "synthetic", "verify_sol.py"), inst, layout)
            check = "holds" if "violations 0 " in check else check.strip()
        self.row(name, seconds, solution, wall, cpu, check)

    def large(self, n, m, util, words, seconds, seed):
        """Too large for the collection's own generator, which tries each machine for each container in Python."""
        problem = self.file("problem.json", call(f"{HERE}/generate.py", str(n), str(m), str(util), str(seed), words))
        solution, _, wall, cpu = self.solve(problem, seconds)
        self.row(f"{n}×{m} {util} seed {seed}, {words}", seconds, solution, wall, cpu, f"verified; {self.memory} MB")

    def roadef(self, name, seconds):
        at = os.path.join(self.folder, "roadef")
        model, start = (f"{at}/instances/{kind}_{name}.txt" for kind in ("model", "assignment"))
        problem = self.file("problem.json", call(f"{HERE}/convert.py", "roadef", model, start))
        solution, path, wall, cpu = self.solve(problem, seconds)
        new = self.file("new.txt", call(f"{HERE}/convert.py", "assignment", model, path))
        check = json.loads(call(f"{at}/checker.py", model, start, new))
        known = {row.split(",")[0]: row.strip().split(",") for row in open(f"{at}/best_known.csv")}[name]
        best, bound = int(known[4]), int(known[2])
        total = check["total"]
        note = f"{'holds' if check['feasible'] else check['violations']}; {100 * (total - best) / best:+.3f} % of the best known"
        self.row(f"ROADEF {name}", seconds, solution, wall, cpu, f"{note}, {100 * (total - bound) / total:.3f} % to its bound")

    def row(self, name, seconds, solution, wall, cpu, check):
        tiers = solution["tiers"]
        values = ", ".join(f"{t['value']:.10g}" for t in tiers) or solution["why"]
        bounds = ", ".join(f"{t['bound']:.10g}" for t in tiers)
        gap = "proven" if solution["status"] == "optimal" else ", ".join(f"{100 * t['gap']:.3f} %" for t in tiers)
        print(f"| {name} | {seconds} | {values} | {bounds} | {gap} | {wall:.2f} | {cpu:.2f} | {check} |", flush=True)

    def greedy(self, n, m, util, seed):
        """What Swarm does: each task goes to the fitting machine with the fewest tasks of its service, then the fewest."""
        it = json.load(open(self.instance(n, m, util, seed)))
        machines, services = it["machines"], it["services"]
        free = [[x["cpu"], x["mem"]] for x in machines]
        ports = [set() for _ in machines]
        tasks = [0] * len(machines)
        on = [dict() for _ in machines]
        lost = broken = 0
        anti = {}
        for a, b in it["anti"]:
            anti.setdefault(a, set()).add(b)
            anti.setdefault(b, set()).add(a)
        for s in services:
            for _ in range(s["replicas"]):
                def fits(i):
                    x = machines[i]
                    return ((s["pin"] is None or s["pin"] == i) and (not s["need"] or s["need"] in x["labels"])
                            and free[i][0] >= s["cpu"] and free[i][1] >= s["mem"] and not ports[i] & set(s["ports"])
                            and not (s["anti_self"] and s["id"] in on[i]))
                able = [i for i in range(len(machines)) if fits(i)]
                if not able:
                    lost += 1
                    continue
                i = min(able, key=lambda i: (on[i].get(s["id"], 0), tasks[i], i))
                free[i][0] -= s["cpu"]
                free[i][1] -= s["mem"]
                ports[i] |= set(s["ports"])
                tasks[i] += 1
                on[i][s["id"]] = on[i].get(s["id"], 0) + 1
        for a, b in it["anti"]:
            broken += sum(a in x and b in x for x in on)
        for a, b in it["affine"]:
            broken += sum(a in x and b not in x for x in on)
        moves = sum(services[int(s)]["move_cost"] * max(0, c - on[int(i)].get(int(s), 0))
                    for s, row in it["existing"].items() for i, c in row.items())
        used = sum(x["cost"] for x, t in zip(machines, tasks) if t)
        print(f"| greedy {n}×{m} {util} seed {seed or 1} | {lost} not placed, {broken} rules broken | moves {moves:.2f} "
              f"| machines {used:g} of {sum(x['cost'] for x in machines):g} |", flush=True)


def main(folder, planner, *parts):
    bench = Bench(folder, planner)
    parts = parts or ("small", "moves", "pack", "policies", "bytedance", "greedy", "roadef")
    print("| instance | limit s | value | bound | gap | wall s | user CPU s | checked |\n|---|---|---|---|---|---|---|---|")
    for n, m, util in ((5, 3, 0.6), (50, 10, 0.8)) if "small" in parts else ():
        for words in ("moves", "pack", "spread", "headroom", "moves,spread"):
            for seed in (None, 2, 3, 4):
                bench.synthetic(n, m, util, words, 5, seed)
    if "moves" in parts:
        bench.synthetic(1000, 100, 0.85, "moves", 5)
        bench.synthetic(1000, 100, 0.85, "moves", 5, 2)
        bench.synthetic(5000, 500, 0.85, "moves", 5)
        bench.synthetic(5000, 500, 0.85, "moves", 30)
    if "large" in parts:
        for words in ("moves", "pack", "spread"):
            bench.large(50000, 5000, 0.88, words, 60, 1)
    if "pack" in parts:
        for words in ("pack", "spread"):
            for seed in (None, 2, 3, 4, 5):
                bench.synthetic(1000, 100, 0.85, words, 10, seed)
    if "policies" in parts:
        for util in (0.85, 0.9):
            for words in ("moves", "pack", "spread", "headroom", "moves,spread"):
                bench.synthetic(200, 20, util, words, 5)
    if "bytedance" in parts:
        for words in ("spread", "moves,spread"):
            path = os.path.join(folder, "bytedance", "M3.json")
            problem = bench.file("problem.json", call(f"{HERE}/convert.py", "bytedance", path, words))
            solution, _, wall, cpu = bench.solve(problem, 60)
            bench.row(f"bytedance M3, {words}", 60, solution, wall, cpu, "-")
    if "roadef" in parts:
        for name in ROADEF:
            bench.roadef(name, 300)
    for part in parts:
        if part.startswith("roadef:"):
            name, _, seconds = part[len("roadef:"):].partition(":")
            bench.roadef(name, int(seconds or 300))
    if "greedy" in parts:
        print("\n| greedy, as Swarm places | tasks | move cost | cost of machines |\n|---|---|---|---|")
        for n, m, util, seed in ((50, 10, 0.8, None), (200, 20, 0.85, None), (200, 20, 0.9, None), (1000, 100, 0.85, None)):
            bench.greedy(n, m, util, seed)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
