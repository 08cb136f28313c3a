# SPDX-License-Identifier: GPL-3.0-or-later
# Real firmware, where somebody has some: IMAGES is a folder of ESP8266 builds (*.bin), each of which
# is flashed, verified, copied, erased and restored; byte-identical but for the header bytes that are
# announced. TABLE: a file that gets a line per build, with what the program said of it.
. "$(dirname "$0")/lib.sh"

if [ -z "${IMAGES:-}" ]; then
	echo "skipped: builds: IMAGES names no folder of real builds"
	finish
fi
export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
FLASH=$TMPDIR/flash.bin
t() {
	timeout 300 "$B/tasmite" "$@" --port "$DEV" --timeout 60 --no-clkdiv >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null ||
		bad "tasmite $*: exit code $?: $(tail -n 4 "$TMPDIR/err")"
	said="${said:+$said; }$1: $(grep -hE '^(written|erased|copied|the flash)' "$TMPDIR/err" | tail -n 1)"
}
for file in "$IMAGES"/*.bin; do
	begin "build__there_and_back__$(basename "$file" .bin)"
	size=$(stat -Lc %s "$file")
	said=
	rm -f "$FLASH" "$TMPDIR"/copy*
	# what was on the chip: blank behind the firmware, settings near the end
	{
		head -c 950272 /dev/zero | tr '\0' '\377'
		head -c 98304 /dev/urandom
	} >"$FLASH"
	sim_start --speed 0
	enter_loader
	t flash --yes "$file"
	told=$(grep -cE 'byte 2|mode|header' "$TMPDIR/err")
	differ=$(cmp -l -n "$size" "$file" "$FLASH" | awk '{ print $1 - 1 }' | tr '\n' ' ')
	case "$differ" in
	'' | '2 ' | '3 ' | '2 3 ') [ -z "$differ" ] || [ "$told" -gt 0 ] || bad "a header byte was changed untold" ;;
	*) bad "bytes differ: $(echo "$differ" | head -c 60)" ;;
	esac
	[ -n "$differ" ] || t verify "$file"
	t backup "$TMPDIR/copy.bin"
	cmp -s "$TMPDIR/copy.bin" "$FLASH" || bad "the copy differs"
	t erase --yes all
	t flash --yes "$TMPDIR/copy.bin"
	cmp -s "$TMPDIR/copy.bin" "$FLASH" || bad "what was restored differs"
	t verify "$TMPDIR/copy.bin"
	[ -z "${TABLE:-}" ] || printf '%s\t%s\t%s\theader bytes changed: %s\t%s\t%s\n' "$(basename "$file")" "$size" \
		"$("$B/tasmite" image "$file" | sed -nE 's/^what: *//p')" "$(echo "${differ:-none}" | head -c 40)" \
		"$(echo "${case_bad:-good}" | head -n 1)" "$said" >>"$TABLE"
	sim_stop
	end
done
finish
