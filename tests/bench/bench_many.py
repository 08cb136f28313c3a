#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several virtual devices at once: one call of the program flashes them all at 921600, in real time,
and each may take at most 1.1 times as long as alone.

    bench_many.py [COUNT]       8 without a number; RATE=..., RUNS=..., CHIPS="esp32c3 ..." in the environment

A device's time is what the program says of it (from the loader's answer to the proof). The virtual
devices need the processors, too: where the system or they had too little of them the ratio says
nothing of the program and is told, but not judged."""
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

B = os.environ.get("B", "build")
RATE = os.environ.get("RATE", "921600")
RUNS = int(os.environ.get("RUNS", 3))
CHIPS = os.environ.get("CHIPS", "esp32c3 esp32").split()
LIMIT = 1.1
BUSY = 0.7  # of all processors: beyond that somebody waited for them


def noise(n):
    """Deflates to about two thirds, as firmware does."""
    r = random.Random(5)
    return bytes(r.randrange(32) if r.random() < 0.55 else r.randrange(256) for _ in range(n))


class Device:
    def __init__(self, folder, n, chip):
        self.port = os.path.join(folder, f"port{n}")
        self.flash = os.path.join(folder, f"flash{n}.bin")
        self.process = subprocess.Popen(
            [os.path.join(B, "virtual-device"), "--chip", chip, "--pty", self.port, "--flash", self.flash,
             "--button", "down", "--flash-size", "4M"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not os.path.exists(self.port):
            if time.monotonic() > until:
                raise RuntimeError("no virtual device")
            time.sleep(0.02)

    def end(self):
        self.process.terminate()
        self.process.wait()


def processors_busy():
    with open("/proc/stat") as f:
        fields = [int(x) for x in f.readline().split()[1:]]
    idle = fields[3] + fields[4]
    return sum(fields) - idle, sum(fields)


def flash(folder, count, chip, image):
    """Seconds of each device, the program's CPU seconds, and how busy all processors were."""
    devices = [Device(folder, n, chip) for n in range(count)]
    try:
        time.sleep(1)  # power has come and the loader waits
        words = [os.path.join(B, "tasmite"), "flash", "--yes", "--full", "--baud", RATE]
        for d in devices:
            words += ["--port", d.port]
        env = dict(os.environ, HOME=folder, XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)
        busy, total = processors_busy()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        r = subprocess.run(words + [image + "@0x100000"], env=env, text=True, capture_output=True, timeout=300)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        now_busy, now_total = processors_busy()
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        share = (now_busy - busy) / max(1, now_total - total)
        times = [float(t) for t in re.findall(r"written in ([0-9.]+) s and verified", r.stderr)]
        if r.returncode or len(times) != count:
            raise RuntimeError((r.stderr or r.stdout).strip()[-300:])
        with open(image, "rb") as f:
            want = f.read()
        for d in devices:
            with open(d.flash, "rb") as f:
                f.seek(0x100000)
                if f.read(len(want)) != want:
                    raise RuntimeError("a flash differs from the file")
    finally:
        for d in devices:
            d.end()
            if os.path.exists(d.flash):
                os.unlink(d.flash)
    return times, cpu, share


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    missed = 0
    for chip in CHIPS:
        with tempfile.TemporaryDirectory() as folder:
            image = os.path.join(folder, "new.bin")
            with open(image, "wb") as f:
                f.write(noise(400 * 1024))
            alone, many = [], []
            for _ in range(RUNS):  # in turns, so that what else the machine does hits both
                alone.append(flash(folder, 1, chip, image))
                many.append(flash(folder, count, chip, image))
        one = min(a[0][0] for a in alone)
        best = min(many, key=lambda m: max(m[0]))
        ratio, share = max(best[0]) / one, best[2]
        print(f"  {chip} at {RATE}: alone {one:.2f} s; {count} at once {min(best[0]):.2f} to "
              f"{max(best[0]):.2f} s each, ratio {ratio:.3f} (limit {LIMIT})")
        print(f"    the program's CPU: {alone[0][1]:.2f} s alone, {best[1]:.2f} s for {count}; "
              f"all processors {100 * share:.0f} % busy")
        if ratio > LIMIT and share > BUSY:
            print("    not judged: the processors were the limit, with the devices played on them, too")
        elif ratio > LIMIT:
            missed += 1
            print("    MISSED")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
