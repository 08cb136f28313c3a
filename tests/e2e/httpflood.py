#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of all kinds but good ones against the server of an upgrade, while it serves its device.

    httpflood.py --pid PID --device ADDRESS --image FILE [--image FILE...] [--path /TOKEN/NAME.bin]
                 [--count N] [--slow N] [--threads N] [--seed N] [--real]

PID is the program that serves; its port is found by its socket. Requests come from the device's
address and from a stranger's (127.0.0.8); --path is one that the server knows, so that near misses of
it are tried too, --real also asks for it in full and hangs up in the middle. Every answer is read and
looked at: a body of status 200 must be (a beginning of) one of the images, all others must be short
words; a stranger gets nothing. One line of JSON tells the figures, among them the memory of the
program; exit code 1 when an answer was not as it must be or the server has gone."""
import argparse
import collections
import json
import os
import random
import socket
import struct
import sys
import threading
import time

STRANGER = "127.0.0.8"
SHORT = 1000  # bytes of a body that only says what is wrong


# ---- the program ----------------------------------------------------------------------------------
def listening_port(pid):
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if link.startswith("socket:["):
            inodes.add(link[8:-1])
    with open("/proc/net/tcp", encoding="ascii") as f:
        for line in f.readlines()[1:]:
            field = line.split()
            if field[3] == "0A" and field[9] in inodes:
                return int(field[1].split(":")[1], 16)
    raise RuntimeError("the program listens nowhere")


class Watch(threading.Thread):
    """Memory and descriptors of the program, ten times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.first, self.most, self.fds = pid, self.resident(pid), 0, 0

    @staticmethod
    def resident(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def run(self):
        while True:
            try:
                self.most = max(self.most, self.resident(self.pid))
                self.fds = max(self.fds, len(os.listdir(f"/proc/{self.pid}/fd")))
            except OSError:
                return
            time.sleep(0.1)


# ---- requests: what is sent, and how the sender behaves -------------------------------------------
METHODS = ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "get", "GETX",
           "G" * 300, ""]


def paths(known):
    some = ["/", "//", "*", "", ".", "..", "/..", "/../", "/../../../../etc/passwd",
            "/%2e%2e/%2e%2e/etc/passwd", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/..%c0%af../etc/passwd",
            "/%252e%252e/etc/passwd", "/....//....//etc/passwd", "/index.html", "/favicon.ico", "/%00",
            "/%", "/%zz", "/%u0041", "/\\..\\..\\boot.ini", "file:///etc/passwd", "/proc/self/mem",
            "http://example.org/", "/" + "a" * 3000, "/" + "%41" * 2000, "/" + "x/" * 9000, "/?" + "q=1&" * 500,
            "/\xff\xfe", "/tasmota.bin", "/sonoff.bin", "/minimal.bin"]
    if not known:
        return some
    _, token, name = known.split("/", 2)
    stem = name.split(".")[0]
    up = "".join(f"%{ord(c):02x}" for c in name)
    return some + [f"/{token}", f"/{token}/", f"/{token}//{name}", f"/{token}/../{token}/{name}x",
                   f"/{token}/%2e%2e/{name}", f"/{token}/./{name}", f"/./{token}/{name}", f"/{token}/{name}/",
                   f"/{token}/{name}%00", f"/{token}/{name}%00.gz", f"/{token}/{name} x", f"/{token}/{stem}",
                   f"/{token}/{name}.md5", f"/{token}/{name}~", f"/{token}/{name.upper()}",
                   f"/{token.upper()}/{name}", f"/{token[:-1]}/{name}", f"/{token}a/{name}",
                   f"/{token}/{name}/..", f"/{token}/../../etc/passwd", f"/{token}\\{name}", f"/{name}",
                   f"{token}/{name}", f"/{token}/%2e%2e%2f{name}", f"/{token}%2f..%2f{token}%2f{up}x"]


def plain(rng, known):
    method = "GET" if rng.random() < 0.6 else rng.choice(METHODS)
    version = rng.choice(["1.0", "1.1", "1.1", "0.9", "2.0", "9.9", "1", "x", "1.1.1"])
    return f"{method} {rng.choice(paths(known))} HTTP/{version}\r\nHost: x\r\n\r\n".encode("latin-1")


def huge_header(rng, known):
    head = f"GET {known or '/'} HTTP/1.1\r\n".encode()
    kind = rng.randrange(4)
    if kind == 0:
        return head + b"X: " + b"y" * 70000 + b"\r\n\r\n"
    if kind == 1:
        return head + b"".join(b"h%d: v\r\n" % i for i in range(4000)) + b"\r\n"
    if kind == 2:
        return head + b"n" * 30000
    return head + b"Cookie: " + b"a=b; " * 5000 + b"\r\n\r\n"


