#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program on a terminal of its own and writes what it draws as a recording that asciinema
plays (asciicast v2).

    cast.py --out FILE.cast --marks FILE [--idle SECONDS] [--title TEXT] PROGRAM [ARG...]

A line that is appended to the file of marks becomes a mark of the recording at that time. A pause
longer than --idle is cut to it."""
import argparse
import codecs
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
import tty


class Cast:
    def __init__(self, path, size, title, idle):
        self.out = open(path, "w", encoding="utf-8")
        self.idle, self.at, self.last = idle, 0.0, time.monotonic()
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.write({"version": 2, "width": size[1], "height": size[0], "title": title,
                    "env": {"TERM": "xterm-256color"}})

    def write(self, value):
        self.out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")

    def event(self, kind, text):
        now = time.monotonic()
        self.at += min(now - self.last, self.idle)
        self.last = now
        self.write([round(self.at, 3), kind, text])

    def drawn(self, data):
        text = self.decoder.decode(data)
        if text:
            self.event("o", text)


def size_of(fd):
    return struct.unpack("4H", fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8)))[:2]


def new_marks(path, seen):
    """Whole lines only."""
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    except OSError:
        return []
    return text[:text.rfind("\n") + 1].split("\n")[seen:-1]


def gather(fd, first):
    """What follows within some milliseconds belongs to the same picture."""
    data, end = first, time.monotonic() + 0.03
    while len(data) < 60000:
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            break
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        data += piece
    return data


def play(master, cast, marks):
    seen, inputs = 0, [master, 0]
    while True:
        ready = select.select(inputs, [], [], 0.05)[0]
        if master in ready:
            try:
                data = os.read(master, 65536)
            except OSError:
                data = b""
            if not data:
                return
            data = gather(master, data)
            os.write(1, data)
            cast.drawn(data)
        if 0 in ready:
            typed = os.read(0, 4096)
            if not typed:
                inputs.remove(0)
            os.write(master, typed)
        for mark in new_marks(marks, seen):
            cast.event("m", mark)
            seen += 1


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--out", required=True)
    p.add_argument("--marks", required=True)
    p.add_argument("--idle", type=float, default=1.5)
    p.add_argument("--title", default="")
    p.add_argument("program", nargs=argparse.REMAINDER)
    o = p.parse_args()
    size = size_of(0)
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(o.program[0], o.program)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("4H", *size, 0, 0))
    os.kill(pid, signal.SIGWINCH)
    was = termios.tcgetattr(0)
    tty.setraw(0)
    cast = Cast(o.out, size, o.title, o.idle)
    try:
        play(master, cast, o.marks)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, was)
        cast.out.close()
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status) & 255)


if __name__ == "__main__":
    main()
