# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the program while a call at its edge fails (edge.py): what stands at the other end, the terminal,
what the program said."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import tty

B = os.environ["B"]
TMP = os.environ.get("TMPDIR", "/tmp")
STEP = 8       # seconds for what a step waits for; then it goes on without
SANITIZED = b"AddressSanitizer", b"runtime error:", b"LeakSanitizer"
LINES = b"".join(b"line %04d of the log, and what stands in it: %d\r\n" % (i, i * 7919) for i in range(300))
LOG = LINES + b"END OF LOG\r\n"
FULL = "what is printed goes to a full disk"
OLD_URL = "http://192.168.1.2/old/sonoff.bin"
# Words of a message that tells what is wrong; what the device says, and the verdicts on it, tell nothing of
# the program's own calls.
TOLD = re.compile(
    r"cannot|can't|could not|no such|went away|failed|is lost|are lost|not kept|not saved|not read|missing|"
    r"Input/output error|No space left|Too many open files|No such device|Interrupted|not permitted|"
    r"no boot loader|does not|nobody listens|no way to|no answer|lost the|closed|dropped|no recording|"
    r"waiting for|again|in use|needs a terminal|too many|damaged|unavailable|not opened|is gone|not be read|"
    r"did not take|is not known|never asked|not there|broke off|can be begun|no port is open",
    re.IGNORECASE)
DEVICE = re.compile(r"\d\d:\d\d:\d\d [A-Z]{3}: |^\W*[✘✔] (Wi-Fi|Access|IP|MQTT|Boots|Firmware)|^\W*→")


def tells(text):
    """The lines of a text that tell that something is wrong, without what differs from run to run."""
    pieces = (x.strip() for line in text.splitlines() for x in line.split("│"))
    return {re.sub(r"edge\.\w+|\d+", "#", x) for x in pieces if TOLD.search(x) and not DEVICE.search(x)}


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
                self.next_row()
            elif c == "\b":
                self.x = max(self.x - 1, 0)
            elif c >= " ":
                self.put(c)
        self.keep()

    def next_row(self):
        if self.y < self.h - 1:
            self.y += 1
            return
        self.seen.add("".join(self.cells.pop(0)).rstrip())
        self.cells.append([" "] * self.w)

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
        self.port = folder + "/port"
        self.control = folder + "/hand"
        self.flash = folder + "/flash.bin"
        # In its own folder: what it writes is none of the program's business.
        self.err = open(folder + "/sim.out", "wb")
        self.process = subprocess.Popen(
            [B + "/virtual-device", "--pty", folder + "/port", "--control", self.control,
             "--flash", self.flash, *([] if "--speed" in args else ["--speed", "1" if "--lines" in args else "0"]),
             *args], stdout=self.err, stderr=self.err)
        self.out = folder + "/sim.out"
        node = folder + "/adapters/dev/ttyUSB0" if "--adapter" in args else folder + "/port"
        wait_until(lambda: os.path.exists(node) and os.path.exists(self.control), 20)

    def hand(self, command):
        subprocess.run([B + "/virtual-device", "--hand", self.control, "-c", command], check=True,
                       stdout=subprocess.DEVNULL)

    def enter_loader(self):
        for command in "power off", "button down", "power on":
            self.hand(command)

    def says(self, name):
        """Where it listens for `name', in its own words."""
        found = []

        def look():
            with open(self.out, encoding="utf-8") as f:
                found.extend(re.findall(r"^%s ([0-9]+)$" % name, f.read(), re.MULTILINE))
            return found
        assert wait_until(look, 60), "the device has no " + name
        return found[0]

    def listen(self, words, seconds):
        """What comes out of its port is read until these words."""
        fd = os.open(self.port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd)
        got, end = b"", time.monotonic() + seconds
        while words not in got:
            left = end - time.monotonic()
            assert left > 0, "the device did not say %r: %r" % (words, got[-200:])
            if select.select([fd], [], [], left)[0]:
                got += os.read(fd, 4096)
        os.close(fd)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.err.close()


