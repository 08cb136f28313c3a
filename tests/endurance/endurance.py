#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hours of a device's log in minutes: the program's clocks run FACTOR times as fast (fastclock.c), a
log of 115200 bit/s comes from a pseudo-terminal that goes away and comes back now and then.

    endurance.py [HOURS] [FACTOR] [RECONNECTS]

What was recorded has to be what was sent, byte for byte; the recorded times may not drift against the
times that stand in the lines; memory and descriptors of the program may not grow once the log is full.
The figures are printed; the exit code is 1 where one of them is wrong."""
import collections
import fcntl
import hashlib
import os
import pty
import select
import shutil
import signal
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
WIRE = 11520  # bytes a second
SCROLLBACK = 4  # MB
PATIENCE = 120  # s, for anything that has to come
NS = 1000000000
bad = []


def row(what, value, good=True):
    print(f"  {what:<44} {value:>16}{'' if good else '   WRONG'}", flush=True)
    if not good:
        bad.append(what)


class Clock:
    """The program's clocks, seen from here."""

    def __init__(self, factor):
        self.factor = factor
        self.mono = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.wall = time.time_ns()

    def words(self):
        return f"{self.factor} {self.mono} {self.wall}"

    def us(self):
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        return (self.wall + (now - self.mono) * self.factor) // 1000


class Raw:
    """A raw recording while it grows: what was received, and when."""

    def __init__(self, path):
        self.path = path
        self.file = None
        self.rest = b""
        self.seen = collections.Counter()
        self.received = 0
        self.hash = hashlib.sha256()
        self.at = None  # µs since 1970, by the first W and all deltas
        self.late = []  # how much later than its line says a record is, µs
        self.tail = b""

    def varint(self, at):
        value = shift = 0
        while at < len(self.rest):
            byte = self.rest[at]
            value |= (byte & 127) << shift
            at += 1
            shift += 7
            if byte < 128:
                return value, at
        return None, at

    def take(self, kind, delta, data):
        self.seen[kind] += 1
        if self.at is not None:
            self.at += delta
        if kind == "W" and self.at is None:
            self.at = int(data)
        if kind != "R":
            return
        self.received += len(data)
        self.hash.update(data)
        # The time of the last whole line of it.
        text = self.tail + data
        at = text.rfind(b'"t":', 0, text.rfind(b"\n") + 1)
        if at >= 0:
            self.late.append(self.at - int(text[at + 4:text.index(b",", at)]))
        self.tail = data[-300:]

    def read(self):
        if not self.file:
            if not os.path.exists(self.path):
                return
            self.file = open(self.path, "rb")
            self.begun = False
        self.rest += self.file.read()
        at = 0
        if not self.begun:
            if len(self.rest) < 14:
                return
            assert self.rest[:14] == b"tasmite raw 1\n"
            at, self.begun = 14, True
        while at < len(self.rest):
            delta, pos = self.varint(at + 1)
            size, pos = self.varint(pos) if delta is not None else (None, pos)
            if size is None or pos + size > len(self.rest):
                break
            self.take(chr(self.rest[at]), delta, self.rest[pos:pos + size])
            at = pos + size
        self.rest = self.rest[at:]

    def until(self, what, condition):
        end = time.monotonic() + PATIENCE
        while True:
            self.read()
            if condition():
                return
            if time.monotonic() > end:
                raise SystemExit(f"not so after {PATIENCE} s: {what}; records {dict(self.seen)}")
            time.sleep(0.01)


