# SPDX-License-Identifier: GPL-3.0-or-later
"""Python's serial module at the virtual device's RFC 2217 server: pyserial.py PORT TRACE"""
import contextlib
import os
import subprocess
import sys
import time

# This file has the module's first name: the folder must not be searched.
sys.path[:] = [p for p in sys.path if not p.rstrip("/").endswith("tests/peers")]
import serial  # noqa: E402

URL = "rfc2217://127.0.0.1:" + sys.argv[1]
failures = 0


def trace():
    with open(sys.argv[2], encoding="latin-1") as f:
        return [line.split(" ", 1)[1].rstrip("\n") for line in f]


def hand(line):
    device = [os.environ["B"] + "/virtual-device", "--hand", os.environ["CTL"], "-c", line]
    subprocess.run(device, check=True, stdout=subprocess.DEVNULL)


def traced(since, wanted, seconds=5):
    """An event of that look after the first `since` ones."""
    end = time.monotonic() + seconds
    while not any(line.startswith(wanted) for line in trace()[since:]):
        assert time.monotonic() < end, "not in the trace: " + wanted
        time.sleep(0.02)


def hears(port, wanted, seconds=10):
    end = time.monotonic() + seconds
    got = b""
    while wanted not in got:
        assert time.monotonic() < end, f"not heard: {wanted!r}, but: {got[-200:]!r}"
        got += port.read(max(1, port.in_waiting))
    return got


def noticing():
    """A port that was told the modem lines. A server of ser2net's kind says DO COM-PORT first; when
    the module's reader has seen that before the module said WILL, it never says so, and a server
    notifies only those who did."""
    for _ in range(20):
        port = serial.serial_for_url(URL, baudrate=115200, timeout=0.1)
        try:
            port.cts
            return port
        except serial.SerialException:
            port.close()
    raise AssertionError("never told the modem lines")


@contextlib.contextmanager
def case(name):
    global failures
    try:
        yield
        print("ok pyserial__" + name, flush=True)
    except Exception as e:  # one failed case must not hide the others
        failures += 1
        print(f"not ok pyserial__{name}: {type(e).__name__}: {e}".replace("\n", " "), flush=True)


def main():
    port = None
    with case("opens__and_the_lines_are_asserted"):
        since = len(trace())
        # Both lines are asserted in opening, one after the other: the pair resets the chip or not
        # by their order, as on a real adapter.
        port = serial.serial_for_url(URL, baudrate=115200, timeout=0.1)
        traced(since, "lines DTR=1 RTS=1")
        assert port.is_open
    if port is None:
        return
    with case("resets_by_rts__and_hears_the_rom_at_74880"):
        port.baudrate = 74880
        since = len(trace())
        port.dtr, port.rts = False, True
        traced(since, "EN low")
        port.reset_input_buffer()
        port.rts = False
        traced(since, "EN high")
        text = hears(port, b"boot mode:(3,")
        assert b"ets Jan  8 2013,rst cause:2" in text, text
    with case("hears_the_application__at_115200"):
        port.baudrate = 115200
        hears(port, b"Project tasmota", 20)
    with case("sends_a_command__and_gets_json"):
        time.sleep(0.3)
        port.write(b"Status\n")
        text = hears(port, b"}}")
        assert b'STATUS = {"Status":{"Module":' in text, text
    with case("resets_into_the_loader__by_dtr_and_rts"):
        port.baudrate = 74880
        since = len(trace())
        port.dtr, port.rts = False, True
        traced(since, "EN low")
        port.dtr, port.rts = True, False
        traced(since, "EN high")
        hears(port, b"boot mode:(1,")
        port.dtr = False
        traced(since, "GPIO0 high")
    with case("purges_and_breaks"):
        port.reset_input_buffer()
        port.reset_output_buffer()
        since = len(trace())
        port.send_break(0.05)
        traced(since, "break on")
        traced(since, "break off")
    with case("closes__and_opens_again"):
        port.close()
        port = noticing()
    with case("sees_the_modem_lines__change"):
        for cts, dsr in ((0, 1), (1, 0), (1, 1)):
            hand(f"modem cts={cts} dsr={dsr}")
            end = time.monotonic() + 5
            while (port.cts, port.dsr) != (bool(cts), bool(dsr)):
                assert time.monotonic() < end, (cts, dsr, port.cts, port.dsr)
                time.sleep(0.02)
        port.close()


main()
sys.exit(1 if failures else 0)