def joined(build, full, ip):
    """A flash with that build and the settings of a device that has joined a network, where its address
    is `ip'; and the scenario. Made once, by the program itself, of which no call fails."""
    scenario, flash = TMP + "/edge-%s.scn" % ip, TMP + "/edge-%s-%s.bin" % (build, ip)
    if os.path.exists(flash):
        return flash, scenario
    with open(scenario, "w", encoding="ascii") as f:
        f.write("network * rssi -50\nmqtt ok\nip %s\n" % ip)
    folder = tempfile.mkdtemp(prefix="edge.", dir=TMP)
    env = dict(PATH=os.environ["PATH"], HOME=folder, LC_ALL="C.UTF-8", XDG_STATE_HOME=folder, XDG_CONFIG_HOME=folder)

    def say(line, until, seconds):
        return subprocess.run(
            [B + "/tasmite", "--plain", "--timeout", str(seconds), "--send", line, "--until", until, folder + "/port"],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    words = "--scenario", scenario, "--speed", "5"
    device = Device(folder, "--boot-image", make_image(TMP + "/edge-%s.bin" % full, "--build", full), *words)
    assert wait_until(lambda: say("Status 2", "StatusFWR", 2), 60), "the device does not listen"
    assert say("Backlog OtaUrl %s; SSId1 home; Password1 secret-key" % OLD_URL, "with IP address " + ip, 50), \
        "the device did not join"
    device.stop()
    device = Device(folder, "--boot-image", make_image(TMP + "/edge-%s.bin" % build, "--build", build), *words)
    device.listen(b"with IP address " + ip.encode(), 60)
    device.stop()
    os.rename(folder + "/flash.bin", flash)
    shutil.rmtree(folder)
    return flash, scenario


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
        self.at_miss = []
        self.trouble = []
        self.usual = journey.usual
        self.patience = journey.patience
        self.env = dict(
            PATH=os.environ["PATH"], HOME=self.home, LC_ALL="C.UTF-8", TZ="UTC", TERM="xterm",
            XDG_STATE_HOME=self.folder + "/state", XDG_CONFIG_HOME=self.folder + "/config",
            LD_PRELOAD=preload(*journey.libraries), EDGE_PORT=self.port, EDGE_HOME=self.folder,
            EDGE_FIRED=self.folder + "/fired")
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        if spec and spec != FULL:
            self.env["EDGE_FAIL"] = spec
        elif not spec:
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
        """Whether it tells of something wrong that it does not tell of when nothing is."""
        if any(re.search("○ .*waiting", x) for x in self.at_miss):
            return True  # the port stays away, and that is in sight
        return bool(tells(self.said()) - self.usual)

    def plain(self, *args, stdin=b""):
        """Runs it to its end, with pipes."""
        with open(self.folder + "/stdin", "wb") as f:
            f.write(stdin)
        with open(self.folder + "/stdin", "rb") as f, open("/dev/full", "wb") as full:
            p = subprocess.Popen([B + "/tasmite", *args], env=self.env, cwd=self.folder, stdin=f,
                                 stdout=full if self.spec == FULL else subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                self.out, self.err = p.communicate(timeout=self.patience)
            except subprocess.TimeoutExpired:
                p.kill()
                self.out, self.err = p.communicate()
                self.trouble.append("it hangs")
            self.out = self.out or b""
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

    def see(self, words, seconds=STEP):
        """Waits until that is on the screen; a miss is no end yet."""
        if self.missed:
            return False
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            self.look(0.05)
            if any(re.search(words, r) for r in self.screen.rows()):
                return True
        self.missed.append(words)
        self.at_miss = self.screen.rows()
        return False

    def close(self, words):
        """Esc, and what it closes is gone: with the next key it would be one Alt key."""
        self.type("\x1b")
        end = time.monotonic() + STEP
        while time.monotonic() < end and self.process.poll() is None:
            self.look(0.05)
            if not any(re.search(words, r) for r in self.screen.rows()):
                return
        if not self.missed:
            self.missed.append("the end of " + words)

    def type(self, keys):
        try:
            os.write(self.master, keys.encode())
        except OSError:
            pass

    def end_screen(self, leave=("\x03\x1b[21~", "y")):
        """Ctrl-C empties the line, F10 leaves; it may ask whether what is under way is to be left."""
        end = time.monotonic() + STEP
        asked = times = 0
        while self.process.poll() is None and time.monotonic() < end:
            if time.monotonic() > asked + 1:
                asked = time.monotonic()
                self.type(leave[times % len(leave)])
                times += 1
            self.look(0.05)
        if self.process.poll() is None:
            self.trouble.append("it does not end (%s)" % self.stands())
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

    def stands(self):
        """Where a program is that does not go on."""
        out = []
        for name in "wchan", "syscall":
            try:
                with open("/proc/%d/%s" % (self.process.pid, name), encoding="ascii") as f:
                    out.append(f.read().strip())
            except OSError:
                pass
        return ", ".join(out)

    def excused(self, *calls):
        """Whether it was this terminal's own calls that failed."""
        fired = self.fired().split(" ")
        return len(fired) > 1 and fired[1] in ("tty", "mem") and fired[0].startswith(calls)

    def check_end(self):
        """What holds for every journey."""
        fired = self.fired().split(" ")
        # 5: by lines, the end of what is typed cancels what is under way.
        hung_up = fired[:2] == ["read", "tty"] and self.code in (-signal.SIGHUP, 5)
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
        if self.missed and not hung_up and not mute and not (self.spec and self.told()):
            self.trouble.append("not seen: %s, and nothing told" % self.missed[0])

    def done(self):
        shutil.rmtree(self.folder, ignore_errors=True)
