#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as users run it, measured on pseudo-terminals in real time, each figure beside what
is wanted of it: the time of a flash against what wire and flash memory alone take, how soon a key
is on the screen while the port is busy, and how fast a flood is read and recorded.

    bench_session.py [flash] [keys] [flood]      all of them without a word

Other work on the machine makes figures worse, never better: of repeated runs the best is shown
where it says "best", all samples count where it says "worst"."""
import fcntl
import json
import os
import pty
import random
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty

B = os.environ.get("B", "build")
TASMITE = os.path.join(B, "tasmite")
KIB = 1024
missed = []


def row(what, value, wanted="", good=True):
    print(f"  {what:<58} {value:>14}   {wanted}{'' if good else '   MISSED'}", flush=True)
    if not good:
        missed.append(what)


# ---- the virtual device ----------------------------------------------------------------------
class Device:
    def __init__(self, folder, *args):
        self.port = os.path.join(folder, "port")
        self.flash = os.path.join(folder, "flash.bin")
        control = os.path.join(folder, "hand")
        self.process = subprocess.Popen(
            [os.path.join(B, "virtual-device"), "--pty", self.port, "--control", control,
             "--flash", self.flash, "--power", "off", *args])
        until(lambda: os.path.exists(control) and os.path.exists(self.port), 10)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(control)
        self.answers = self.socket.makefile("r")

    def hand(self, line):
        self.socket.sendall(line.encode() + b"\n")
        answer = self.answers.readline().strip()
        if answer.startswith("error"):
            raise RuntimeError(f"{line}: {answer}")
        return answer

    def enter_loader(self):
        for line in ("power off", "button down", "power on"):
            self.hand(line)

    def state(self):
        return json.loads(self.hand("state"))

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()


def until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)


def make_image(path, size):
    subprocess.run([os.path.join(B, "make-image"), "--build", "8.5.0-full", "--size",
                    f"{size // KIB}K", "-o", path], check=True)


# ---- flash -----------------------------------------------------------------------------------
def flash_once(latency_ms, words):
    """Seconds from the first answer to the end, and the limit: what the device counted."""
    folder = tempfile.mkdtemp(prefix="bench")
    image = os.path.join(folder, "image.bin")
    make_image(image, 600 * KIB)
    device = Device(folder, "--usb-latency", str(latency_ms))
    run = subprocess.Popen(
        [TASMITE, "flash", "--port", device.port, "--yes", "--json", *words, image],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    began = ended = None
    for line in run.stderr:
        now = time.monotonic()
        if b"hold the button" in line:
            device.enter_loader()
        elif b"loader answers" in line and began is None:
            before, began = device.state(), now
        elif b"written in" in line:
            ended, after = now, device.state()
    result = json.loads(run.stdout.read())
    run.wait()
    if ended is None or result["result"] != "done":
        raise RuntimeError(f"not written: {result}")
    with open(image, "rb") as a, open(device.flash, "rb") as b:
        if a.read() != b.read(600 * KIB):
            raise RuntimeError("the flash differs from the file")
    device.close()
    shutil.rmtree(folder)
    wire = (after["wire_us"] - before["wire_us"]) / 1e6
    flash = (after["flash_us"] - before["flash_us"]) / 1e6
    return {"seconds": ended - began, "wire": wire, "flash": flash, "retries": result["retries"],
            "ratio": (ended - began) / (wire + flash)}


def beside(*calls):
    """Runs calls beside each other: they wait for most of their time."""
    results = [None] * len(calls)

    def call(i, function, args):
        results[i] = function(*args)

    threads = [threading.Thread(target=call, args=(i, c[0], c[1:])) for i, c in enumerate(calls)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if None in results:
        raise RuntimeError("a run failed")
    return results


def bench_flash():
    print("flash: 600 KiB through a pty, from the first SYNC answer to the end; limit = wire time\n"
          "of all bytes both ways + the flash's erase and program time, counted by the device")
    for rate, words, runs in ((115200, ["--no-clkdiv"], 1), (460800, ["--baud", "460800"], 3)):
        results = [beside((flash_once, 0, words), (flash_once, 16, words)) for _ in range(runs)]
        for i, latency in enumerate((0, 16)):
            best = min((r[i] for r in results), key=lambda r: r["ratio"])
            row(f"{rate} baud, USB latency {latency:2} ms: {best['seconds']:.2f} s, wire "
                f"{best['wire']:.2f} s, flash {best['flash']:.2f} s", f"{best['ratio']:.4f}",
                f"ratio{', best of ' + str(runs) if runs > 1 else ''}"
                + (", wanted <= 1.03" if latency == 0 else f"; {best['retries']} retries"),
                latency != 0 or best["ratio"] <= 1.03)


# ---- a session on a screen of its own --------------------------------------------------------
class Session:
    def __init__(self, folder, port, *words, program=None):
        env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
        env.update(TERM="xterm-256color", HOME=folder, XDG_STATE_HOME=folder + "/state",
                   XDG_CONFIG_HOME=folder + "/config", LC_ALL="C.UTF-8")
        self.screen, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        self.process = subprocess.Popen([*(program or (TASMITE,)), *words, port], stdin=slave, stdout=slave,
                                        stderr=slave, env=env, start_new_session=True)
        os.close(slave)
        if not program:
            self.see(b"is open", 10)

    def drain(self, seconds):
        """What is drawn until then, piece by piece with its time."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            ready = select.select([self.screen], [], [], max(left, 0))[0]
            if ready:
                yield os.read(self.screen, 65536), time.monotonic()
            elif left <= 0:
                return

    def see(self, text, seconds):
        got = b""
        for piece, _ in self.drain(seconds):
            got += piece
            if text in got:
                return
        raise TimeoutError(f"not seen: {text}: {got[-2000:]!r}")

    def send(self, text):
        os.write(self.screen, text)

    def key(self, char):
        """Seconds from the key's byte to its character among what is drawn."""
        for _ in self.drain(random.uniform(0.010, 0.045)):
            pass
        began = time.monotonic()
        self.send(char)
        for piece, now in self.drain(3):
            if char in piece:
                return now - began
        raise TimeoutError(f"the key {char} was never drawn")

    def keys(self, seconds):
        """Characters that neither the log nor an escape sequence holds; the line is cleared in
        between, so that none of them is drawn again."""
        samples, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            samples += [self.key(c) for c in (b"&", b"$", b"#", b"^", b"~")]
            self.send(b"\x15")
            for _ in self.drain(0.1):
                pass
        return sorted(samples)

    def leave(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            for _ in self.drain(5):
                pass
        except OSError:  # the last one has closed the screen's other end
            pass
        self.process.wait(10)
        os.close(self.screen)


def log_bytes(size, seed=1):
    """Lines like a device's; only lower case letters, digits and a few signs."""
    rng = random.Random(seed)
    words = ["wif", "connecting", "to", "ap", "mqt", "stat", "sonoff", "result", "power", "heap"]
    lines, n = [], 0
    while n < size:
        line = "%02d:%02d:%02d " % (n // 360000 % 24, n // 6000 % 60, n // 100 % 60)
        line += " ".join(rng.choice(words) for _ in range(rng.randint(2, 14)))
        lines.append(line + " %d\r\n" % rng.randrange(100000))
        n += len(lines[-1])
    return "".join(lines).encode()[:size]


class Port:
    """A pty whose master end this program feeds."""

    def __init__(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.slave = slave  # stays open: the session may come and go
        self.name = os.ttyname(slave)
        os.set_blocking(self.master, False)

    def feed(self, data, per_second=None):
        """Sends data, paced each millisecond or as fast as it is taken; worst lag in bytes."""
        sent, worst, view = 0, 0, memoryview(data)
        began = time.monotonic()
        while sent < len(data):
            if per_second:
                due = min(int((time.monotonic() - began) * per_second), len(data))
            else:
                due = len(data)
            try:
                if due > sent:
                    sent += os.write(self.master, view[sent:min(due, sent + 65536)])
            except BlockingIOError:
                if not per_second:
                    select.select([], [self.master], [], 1)
            if per_second:
                worst = max(worst, due - sent)
                time.sleep(0.001)
        return time.monotonic() - began, worst

    def close(self):
        os.close(self.slave)
        os.close(self.master)


def feeder(port, data, per_second):
    """The feeding in a process of its own, so that it and the keys don't wait for each other."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        seconds, worst = port.feed(data, per_second)
        os.write(write_end, json.dumps([seconds, worst]).encode())
        os._exit(0)
    os.close(write_end)
    return pid, read_end


def show_keys(what, samples):
    ms = [s * 1000 for s in samples]
    row(f"{what}: median of {len(ms)} keys", f"{statistics.median(ms):.1f} ms")
    row(f"{what}: 99 of 100", f"{ms[int(len(ms) * 0.99) - 1]:.1f} ms")
    row(f"{what}: worst", f"{ms[-1]:.1f} ms", "wanted < 50 ms", ms[-1] < 50)


def recorded(path, data, seconds=10):
    try:
        until(lambda: os.path.exists(path) and os.path.getsize(path) >= len(data), seconds)
    except TimeoutError:
        return False
    with open(path, "rb") as f:
        return f.read() == data


def bench_keys():
    print("keys: from a key's byte written to the screen's pty to its character read from it")
    folder = tempfile.mkdtemp(prefix="bench")
    idle_port, port = Port(), Port()
    session = Session(folder, idle_port.name)
    show_keys("idle", session.keys(4))
    session.leave()
    seconds, rate = 20, 300000
    data = log_bytes(seconds * rate)
    capture = os.path.join(folder, "capture")
    session = Session(folder, port.name, "--log=" + capture)
    pid, result = feeder(port, data, rate)
    samples = session.keys(seconds - 1)
    for _ in session.drain(2):
        pass
    os.waitpid(pid, 0)
    took, worst = json.loads(os.read(result, 100))
    show_keys("3 Mbaud of log", samples)
    same = recorded(capture, data)
    row(f"3 Mbaud of log: {len(data) / 1e6:.1f} MB in {took:.1f} s, at most {worst} bytes late; "
        "recorded", "identical" if same else "DIFFERS", "wanted identical", same)
    session.leave()
    image = os.path.join(folder, "image.bin")
    make_image(image, 600 * KIB)
    device = Device(folder)
    session = Session(folder, device.port)
    session.send(f"/flash {image} --yes --baud 115200\r".encode())
    session.see(b"connect", 5)
    device.enter_loader()
    session.see(b"of the wire", 20)
    show_keys("while flashing", session.keys(15))
    still = device.state()["mode"] not in ("app", "reset")
    if not still or session.process.poll() is not None:
        raise RuntimeError("it did not flash while the keys were pressed")
    session.leave()
    device.close()
    shutil.rmtree(folder)


# ---- flood -----------------------------------------------------------------------------------
def flood_run(port, data, drain):
    """Feeds while the screen is drained; MB/s from the first byte until all are taken."""
    result = []
    thread = threading.Thread(target=lambda: result.append(port.feed(data)))
    thread.start()
    while thread.is_alive():
        for _ in drain(0.05):
            pass
    return len(data) / 1e6 / result[0][0]


def flood_cat(folder, data):
    """cat on a screen of the same kind."""
    port = Port()
    session = Session(folder, port.name, program=("cat",))
    time.sleep(0.2)
    mbs = flood_run(port, data, session.drain)
    session.leave()
    port.close()
    return mbs, True


def flood_file(folder, data):
    """cat into a file: nothing is shown, nothing is kept in memory."""
    port, path = Port(), os.path.join(folder, "cat")
    with open(path, "wb") as out:
        cat = subprocess.Popen(["cat", port.name], stdout=out)
        time.sleep(0.2)
        seconds, _ = port.feed(data)
        good = recorded(path, data)
        cat.kill()
        cat.wait()
    port.close()
    os.unlink(path)
    return len(data) / 1e6 / seconds, good


def flood_session(folder, data, *words):
    port, path = Port(), os.path.join(folder, "capture")
    session = Session(folder, port.name, "--log=" + path, *words)
    mbs = flood_run(port, data, session.drain)
    good = recorded(path, data)
    session.leave()
    port.close()
    os.unlink(path)
    return mbs, good


def bench_flood():
    print("flood: as fast as the pty takes it, recorded to a file; best of 5, in turn")
    folder = tempfile.mkdtemp(prefix="bench")
    data = log_bytes(16000000) * 2
    runs = {"cat": [], "file": [], "session": [], "unread": [], "both": []}
    os.makedirs(folder + "/config/tasmite")
    config = folder + "/config/tasmite/config"
    for _ in range(5):
        runs["cat"].append(flood_cat(folder, data))
        runs["file"].append(flood_file(folder, data))
        runs["session"].append(flood_session(folder, data))
        with open(config, "w", encoding="ascii") as f:
            f.write("doctor = off\n")
        runs["unread"].append(flood_session(folder, data))
        os.unlink(config)
        runs["both"].append(flood_session(folder, data, f"--log-raw={folder}/raw"))
        os.unlink(folder + "/raw")
    same = all(good for run in runs.values() for _, good in run)
    best = {name: max(run)[0] for name, run in runs.items()}
    row("cat of the same pty, on a screen", f"{best['cat']:.1f} MB/s")
    row("cat of the same pty, into a file", f"{best['file']:.1f} MB/s")
    row("the session with a recording", f"{best['session']:.1f} MB/s")
    row("the same without the doctor", f"{best['unread']:.1f} MB/s")
    row("the session with a raw recording too", f"{best['both']:.1f} MB/s")
    ratio = best["session"] / best["cat"]
    row("the session to cat on a screen", f"{ratio:.2f}", "wanted >= 1", ratio >= 1)
    ratio = best["session"] / best["unread"]
    row("with the doctor to without", f"{ratio:.2f}", "wanted >= 0.9", ratio >= 0.9)
    row("recorded", "identical" if same else "DIFFERS", "wanted identical", same)
    shutil.rmtree(folder)


def main():
    random.seed(1)
    benches = {"flash": bench_flash, "keys": bench_keys, "flood": bench_flood}
    for name in sys.argv[1:] or benches:
        benches[name]()
    if missed:
        print(f"{len(missed)} missed: " + "; ".join(missed))
        sys.exit(3)  # as tests/bench/run.sh takes it


if __name__ == "__main__":
    main()