def bodies(rng, known):
    path = known or "/u2"
    head = f"{rng.choice(['POST', 'PUT', 'GET'])} {path}x HTTP/1.1\r\nHost: x\r\n".encode()
    return head + rng.choice([
        b"Content-Length: 99999999999\r\n\r\n", b"Content-Length: -5\r\n\r\nabcde",
        b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", b"Content-Length: 0x10\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 3000,
        b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n", b"Content-Length: 50000\r\n\r\n" + b"z" * 50000])


def preface(rng, known):
    return rng.choice([
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + struct.pack(">BHBBL", 0, 0, 4, 0, 0),
        f"GET {known or '/'}x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n".encode(),
        b"GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        bytes.fromhex("160301007a010000760303") + rng.randbytes(110), b"SSH-2.0-x\r\n", b"EHLO x\r\n"])


def pipelined(rng, known):
    return b"".join(f"GET {rng.choice(paths(known))} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1")
                    for _ in range(rng.randrange(2, 40)))


def odd(rng, known):
    path = known or "/"
    return rng.choice([
        b"\r\n\r\n", b"\r\n" * 500, b"\n\n\n", b" ", b"GET", b"GET ", b"GET /", b"GET  HTTP/1.1\r\n\r\n", b"\x00" * 50,
        f"GET {path}y HTTP/1.1\r\nA: b\r\n c: folded\r\n\r\n".encode(), b"GET /\r\n\r\n", b"GET / HTTP/1.1\n\n",
        b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", b"GET / HTTP/1.1\r\n: none\r\n\r\n", b"GET / HTTP/1.1\r\nnone\r\n\r\n",
        b"GET\t/\tHTTP/1.1\r\n\r\n", b"GET / HTTP/1.1 HTTP/1.1\r\n\r\n", rng.randbytes(rng.randrange(1, 4000))])


def real(rng, known):
    method = rng.choice(["GET", "GET", "HEAD"])
    return (f"{method} {known} HTTP/1.{rng.randrange(2)}\r\nHost: x\r\n"
            f"{rng.choice(['', 'Range: bytes=0-9' + chr(13) + chr(10), 'If-None-Match: *' + chr(13) + chr(10)])}"
            "\r\n").encode()


KINDS = [plain, plain, plain, huge_header, bodies, preface, pipelined, odd]


# ---- answers --------------------------------------------------------------------------------------
class Answers:
    def __init__(self, images):
        self.images = images
        self.lock = threading.Lock()
        self.statuses = collections.Counter()
        self.kinds = collections.Counter()
        self.wrong = []
        self.sent = self.mute = self.refused = self.served = self.served_bytes = 0

    def bad(self, what, request, got):
        with self.lock:
            self.wrong.append(f"{what}: {request[:120]!r} got {got[:200]!r}")

    def body_is_good(self, status, body):
        if status == 200:
            return any(image.startswith(body) for image in self.images)
        return len(body) < SHORT and b"\x00" not in body

    def one(self, request, got):
        """Looks at the answer that got begins with; returns what is behind it."""
        head, sep, rest = got.partition(b"\r\n\r\n")
        words = head.split(b"\r\n")[0].split(b" ", 2)
        if not sep or not words[0].startswith(b"HTTP/1.") or len(words) < 2 or not words[1].isdigit():
            self.bad("no answer of HTTP", request, got)
            return b""
        status, length = int(words[1]), None
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() in (b"transfer-encoding", b"location", b"content-encoding"):
                self.bad("a header that must not be", request, head)
        # libmicrohttpd 0.9.75 says its own refusal's head twice.
        again = rest.startswith(head + sep) and status == 400
        if again:
            rest = rest[len(head + sep):]
        body = rest if length is None else rest[:length]
        if request.startswith(b"HEAD "):
            body, length = b"", 0
        with self.lock:
            self.statuses[status] += 1
            if status == 200 and body:
                self.served += 1
                self.served_bytes += len(body)
        if not self.body_is_good(status, body):
            self.bad("a body that must not be", request, body)
        return rest[len(body):] if length is not None else b""

    def look(self, request, got, stranger):
        if not got:
            with self.lock:
                self.mute += 1
        elif stranger:
            self.bad("a stranger was answered", request, got)
        while got:
            got = self.one(request, got)


# ---- senders --------------------------------------------------------------------------------------
class Flood:
    def __init__(self, o, images):
        self.o, self.answers = o, Answers(images)
        self.port = listening_port(o.pid)
        self.left, self.lock = o.count, threading.Lock()
        self.slow, self.slow_gone, self.stop = [], 0, False

    def connect(self, source, seconds):
        s = socket.socket()
        s.settimeout(seconds)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        s.bind((source, 0))
        try:
            s.connect(("127.0.0.1", self.port))
        except OSError:
            s.close()
            with self.lock:
                self.answers.refused += 1
            return None
        return s

    @staticmethod
    def read(s, most):
        got = b""
        try:
            while len(got) < most:
                piece = s.recv(65536)
                if not piece:
                    break
                got += piece
        except OSError:
            pass
        return got

    def request(self, rng):
        stranger = rng.random() < 0.2
        good = self.o.path and (stranger or (self.o.real and rng.random() < 0.1))
        kind = real if good else rng.choice(KINDS)
        data = kind(rng, self.o.path)
        whole = kind in (plain, pipelined, real) or rng.random() < 0.3
        s = self.connect(STRANGER if stranger else self.o.device, 1.0 if whole else 0.15)
        with self.lock:
            self.answers.sent += 1
            self.answers.kinds["stranger" if stranger else kind.__name__] += 1
        if not s:
            return
        end = rng.random()
        try:
            s.sendall(data)
            if end < 0.2:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if end > 0.9:  # hangs up hard, before or in the middle of an answer
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            got = b""
        else:
            got = self.read(s, 30000 if kind is real else 200000)
        s.close()
        self.answers.look(data, got, stranger)

    def sender(self, n):
        rng = random.Random(self.o.seed * 1000 + n)
        while True:
            with self.lock:
                if not self.left or self.stop:
                    return
                self.left -= 1
            self.request(rng)

    def drip(self):
        """Some that say a letter now and then, and some that say nothing at all; who is sent away
        comes back."""
        rng = random.Random(self.o.seed)
        letters = f"GET {self.o.path or '/'} HTTP/1.1\r\nHost: x\r\nX: ".encode() + b"y" * 100000
        while not self.stop:
            while len(self.slow) < self.o.slow and not self.stop:
                s = self.connect(self.o.device, 0.2)
                if not s:
                    break
                self.slow.append([s, 0, rng.random() < 0.3])
            for one in list(self.slow):
                s, at, silent = one
                try:
                    s.setblocking(False)
                    if not silent:
                        s.send(letters[at:at + 1])
                    one[1] += 1
                    gone = not s.recv(100)
                except BlockingIOError:
                    gone = False
                except OSError:
                    gone = True
                if gone:
                    s.close()
                    self.slow.remove(one)
                    self.slow_gone += 1
            time.sleep(0.1)

    def run(self):
        dripper = threading.Thread(target=self.drip, daemon=True)
        if self.o.slow:
            dripper.start()
        threads = [threading.Thread(target=self.sender, args=(i,)) for i in range(self.o.threads)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.stop = True
        if self.o.slow:
            dripper.join(5)
        for s, _, _ in self.slow:
            s.close()


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--pid", type=int, required=True)
    p.add_argument("--device", required=True)
    p.add_argument("--image", action="append", default=[])
    p.add_argument("--path", default="")
    p.add_argument("--count", type=int, default=500)
    p.add_argument("--slow", type=int, default=0)
    p.add_argument("--threads", type=int, default=6)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--real", action="store_true")
    o = p.parse_args()
    images = []
    for name in o.image:
        with open(name, "rb") as f:
            images.append(f.read())
    watch = Watch(o.pid)
    flood = Flood(o, images)
    watch.start()
    began = time.monotonic()
    flood.run()
    a = flood.answers
    try:
        there = listening_port(o.pid) == flood.port
    except (OSError, RuntimeError):
        there = False
    print(json.dumps({
        "sent": a.sent, "seconds": round(time.monotonic() - began, 1), "statuses": dict(sorted(a.statuses.items())),
        "kinds": dict(a.kinds), "unanswered": a.mute, "not_connected": a.refused, "slow_sent_away": flood.slow_gone,
        "images_served": a.served, "image_bytes": a.served_bytes, "memory_first_kb": watch.first,
        "memory_most_kb": watch.most, "descriptors": watch.fds, "still_there": there, "wrong": a.wrong[:5]}))
    sys.exit(1 if a.wrong or not there else 0)


if __name__ == "__main__":
    main()
