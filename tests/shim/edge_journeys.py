# SPDX-License-Identifier: GPL-3.0-or-later
"""The journeys of edge.py: what is done, and what has to hold of it whatever failed."""
import os
import re
import shutil
import signal

from edge_run import Device, LOG, Port, Server, TMP, TOLD, joined, make_image


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
    prints = False     # what is asked for goes to standard output
    patience = 100     # seconds: what takes longer hangs
    slow = False       # only a few of its calls are chosen
    judges = False     # that it ends with a code is no trouble by itself
    usual = frozenset()  # what it says in any case

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
    prints = True

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
                  "0", "16k")
        device.stop()

    def check(self, run):
        copy, want = run.read("copy.bin"), run.read("flash.bin")[:16384]
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
    prints = True
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
    prints = False

    def go(self, run):
        if not os.path.exists(self.recording):
            make_recording(self.recording)
        run.begin_screen("replay", "--speed", "0", self.recording)
        run.see("END OF LOG")
        run.end_screen()

    def check(self, run):
        pass


class Diagnose(Journey):
    prints = judges = True
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
    prints = True
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
    prints = True
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
    prints = True
    reference = None

    def go(self, run):
        image = make_image(TMP + "/edge-app.bin", "--build", "6.1.1-minimal")
        run.plain("image", image)

    def check(self, run):
        if run.code == 0 and b"6.1.1" not in run.out:
            run.trouble.append("nothing is recognised, and it ends well")


class Erase(Journey):
    """A part of the flash, and nothing beside it."""

    def go(self, run):
        device = Device(run.folder, "--button", "down", "--boot-image", make_image(
            TMP + "/edge-old.bin", "--build", "6.1.1-minimal", "--size", "64K"))
        run.before = run.read("flash.bin")
        run.plain("erase", "--yes", "--port", run.port, "--timeout", "10", "--baud", "115200", "0x4000", "0x2000")
        device.stop()

    def check(self, run):
        flash = run.read("flash.bin")
        if run.code == 0 and flash[0x4000:0x6000] != b"\xff" * 0x2000:
            run.trouble.append("called done, and something is there yet")
        if flash[:0x4000] != run.before[:0x4000] or flash[0x6000:] != run.before[0x6000:]:
            run.trouble.append("more was erased")


class Verify(Journey):
    """The flash holds another file: that is to be found."""
    judges = True

    def go(self, run):
        device = Device(run.folder, "--button", "down", "--boot-image", make_image(
            TMP + "/edge-old.bin", "--build", "6.1.1-minimal", "--size", "64K"))
        run.plain("verify", "--port", run.port, "--timeout", "10", "--baud", "115200", make_image(
            Flash.image, "--build", "8.5.0-minimal", "--size", "64K"))
        device.stop()

    def check(self, run):
        if run.code == 0:
            run.trouble.append("it takes the flash for the file")
        elif run.code == 1 and re.search(b"differ", run.err + run.out):
            run.trouble.clear()


class Esp32(Journey):
    """A chip of that family, by its ROM, with MD5."""
    image = TMP + "/edge-c3.bin"

    def go(self, run):
        device = Device(run.folder, "--chip", "esp32c3", "--button", "down")
        run.plain("flash", "--yes", "--port", run.port, "--timeout", "10", "--baud", "115200", make_image(
            self.image, "--chip", "esp32c3", "--kind", "factory", "--size", "64K"))
        device.stop()

    def check(self, run):
        with open(self.image, "rb") as f:
            want = f.read()
        if run.code == 0 and run.read("flash.bin")[:len(want)] != want:
            run.trouble.append("called done, and the flash is another")


class Panel(Journey):
    """From the session: written, then copied."""
    slow = True

    def go(self, run):
        device = Device(run.folder, "--button", "down", "--boot-image", make_image(
            TMP + "/edge-old.bin", "--build", "6.1.1-minimal", "--size", "64K"))
        image = make_image(Flash.image, "--build", "8.5.0-minimal", "--size", "64K")
        run.begin_screen("--log=" + run.path("rec.log"), run.port)
        run.type("/flash %s --yes --baud 115200\r" % image)
        run.see("written in .*(verified|checked)", 30)
        run.type("/backup %s 0 16k\r" % run.path("copy.bin"))
        run.see("the flash is copied to", 30)
        run.end_screen()
        device.stop()

    def check(self, run):
        with open(Flash.image, "rb") as f:
            want = f.read()
        if any(re.search("written in .*(verified|checked)", x) for x in run.screen.seen) and \
                run.read("flash.bin")[:len(want)] != want:
            run.trouble.append("called done, and the flash is another")
        copy = run.read("copy.bin")
        if copy is not None and copy != run.read("flash.bin")[:16384]:
            run.trouble.append("the copy is another")
        if copy is None and any("the flash is copied to" in x for x in run.screen.seen):
            run.trouble.append("called done, and there is no copy")


