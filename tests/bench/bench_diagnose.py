#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tasmite diagnose on 100 MB of log: MB/s by the processor's time (other work on the machine does not
count) and the most memory it takes, for a log of all cases, for text of no device, for noise and for
a line without an end. (The memory has this script's own as a floor, from before the exec: some 14 MB.)"""
import glob
import os
import subprocess
import sys
import tempfile

B = os.environ.get("B", "build")
HERE = os.path.dirname(os.path.abspath(__file__))
SIZE = 100_000_000
LEAST_RATE = 50  # MB/s
MOST_MEMORY = 32 * 1024  # KiB
missed = 0


def logs():
    cases = sorted(glob.glob(os.path.join(HERE, "..", "data", "logs", "*.log")))
    yield "all cases, again and again", b"\n".join(open(f, "rb").read() for f in cases)
    yield "telemetry", (b'18:31:04 MQT: tele/lamp/STATE = {"Time":"2024-05-02T18:31:04","POWER":"ON",'
                        b'"Wifi":{"AP":1,"SSId":"home","RSSI":72,"Signal":-64}}\n'
                        b"18:31:05 WIF: Checking connection...\n")
    yield "text of no device", b"some line of text that comes from something else\n"
    yield "noise", os.urandom(1 << 20)
    yield "one line without an end", b"x" * 65536


for what, block in logs():
    with tempfile.TemporaryFile() as f:
        for _ in range(SIZE // len(block) + 1):
            f.write(block)
        size = f.tell()
        f.seek(0)
        child = subprocess.Popen([os.path.join(B, "tasmite"), "diagnose", "--quiet"], stdin=f)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    rate = size / 1e6 / max(usage.ru_utime + usage.ru_stime, 0.001)
    good = rate >= LEAST_RATE and usage.ru_maxrss <= MOST_MEMORY and child.returncode in (0, 1, 3)
    print(f"  {what:<30} {rate:7.0f} MB/s {usage.ru_maxrss / 1024:6.1f} MB   "
          f"(wanted: {LEAST_RATE} MB/s, {MOST_MEMORY // 1024} MB){'' if good else '   MISSED'}",
          flush=True)
    missed += not good
sys.exit(3 if missed else 0)
