# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request of RFC 2217 at a server: requests.py SERVER PORT [TRACE]

SERVER: ser2net, bare (ser2net on a port without modem lines), pyserial, device (the virtual one).
Speaks telnet itself. Behind each request goes a question that every server answers: what came
before that answer is what the request was answered by, and that nothing came is known without
waiting. A row has the answer that the RFC asks for and, per server, what it was seen to do
instead; each is what that server must still do, so a difference that has gone is a failure too.
With TRACE, the virtual device's, the adapter must have been told as well.
"""
import socket
import sys
import time

SERVER, PORT = sys.argv[1], int(sys.argv[2])
TRACE = sys.argv[3] if len(sys.argv) > 3 else None
NONE = ()
ANY = None  # the RFC does not say
DEADLINE = 5

SE, SB, IAC = 0xF0, 0xFA, 0xFF
COM_PORT = 44


def req(command, *values):
    return bytes([IAC, SB, COM_PORT, command]) + bytes(values).replace(b"\xff", b"\xff\xff") + bytes([IAC, SE])


def baud(rate):
    return list(rate.to_bytes(4, "big"))


def sub(command, *values):
    """An answer as `tokens` has it."""
    return (bytes([COM_PORT, command]) + bytes(values),)


def ctl(value):
    return sub(105, value)


SIGNED = {"ser2net": sub(100, *b"ser2net"), "bare": sub(100, *b"ser2net"), "pyserial": NONE,
          "device": sub(100, *b"virtual-device")}
WILL, WONT, DO, DONT = ("WILL", "WONT", "DO", "DONT")
MODEM = sub(107, 0xBB)  # CD, DSR, CTS, and that they have come


def all_ser2net(answer):
    return {"ser2net": answer, "bare": answer, "device": answer}


def quiet(**others):
    """pyserial's server does not answer."""
    return dict(others, pyserial=NONE)


def no_lines(query, **others):
    """Without modem lines ser2net answers a question by the question and a setting not at all."""
    return dict(others, bare=ctl(query) if query else NONE)


def inflow():
    return quiet(**all_ser2net(ctl(14)))


# (name, bytes, what the RFC asks for (ANY: nothing is said), {server: what it does instead},
#  what the adapter is told: the trace)
ROWS = [
    ("will com-port", bytes([IAC, 0xFB, 44]), ANY,
     {"ser2net": MODEM, "bare": sub(107, 0), "pyserial": ((DO, 44),) + MODEM, "device": MODEM}, None),
    ("do com-port", bytes([IAC, 0xFD, 44]), ANY,
     dict(all_ser2net(((WONT, 44),)), pyserial=sub(107, 0xB0)), None),
    ("do binary, will binary, do sga", bytes([IAC, 0xFD, 0, IAC, 0xFB, 0, IAC, 0xFD, 3]), ANY,
     dict(all_ser2net(NONE), pyserial=((WILL, 0),)), None),
    ("do echo, will naws, do 99", bytes([IAC, 0xFD, 1, IAC, 0xFB, 31, IAC, 0xFD, 99]),
     ((DONT, 31), (WONT, 99)), {}, None),
    ("signature, asked for", req(0), ANY, SIGNED, None),
    # No answer is asked for.
    ("signature, told", req(0, *b"tester"), NONE, {k: v for k, v in SIGNED.items() if v}, None),
    ("baud, asked for", req(1, *baud(0)), sub(101, *baud(115200)),
     {"pyserial": sub(101, *baud(9600))}, None),
]
for rate in (74880, 115200, 9600, 250000, 460800, 921600, 1500000, 2000000, 3000000, 12345, 115200):
    ROWS.append((f"baud {rate}", req(1, *baud(rate)), sub(101, *baud(rate)), {}, f"host rate {rate}"))
