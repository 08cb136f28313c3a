# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs journeys of the program while the calls at its edge fail, one in each run (tests/shim/edge.h).

First each journey runs with nothing failing, and its calls are counted. Then it runs again and again,
each time with one call made to fail: short, EAGAIN, EIO, a full disk ... What has to hold each time:
no crash, no hang, the terminal given back, and either all is as without the fault or it is told what
went wrong; what was recorded is what was sent, or its loss is told.

    edge.py quick [JOURNEY...]    some of them, those that found something once among them
    edge.py full [JOURNEY...]     all (of calls made often: some), SEED=N others
    edge.py one JOURNEY CALL,CLASS,N,WHAT[,on]    one of them, with what it said
"""
import collections
import errno
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty
from concurrent.futures import ThreadPoolExecutor

B = os.environ["B"]
TMP = os.environ.get("TMPDIR", "/tmp")
PATIENCE = 100  # seconds: what takes longer hangs
STEP = 8       # seconds for what a step waits for; then it goes on without
SANITIZED = b"AddressSanitizer", b"runtime error:", b"LeakSanitizer"
LINES = b"".join(b"line %04d of the log, and what stands in it: %d\r\n" % (i, i * 7919) for i in range(300))
LOG = LINES + b"END OF LOG\r\n"
# Words of a message that tells what is wrong.
TOLD = re.compile(
    r"cannot|can't|could not|no such|went away|failed|is lost|are lost|not kept|not saved|not read|missing|"
    r"Input/output error|No space left|Too many open files|No such device|Interrupted|not permitted|"
    r"no boot loader|does not|nobody listens|no way to|no answer|lost the|closed|dropped|no recording|"
    r"waiting for|again|in use|needs a terminal|too many|damaged|unavailable|not opened|is gone|not be read",
    re.IGNORECASE)


# --- what stands at the other end ------------------------------------------------------------------

class Screen:
    """As much of a terminal as shows which words were on it."""

    def __init__(self, w, h):
        self.w, self.h, self.x, self.y = w, h, 0, 0
        self.cells = [[" "] * w for _ in range(h)]
        self.seen = set()
        self.rest = ""

    def rows(self):
        return ["".join(r).rstrip() for r in self.cells]

    def keep(self):
        self.seen.update(r for r in self.rows() if r)

    def feed(self, data):
        text = self.rest + data.decode("utf-8", "replace")
        self.rest = ""
        i = 0
        token = re.compile(r"\x1b\[([0-9;?]*)([@-~])|\x1b\][^\x07]*\x07|\x1b[()][0-9A-Z]|\x1b[^\[\]()]")
        while i < len(text):
            c = text[i]
            if c == "\x1b":
                m = token.match(text, i)
                if not m:
                    if len(text) - i < 64:
                        self.rest = text[i:]
                        break
                    i += 1
                    continue
                if m.group(2):
                    self.control(m.group(1), m.group(2))
                i = m.end()
                continue
            i += 1
            if c == "\r":
                self.x = 0
            elif c == "\n":
                self.y = min(self.y + 1, self.h - 1)
            elif c == "\b":
                self.x = max(self.x - 1, 0)
            elif c >= " ":
                self.put(c)
        self.keep()

    def put(self, c):
        if self.x < self.w:
            self.cells[self.y][self.x] = c
        self.last = c
        self.x += 1

    def control(self, params, final):
        n = [int(p) if p.isdigit() else 0 for p in params.split(";")]
        one = max(n[0], 1)
        if final in "Hf":
            self.y = min(one, self.h) - 1
            self.x = min(max(n[1] if len(n) > 1 else 1, 1), self.w) - 1
        elif final in "ABCDGd":
            if final == "A":
                self.y = max(self.y - one, 0)
            elif final == "B":
                self.y = min(self.y + one, self.h - 1)
            elif final == "C":
                self.x = min(self.x + one, self.w - 1)
            elif final == "D":
                self.x = max(self.x - one, 0)
            elif final == "G":
                self.x = min(one, self.w) - 1
            else:
                self.y = min(one, self.h) - 1
        elif final == "J" and n[0] == 2:
            self.cells = [[" "] * self.w for _ in range(self.h)]
        elif final == "J":
            for y in range(self.y + 1, self.h):
                self.cells[y] = [" "] * self.w
            self.erase(self.x, self.w)
        elif final == "K":
            self.erase(0 if n[0] else self.x, self.x + 1 if n[0] == 1 else self.w)
        elif final == "X":
            self.erase(self.x, self.x + one)
        elif final == "b":
            for _ in range(one):
                self.put(self.last)

    def erase(self, start, end):
        for x in range(start, min(end, self.w)):
            self.cells[self.y][x] = " "


class Port(threading.Thread):
    """A port that sends the log, and answers each line with what it was."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.symlink(os.ttyname(self.slave), path)
        self.over = False
        self.heard = b""
        self.sent = b""
        os.set_blocking(self.master, False)
        self.start()

    def run(self):
        out, line = LOG, b""
        while not self.over:
            r, w, _ = select.select([self.master], [self.master] if out else [], [], 0.05)
            if w:
                n = os.write(self.master, out[:2048])
                self.sent += out[:n]
                out = out[n:]
            if r:
                got = os.read(self.master, 4096)
                self.heard += got
                line += got
                while b"\n" in line:
                    one, line = line.split(b"\n", 1)
                    out += b"got %s\r\n" % one.strip()

    def stop(self):
        self.over = True
        self.join()
        os.close(self.master)
        os.close(self.slave)


