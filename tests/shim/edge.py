# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs journeys of the program while the calls at its edge fail, one in each run (tests/shim/edge.h).

First each journey runs with nothing failing, and its calls are counted. Then it runs again and again,
each time with one call made to fail: short, EAGAIN, EIO, a full disk ... What has to hold each time:
no crash, no hang, the terminal given back, and either all is as without the fault or it is told what
went wrong; what was recorded is what was sent, or its loss is told.

    edge.py quick [JOURNEY...]    some of them, those that found something once among them (without a name
                                  not of the slow journeys)
    edge.py full [JOURNEY...]     all (of calls made often: some), SEED=N others
    edge.py one JOURNEY CALL,CLASS,N,WHAT[,on]    one of them, with what it said
"""
import collections
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
from edge_journeys import JOURNEYS
from edge_run import FULL, Run, TOLD, tells


# --- what is made to fail ----------------------------------------------------------------------------

OPENS = ("open", "create", "fopen", "mkstemp", "opendir", "socket", "pipe", "inotify_init1", "memfd_create",
         "mkdir", "dup", "accept", "accept4")
ENDS = ("fsync", "close", "ftruncate", "fchmod", "rename", "link", "unlink")


def whats(call, cls):
    """In which ways a call on something of that class fails."""
    if call in ("read", "pread", "recv", "recvfrom"):
        out = ["short", "EINTR", "EIO", "EIO,on"]
        if cls not in ("file", "mem"):
            out += ["EAGAIN"]
        if cls in ("port", "anon"):
            out += ["ENODEV", "ENODEV,on"]
        if cls in ("port", "tty", "std", "sock"):
            out += ["end"]
        if cls == "sock":
            out += ["ECONNRESET"]
    elif call in ("write", "pwrite", "send", "writev", "sendmsg", "sendto", "sendfile", "sendfile64"):
        out = ["short", "EINTR", "EIO", "EIO,on", "EAGAIN"]
        if cls in ("file", "std", "mem"):
            out += ["ENOSPC", "ENOSPC,on"]
        if cls == "port":
            out += ["ENODEV", "ENODEV,on"]
        if cls == "sock":
            out += ["EPIPE"]
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
    elif call == "fcntl":
        out = ["EMFILE", "EIO", "EIO,on"]
    elif call in ("readdir", "setsockopt", "getsockname", "bind", "listen"):
        out = ["EIO", "EIO,on"]
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
            ends = {1, 2, n} if most > 2 else {1, n} if most > 1 else {rng.randint(1, n)}
            which = sorted(ends | {rng.randint(3, n) for _ in range(most - 3)})
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
    "config": ["opendir,sys,1,EIO", "read,anon,1,EIO,on", "readdir,dir,1,EIO"],
    "upgrade": ["accept4,sock,1,EMFILE,on"],
    "upload": ["socket,-,6,EMFILE,on"],
}


def perform(journey, spec):
    run = Run(journey, spec)
    try:
        journey.go(run)
        run.check_end()
        if spec == FULL:
            if not run.code or not run.told():
                run.trouble.append("what it prints is lost, it ends with %s" % run.code)
        elif not run.trouble or journey.judges:
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
    journey.usual = frozenset(tells(clean.said()))
    clean.done()
    if mode == "full":
        most = int(os.environ.get("MOST", "5"))
        specs = choose(counts, rng, min(most, 2) if journey.slow else most)
    else:
        specs = choose(counts, rng, 3)
        specs = QUICK.get(journey.name, []) + rng.sample(specs, min(len(specs), int(os.environ.get("MOST", "3"))))
    if journey.prints:
        specs.append(FULL)
    bad, fired = [], collections.Counter()
    with ThreadPoolExecutor(jobs) as pool:
        for spec, run in zip(specs, pool.map(lambda s: perform(journey, s), specs)):
            hit = run.fired().split(" ") if spec != FULL else ["print", "std"]
            if hit[0]:
                fired[hit[0], hit[1], spec.split(",", 3)[-1]] += 1
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
    for x in run.at_miss or run.said().splitlines()[-25:]:
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
    for name in sys.argv[2:] or [x for x in names if mode == "full" or not names[x].slow]:
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
