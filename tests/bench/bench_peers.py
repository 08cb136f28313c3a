#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tasmite beside other serial terminals: the same pty, the same log, a screen of 120 x 40 that is
read at once. Figures, ratios and what is wanted of them.

    bench_peers.py [unpaced] [paced] [keys] [shown] [start] [idle]      all of them without a word

BENCH=full takes 50 MB, every program each time and the median of five runs, which takes most of an
hour; else it is a matter of two minutes with fewer bytes, runs and programs. RUNS=n overrides. Runs take turns, so that what
else the machine does hits all alike: compare ratios, not figures. A program that is not installed
is said to be absent."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

B = os.environ.get("B", "build")
METER = os.path.join(B, "bench", "meter")
FULL = os.environ.get("BENCH") == "full"
RUNS = int(os.environ.get("RUNS", 5 if FULL else 1))
RATES = (115200, 921600, 3000000)
missed, folder = [], tempfile.mkdtemp(prefix="bench")

# How each is run; "slow": a part of the bytes in the flood.
PROGRAMS = {
    "tasmite": dict(cmd=[os.path.join(B, "tasmite"), "@PORT@"], keys=r"k\r"),
    "cat": dict(cmd=["cat", "@PORT@"]),
    "picocom": dict(cmd=["picocom", "-q", "-b", "115200", "@PORT@"], keys="k"),
    "tmux+picocom": dict(cmd=["tmux", "-S", os.path.join(folder, "tmux"), "-f", "/dev/null", "new-session",
                              "picocom -q -b 115200 @PORT@"], keys="k", needs="picocom"),
    "minicom": dict(cmd=["minicom", "-D", "@PORT@", "-b", "115200", "-o"], keys="k", slow=5),
    "tio": dict(cmd=["tio", "@PORT@"], keys="k", slow=25),
}


def few(names):
    """Those that the limits name, if there is no time for all."""
    return names if FULL else [n for n in names if n in ("tasmite", "picocom", "cat")]


def environment():
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "TMUX")}
    env.update(TERM="xterm-256color", HOME=folder, XDG_STATE_HOME=folder + "/state",
               XDG_CONFIG_HOME=folder + "/config", LC_ALL="C.UTF-8")
    return env


def present():
    names = []
    for name, p in PROGRAMS.items():
        for program in (p["cmd"][0], p.get("needs")):
            if program and not shutil.which(program):
                print(f"  {name}: {program} is not installed: absent below")
                break
        else:
            names.append(name)
    return names


def measure(mode, command, **options):
    words = [METER, mode] + [f"{k}={v}" for k, v in options.items() if v is not None]
    run = subprocess.run(words + ["--", *command], capture_output=True, text=True, check=False,
                         env=environment())
    if run.returncode:
        return {"failed": (run.stderr.strip() or run.stdout.strip()).splitlines()[-1:] or ["?"]}
    return json.loads(run.stdout)


def turns(names, one):
    """one(name) for each, RUNS times in turn."""
    results = {name: [] for name in names}
    for _ in range(RUNS):
        for name in names:
            results[name].append(one(name))
    for name, runs in results.items():
        for run in runs:
            if "failed" in run:
                print(f"  {name}: no figure: {run['failed'][0]}")
        results[name] = [run for run in runs if "failed" not in run]
    return {name: runs for name, runs in results.items() if runs}


def middle(runs, key):
    return statistics.median(run[key] for run in runs)


def worst(runs, key):
    return max(run[key] for run in runs)


def figures(head, rows):
    print(f"  {'':16}" + "".join(f"{h:>15}" for h in head))
    for name, cells in rows:
        print(f"  {name:16}" + "".join(f"{c:>15}" for c in cells), flush=True)


def wanted(what, value, limit, form="{:.2f}", least=False):
    good = value >= limit if least else value <= limit
    sign = ">=" if least else "<="
    print(f"  {what}: {form.format(value)}, wanted {sign} {form.format(limit)}"
          + ("" if good else "   MISSED"), flush=True)
    if not good:
        missed.append(what)


