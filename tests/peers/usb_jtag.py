# SPDX-License-Identifier: GPL-3.0-or-later
"""pyserial at a virtual chip with USB of its own, under the test shim: the port goes and comes.

  usb_jtag.py PORT
"""
import os
import struct
import sys
import time

import serial

PORT = sys.argv[1]
DEADLINE = 10
failures = 0


def wait(condition, what):
    end = time.monotonic() + DEADLINE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("late: " + what)
        time.sleep(0.01)


def open_port():
    def attempt():
        try:
            return serial.Serial(PORT, 115200, timeout=0.05)
        except (serial.SerialException, OSError):
            return None

    port = wait(attempt, "the port can be opened")
    # RTS first: DTR alone would leave RTS alone, which resets.
    port.rts = False
    port.dtr = False
    return port


def lost(port):
    try:
        port.read(64)
        return False
    except (serial.SerialException, OSError):
        return True


def reset_away(port, *steps):
    """Sets the lines; the last step resets, and takes the port away."""
    try:
        for name, value, pause in steps:
            setattr(port, name, value)
            time.sleep(pause)
        wait(lambda: lost(port), "the port is lost")
    except (serial.SerialException, OSError):
        pass
    wait(lambda: not os.path.exists(PORT), "the node is gone")
    port.close()


def frame(op, data):
    raw = struct.pack("<BBHI", 0, op, len(data), 0) + data
    return b"\xc0" + raw.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def asked(port, op, data):
    port.reset_input_buffer()
    port.write(frame(op, data))
    got = b""
    head = bytes([0xC0, 1, op])

    def answer():
        nonlocal got
        got += port.read(64)
        return head in got

    wait(answer, "an answer to %02x" % op)
    return got[got.index(head):]


def write_reg(port, addr, value):
    asked(port, 9, struct.pack("<IIII", addr, value, 0xFFFFFFFF, 0))


def case(name, body):
    global failures
    try:
        body()
        print("ok usb_jtag__" + name)
    except Exception as e:  # whatever it is, the case has failed
        failures += 1
        print("not ok usb_jtag__%s: %s" % (name, e))


INTO_LOADER = (("dtr", True, 0.1), ("rts", True, 0), ("dtr", False, 0))


def goes_and_comes():
    reset_away(open_port(), *INTO_LOADER)
    port = open_port()
    assert b"\x07\x07\x12\x20" in asked(port, 8, b"\x07\x07\x12\x20" + b"\x55" * 32)
    port.close()


def bites():
    port = open_port()
    wait(lambda: lost(port), "the watchdog takes the port away")
    port.close()


def is_silenced():
    reset_away(open_port(), *INTO_LOADER)
    port = open_port()
    # esp-serial-protocol.md 4.3, the row of the C3
    for addr, value in ((0x600080A8, 0x50D83AA1), (0x60008090, 0), (0x600080A8, 0),
                        (0x600080B0, 0x8F1D312A), (0x600080AC, 1 << 31), (0x600080B0, 0)):
        write_reg(port, addr, value)
    end = time.monotonic() + 6
    while time.monotonic() < end:
        assert not lost(port), "the port went"
    asked(port, 8, b"\x07\x07\x12\x20" + b"\x55" * 32)
    reset_away(port, ("rts", True, 0))


case("reset__takes_the_port_away_and_brings_it_back", goes_and_comes)
case("watchdog__takes_the_port_away", bites)
case("watchdogs__leave_it__silenced", is_silenced)
sys.exit(failures > 0)