class Setup(Journey):
    """The form: what is there is read, what was changed is sent."""

    def go(self, run):
        device = Device(run.folder, "--boot-image", make_image(
            TMP + "/edge-app.bin", "--build", "6.1.1-minimal"))
        run.begin_screen(run.port)
        run.see("WIF: |Project sonoff")
        run.type("/setup\r")
        run.see("Set-up: what the device has now", 20)
        run.type("\x15attic")
        run.see("attic")
        run.type("\r")
        run.see("(commands have|command has) arrived", 20)
        run.end_screen()
        device.stop()


class Rescue(Journey):
    """The ladder's first steps: the flash is copied before anything is lost."""
    slow = True

    def go(self, run):
        device = Device(run.folder, "--power", "off", "--boot-image", make_image(
            TMP + "/edge-full.bin", "--build", "8.5.0-full"))
        run.begin_screen("--set", "firmware-dir=" + run.folder, run.port)
        run.see("is open")
        device.hand("power on")
        run.see("no network is set", 20)
        run.type("/rescue\r")
        run.see("Rescue, step 1 of")
        run.type("s")
        run.see("step 2 of [0-9]: Copy the flash")
        run.type("y")
        run.see("hold the button|boot loader|Hold its button")
        device.enter_loader()
        run.see("the flash is copied", 60)
        run.see("step 3 of", 20)
        run.close("step 3 of")
        run.end_screen()
        device.stop()

    def check(self, run):
        copies = [x for x in os.listdir(run.folder) if x.startswith("rescue-backup-") and x.endswith(".bin")]
        for x in copies:
            if run.read(x) != run.read("flash.bin"):
                run.trouble.append("the copy is another")
        if not copies and any("step 3 of" in x for x in run.screen.seen):
            run.trouble.append("it goes on without a copy")


class Upgrade(Journey):
    """Over the air: the device fetches from the program."""
    slow = True
    image = TMP + "/edge-fw/sonoff-classic.bin"

    def go(self, run):
        flash, scenario = joined("6.1.1-minimal", "6.1.1-full", "127.0.0.9")
        os.makedirs(os.path.dirname(self.image), exist_ok=True)
        make_image(self.image, "--build", "6.1.1-classic")
        shutil.copy(flash, run.path("flash.bin"))
        device = Device(run.folder, "--scenario", scenario, "--speed", "5")
        device.listen(b"with IP address 127", 60)
        run.plain("upgrade", "--yes", "--json", "--port", run.port, self.image)
        device.stop()

    def check(self, run):
        with open(self.image, "rb") as f:
            want = f.read()
        if run.code == 0 and run.read("flash.bin")[:len(want)] != want:
            run.trouble.append("called done, and the flash is another")
        if run.code == 0 and b'"result": "done"' not in run.out:
            run.trouble.append("called done, and the result is another: %r" % run.out[:200])
        if b'"otaurl_restored": false' in run.out and b"OtaUrl http" not in run.err and b"sends " in run.err:
            run.trouble.append("OtaUrl is not put back, and what to type is not told")


class Upload(Journey):
    """To the device's own page."""
    slow = True
    patience = 250     # it waits 150 s for a device that restarts

    def go(self, run):
        flash, scenario = joined("6.1.1-minimal", "6.1.1-full", "127.0.0.11")
        os.makedirs(os.path.dirname(Upgrade.image), exist_ok=True)
        make_image(Upgrade.image, "--build", "6.1.1-classic")
        shutil.copy(flash, run.path("flash.bin"))
        device = Device(run.folder, "--scenario", scenario, "--speed", "5", "--web", "0")
        run.plain("upload", "--yes", "--json", Upgrade.image, "127.0.0.11:" + device.says("web"))
        device.stop()

    def check(self, run):
        with open(Upgrade.image, "rb") as f:
            want = f.read()
        if run.code == 0 and run.read("flash.bin")[:len(want)] != want:
            run.trouble.append("called done, and the flash is another")


