# SPDX-License-Identifier: GPL-3.0-or-later
# tasmite diagnose: what it prints and the exit codes that scripts rely on. What it finds is the
# matter of test_logcases.
. "$(dirname "$0")/lib.sh"

logs=$(cd "$(dirname "$0")/../data/logs" && pwd)
out=$TMPDIR/out
# diagnose_is CODE ARGS...: runs it and compares the exit code
diagnose_is() {
	local want=$1 got
	shift
	"$B/tasmite" diagnose "$@" >"$out" 2>"$out.err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "exit code $got, not $want: $*"
}
has() {
	grep -q -e "$1" "$out" || bad "no \"$1\" in: $(cat "$out")"
}

begin diagnose__exits__by_what_it_finds
diagnose_is 0 "$logs/healthy-6.4.1.log"
diagnose_is 1 "$logs/story-6.1.1.log"
diagnose_is 3 "$logs/prose.log"
diagnose_is 1 "$logs/healthy-6.4.1.log" "$logs/story-6.1.1.log"
diagnose_is 0 "$logs/healthy-6.4.1.log" "$logs/prose.log"
diagnose_is 1 "$TMPDIR/nosuch.log"
grep -q nosuch "$out.err" || bad "the missing file is not named"
diagnose_is 3
diagnose_is 2 --nosuch
end

begin diagnose__prints__one_json_object_a_file
diagnose_is 1 --json "$logs/story-6.1.1.log" "$logs/healthy-6.4.1.log"
[ "$(wc -l <"$out")" = 2 ] || bad "not two lines"
python3 - "$out" <<'PY' || bad "not the JSON it should be"
import json, sys
a, b = [json.loads(line) for line in open(sys.argv[1])]
assert a["boots"] == 1 and a["firmware"]["name"] == "sonoff", a
assert a["firmware"]["version"] == "6.1.1" and a["firmware"]["core"] == "2_3_0", a
assert set(a["verdicts"]) == {"boot", "wifi", "access_point", "ip", "web", "mqtt", "upgrade"}, a
wifi = a["verdicts"]["wifi"]
assert (wifi["state"], wifi["reason"], wifi["line"]) == ("bad", "ap_not_found", 6), wifi
assert [f["id"] for f in a["findings"]] == ["known_bad_build", "ap_not_found"], a
assert a["findings"][0]["lines"] == [2, 4, 6] and a["findings"][0]["text"], a
assert a["next"][0]["action"] == "flash_other_build" and a["next"][0]["command"], a
assert b["findings"] == [] and b["next"][0]["action"] == "none", b
assert b["verdicts"]["ip"]["address"] == "192.168.1.44", b
PY
end

begin diagnose__prints__every_case_as_expected
python3 - "$B/tasmite" "$logs" <<'PY' || bad "cases differ"
import glob, json, subprocess, sys
tasmite, folder = sys.argv[1:]
wrong = 0
def inside(want, got):
    if isinstance(want, dict):
        return isinstance(got, dict) and all(k in got and inside(v, got[k]) for k, v in want.items())
    if isinstance(want, list):
        return len(got) >= len(want) and all(inside(w, g) for w, g in zip(want, got))
    return want == got
files = sorted(glob.glob(folder + "/*.log"))
run = subprocess.run([tasmite, "diagnose", "--json", *files], capture_output=True)
for name, line in zip(files, run.stdout.decode("utf-8").splitlines(), strict=True):
    want = json.load(open(name[:-3] + "json"))
    want.pop("exit", None)
    if not inside(want, json.loads(line)):
        print("  ", name)
        wrong += 1
sys.exit(wrong > 0)
PY
end

begin diagnose__reads__standard_input
"$B/tasmite" diagnose --json - <"$logs/story-6.1.1.log" >"$out" || true
has '"known_bad_build"'
"$B/tasmite" diagnose <"$logs/story-6.1.1.log" >"$out" || true
has 'this build is known'
has 'line 2 4 6'
has '/flash --erase'
end

begin diagnose__prints__nothing_with_quiet
diagnose_is 1 --quiet "$logs/story-6.1.1.log"
[ ! -s "$out" ] || bad "it printed: $(cat "$out")"
end

begin diagnose__masks__secrets_it_quotes
printf '00:00:16 CMD: Password1 geheim99\n00:00:16 RSL: stat/x/RESULT = %s\n' \
	'{"Command":"Unknown","Input":"geheim99"}' >"$TMPDIR/secret.log"
diagnose_is 1 "$TMPDIR/secret.log"
has 'a command is not known'
! grep -q geheim "$out" || bad "the password came through"
diagnose_is 1 --json "$TMPDIR/secret.log"
! grep -q geheim "$out" || bad "the password came through"
end

begin diagnose__keeps__escapes_of_the_log_to_itself
printf '00:00:07 WIF: Connecting to AP1 \033[31mred in mode 11N as x...\n00:00:07 %s\n' \
	'WIF: Connect failed as AP cannot be reached' >"$TMPDIR/odd.log"
diagnose_is 1 "$TMPDIR/odd.log"
! grep -q "$(printf '\033')" "$out" || bad "an escape came through"
end

finish