def unpaced(names):
    size = 50_000_000 if FULL else 10_000_000
    print(f"unpaced: {size // 1000000} MB as fast as the port is read; tasmite with all built-in "
          f"highlight rules, recording to a file; median of {RUNS}")
    log = os.path.join(folder, "log")

    def one(name):
        p = PROGRAMS[name]
        command = p["cmd"]
        if name == "tasmite":
            command = [command[0], "--log=" + log, *command[1:]]
        result = measure("flood", command, bytes=size // p.get("slow", 1),
                         log=log if name == "tasmite" else None)
        if os.path.exists(log):
            os.unlink(log)
        return result

    results = turns(names, one)
    for runs in results.values():
        for run in runs:
            run["rate"] = run["fed"] / 1e6 / run["seconds"]
            run["per_mb"] = run["cpu"] / run["fed"] * 1e9
    figures(("MB/s", "CPU ms per MB", "peak MB", "screen bytes"),
            [(n, (f"{middle(r, 'rate'):.1f}", f"{middle(r, 'per_mb'):.1f}", f"{middle(r, 'peak_mb'):.1f}",
                  f"{middle(r, 'screen_bytes') / r[0]['fed']:.3f} each")) for n, r in results.items()])
    same = [run["log"] for run in results["tasmite"]]
    wanted("tasmite's MB/s to cat's", middle(results["tasmite"], "rate") / middle(results["cat"], "rate"), 1,
           least=True)
    wanted("recordings that differ from what was sent", sum(s != "identical" for s in same), 0, "{:.0f}")


def paced(names):
    seconds = 10 if FULL else 3
    names = few(names)
    for rate in RATES:
        print(f"paced: {rate} baud for {seconds} s, bytes each millisecond; median of {RUNS}, most behind "
              "of all")
        results = turns(names, lambda n, r=rate: measure("paced", PROGRAMS[n]["cmd"], rate=r, seconds=seconds))
        figures(("CPU %", "bytes behind", "wake-ups/s", "writes/s", "screen bytes"),
                [(n, (f"{middle(r, 'cpu') / middle(r, 'seconds') * 100:.2f}", f"{worst(r, 'behind'):.0f}",
                      f"{middle(r, 'wakes') / seconds:.0f}", f"{middle(r, 'writes') / seconds:.0f}",
                      f"{middle(r, 'screen_bytes') / r[0]['fed']:.2f} each")) for n, r in results.items()])
        if "picocom" in results:
            wanted(f"{rate} baud: CPU to picocom's", middle(results["tasmite"], "cpu")
                   / middle(results["picocom"], "cpu"), 1.5)
        wanted(f"{rate} baud: bytes behind", worst(results["tasmite"], "behind"), 4094, "{:.0f}")


def keys(names):
    samples = 200 if FULL else 60
    names = [n for n in few(names) if "keys" in PROGRAMS[n]]
    for rate in (3000000, 0):
        what = f"{rate} baud" if rate else "an unpaced flood"
        print(f"keys: a key (and Enter, where a line is edited) to its byte on the port during {what}; "
              f"{samples} keys, median of {RUNS}")
        results = turns(names, lambda n, r=rate: measure(
            "key", PROGRAMS[n]["cmd"], rate=r, samples=samples, keys=PROGRAMS[n]["keys"], expect="k"))
        through = {n: [run for run in r if run["key_ms"]] for n, r in results.items()}
        figures(("median ms", "99 % ms", "worst ms", "lost in 5 s"),
                [(n, (f"{middle(through[n], 'key_ms_median'):.3f}" if through[n] else "-",
                      f"{middle(through[n], 'key_ms_p99'):.2f}" if through[n] else "-",
                      f"{worst(through[n], 'key_ms_worst'):.1f}" if through[n] else "-",
                      f"{sum(run['lost'] for run in r)}")) for n, r in results.items()])
        mine, theirs = through["tasmite"], through.get("picocom")
        if rate and theirs:
            wanted(f"{what}: median to picocom's",
                   middle(mine, "key_ms_median") / middle(theirs, "key_ms_median"), 3)
            wanted(f"{what}: 99 % to picocom's", middle(mine, "key_ms_p99") / middle(theirs, "key_ms_p99"), 5)
        if not rate:
            wanted(f"{what}: worst key, ms", worst(mine, "key_ms_worst"), 10, "{:.1f}")