ROWS += [
    ("data size, asked for", req(2, 0), sub(102, 8), {}, None),
    ("data size 7", req(2, 7), sub(102, 7), {}, "format 7N1"),
    ("data size 8", req(2, 8), sub(102, 8), {}, "format 8N1"),
    # What can't be set is answered by what is set.
    ("data size 9", req(2, 9), sub(102, 8), all_ser2net(NONE), None),
    ("parity, asked for", req(3, 0), sub(103, 1), {}, None),
    ("parity 2 (odd)", req(3, 2), sub(103, 2), {}, "format 8O1"),
    ("parity 3 (even)", req(3, 3), sub(103, 3), {}, "format 8E1"),
    ("parity 4 (mark)", req(3, 4), sub(103, 4), {}, "format 8M1"),
    ("parity 5 (space)", req(3, 5), sub(103, 5), {}, "format 8S1"),
    ("parity 1 (none)", req(3, 1), sub(103, 1), {}, "format 8N1"),
    ("stop size, asked for", req(4, 0), sub(104, 1), {}, None),
    ("stop size 2", req(4, 2), sub(104, 2), {}, "format 8N2"),
    ("stop size 3 (1.5)", req(4, 3), sub(104, 3), all_ser2net(NONE), None),
    ("stop size 1", req(4, 1), sub(104, 1), {}, "format 8N1"),
    ("flow, asked for", req(5, 0), ctl(1), {}, None),
    ("flow none", req(5, 1), ctl(1), {}, None),
    ("flow by XON/XOFF", req(5, 2), ctl(2), {}, None),
    ("flow, asked for once it is XON/XOFF", req(5, 0), ctl(2), {}, None),
    ("flow by hardware", req(5, 3), ctl(3), {}, None),
    ("flow none again", req(5, 1), ctl(1), {}, None),
    ("break, asked for", req(5, 4), ctl(6), quiet(ser2net=ctl(5), bare=ctl(5)), None),
    ("break on", req(5, 5), ctl(5), {}, "break on"),
    ("break, asked for while it is on", req(5, 4), ctl(5), quiet(), None),
    ("break off", req(5, 6), ctl(6), {"ser2net": ctl(5), "bare": ctl(5)}, "break off"),
    # Both are on when a client comes.
    ("DTR, asked for", req(5, 7), ctl(8), quiet(**no_lines(7)), None),
    ("DTR off", req(5, 9), ctl(9), no_lines(None), "lines DTR=0"),
    ("DTR, asked for while it is off", req(5, 7), ctl(9), quiet(**no_lines(7)), None),
    ("DTR on", req(5, 8), ctl(8), no_lines(None), "lines DTR=1"),
    ("DTR, asked for while it is on", req(5, 7), ctl(8), quiet(**no_lines(7)), None),
    ("RTS, asked for", req(5, 10), ctl(11), quiet(**no_lines(10)), None),
    ("RTS off", req(5, 12), ctl(12), no_lines(None), "lines DTR=1 RTS=0"),
    ("RTS, asked for while it is off", req(5, 10), ctl(12), quiet(**no_lines(10)), None),
    ("RTS on", req(5, 11), ctl(11), no_lines(None), "lines DTR=1 RTS=1"),
    ("RTS, asked for while it is on", req(5, 10), ctl(11), quiet(**no_lines(10)), None),
    ("flow towards the client, asked for", req(5, 13), ctl(14), quiet(), None),
    ("flow towards the client none", req(5, 14), ctl(14), quiet(), None),
    ("flow towards the client by XON/XOFF", req(5, 15), ctl(15), inflow(), None),
    ("flow towards the client by hardware", req(5, 16), ctl(16), inflow(), None),
    ("flow by DCD", req(5, 17), ctl(17), inflow(), None),
    ("flow towards the client by DTR", req(5, 18), ctl(18), inflow(), None),
    ("flow by DSR", req(5, 19), ctl(19), inflow(), None),
    ("control 99", req(5, 99), ANY, dict(all_ser2net(NONE), pyserial=NONE), None),
    # Taken for the notifications that they are about: the answer is one of those.
    ("line state mask 255", req(10, 255), sub(110, 255), quiet(**all_ser2net(sub(106, 0))), None),
    ("line state mask 0", req(10, 0), sub(110, 0), quiet(**all_ser2net(sub(106, 0))), None),
    ("modem state mask 0", req(11, 0), sub(111, 0), quiet(**all_ser2net(sub(107, 0))), None),
    ("modem state mask 255", req(11, 255), sub(111, 255),
     quiet(ser2net=MODEM, device=MODEM, bare=sub(107, 0)), None),
    ("purge what was received", req(12, 1), sub(112, 1), {}, "purge rx"),
    ("purge what is to be sent", req(12, 2), sub(112, 2), {},
     "purge rx tx" if SERVER == "ser2net" else "purge tx"),  # it purges both then
    ("purge both", req(12, 3), sub(112, 3), {},
     "purge tx" if SERVER == "pyserial" else "purge rx tx"),
    ("purge 9", req(12, 9), ANY, dict(all_ser2net(sub(112, 9)), pyserial=NONE), None),
    # Taken note of without an answer, says the RFC.
    ("suspend", req(8), NONE, all_ser2net(ctl(1)), None),
    ("resume", req(9), NONE, all_ser2net(ctl(1)), None),
    ("command 77", req(77, 1, 2), NONE, {}, None),
    ("modem state, from the client", req(7), ANY,
     dict(all_ser2net(NONE), pyserial=sub(107, 0xB0)), None),
    ("AYT", bytes([IAC, 0xF6]), ANY, dict(all_ser2net(NONE), pyserial=NONE), None),
    ("NOP", bytes([IAC, 0xF1]), NONE, {}, None),
    ("BREAK of telnet", bytes([IAC, 0xF3]), NONE, {},
     None if SERVER == "pyserial" else "break on"),
    # Every byte doubled. It is the end of pyserial's server, hence the last.
    ("baud 4294967295", req(1, 255, 255, 255, 255), sub(101, 255, 255, 255, 255),
     {"pyserial": ("dies",)}, None),
]
GREETING = {
    "ser2net": ((WILL, 3), (DO, 3), (WILL, 1), (DONT, 1), (DO, 0), (WILL, 0), (DO, 44)),
    "pyserial": ((WILL, 1), (WILL, 3), (DO, 0), (WILL, 44)),
}
GREETING["bare"] = GREETING["device"] = GREETING["ser2net"]


