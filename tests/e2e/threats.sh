# SPDX-License-Identifier: GPL-3.0-or-later
# What others can put in the way: names with escape sequences, folders that are not the user's alone,
# an environment that is hostile. The table in tasmite(1), SECURITY CONSIDERATIONS, names these cases.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
HERE=$TMPDIR/here
mkdir -p "$HERE"
case $B in /*) ;; *) B=$PWD/$B ;; esac
EVIL=$(printf '\033]0;owned\007\033[31mred\302\2331m')

# Nothing that a terminal obeys in these files.
no_escapes() {
	local f
	for f in "$@"; do
		LC_ALL=C grep -q -e "$(printf '\033')" -e "$(printf '\007')" -e "$(printf '\302\233')" "$f" &&
			bad "an escape sequence in ${f##*/}: $(cat -v "$f" | head -n 3)"
	done
}
run() { # WORDS...: its output without a terminal
	"$B/tasmite" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	echo $? >"$TMPDIR/code.run"
	no_escapes "$TMPDIR/out" "$TMPDIR/err"
}
on_a_terminal() { # ENV... COMMAND...: in a pseudo-terminal; all that comes out of it in $TMPDIR/shown
	python3 - "$TMPDIR/shown" env "$@" <<'PY'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
out, end = b"", time.monotonic() + 20
while time.monotonic() < end and select.select([fd], [], [], 20)[0]:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    out += data
else:
    os.kill(pid, 9)
    out += b"STILL RUNNING"
os.waitpid(pid, 0)
open(sys.argv[1], "wb").write(out)
PY
}

begin threat__names_of_files__reach_no_terminal
"$B/make-image" --build 6.1.1-minimal -o "$HERE/good.bin"
cp "$HERE/good.bin" "$HERE/$EVIL.bin"
head -c 5000 /dev/urandom >"$HERE/$EVIL.dat"
printf 'no log\n' >"$HERE/$EVIL.log"
python3 - "$HERE/packed.gz" "$EVIL" "$HERE/good.bin" <<'PY'
import gzip, sys
with open(sys.argv[1], "wb") as f:
    gzip.GzipFile(sys.argv[2], "wb", 9, f).write(open(sys.argv[3], "rb").read())
PY
for f in "$HERE/$EVIL.bin" "$HERE/$EVIL.dat" "$HERE/$EVIL.none" "$HERE/packed.gz" "$HERE/$EVIL/x"; do
	run image "$f"
	[ -s "$TMPDIR/out" ] || [ -s "$TMPDIR/err" ] || bad "nothing was said of $f"
	run image --json "$f"
	run diagnose "$f"
	run diagnose --json "$f"
	run verify --port "$TMPDIR/$EVIL" --timeout 1 "$f"
	run flash --yes --port "$TMPDIR/$EVIL" --timeout 1 "$f@0x123"
	run flash --yes --port "$TMPDIR/$EVIL" --timeout 1 "$f"
	run replay --plain "$f"
	run upgrade --yes --port "$TMPDIR/$EVIL" "$f"
done
run diagnose "$HERE/$EVIL.log"
grep -q 'owned' "$TMPDIR/out" || bad "the file is not named: $(cat "$TMPDIR/out")"
run "--no-such-$EVIL"
run --plain --config "$HERE/$EVIL.conf" "$HERE/$EVIL"
run backup --port "$HERE/$EVIL" --timeout 1 "$HERE/$EVIL/copy"
end

begin threat__type_of_the_terminal__is_told_and_nothing_else
for term in "$EVIL" ../../../../etc/passwd "$(printf 'x%.0s' $(seq 5000))" '' dumb; do
	on_a_terminal TERM="$term" "$B/tasmite" "$TMPDIR/none"
	no_escapes "$TMPDIR/shown"
	grep -q 'TERM' "$TMPDIR/shown" || bad "not told: $(cat -v "$TMPDIR/shown" | head -n 3)"
done
end

begin threat__terminal_description__that_is_hostile
# A folder of terminal descriptions, damaged ones.
mkdir -p "$TMPDIR/terminfo/x" "$TMPDIR/terminfo/78"
for d in x 78; do
	head -c 4000 /dev/urandom >"$TMPDIR/terminfo/$d/xnoise"
	printf '\032\001\377\377\377\177\377\177\377\177\377\177' >"$TMPDIR/terminfo/$d/xsizes"
	mkfifo "$TMPDIR/terminfo/$d/xfifo" 2>/dev/null
done
for term in xnoise xsizes; do
	on_a_terminal TERMINFO="$TMPDIR/terminfo" TERM=$term "$B/tasmite" "$TMPDIR/none"
	grep -q 'TERM' "$TMPDIR/shown" || bad "$term is not told: $(cat -v "$TMPDIR/shown" | head -n 3)"
done
end

begin threat__home__that_is_none
cd "$HERE" || exit 2
for home in '' relative "$HERE/good.bin" /proc "$TMPDIR/$EVIL"; do
	env -u XDG_STATE_HOME -u XDG_CONFIG_HOME HOME="$home" "$B/tasmite" --plain --exit-after 0.1 "$DEV" \
		>"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	[ $? -lt 126 ] || bad "HOME=$home: $(cat "$TMPDIR/err")"
	no_escapes "$TMPDIR/out" "$TMPDIR/err"
