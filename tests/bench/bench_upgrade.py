#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A flood against the server of an upgrade, while the session upgrades the virtual device: how soon a
key is on the screen meanwhile, what memory that takes, and what was ever served.

    bench_upgrade.py [COUNT]      10,000 requests without a number; tests/e2e/httpflood.py makes them

Flood and virtual device need processors too: a key that waits for them is no fault of the program, so
the time of a key is measured without the flood as well."""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import bench_session as bench

HERE = os.path.dirname(os.path.abspath(__file__))
DEVICE = "127.0.0.9"
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
MEMORY_KB = 4096  # the flood may cost that much


def image(folder, build, name):
    path = os.path.join(folder, name)
    subprocess.run([os.path.join(bench.B, "make-image"), "--build", build, "-o", path], check=True)
    return path


def join(device, *words):
    subprocess.run([bench.TASMITE, "--plain", "--timeout", "60", "--until", "with IP address 127",
                    *words, device.port], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def listens(device):
    return subprocess.run([bench.TASMITE, "--plain", "--exit-after", "2", "--send", "Status 2", "--until",
                           "StatusFWR", device.port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def prepared(folder, full, minimal, scenario):
    """A device with minimal, which keeps no settings: a full build has got them before."""
    words = ["--scenario", scenario, "--speed", "5"]
    device = bench.Device(folder, "--boot-image", full, *words)
    device.hand("power on")
    bench.until(lambda: listens(device), 60)
    join(device, "--send", "Backlog OtaUrl http://192.168.1.2/x.bin; SSId1 home; Password1 secret-key")
    device.close()
    # It takes the file so slowly that it lasts as long as the flood.
    device = bench.Device(folder, "--boot-image", minimal, *words, "--wifi-rate", "1500")
    device.hand("power on")
    join(device)
    return device


def logged(session, path, pattern, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in session.drain(0.1):
            pass
        with open(path, "rb") as f:
            found = re.search(pattern, f.read())
        if found:
            return found
    raise TimeoutError(f"not logged: {pattern}")


def keys_until(session, process):
    samples = []
    while process.poll() is None:
        samples += session.keys(1)
    return sorted(samples)


def show(what, samples, limit):
    ms = [s * 1000 for s in samples]
    bench.row(f"{what}: median of {len(ms)} keys", f"{statistics.median(ms):.1f} ms")
    bench.row(f"{what}: 99 of 100", f"{ms[max(int(len(ms) * 0.99) - 1, 0)]:.1f} ms")
    bench.row(f"{what}: worst", f"{ms[-1]:.1f} ms", "wanted < 50 ms" if limit else "", not limit or ms[-1] < 50)


def run(folder):
    full = image(folder, "6.1.1-full", "full.bin")
    minimal = image(folder, "6.1.1-minimal", "sonoff-minimal.bin")
    classic = image(folder, "6.1.1-classic", "sonoff-classic.bin")
    scenario, capture = os.path.join(folder, "net.scn"), os.path.join(folder, "capture")
    with open(scenario, "w", encoding="ascii") as f:
        f.write(f"network * rssi -50\nmqtt ok\nip {DEVICE}\n")
    device = prepared(folder, full, minimal, scenario)
    session = None
    try:
        session = bench.Session(folder, device.port, "--log=" + capture)
        result = flooded(session, capture, classic, minimal)
    finally:
        if session:
            session.leave()
        device.close()
    with open(classic, "rb") as a, open(device.flash, "rb") as b:
        return result, b.read().startswith(a.read())


def flooded(session, capture, classic, minimal):
    """The figures of the flood; the upgrade has come to its end then."""
    session.send(f"/upgrade {classic}\r".encode())
    logged(session, capture, rb'"OtaUrl":"http://192', 60)  # the last answer before the question
    for _ in session.drain(1):
        pass
    session.send(b"y")
    url = logged(session, capture, rb'"OtaUrl":"http://127\.0\.0\.1:\d+(/\S+\.bin)"', 30)
    for _ in session.drain(3):
        pass
    show("upgrading", session.keys(5), False)
    flood = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "../e2e/httpflood.py"), "--pid", str(session.process.pid), "--device",
         DEVICE, "--image", classic, "--image", minimal, "--path", url.group(1).decode(), "--count", str(COUNT),
         "--slow", "30"], stdout=subprocess.PIPE, text=True)
    show("upgrading in the flood", keys_until(session, flood), True)
    result = json.loads(flood.stdout.read())
    logged(session, capture, rb"UPGRADE = Successful", 300)
    logged(session, capture, rb'(?s)UPGRADE = Successful.*"OtaUrl":"http://192', 60)
    return result


def main():
    folder = tempfile.mkdtemp(prefix="bench")
    print(f"upgrade: {COUNT} requests against its server, 30 slow ones beside them all the time")
    result, same = run(folder)
    cost = result["memory_most_kb"] - result["memory_first_kb"]
    bench.row(f"{result['sent']} requests in {result['seconds']} s, answers: {result['statuses']}",
              f"{result['sent'] / result['seconds']:.0f} /s")
    bench.row("slow ones sent away; descriptors at most", f"{result['slow_sent_away']}; {result['descriptors']}")
    bench.row(f"memory: {result['memory_first_kb']} KB before, the most {result['memory_most_kb']} KB",
              f"{cost} KB", f"wanted < {MEMORY_KB} KB", cost < MEMORY_KB)
    bench.row("answers that were neither an image nor a refusal", str(len(result["wrong"])), "wanted 0",
              not result["wrong"])
    for line in result["wrong"]:
        print("    " + line)
    bench.row("the upgrade", "completed" if same else "NOT THE FILE", "", same)
    shutil.rmtree(folder)
    if bench.missed:
        print(f"{len(bench.missed)} missed: " + "; ".join(bench.missed))
        sys.exit(3)  # as tests/bench/run.sh takes it


if __name__ == "__main__":
    main()
