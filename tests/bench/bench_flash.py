#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program and the npm tools on the same virtual device in the same run, in real time: a file
(FILE=..., or one that is made) over other firmware, from the call to the end, reset included, with
RATES=... and LATENCIES=... (ms). What is not at hand is said. No bounds: those of bench_stub count.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

B = os.environ.get("B", "build")
HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(B, "peers", "node_modules")
TOOLS = {"esptool-js": "esptool-js", "webserial": "tasmota-webserial-esptool"}
SECONDS = 300


def made(path, build):
    """An image that is right in itself: the program looks at what it writes. Deflates to three quarters."""
    subprocess.run([os.path.join(B, "make-image"), "--build", build, "-o", path], check=True,
                   stdout=subprocess.DEVNULL)


def device(folder, old, latency):
    """The process and the port of its server."""
    p = subprocess.Popen(
        [os.path.join(B, "virtual-device"), "--pty", os.path.join(folder, "port"), "--flash",
         os.path.join(folder, "flash.bin"), "--boot-image", old, "--rfc2217", "0", "--lines", "on",
         "--usb-latency", str(latency)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in p.stdout:
        if line.startswith("rfc2217 "):
            return p, line.split()[1]
    raise RuntimeError("the virtual device did not start")


def command(tool, port, baud, image):
    if tool == "tasmite":
        return [os.path.join(B, "tasmite"), "flash", "--port", f"rfc2217://127.0.0.1:{port}", "--yes",
                "--baud", str(baud), image]
    return ["node", os.path.join(HERE, "bench_flash.js"), tool, MODULES, port, str(baud), image]


def measure(tool, old, image, baud, latency):
    with tempfile.TemporaryDirectory() as folder:
        p, port = device(folder, old, latency)
        try:
            env = dict(os.environ, HOME=folder, XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)
            began = time.monotonic()
            r = subprocess.run(command(tool, port, baud, image), env=env, text=True,
                               capture_output=True, timeout=SECONDS)
            took = time.monotonic() - began
        finally:
            p.terminate()
            p.wait()
        with open(image, "rb") as f, open(os.path.join(folder, "flash.bin"), "rb") as g:
            want, have = f.read(), g.read()
        # The header's flash settings are the tool's own business.
        if r.returncode or have[4:len(want)] != want[4:]:
            words = (r.stderr or r.stdout).strip().splitlines()[-1:] or ["the flash differs"]
            return None, words[0][:60]
        return (took if tool == "tasmite" else float(r.stdout)), ""


def main():
    missing = [t for t, m in TOOLS.items() if not os.path.isdir(os.path.join(MODULES, m))]
    if not shutil.which("node"):
        missing = list(TOOLS)
    tools = ["tasmite"] + [t for t in TOOLS if t not in missing]
    for t in missing:
        print(f"  {t}: not measured, node or its module is not here (make check-peers installs them)")
    rates = os.environ.get("RATES", "460800 921600").split()
    latencies = os.environ.get("LATENCIES", "1 16").split()
    with tempfile.TemporaryDirectory() as folder:
        old, image = os.path.join(folder, "old.bin"), os.environ.get("FILE") or \
            os.path.join(folder, "new.bin")
        made(old, "6.1.1-full")
        if not os.environ.get("FILE"):
            made(image, "8.5.0-full")
        print("one file by several programs, seconds in real time")
        for baud in rates:
            for latency in latencies:
                for tool in tools:
                    took, why = measure(tool, old, image, baud, latency)
                    print(f"  {baud:>8} baud {latency:>3} ms  {tool:<12} "
                          f"{f'{took:8.2f} s' if took else 'failed: ' + why}", flush=True)
    return 0


sys.exit(main())