class Server(threading.Thread):
    """The log over TCP, to each who comes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.over = False
        self.start()

    def run(self):
        self.listener.settimeout(0.1)
        while not self.over:
            try:
                s, _ = self.listener.accept()
            except OSError:
                continue
            try:
                s.sendall(LOG)
                s.settimeout(0.1)
                while not self.over:
                    try:
                        if not s.recv(1000):
                            break
                    except TimeoutError:
                        pass
            except OSError:
                pass
            s.close()

    def stop(self):
        self.over = True
        self.join()
        self.listener.close()


class Device:
    """The virtual device."""

    def __init__(self, folder, *args):
        self.control = folder + "/hand"
        self.flash = folder + "/flash.bin"
        # In its own folder: what it writes is none of the program's business.
        self.err = open(folder + "/sim.out", "wb")
        self.process = subprocess.Popen(
            [B + "/virtual-device", "--pty", folder + "/port", "--control", self.control,
             "--flash", self.flash, "--speed", "1" if "--lines" in args else "0", *args], stdout=self.err, stderr=self.err)
        node = folder + "/adapters/dev/ttyUSB0" if "--adapter" in args else folder + "/port"
        wait_until(lambda: os.path.exists(node) and os.path.exists(self.control), 20)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.err.close()


def wait_until(fn, seconds):
    end = time.monotonic() + seconds
    while not fn():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def make_image(path, *args):
    if not os.path.exists(path):
        subprocess.run([B + "/make-image", *args, "-o", path], check=True, stdout=subprocess.DEVNULL)
    return path


# --- a run -----------------------------------------------------------------------------------------

def preload(*libraries):
    out = subprocess.run(["ldd", B + "/tasmite"], capture_output=True, text=True, check=True).stdout
    asan = re.search(r"libasan\S* => (\S+)", out)
    return ":".join(([asan.group(1)] if asan else []) + [B + "/" + x for x in libraries])


class Run:
    def __init__(self, journey, spec):
        self.spec = spec
        self.folder = tempfile.mkdtemp(prefix="edge.", dir=TMP)
        self.port = self.folder + "/port"
        self.home = self.folder + "/home"
        os.mkdir(self.home)
        os.mkdir(self.folder + "/state")
        os.makedirs(self.folder + "/config/tasmite")
        os.mkdir(self.folder + "/state/tasmite", 0o700)
        with open(self.folder + "/state/tasmite/tips", "w", encoding="ascii") as f:
            f.write("99\n")
        with open(self.folder + "/config/tasmite/config", "w", encoding="ascii") as f:
            f.write("theme = mono\n")
        self.code = None
        self.out = self.err = b""
        self.screen = None
        self.missed = []
        self.trouble = []
        self.env = dict(
            PATH=os.environ["PATH"], HOME=self.home, LC_ALL="C.UTF-8", TZ="UTC", TERM="xterm",
            XDG_STATE_HOME=self.folder + "/state", XDG_CONFIG_HOME=self.folder + "/config",
            LD_PRELOAD=preload(*journey.libraries), EDGE_PORT=self.port, EDGE_HOME=self.folder,
            EDGE_FIRED=self.folder + "/fired")
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        if spec:
            self.env["EDGE_FAIL"] = spec
        else:
            self.env["EDGE_TRACE"] = self.folder + "/calls"

    def path(self, name):
        return self.folder + "/" + name

    def read(self, name):
        try:
            with open(self.path(name), "rb") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def fired(self):
        return (self.read("fired") or b"").decode().strip()

    def said(self):
        text = self.err.decode("utf-8", "replace")
        if self.screen:
            text += "\n" + "\n".join(sorted(self.screen.seen))
        return text

    def told(self):
        return TOLD.search(self.said()) is not None

    def plain(self, *args, stdin=b""):
        """Runs it to its end, with pipes."""
        with open(self.folder + "/stdin", "wb") as f:
            f.write(stdin)
        with open(self.folder + "/stdin", "rb") as f:
            p = subprocess.Popen([B + "/tasmite", *args], env=self.env, cwd=self.folder, stdin=f,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                self.out, self.err = p.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                p.kill()
                self.out, self.err = p.communicate()
                self.trouble.append("it hangs")
            self.code = p.returncode

    def begin_screen(self, *args):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", 40, 200, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.screen = Screen(200, 40)
        self.raw = b""
        self.process = subprocess.Popen(
            [B + "/tasmite", *args], env=self.env, cwd=self.folder, stdin=self.slave,
            stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def look(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            got = os.read(self.master, 65536)
            self.raw += got
            self.screen.feed(got)

    def see(self, words):
        """Waits until that is on the screen; a miss is no end yet."""
        if self.missed:
            return False
        end = time.monotonic() + STEP
        while time.monotonic() < end and self.process.poll() is None:
            self.look(0.05)
            if any(re.search(words, r) for r in self.screen.rows()):
                return True
        self.missed.append(words)
        return False

    def type(self, keys):
        try:
            os.write(self.master, keys.encode())
        except OSError:
            pass

    def end_screen(self):
        end = time.monotonic() + STEP
        asked = 0
        while self.process.poll() is None and time.monotonic() < end:
            if time.monotonic() > asked + 1:
                asked = time.monotonic()
                self.type("\x03\x1b[21~")  # Ctrl-C empties the line, F10 leaves
            self.look(0.05)
        if self.process.poll() is None:
            self.trouble.append("it does not end")
            self.process.kill()
        self.code = self.process.wait()
        while select.select([self.master], [], [], 0)[0]:
            self.look(0)
        tail = self.raw.rpartition(b"\x1b[?1049l")[2]
        self.err = re.sub(rb"\x1b\[[0-9;?]*[@-~]|\x1b[>=]", b"", tail if b"1049" in self.raw else self.raw)
        after = termios.tcgetattr(self.slave)
        if after[:4] != self.before[:4] and not self.excused("tc", "ioctl"):
            self.trouble.append("the terminal's modes are not given back")
        if self.raw.count(b"\x1b[?1049h") and not self.raw.rstrip().endswith(tail.rstrip()):
            self.trouble.append("the screen is not given back")
        if self.raw.rfind(b"\x1b[?1049h") > self.raw.rfind(b"\x1b[?1049l") and not self.excused("write"):
            self.trouble.append("the other screen is left on")
        os.close(self.master)
        os.close(self.slave)

    def excused(self, *calls):
        """Whether it was this terminal's own calls that failed."""
        fired = self.fired().split(" ")
        return len(fired) > 1 and fired[1] in ("tty", "mem") and fired[0].startswith(calls)

    def check_end(self):
        """What holds for every journey."""
        fired = self.fired().split(" ")
        hung_up = fired[:2] == ["read", "tty"] and self.code == -signal.SIGHUP
        if self.code is not None and self.code < 0 and not hung_up:
            self.trouble.append("it died: signal %d" % -self.code)
        elif self.code is not None and self.code > 5:
            self.trouble.append("exit code %d" % self.code)
        everything = self.out + self.err + getattr(self, "raw", b"")
        for word in SANITIZED + (b"internal error",):
            if word in everything:
                self.trouble.append(word.decode())
        if self.code and not hung_up and not self.told():
            self.trouble.append("it ends with %d and does not say why" % self.code)
        mute = fired[:2] == ["write", "tty"] and self.spec.endswith(",on")
        if self.missed and not hung_up and not mute and not self.told():
            self.trouble.append("not seen: %s, and nothing told" % self.missed[0])

    def done(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def raw_bytes(data):
    """The received bytes of a raw recording; what is cut at its end is left out."""
    magic = b"tasmite raw 1\n"
    if not data.startswith(magic):
        return b""
    at, got = len(magic), b""

    def varint(at):
        v = shift = 0
        while True:
            b = data[at]
            at += 1
            v |= (b & 127) << shift
            shift += 7
            if b < 128:
                return v, at
    try:
        while at < len(data):
            kind = data[at:at + 1]
            _, at = varint(at + 1)
            n, at = varint(at)
            if at + n > len(data):
                break
            if kind == b"R":
                got += data[at:at + n]
            at += n
    except IndexError:
        pass
    return got


# --- journeys --------------------------------------------------------------------------------------

class Journey:
    libraries = ("edge.so",)

    def go(self, run):
        raise NotImplementedError

    def check(self, run):
        pass

    @property
    def name(self):
        return type(self).__name__.lower()


def check_recording(run, name, got, sent, least):
    """It is the beginning of what was sent, with all that was shown, or something is told of it."""
    told = re.search(r"recording|cannot record|recorded|went away|missing", run.err.decode("utf-8", "replace"))
    if run.screen:
        told = told or re.search(r"no recording|cannot record|recording: |is lost|missing", run.said())
    if got is None:
        if not told and not (run.code and run.told()):
            run.trouble.append("%s is not there, and nothing told" % name)
        return
    if not sent.startswith(got) and not told:
        run.trouble.append("%s is not what was sent" % name)
    if len(got) < least and not told:
        run.trouble.append("%s: %d bytes of %d that were shown, and nothing told" % (name, len(got), least))


class Plain(Journey):
    """Without a screen, recorded twice."""

    def go(self, run):
        port = Port(run.port)
        run.plain("--plain", "--log=" + run.path("rec.log"), "--log-raw=" + run.path("rec.raw"),
                  "--until", "END OF LOG", "--timeout", "8", run.port)
        port.stop()

    def check(self, run):
        shown = run.out.replace(b"\n", b"\r\n")
        if not LOG.startswith(shown) and not run.told():
            run.trouble.append("what it shows is not what was sent")
        if run.code == 0 and shown != LOG and not run.told():
            run.trouble.append("the end is missing, and nothing told")
        check_recording(run, "rec.log", run.read("rec.log"), LOG, len(shown))
        raw = run.read("rec.raw")
        check_recording(run, "rec.raw", None if raw is None else raw_bytes(raw), LOG, len(shown))


class Lines(Journey):
    """Lines from standard input to the device."""

    def go(self, run):
        port = Port(run.port)
        run.plain("--plain", "--exit-after", "0.4", "--log=" + run.path("rec.log"), run.port,
                  stdin=b"".join(b"Command%d value\n" % i for i in range(20)))
        port.stop()
        run.heard = port.heard

    def check(self, run):
        want = b"".join(b"Command%d value\n" % i for i in range(20))
        if run.code == 0 and run.heard.replace(b"\r", b"") != want and not run.told():
            run.trouble.append("not all lines arrived, and nothing told")


class Tcp(Journey):
    """A port at the end of a network."""

    def go(self, run):
        server = Server()
        run.plain("--plain", "--log=" + run.path("rec.log"), "--until", "END OF LOG", "--timeout", "8",
                  "tcp://127.0.0.1:%d" % server.port)
        server.stop()

    def check(self, run):
        shown = run.out.replace(b"\n", b"\r\n")
        if run.code == 0 and shown != LOG and not run.told():
            run.trouble.append("the end is missing, and nothing told")
        check_recording(run, "rec.log", run.read("rec.log"), LOG, len(shown))


class Session(Journey):
    """The screen: the log flows, a line is sent, F10."""

    def go(self, run):
        with open(run.path("state/tasmite/history"), "w", encoding="ascii") as f:
            f.write("".join("old line %d\n" % i for i in range(2500)))  # so long that it is shortened
        port = Port(run.port)
        run.begin_screen("--log=" + run.path("rec.log"), run.port)
        run.see("END OF LOG")
        run.type("Status 5\r")
        run.see("got Status 5")
        run.end_screen()
        port.stop()
        run.sent = port.sent

    def check(self, run):
        if run.code == -signal.SIGHUP:
            return
        if run.code and not run.missed and not run.told():
            run.trouble.append("exit code %s" % run.code)
        if b"old line 2499\n" not in (run.read("state/tasmite/history") or b""):
            run.trouble.append("the history has lost what it had")
        if run.missed:
            return check_recording(run, "rec.log", run.read("rec.log"), run.sent, 0)
        check_recording(run, "rec.log", run.read("rec.log"), run.sent, len(LOG))
        if b"Status 5" not in (run.read("state/tasmite/history") or b"") and \
                not re.search("history not", run.said()):
            run.trouble.append("the history lacks what was sent, and nothing told")


class Flash(Journey):
    image = TMP + "/edge-new.bin"

    def go(self, run):
        device = Device(run.folder, "--button", "down", "--boot-image", make_image(
            TMP + "/edge-old.bin", "--build", "6.1.1-minimal", "--size", "64K"))
        run.plain("flash", "--yes", "--port", run.port, "--timeout", "10", "--baud", "115200", make_image(
            self.image, "--build", "8.5.0-minimal", "--size", "64K"))
        device.stop()

    def check(self, run):
        with open(self.image, "rb") as f:
            want = f.read()
        if run.code == 0 and run.read("flash.bin")[:len(want)] != want:
            run.trouble.append("called done, and the flash is another")


class Backup(Journey):
    def go(self, run):
        device = Device(run.folder, "--button", "down", "--boot-image", make_image(
            TMP + "/edge-old.bin", "--build", "6.1.1-minimal", "--size", "64K"))
        run.plain("backup", "--port", run.port, "--timeout", "10", "--baud", "115200", run.path("copy.bin"),
                  "0", "64k")
        device.stop()

    def check(self, run):
        copy, want = run.read("copy.bin"), run.read("flash.bin")[:65536]
        if copy is None and run.code == 0:
            run.trouble.append("called done, and there is no copy")
        if copy is not None and copy != want:
            run.trouble.append("the copy is another")


class Send(Journey):
    """A script and a Backlog on a device that answers."""

    def go(self, run):
        device = Device(run.folder, "--boot-image", make_image(
            TMP + "/edge-app.bin", "--build", "6.1.1-minimal"))
        with open(run.path("script.txt"), "w", encoding="ascii") as f:
            f.write("FriendlyName1 lamp\nPowerOnState 0\nTelePeriod 60\n")
        run.begin_screen(run.port)
        run.see("WIF: |Project sonoff")
        run.type("/send script.txt\r")
        run.see("all 3 commands have arrived")
        run.type("Backlog TelePeriod 50; PowerOnState 1\r")
        run.see("all 2 commands have arrived")
        run.end_screen()
        device.stop()


class Replay(Journey):
    """A recording is played."""
    recording = TMP + "/edge-rec.raw"

    def go(self, run):
        if not os.path.exists(self.recording):
            make_recording(self.recording)
        run.plain("replay", "--plain", self.recording)

    def check(self, run):
        shown = run.out.replace(b"\n", b"\r\n")
        if run.code == 0 and shown != LOG:
            run.trouble.append("it shows something else, and ends well")


class Screenplay(Replay):
    """The same on the screen."""

    def go(self, run):
        if not os.path.exists(self.recording):
            make_recording(self.recording)
        run.begin_screen("replay", "--speed", "0", self.recording)
        run.see("END OF LOG")
        run.end_screen()

    def check(self, run):
        pass


class Diagnose(Journey):
    log = sorted(x for x in os.listdir("tests/data/logs") if x.endswith(".log"))[0]
    reference = None

    def go(self, run):
        shutil.copy("tests/data/logs/" + self.log, run.path("a.log"))
        run.plain("diagnose", run.path("a.log"))
        run.out = run.out.replace(run.folder.encode(), b"")

    def check(self, run):
        # A device's trouble is what it looks for: that it found some is no failure.
        if self.reference is None:
            type(self).reference = (run.code, run.out)
        if (run.code, run.out) == self.reference:
            run.trouble.clear()
        elif (run.code, run.out) != self.reference and not TOLD.search(run.err.decode()):
            run.trouble.append("another result, and nothing told")


class List(Journey):
    libraries = ("edge.so", "shim.so")
    reference = None

    def go(self, run):
        device = Device(run.folder, "--adapter", run.path("adapters"), "--power", "off")
        run.env["TASMITE_SHIM"] = run.path("adapters")
        run.plain("list", "--json")
        device.stop()

    def check(self, run):
        if run.code == 0 and b"ttyUSB0" not in run.out and not run.told():
            run.trouble.append("the adapter is missing, and nothing told")


class Adapter(Journey):
    """A USB adapter, by libserialport, with reset lines."""
    libraries = ("edge.so", "shim.so")

    def go(self, run):
        device = Device(run.folder, "--adapter", run.path("adapters"), "--lines", "on", "--boot-image", make_image(
            TMP + "/edge-app.bin", "--build", "6.1.1-minimal"))
        run.env["TASMITE_SHIM"] = run.path("adapters")
        with open(run.path("state/tasmite/adapters.json"), "w", encoding="ascii") as f:
            f.write('{"usb 1111:2222 serial OTHER": {"dtr": "on", "rts": "", "reset": "", "baud": 0}}')
        run.plain("chip", "--port", "/dev/ttyUSB0", "--timeout", "8")
        device.stop()

    def check(self, run):
        if run.code == 0 and b"MAC:" not in run.out:
            run.trouble.append("called done, and it was not seen")
        if b"1111:2222" not in (run.read("state/tasmite/adapters.json") or b""):
            run.trouble.append("what was known of another adapter is lost")


class Image(Journey):
    reference = None

    def go(self, run):
        image = make_image(TMP + "/edge-app.bin", "--build", "6.1.1-minimal")
        run.plain("image", image)

    def check(self, run):
        if run.code == 0 and b"6.1.1" not in run.out:
            run.trouble.append("nothing is recognised, and it ends well")


def make_recording(path):
    def varint(v):
        out = b""
        while v > 127:
            out += bytes([v & 127 | 128])
            v >>= 7
        return out + bytes([v])
    with open(path + ".new", "wb") as f:
        f.write(b"tasmite raw 1\nW" + varint(0) + varint(16) + b"1700000000000000")
        for i in range(0, len(LOG), 500):
            part = LOG[i:i + 500]
            f.write(b"R" + varint(1000) + varint(len(part)) + part)
    os.rename(path + ".new", path)


JOURNEYS = (Plain, Lines, Tcp, Session, Flash, Backup, Send, Replay, Screenplay, Diagnose, List, Adapter, Image)


# --- what is made to fail ----------------------------------------------------------------------------

OPENS = ("open", "create", "fopen", "mkstemp", "opendir", "socket", "pipe", "inotify_init1", "memfd_create",
         "mkdir")
ENDS = ("fsync", "close", "ftruncate", "fchmod", "rename", "link", "unlink")


def whats(call, cls):
    """In which ways a call on something of that class fails."""
    if call in ("read", "pread", "recv"):
        out = ["short", "EINTR", "EIO", "EIO,on"]
        if cls not in ("file", "mem"):
            out += ["EAGAIN"]
        if cls in ("port", "anon"):
            out += ["ENODEV", "ENODEV,on"]
        if cls in ("port", "tty", "std", "sock"):
            out += ["end"]
    elif call in ("write", "pwrite", "send"):
        out = ["short", "EINTR", "EIO", "EIO,on", "EAGAIN"]
        if cls in ("file", "std", "mem"):
            out += ["ENOSPC", "ENOSPC,on"]
        if cls == "port":
            out += ["ENODEV", "ENODEV,on"]
    elif call in OPENS:
        out = ["EIO", "EIO,on", "EMFILE", "EMFILE,on"]
        if call in ("open", "create"):
            out += ["EINTR"]
        if call in ("create", "mkstemp", "mkdir"):
            out += ["ENOSPC", "ENOSPC,on"]
        if cls == "port":
            out += ["ENODEV", "ENODEV,on"]
    elif call in ("ioctl", "tcgetattr", "tcsetattr", "tcflush"):
        out = ["EIO", "EIO,on", "ENODEV", "EINTR", "EAGAIN"]
    elif call in ("select", "pselect", "poll"):
        out = ["EINTR", "EAGAIN", "ENOMEM", "EIO", "EIO,on"]
    elif call in ENDS:
        out = ["EIO", "EIO,on", "ENOSPC", "ENOSPC,on", "EINTR"]
    elif call == "flock":
        out = ["EINTR", "EAGAIN", "EIO", "ENOLCK"]
    elif call == "connect":
        out = ["EINTR", "EIO", "ECONNREFUSED", "ENETUNREACH", "EMFILE"]
    elif call == "inotify_add_watch":
        out = ["ENOSPC", "ENOSPC,on", "ENOMEM"]
    else:
        out = ["EIO", "EIO,on", "ENODEV"]
    return out


def count_calls(run):
    counts = collections.Counter()
    with open(run.path("calls"), encoding="utf-8", errors="replace") as f:
        for line in f:
            call, cls = line.split(" ", 2)[:2]
            if cls != "shim":
                counts[call, cls] += 1
    return counts


def choose(counts, rng, most):
    """All ways for each call; of calls made often the first, the last and some between."""
    specs = []
    for (call, cls), n in sorted(counts.items()):
        if n <= most:
            which = range(1, n + 1)
        else:
            which = sorted({1, 2, n} | {rng.randint(3, n) for _ in range(most - 3)})
        specs += ["%s,%s,%d,%s" % (call, cls, k, what) for k in which for what in whats(call, cls)]
    return specs


# What found something once; the number is small enough to be reached in each run.
QUICK = {
    "plain": ["select,-,3,ENOMEM"],
    "session": ["tcsetattr,tty,1,EIO", "write,tty,2,EIO", "create,file,1,ENOSPC", "pread,file,2,EIO,on"],
    "backup": ["fsync,file,1,EINTR"],
    "replay": ["write,std,1,EIO"],
    "list": ["opendir,sys,1,EIO"],
    "adapter": ["read,file,1,EIO,on"],
}


def perform(journey, spec):
    run = Run(journey, spec)
    try:
        journey.go(run)
        run.check_end()
        if not run.trouble or isinstance(journey, Diagnose):
            journey.check(run)
    except Exception as e:  # pylint: disable=broad-except
        run.trouble.append("%s: %s" % (type(e).__name__, e))
        if os.environ.get("EDGE_DEBUG"):
            raise
    return run


def sweep(journey, mode, rng, jobs):
    """The runs of one journey; returns what failed and how many calls failed by kind."""
    clean = perform(journey, None)
    if clean.trouble:
        return [(None, clean)], collections.Counter(), 0
    counts = count_calls(clean)
    clean.done()
    if mode == "full":
        specs = choose(counts, rng, int(os.environ.get("MOST", "5")))
    else:
        specs = choose(counts, rng, 3)
        specs = QUICK.get(journey.name, []) + rng.sample(specs, min(len(specs), int(os.environ.get("MOST", "4"))))
    bad, fired = [], collections.Counter()
    with ThreadPoolExecutor(jobs) as pool:
        for spec, run in zip(specs, pool.map(lambda s: perform(journey, s), specs)):
            hit = run.fired().split(" ")
            if hit[0]:
                fired[hit[0], hit[1], spec.split(",", 3)[3]] += 1
            if run.trouble:
                bad.append((spec, run))
            log_run(journey, spec, run)
            if not run.trouble:
                run.done()
    return bad, fired, len(specs)


def log_run(journey, spec, run):
    """For a look at what was said (EDGE_LOG)."""
    path = os.environ.get("EDGE_LOG")
    if not path:
        return
    said = [x for x in run.said().splitlines() if TOLD.search(x)][:4]
    with open(path, "a", encoding="utf-8") as f:
        f.write("%s %s [%s] code %s %s%s\n" % (
            journey.name, spec, run.fired() or "not reached", run.code,
            "BAD " + "; ".join(run.trouble) if run.trouble else "", "".join("\n    " + x[:180] for x in said)))


def show(run):
    for x in run.said().splitlines()[-25:]:
        print("    | " + x[:160])


def main():
    mode = sys.argv[1]
    names = {j.__name__.lower(): j for j in JOURNEYS}
    if mode == "one":
        run = perform(names[sys.argv[2]](), sys.argv[3] if len(sys.argv) > 3 else None)
        print("fired: %s\ncode: %s\ntrouble: %s" % (run.fired(), run.code, run.trouble))
        print("--- standard output:\n%s" % run.out.decode("utf-8", "replace")[-1500:])
        show(run)
        print("--- " + run.folder)
        return
    rng = random.Random(int(os.environ.get("SEED", "1")))
    jobs = int(os.environ.get("JOBS", "3"))
    total, made = collections.Counter(), 0
    failed = False
    for name in sys.argv[2:] or names:
        bad, fired, n = sweep(names[name](), mode, rng, jobs)
        made += n
        total.update(fired)
        for spec, run in bad[:20]:
            failed = True
            print("not ok edge__%s: %s (%s): %s" % (name, spec or "nothing fails", run.fired(), "; ".join(run.trouble)))
            show(run)
            run.done()
        if not bad:
            print("ok edge__%s" % name)
        print("# %s: %d calls made to fail in %d runs, %d bad" % (name, sum(fired.values()), n, len(bad)), flush=True)
    kinds = collections.Counter()
    for (call, _, _), n in total.items():
        kinds[call] += n
    print("# %d runs, %d calls failed: %s" % (made, sum(total.values()), ", ".join(
        "%s %d" % x for x in kinds.most_common())))
    sys.exit(failed)


if __name__ == "__main__":
    main()
