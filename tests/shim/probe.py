# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a port under the shim as a plain program would: each function is a case of
tests/e2e/shim.sh, ends silently when all is as on Linux, else says what is not."""
import ctypes
import errno
import fcntl
import os
import select
import socket
import stat
import struct
import subprocess
import sys
import termios
import time

DEV = "/dev/ttyUSB0"
B = os.environ["B"]
CTL = os.environ["CTL"]
TRACE = os.environ["TRACE"]
TCGETS2, TCSETS2, BOTHER, CBAUD = 0x802C542A, 0x402C542B, 0o10000, 0o10017
TIOCGSERIAL, TIOCSSERIAL, LOW_LATENCY = 0x541E, 0x541F, 0x2000
DTR, RTS, CTS, CD = 2, 4, 0x20, 0x40


def hand(line):
    env = {k: v for k, v in os.environ.items() if k not in ("LD_PRELOAD", "TASMITE_SHIM")}
    out = subprocess.run([B + "/virtual-device", "--hand", CTL, "-c", line], env=env,
                         capture_output=True, text=True, check=False)
    assert out.returncode == 0, line + ": " + out.stdout + out.stderr
    return out.stdout


def trace():
    with open(TRACE, encoding="latin-1") as f:
        return [line.split(" ", 1)[1].rstrip("\n") for line in f]


def new_trace(since):
    return trace()[since:]


def bytes_to_chip():
    return int(hand("state").split('"bytes_to_chip":')[1].split(",")[0])


def boot():
    """The application runs, at its rate."""
    since = len(trace())
    hand("power off")
    hand("power on")
    end = time.monotonic() + 5
    while "rate 115299 (divider 451)" not in new_trace(since):
        assert time.monotonic() < end, "it does not boot"
        time.sleep(0.02)


def open_port(path=DEV):
    return os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)


def set_rate(fd, rate, cflag=termios.CS8, hupcl=False):
    words = list(struct.unpack("4I20B2I", fcntl.ioctl(fd, TCGETS2, bytes(44))))
    words[0] = words[1] = words[3] = 0
    words[2] = cflag | termios.CREAD | termios.CLOCAL | BOTHER
    if hupcl:
        words[2] |= termios.HUPCL
    words[-1] = words[-2] = rate
    fcntl.ioctl(fd, TCSETS2, struct.pack("4I20B2I", *words))


def get_settings(fd):
    words = struct.unpack("4I20B2I", fcntl.ioctl(fd, TCGETS2, bytes(44)))
    return words[2], words[-1]


def get_lines(fd):
    return struct.unpack("i", fcntl.ioctl(fd, termios.TIOCMGET, bytes(4)))[0]


def set_lines(fd, bits, request=termios.TIOCMSET):
    fcntl.ioctl(fd, request, struct.pack("i", bits))


def read_for(fd, seconds):
    end = time.monotonic() + seconds
    got = b""
    while (left := end - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            more = os.read(fd, 4096)
            if not more:
                break
            got += more
    return got


def fails(code, fn, *args):
    try:
        fn(*args)
    except OSError as e:
        assert e.errno == code, "errno %s instead of %s" % (
            errno.errorcode.get(e.errno), errno.errorcode[code])
        return
    raise AssertionError("it worked, and should have failed with " + errno.errorcode[code])


def looks_like_an_adapter():
    st = os.stat(DEV)
    assert stat.S_ISCHR(st.st_mode) and st.st_rdev == os.makedev(188, 0), "no node"
    link = "/dev/serial/by-id/" + os.listdir("/dev/serial/by-id")[0]
    assert link.endswith("usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"), link
    assert os.path.realpath(link) == DEV, os.path.realpath(link)
    assert stat.S_ISLNK(os.lstat(link).st_mode)
    device = os.path.realpath("/sys/class/tty/ttyUSB0/device")
    assert device.startswith("/sys/devices/") and device.endswith("/9-1:1.0/ttyUSB0"), device
    with open("/sys/class/tty/ttyUSB0/device/../../idVendor", encoding="ascii") as f:
        assert f.read() == "0403\n"
    driver = os.path.basename(os.path.realpath("/sys/class/tty/ttyUSB0/device/driver"))
    assert driver == "ftdi_sio", driver
    subsystem = os.path.realpath("/sys/class/tty/ttyUSB0/subsystem")
    assert subsystem == "/sys/class/tty", subsystem
    fd = open_port()
    assert os.readlink("/proc/self/fd/%d" % fd) == DEV
    assert os.fstat(fd).st_rdev == st.st_rdev
    os.close(fd)


def lines_go_through():
    hand("modem cts=1 dcd=1")
    since = len(trace())
    fd = open_port()
    set_rate(fd, 115200)
    assert get_lines(fd) == DTR | RTS | CTS | CD, get_lines(fd)
    set_lines(fd, 0)
    assert get_lines(fd) == CTS | CD
    set_lines(fd, DTR, termios.TIOCMBIS)
    set_lines(fd, DTR, termios.TIOCMBIC)
    os.close(fd)
    lines = [t for t in new_trace(since) if t.startswith(("lines", "EN", "GPIO0"))]
    assert lines == ["lines DTR=1 RTS=1", "lines DTR=0 RTS=0", "lines DTR=1 RTS=0", "GPIO0 low",
                     "lines DTR=0 RTS=0", "GPIO0 high"], lines
    hand("modem cts=0 dcd=0")


def last_close_drops_the_lines():
    since = len(trace())
    one, two = open_port(), open_port()
    set_rate(one, 115200, hupcl=True)
    os.close(one)
    assert get_lines(two) == DTR | RTS
    os.close(two)
    assert new_trace(since)[-2:] == ["lines DTR=0 RTS=0", "host closes"], new_trace(since)
    since = len(trace())
    fd = open_port()
    set_rate(fd, 115200, hupcl=False)
    os.close(fd)
    assert "lines DTR=0 RTS=0" not in new_trace(since), new_trace(since)
    assert not [t for t in trace() if t.startswith("EN")], "EN was pulsed"


def killed_one_drops_them_too():
    pid = os.fork()
    if pid == 0:
        set_rate(open_port(), 115200, hupcl=True)
        os.kill(os.getpid(), 9)
    os.waitpid(pid, 0)
    time.sleep(0.2)
    assert trace()[-2:] == ["lines DTR=0 RTS=0", "host closes"], trace()[-4:]


def resets_and_hears_the_rom():
    fd = open_port()
    set_rate(fd, 74880)
    set_lines(fd, 0)
    set_lines(fd, RTS)
    time.sleep(0.05)
    set_lines(fd, 0)
    got = read_for(fd, 0.3)
    assert b"rst cause:2, boot mode:(3,7)" in got, got
    set_lines(fd, RTS)
    time.sleep(0.05)
    set_lines(fd, DTR)
    time.sleep(0.05)
    set_lines(fd, 0)
    got = read_for(fd, 0.3)
    assert b"rst cause:2, boot mode:(1,7)" in got, got
    os.close(fd)


def settings_are_kept_in_order():
    fd = open_port()
    set_rate(fd, 115200)
    boot()
    since = len(trace())
    # What was written before a request counts before it.
    os.write(fd, b"x" * 300)
    set_rate(fd, 9600, termios.CS7 | termios.PARENB)
    termios.tcdrain(fd)
    cflag, rate = get_settings(fd)
    assert rate == 9600 and cflag & termios.CSIZE == termios.CS7 and cflag & termios.PARENB
    said = [t for t in new_trace(since) if t.startswith(("format", "host"))]
    assert said == ["format 7E1", "host rate 9600"], said
    set_rate(fd, 115200)
    before = bytes_to_chip()
    os.write(fd, b"y" * 1152)
    start = time.monotonic()
    termios.tcdrain(fd)
    took = time.monotonic() - start
    assert 0.08 < took < 0.5, took
    os.write(fd, b"z" * 500)
    termios.tcflush(fd, termios.TCOFLUSH)
    time.sleep(0.02)
    # What arrived before the flush may be in it, of what was flushed nothing else.
    assert 1152 <= bytes_to_chip() - before < 1252, bytes_to_chip() - before
    termios.tcsendbreak(fd, 0)
    said = [t for t in new_trace(since) if t.startswith("break")]
    assert said == ["break on", "break off"], said
    os.close(fd)


def low_latency_is_taken():
    fd = open_port()
    serial = bytearray(fcntl.ioctl(fd, TIOCGSERIAL, bytes(72)))
    flags = struct.unpack_from("i", serial, 16)[0] | LOW_LATENCY
    struct.pack_into("i", serial, 16, flags)
    fcntl.ioctl(fd, TIOCSSERIAL, bytes(serial))
    serial = fcntl.ioctl(fd, TIOCGSERIAL, bytes(72))
    assert struct.unpack_from("i", serial, 16)[0] & LOW_LATENCY
    assert trace()[-1] == "latency 1000 us", trace()[-1]
    os.close(fd)


def exclusive_means_busy():
    fd = open_port()
    fcntl.ioctl(fd, termios.TIOCEXCL)
    fails(errno.EBUSY, open_port)
    os.close(fd)
    os.close(open_port())


def unplugged_is_as_on_linux():
    fd = open_port()
    hand("unplug")
    assert not os.path.exists(DEV) and not os.path.exists("/dev/serial")
    assert not os.path.exists("/sys/class/tty/ttyUSB0")
    fails(errno.ENOENT, open_port)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    assert poll.poll(1000)[0][1] & select.POLLHUP
    assert os.read(fd, 10) == b""
    fails(errno.EIO, os.write, fd, b"x")
    fails(errno.EIO, get_lines, fd)
    fails(errno.EIO, fcntl.ioctl, fd, termios.FIONREAD, bytes(4))
    # The name is taken as long as somebody has it open.
    hand("replug")
    assert os.listdir("/sys/class/tty") == ["ttyUSB1"]
    os.close(fd)
    fd = open_port("/dev/ttyUSB1")
    assert get_lines(fd) == DTR | RTS
    os.close(fd)
    hand("unplug")
    hand("replug")
    assert os.listdir("/sys/class/tty") == ["ttyUSB0"]
    hand("unplug")
    hand("replug name=ttyUSB7")
    assert os.listdir("/sys/class/tty") == ["ttyUSB7"]
    hand("unplug")
    hand("replug")


def node_settles():
    libc = ctypes.CDLL(None)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    libc.inotify_add_watch(watch, b"/dev", 0x104)  # IN_CREATE, IN_ATTRIB
    hand("unplug")
    hand("replug settle=150")
    fails(errno.EACCES, open_port)
    assert not os.access(DEV, os.R_OK | os.W_OK)
    assert b"ttyUSB0" in os.read(watch, 4096)
    start = time.monotonic()
    while not os.access(DEV, os.R_OK | os.W_OK):
        assert time.monotonic() - start < 2, "it stays shut"
        select.select([watch], [], [], 2)
        os.read(watch, 4096)
    os.close(open_port())


def link_elsewhere_leads_to_it():
    link = os.environ["TMPDIR"] + "/myport"
    os.symlink(DEV, link)
    assert os.path.realpath(link) == DEV
    assert stat.S_ISCHR(os.stat(link).st_mode)
    os.close(open_port(link))
    os.unlink(link)


def connect(port):
    s = socket.create_connection(("127.0.0.1", int(port)), 5)
    s.settimeout(5)
    return s


def hear(s, what):
    got = b""
    while what not in got:
        more = s.recv(4096)
        assert more, "closed after %r" % got
        got += more
    return got


def hear_end(s):
    got = b""
    try:
        while more := s.recv(4096):
            got += more
    except ConnectionResetError:
        pass
    return got


def server_serves_one(port):
    greeting = b"\xff\xfd\x2c"
    one = connect(port)
    hear(one, greeting)
    two = connect(port)
    hear(two, greeting)
    hear_end(one)
    two.sendall(b"\xff\xfa\x2c\x01\x00\x01\x24\x80\xff\xf0")
    hear(two, b"\xff\xfa\x2c\x65\x00\x01\x24\x80\xff\xf0")
    assert '"host_baud":74880' in hand("state")
    two.sendall(b"\xff\xfa\x2c\x05\x0c\xff\xf0\xff\xfa\x2c\x05\x09\xff\xf0")
    hear(two, b"\xff\xfa\x2c\x69\x09\xff\xf0")
    hand("reset")
    hear(two, b"rst cause:2, boot mode:(3,7)")
    hand("unplug")
    hear_end(two)
    late = hear_end(connect(port))
    assert late.endswith(b"Device open failure: Value or file not found\r\n"), late
    hand("replug")
    hear(connect(port), greeting)


def server_dies(port):
    hand("net die@byte:20")
    s = connect(port)
    hear(s, b"\xff\xfd\x2c")
    s.sendall(b"a" * 19)
    s.sendall(b"b" * 19)
    hear_end(s)
    hear(connect(port), b"\xff\xfd\x2c")


def raw_server_passes_bytes(port):
    s = connect(port)
    boot()
    s.sendall(b"Power\n")
    hear(s, b'RESULT = {"POWER"')


if __name__ == "__main__":
    try:
        globals()[sys.argv[1]](*sys.argv[2:])
    except (AssertionError, OSError) as e:
        where = e.__traceback__
        while where.tb_next:
            where = where.tb_next
        sys.exit("%s (line %d)" % (e or type(e).__name__, where.tb_lineno))