def shown(names):
    seconds = 10 if FULL else 3
    names = [n for n in few(names) if n not in ("minicom", "tio")]
    for rate in (115200, 3000000):
        print(f"shown: from a line's last byte to the line on the screen, {rate} baud for {seconds} s; age: how "
              f"long the newest line was not yet there; median of {RUNS}")
        results = turns(names, lambda n, r=rate: measure("shown", PROGRAMS[n]["cmd"], rate=r, seconds=seconds))
        figures(("median ms", "99 % ms", "worst ms", "never seen", "age median", "age worst"),
                [(n, (f"{middle(r, 'line_ms_median'):.2f}", f"{middle(r, 'line_ms_p99'):.2f}",
                      f"{worst(r, 'line_ms_worst'):.1f}", f"{sum(run['never'] for run in r)}",
                      f"{middle(r, 'age_ms_median'):.2f}", f"{worst(r, 'age_ms_worst'):.1f}"))
                 for n, r in results.items()])
        mine = results["tasmite"]
        if rate == 115200:
            wanted(f"{rate} baud: lines never seen", sum(run["never"] for run in mine), 0, "{:.0f}")
            wanted(f"{rate} baud: worst line, ms", worst(mine, "line_ms_worst"), 25, "{:.1f}")
        else:
            wanted(f"{rate} baud: the newest line was missing for, ms (99 %)", middle(mine, "age_ms_p99"), 25,
                   "{:.1f}")
        wanted(f"{rate} baud: runs without the last line on the screen at the end",
               sum(not run["last_seen"] for run in mine), 0, "{:.0f}")


def start(names):
    runs = max(RUNS, 5)
    print(f"start: from exec to the screen, and to the first line of a port that speaks; median of {runs}")
    results = {n: [measure("start", PROGRAMS[n]["cmd"], until="Quit" if n == "tasmite" else None)
                   for _ in range(runs)] for n in names}
    figures(("first byte ms", "screen ms", "first line ms", "resident MB"),
            [(n, (f"{middle(r, 'first_byte_ms'):.1f}",
                  f"{middle(r, 'screen_ms'):.1f}" if n == "tasmite" else "-",
                  f"{middle(r, 'line_ms'):.1f}", f"{middle(r, 'rss_mb'):.1f}")) for n, r in results.items()])
    wanted("start to the first screen, ms", middle(results["tasmite"], "screen_ms"), 30, "{:.1f}")
    wanted("resident at start, MB", middle(results["tasmite"], "rss_mb"), 10, "{:.1f}")


def idle(names):
    seconds, names = 60 if FULL else 5, few(names)
    print(f"idle: {seconds} s without a byte")
    results = {n: [measure("idle", PROGRAMS[n]["cmd"], seconds=seconds)] for n in names}
    figures(("wake-ups", "CPU ms", "resident MB"),
            [(n, (f"{r[0]['wakes']:.0f}", f"{r[0]['cpu'] * 1000:.1f}", f"{r[0]['rss_mb']:.1f}"))
             for n, r in results.items()])
    wanted("wake-ups without a cause", results["tasmite"][0]["wakes"], 0, "{:.0f}")
    if not shutil.which("strace"):
        print("  strace is not installed: no count of system calls")
        return
    # Attached when the start is over: what is left is what idling costs.
    script = (f'"{os.path.abspath(PROGRAMS["tasmite"]["cmd"][0])}" "$1" & p=$!; sleep 2; '
              f'timeout -s INT {seconds} strace -c -f -o {folder}/strace -p $p 2>/dev/null; kill $p; wait')
    measure("idle", ["sh", "-c", script, "sh", "@PORT@"], seconds=seconds + 4)
    with open(os.path.join(folder, "strace"), encoding="utf-8") as f:
        text = f.read().strip()
    print(f"  strace -c -f over {seconds} s: " + ("\n  " + text.replace("\n", "\n  ") if text else
                                                  "not one system call"))


def main():
    benches = {f.__name__: f for f in (unpaced, paced, keys, shown, start, idle)}
    names = present()
    print(f"load {os.getloadavg()[0]:.2f}, {os.cpu_count()} processors")
    try:
        for word in sys.argv[1:] or benches:
            benches[word](names)
    finally:
        shutil.rmtree(folder)
    print(f"load {os.getloadavg()[0]:.2f}")
    if missed:
        print(f"{len(missed)} missed: " + "; ".join(missed))
        sys.exit(3)  # as tests/bench/run.sh takes it


if __name__ == "__main__":
    main()