class Rfc2217(Journey):
    """An adapter that is plugged into another machine."""
    slow = True

    def go(self, run):
        device = Device(run.folder, "--button", "down", "--rfc2217", "0", "--boot-image", make_image(
            TMP + "/edge-old.bin", "--build", "6.1.1-minimal", "--size", "64K"))
        run.plain("flash", "--yes", "--timeout", "10", "--baud", "115200", "--port",
                  "rfc2217://localhost:" + device.says("rfc2217"), make_image(
                      Flash.image, "--build", "8.5.0-minimal", "--size", "64K"))
        device.stop()

    def check(self, run):
        with open(Flash.image, "rb") as f:
            want = f.read()
        if run.code == 0 and run.read("flash.bin")[:len(want)] != want:
            run.trouble.append("called done, and the flash is another")


class Keep(Journey):
    """Recordings that are begun in the session, the log saved, a report."""

    def go(self, run):
        port = Port(run.port)
        run.begin_screen(run.port)
        run.see("END OF LOG")
        for kind in "text", "raw":
            run.type("/record %s %s --all\r" % (kind, run.path("rec." + kind)))
            run.see("recording to .*rec." + kind + "|no recording|rec.text \\+ rec.raw")
        run.type("Status 5\r")
        run.see("got Status 5")
        run.type("/record off\r")
        run.see("recorded ")
        run.type("/save %s\r" % run.path("saved.txt"))
        run.see("saved")
        run.type("/report %s\r" % run.path("report.md"))
        run.see("Device report")
        run.type("s")
        run.see(r"saved in \S*report")
        run.close("Device report")
        run.end_screen()
        port.stop()

    def check(self, run):
        if run.code == -signal.SIGHUP or run.excused("write"):
            return
        said = "\n".join(run.screen.seen)
        for name, least in (("rec.text", b"got Status 5"), ("saved.txt", b"END OF LOG"), ("report.md", b"Device report")):
            got = run.read(name)
            if (got is None or least not in got) and not run.told():
                run.trouble.append("%s is not whole, and nothing told" % name)
        if re.search(r"saved in \S*report", said) and b"Device report" not in (run.read("report.md") or b""):
            run.trouble.append("called saved, and there is no report")


class Config(Journey):
    """The configuration changes while it runs; a list of files and of ports."""

    def go(self, run):
        port = Port(run.port)
        shutil.copy(make_image(TMP + "/edge-old.bin", "--build", "6.1.1-minimal", "--size", "64K"), run.path("old.bin"))
        run.begin_screen(run.port)
        run.see("END OF LOG")
        with open(run.path("config/tasmite/new"), "w", encoding="ascii") as f:
            f.write("theme = mono\neol = crlf\n")
        os.rename(run.path("config/tasmite/new"), run.path("config/tasmite/config"))
        run.see("the changed configuration is in force")
        run.type("/flash\r")
        run.see("old.bin")
        run.close("old.bin")
        run.type("/port\r")
        run.see("\\[Ports")
        run.close("\\[Ports")
        run.type("Status 5\r")
        run.see("got Status 5")
        run.end_screen()
        port.stop()


class Voice(Journey):
    """By lines, in a terminal, as with a screen reader."""

    def go(self, run):
        port = Port(run.port)
        run.begin_screen("--plain", "--log=" + run.path("rec.log"), run.port)
        run.see("END OF LOG")
        run.type("/help /flash\r")
        run.see("waits for the boot loader")
        run.type("Status 5\r")
        run.see("got Status 5")
        run.end_screen(("/quit\r", "\x04", "\x03"))
        port.stop()
        run.sent = port.sent

    def check(self, run):
        if run.code != -signal.SIGHUP and not run.missed:
            check_recording(run, "rec.log", run.read("rec.log"), run.sent, len(LOG))


class Replug(Journey):
    """The adapter goes away and comes back under another name."""
    libraries = ("edge.so", "shim.so")

    def go(self, run):
        device = Device(run.folder, "--adapter", run.path("adapters"), "--boot-image", make_image(
            TMP + "/edge-app.bin", "--build", "6.1.1-minimal"))
        run.env["TASMITE_SHIM"] = run.path("adapters")
        run.begin_screen("--log=" + run.path("rec.log"), "/dev/ttyUSB0")
        run.see("ttyUSB0 is open")
        device.hand("unplug")
        run.see("○ .*waiting")
        device.hand("replug name=ttyUSB1 settle=20")
        run.see("● ttyUSB1 ")
        run.see("WIF: |Project sonoff", 20)
        run.end_screen()
        device.stop()


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


JOURNEYS = (Plain, Lines, Tcp, Session, Flash, Backup, Send, Replay, Screenplay, Diagnose, List, Adapter, Image, Erase,
            Verify, Esp32, Panel, Setup, Rescue, Upgrade, Upload, Rfc2217, Keep, Config, Voice, Replug)