class Link:
    def __init__(self):
        self.sock = socket.create_connection(("127.0.0.1", PORT), DEADLINE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting = bytearray()

    def byte(self):
        if not self.waiting:
            got = self.sock.recv(4096)
            if not got:
                raise EOFError("the server has closed the connection")
            self.waiting += got
        return self.waiting.pop(0)

    def token(self):
        """The next that is no data: (verb, option), or the body of a subnegotiation."""
        verbs = {0xFB: WILL, 0xFC: WONT, 0xFD: DO, 0xFE: DONT}
        while True:
            if self.byte() != IAC:
                continue
            what = self.byte()
            if what in verbs:
                return (verbs[what], self.byte())
            if what == SB:
                return self.body()

    def body(self):
        body = bytearray()
        while True:
            b = self.byte()
            if b == IAC:
                b = self.byte()
                if b == SE:
                    return bytes(body)
                assert b == IAC, f"IAC {b} within {bytes(body)!r}"
            body.append(b)

    def ask(self, bytes_, seconds=DEADLINE):
        """The answers to it: all that comes before the answer to the question behind it."""
        size = bytes_[2:4] == bytes([COM_PORT, 2])
        mark = (104, req(4, 0)) if size else (102, req(2, 0))
        self.sock.sendall(bytes_ + mark[1])
        self.sock.settimeout(seconds)
        got = []
        while True:
            t = self.token()
            if isinstance(t, bytes) and t[:2] == bytes([COM_PORT, mark[0]]):
                return tuple(got)
            got.append(t)


def shown(answer):
    if answer == NONE:
        return "nothing"
    return " ".join(t.hex(" ") if isinstance(t, bytes) else str(t) for t in answer)


def without_news(got, wanted):
    """Without modem states that nobody waits for: those come when they come."""
    if any(isinstance(t, bytes) and t[1] == 107 for t in wanted):
        return got
    return tuple(t for t in got if not (isinstance(t, bytes) and t[:2] == bytes([COM_PORT, 107])))


def trace():
    with open(TRACE, encoding="latin-1") as f:
        return [line.split(" ", 1)[1].rstrip("\n") for line in f]


def told(since, wanted):
    end = time.monotonic() + DEADLINE
    while not any(line.startswith(wanted) for line in trace()[since:]):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def try_row(link, row):
    """None, or what is wrong."""
    name, bytes_, rfc, others, effect = row
    wanted = others.get(SERVER, rfc)
    since = len(trace()) if TRACE else 0
    try:
        got = without_news(link.ask(bytes_, 1 if wanted == ("dies",) else DEADLINE), wanted)
    except (EOFError, OSError) as e:
        return None if wanted == ("dies",) else f"{type(e).__name__}: {e}"
    if got != wanted:
        return f"answered {shown(got)}, not {shown(wanted)}" + (
            "; that is what the RFC says: the table is out of date" if got == rfc else "")
    if TRACE and effect and not told(since, effect):
        return f"the adapter was not told: {effect}"
    return None


def main():
    failures = 0
    link = Link()
    got = without_news(link.ask(b""), GREETING[SERVER])
    rows = [("greeting", None if got == GREETING[SERVER] else f"{shown(got)}")]
    rows += [(row[0], try_row(link, row)) for row in ROWS]
    for name, wrong in rows:
        failures += wrong is not None
        print(f"not ok requests__{SERVER}: {name}: {wrong}" if wrong else
              f"ok requests__{SERVER}: {name}")
    said = [(row[2], row[3].get(SERVER, row[2]), row[0]) for row in ROWS if row[2] is not ANY]
    apart = [name for rfc, wanted, name in said if rfc != wanted]
    print(f"{SERVER}: {len(said) - len(apart)} answers as the RFC has them, {len(apart)} not: " +
          ", ".join(apart), file=sys.stderr)
    return failures > 0


sys.exit(main())