class Port:
    """A pseudo-terminal behind a name that stays."""

    def __init__(self, link):
        self.link = link
        self.master = -1

    def plug(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        os.symlink(os.ttyname(slave), self.link + ".new")
        os.rename(self.link + ".new", self.link)
        os.close(slave)  # from now on a hang-up until somebody opens it
        poll = select.poll()
        poll.register(self.master, 0)
        end = time.monotonic() + PATIENCE
        while poll.poll(0):
            if time.monotonic() > end:
                raise SystemExit("the port is not opened")
            time.sleep(0.01)

    def write(self, data):
        while data:
            r, w, _ = select.select([self.master], [self.master], [], PATIENCE)
            if r:
                os.read(self.master, 65536)
            if not w:
                raise SystemExit("the port is not read")
            data = data[os.write(self.master, data[:4096]):]

    def unplug(self):
        os.unlink(self.link)
        os.close(self.master)


class Program:
    def __init__(self, folder, link, clock):
        self.bytes = os.path.join(folder, "bytes.log")
        raw = os.path.join(folder, "raw.log")
        env = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm-256color", "TZ": "UTC",
               "LC_ALL": "C.UTF-8", "LD_PRELOAD": os.path.abspath(os.path.join(B, "fastclock.so")),
               "TASMITE_CLOCK": clock.words()}
        self.screen, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(
            [os.path.join(B, "tasmite"), "--set", f"scrollback={SCROLLBACK}", f"--log={self.bytes}",
             f"--log-raw={raw}", link], stdin=slave, stdout=slave, stderr=slave, env=env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.shown = 0
        threading.Thread(target=self.drain, daemon=True).start()
        self.raw = Raw(raw)

    def drain(self):
        try:
            while True:
                self.shown += len(os.read(self.screen, 65536))
        except OSError:
            pass

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            words = f.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def device(clock):
    """Pieces of the log of a device: what it says by itself, its answers, and at times a start."""
    n = 0
    while True:
        now = clock.us()
        out = []
        if n % 20000 == 0:
            out.append("\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n\r\n"
                       "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, "
                       "GroupTopic sonoffs) Version 6.1.1-2_3_0\r\n")
        for _ in range(16):
            n += 1
            s = n // 60
            clk = f"{s // 3600 % 24:02}:{s // 60 % 60:02}:{s % 60:02}"
            out.append((
                f'{clk} MQT: tele/sonoff/STATE = {{"t":{now},"n":{n},"Vcc":3.171,"POWER":"OFF",'
                f'"Wifi":{{"AP":1,"RSSI":{50 + n % 40}}}}}\r\n',
                f'{clk} CMD: Status 5\r\n',
                f'{clk} WIF: Checking connection... {n}\r\n',
                f'{clk} RSL: stat/sonoff/RESULT = {{"t":{now},"POWER":"ON"}}\r\n')[n % 4])
        yield "".join(out).encode()


def run(hours, factor, reconnects):
    folder = tempfile.mkdtemp(prefix="tasmite-endurance.")
    clock = Clock(factor)
    port = Port(os.path.join(folder, "port"))
    program = None
    total = int(hours * 3600 * WIRE)
    sent, hashed = 0, hashlib.sha256()
    memory, fds = [], []
    log = device(clock)
    started = time.monotonic()
    began = clock.us()
    try:
        # It is there before the program is: nothing else tells a first opening.
        port.master, slave = pty.openpty()
        tty.setraw(slave)
        os.symlink(os.ttyname(slave), port.link)
        program = Program(folder, port.link, clock)
        raw = program.raw
        raw.until("recording", lambda: raw.seen["B"] > 0)
        os.close(slave)
        for leg in range(reconnects + 1):
            if leg:
                raw.until("the port's end is recorded", lambda: raw.seen["G"] == leg)
                port.plug()
                raw.until("the port's return is recorded", lambda: raw.seen["C"] == leg + 1)
            end = total * (leg + 1) // (reconnects + 1)
            while sent < end:
                piece = next(log)
                port.write(piece)
                hashed.update(piece)
                sent += len(piece)
                if sent // (total // 100 + 1) >= len(memory):
                    memory.append(program.memory())
                    raw.read()
                # No faster than the wire, on the program's clock.
                ahead = sent * 1000000 // WIRE - (clock.us() - began)
                if ahead > 0:
                    time.sleep(ahead / factor / 1e6)
            raw.until("all is recorded", lambda: raw.received >= sent)
            fds.append(program.descriptors())
            if leg < reconnects:
                port.unplug()
        took = time.monotonic() - started
        cpu = program.cpu()
        virtual = (clock.us() - began) / 3.6e9
        last = clock.us() - raw.at
        os.write(program.screen, b"\x1b[21~")
        code = program.process.wait(timeout=PATIENCE)
        raw.read()
        report(locals())
    finally:
        if program and program.process.poll() is None:
            program.process.send_signal(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def report(r):
    raw, memory, sent = r["raw"], r["memory"], r["sent"]
    print(f"{r['hours']:g} hours, {r['reconnects']} reconnects, clocks {r['factor']} times as fast")
    row("hours that passed for the program", f"{r['virtual']:.2f} h", r["virtual"] >= r["hours"])
    row("sent", f"{sent / 1e6:.1f} MB")
    row("took", f"{r['took']:.0f} s")
    row("processor of the program", f"{r['cpu']:.1f} s")
    row("to its screen", f"{r['program'].shown / 1e6:.1f} MB", r["program"].shown > 0)
    row("recorded raw", f"{raw.received / 1e6:.1f} MB",
        raw.received == sent and raw.hash.digest() == r["hashed"].digest())
    with open(r["program"].bytes, "rb") as f:
        whole = hashlib.sha256(f.read()).digest()
    row("recorded as bytes", f"{os.path.getsize(r['program'].bytes) / 1e6:.1f} MB",
        whole == r["hashed"].digest())
    row("reconnects recorded", f"{raw.seen['G']} gone, {raw.seen['C'] - 1} back",
        raw.seen["G"] == raw.seen["C"] - 1 == r["reconnects"])
    # How late a record is hangs on the machine's load; that it gets later and later would be a drift.
    part = max(1, len(raw.late) // 10)
    first, end = statistics.median(raw.late[:part]), statistics.median(raw.late[-part:])
    row("a line's time and its record's, first tenth", f"{first / 1e3 / r['factor']:.2f} ms")
    row("... last tenth", f"{end / 1e3 / r['factor']:.2f} ms",
        abs(end - first) < 0.25 * 1e6 * r["factor"])
    # A turn of the loop has one time, read before the bytes are.
    row("earliest", f"{min(raw.late) / 1e3 / r['factor']:.3f} ms",
        min(raw.late) > -0.25 * 1e6 * r["factor"])
    row("recorded clock behind the real one, at the end", f"{r['last'] / 1e6 / r['factor']:.2f} s",
        -1e4 < r["last"] < 5e6 * r["factor"])
    row("memory at the start", f"{memory[0]} kB")
    quarter = len(memory) // 4
    if sent // 4 > 2 * SCROLLBACK << 20:  # the log is full, and has begun to drop
        row("... at a quarter", f"{memory[quarter]} kB")
        row("... from then on, at most", f"{max(memory[quarter:])} kB",
            max(memory[quarter:]) - memory[quarter] <= 1024)
    else:
        row("... at most", f"{max(memory)} kB", max(memory) < memory[0] + (SCROLLBACK << 11))
    row("descriptors, after each part", f"{min(r['fds'])}..{max(r['fds'])}", len(set(r["fds"])) == 1)
    row("exit code", r["code"], r["code"] == 0)


def main():
    words = sys.argv[1:] + [None] * 3
    hours, factor, reconnects = float(words[0] or 8), int(words[1] or 240), int(words[2] or 24)
    run(hours, factor, reconnects)
    if bad:
        print("WRONG: " + ", ".join(bad))
        sys.exit(1)


main()
