# SPDX-License-Identifier: GPL-3.0-or-later
# The ESP32 family without a screen: identity, factory files, applications by the device's own
# partition table, refusals of what does not belong there, backup, erase, secure download mode, a
# chip's own USB, and several devices at once.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
CHIPS="esp32 esp32s3 esp32c3 esp32c6"
for c in $CHIPS; do
	"$B/make-image" --chip "$c" --kind factory --layout moved -o "$TMPDIR/$c-factory.bin" >/dev/null || bad "no image"
	"$B/make-image" --chip "$c" --kind app -o "$TMPDIR/$c-app.bin" >/dev/null || bad "no image"
done
"$B/make-image" --build 8.5.0-minimal --size 64K -o "$TMPDIR/8266.bin"

# run CODE WORDS...: with the loader entered anew, since the last run may have left it at another rate
run() {
	local want=$1 got
	shift
	enter_loader
	timeout 60 "$B/tasmite" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
	got=$?
	[ "$got" = "$want" ] || bad "tasmite $*: exit code $got, not $want: $(tail -n 5 "$TMPDIR/err")"
}
out() {
	grep -qE -- "$1" "$TMPDIR/out" || bad "not on standard output: $1: $(cat "$TMPDIR/out")"
}
err() {
	grep -qE -- "$1" "$TMPDIR/err" || bad "not on standard error: $1: $(cat "$TMPDIR/err")"
}
# The flash at an offset holds exactly this file.
holds() {
	cmp -s -i 0:"$((${2:-0}))" -n "$(stat -c %s "$1")" "$1" "$TMPDIR/flash.bin"
}
# device CHIP ARGS...: a blank one, in its loader
device() {
	sim_stop
	rm -f "$TMPDIR/flash.bin"
	sim_start --speed 0 --button down --chip "$@"
}

for c in $CHIPS; do
	begin "chip__names__$c"
	device "$c"
	run 0 chip --port "$DEV"
	out 'chip: +ESP32'
	out 'MAC: +34:85:18:12:34:56'
	out 'flash: +4 MB'
	end

	begin "flash__writes__factory_then_app_$c"
	run 0 flash --port "$DEV" --yes "$TMPDIR/$c-factory.bin"
	err 'goes to 0x00000'
	err 'verified \(MD5\)'
	holds "$TMPDIR/$c-factory.bin" || bad "the flash differs from the file"
	run 0 verify --port "$DEV" "$TMPDIR/$c-factory.bin"
	run 0 flash --port "$DEV" --yes "$TMPDIR/$c-app.bin"
	at=$(sed -n 's/.*goes to \(0x[0-9a-f]*\).*/\1/p' "$TMPDIR/err" | tail -n 1)
	[ "$at" != 0x10000 ] || bad "not by the moved table"
	holds "$TMPDIR/$c-app.bin" "$at" || bad "the application is not at $at"
	run 0 verify --port "$DEV" "$TMPDIR/$c-app.bin"
	cp "$TMPDIR/flash.bin" "$TMPDIR/before.bin"
	end

	begin "flash__refuses__wrong_pairings_$c"
	run 1 flash --port "$DEV" --yes "$TMPDIR/8266.bin"
	other=esp32s3
	[ "$c" = esp32s3 ] && other=esp32c3
	run 1 flash --port "$DEV" --yes "$TMPDIR/$other-factory.bin"
	err 'the device is an ESP32'
	run 1 flash --port "$DEV" --yes "$TMPDIR/$c-app.bin@0x0"
	cmp -s "$TMPDIR/before.bin" "$TMPDIR/flash.bin" || bad "the flash was touched"
	end
done

begin backup__reads_slowly__and_says_so
device esp32c3 --flash-size 1M --boot-image "$TMPDIR/esp32c3-app.bin@0x10000"
run 0 backup --port "$DEV" "$TMPDIR/copy.bin"
err 'takes about [0-9]+:[0-9]+ minutes'
cmp -s "$TMPDIR/copy.bin" "$TMPDIR/flash.bin" || bad "the copy differs"
end

begin erase__area__and_nothing_else
run 0 erase --port "$DEV" --yes 0x10000 0x1000
[ "$(tail -c +65537 "$TMPDIR/flash.bin" | head -c 4096 | tr -d '\377' | wc -c)" = 0 ] || bad "not erased"
cmp -s -i 69632 "$TMPDIR/copy.bin" "$TMPDIR/flash.bin" || bad "more was erased"
end

begin secure_download__is_told
device esp32c3 --secure-download on
run 0 flash --port "$DEV" --yes "$TMPDIR/esp32c3-factory.bin"
err 'secure download mode'
err 'XOR'
holds "$TMPDIR/esp32c3-factory.bin" || bad "the flash differs from the file"
run 1 backup --port "$DEV" "$TMPDIR/copy2.bin"
err 'not read, compared or verified'
end

begin esp8266__refuses__esp32_files
device esp8266
run 1 flash --port "$DEV" --yes "$TMPDIR/esp32-factory.bin"
err 'not for an ESP8266'
end
begin several__at_once__one_failing_leaves_the_others
sim_stop
pids=
for n in 1 2 3; do
	"$B/virtual-device" --pty "$TMPDIR/many$n" --control "$TMPDIR/many$n.ctl" --flash "$TMPDIR/many$n.bin" \
		--speed 0 --button down --chip esp32c3 $([ $n = 2 ] && echo "--flash-size 1M") >"$TMPDIR/many$n.log" 2>&1 &
	pids="$pids $!"
done
for n in 1 2 3; do
	wait_for 5 [ -e "$TMPDIR/many$n" ] || bad "no device $n"
done
timeout 60 "$B/tasmite" flash --yes --port "$TMPDIR/many1" --port "$TMPDIR/many2" --port "$TMPDIR/many3" \
	"$TMPDIR/esp32c3-factory.bin" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null
[ $? = 1 ] || bad "exit code: $(tail -n 5 "$TMPDIR/err")"
err "many1: .*verified \(MD5\)"
err "many3: .*verified \(MD5\)"
err "many2: .*(flash|fit|space|beyond)"
for n in 1 3; do
	cmp -s -n "$(stat -c %s "$TMPDIR/esp32c3-factory.bin")" "$TMPDIR/esp32c3-factory.bin" "$TMPDIR/many$n.bin" ||
		bad "device $n does not hold the file"
done
kill $pids
end
finish