done
env -u HOME -u XDG_STATE_HOME -u XDG_CONFIG_HOME "$B/tasmite" image good.bin >"$TMPDIR/out" 2>&1 || bad "without HOME: $(cat "$TMPDIR/out")"
for f in relative .local .config tasmite; do
	[ ! -e "$HERE/$f" ] || bad "$f was made here"
done
cd - >/dev/null || exit 2
end

# The table names tests: they are there.
begin threat__table__names_tests_that_are_there
sed -n '/^\.Sh SECURITY CONSIDERATIONS/,$p' man/tasmite.1 | grep '^\.Pq .*\(/\|fuzz_\)' | sed 's/^\.Pq//; s/ in the source.*//' |
	tr ' ' '\n' | grep '[a-z]' | grep -v '^Li$' >"$TMPDIR/tests"
[ "$(grep -c . "$TMPDIR/tests")" -gt 40 ] || bad "the table was not read: $(cat "$TMPDIR/tests")"
while read -r name; do
	case $name in
	fuzz_*) [ -e "tests/fuzz/$name.c" ] ;;
	*/*) [ -e "tests/$name" ] ;;
	*) grep -qE "(begin |void )$name" tests/e2e/*.sh tests/unit/*.c ;;
	esac || bad "there is no test $name"
done <"$TMPDIR/tests"
end

# A port that only has to be there.
python3 - "$DEV" "$TMPDIR/$EVIL" <<'PY' &
import os, pty, select, sys, tty
masters = []
for name in sys.argv[1:]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), name)
    masters.append((master, slave))
while True:
    for fd in select.select([m for m, _ in masters], [], [])[0]:
        os.read(fd, 4096)
PY
PEER=$!
trap 'kill $PEER 2>/dev/null; cleanup' EXIT
wait_for 10 test -e "$TMPDIR/$EVIL" || bad "no ports"

begin threat__state_folder__that_everybody_can_write_to
mkdir -p "$TMPDIR/shared/tasmite/logs"
chmod 777 "$TMPDIR/shared/tasmite"
for f in history find-history adapters.json clipboard.txt tips; do
	echo precious >"$HERE/$f.target"
	ln -s "$HERE/$f.target" "$TMPDIR/shared/tasmite/$f"
done
tm_start 110 30 env XDG_STATE_HOME="$TMPDIR/shared" "$B/tasmite" "$DEV"
see 'sonoff is open'
see 'history not kept: everybody can write to'
tm_line 'Power ON'
tm_line '/record'
see 'everybody can write to'
tm_keys F10
wait_for 10 tm_ended || bad "F10 did not leave"
tm_stop
for f in history find-history adapters.json clipboard.txt tips; do
	[ "$(cat "$HERE/$f.target")" = precious ] || bad "$f was written through the link: $(head -n 2 "$HERE/$f.target")"
done
[ -z "$(ls "$TMPDIR/shared/tasmite/logs")" ] || bad "something was recorded there"
end

begin threat__umask__opens_nothing_to_others
rm -rf "$XDG_STATE_HOME"
printf 'umask 0\nexec "%s" "--log-raw=%s" "%s"\n' "$B/tasmite" "$TMPDIR/all.raw" "$TMPDIR/$EVIL" >"$TMPDIR/start"
tm_start 110 30 sh "$TMPDIR/start"
see 'owned.*is open'
tm_line 'Power ON'
tm_line '/record' # ends that one
see 'recorded [0-9]+ B'
tm_line '/record'
see 'LF ECHO.*owned'
tm_line "/mark here"
see 'here'
tm_line "/save $TMPDIR/saved.txt"
wait_for 10 test -e "$TMPDIR/saved.txt" || bad "not saved"
tm_keys F10
wait_for 10 tm_ended || bad "F10 did not leave"
tm_stop
for f in "$XDG_STATE_HOME"/tasmite/* "$XDG_STATE_HOME"/tasmite/logs/* "$TMPDIR/saved.txt" "$TMPDIR/all.raw"; do
	[ -d "$f" ] && want=700 || want=600
	[ "$(stat -c %a "$f")" = $want ] || bad "$f has mode $(stat -c %a "$f")"
done
[ "$(stat -c %a "$XDG_STATE_HOME/tasmite")" = 700 ] || bad "the folder is open"
[ -s "$XDG_STATE_HOME/tasmite/history" ] || bad "no history was kept"
# The name that a recording got from the port's has nothing that a terminal obeys.
ls "$XDG_STATE_HOME/tasmite/logs" >"$TMPDIR/names"
[ "$(grep -c . "$TMPDIR/names")" = 1 ] || bad "recordings: $(cat -v "$TMPDIR/names")"
LC_ALL=C grep -q '[^ -~]' "$TMPDIR/names" && bad "its name: $(cat -v "$TMPDIR/names")"
end

begin threat__theme__from_elsewhere_is_no_name
printf 'about = "evil"\n' >"$TMPDIR/evil.theme"
printf 'about = "evil"\n' >"$HERE/evil.theme"
mkdir -p "$HERE/themes"
cp "$HERE/evil.theme" "$HERE/themes"
cd "$HERE" || exit 2
tm_start 110 30 "$B/tasmite" "$DEV"
see 'sonoff is open'
for name in evil ../../evil "$TMPDIR/evil" themes/evil; do
	tm_line "/theme $name"
	see 'no theme|expected a theme'
	tm_line /clear
	gone 'no theme|expected a theme'
done
tm_keys F10
wait_for 10 tm_ended || bad "F10 did not leave"
tm_stop
cd - >/dev/null || exit 2
end
finish
