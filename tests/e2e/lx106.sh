# SPDX-License-Identifier: GPL-3.0-or-later
# The virtual chip's core against qemu's of the same name: random programs leave the same registers
# and the same memory on both. One instruction a block in qemu: 7.2 otherwise takes SRA behind an
# SSL of 0 for a shift by 0 (the manual and its own slow way say 32).
. "$(dirname "$0")/lib.sh"

PROGRAMS=${PROGRAMS:-60}
qemu="qemu-system-xtensa"
if ! command -v $qemu >/dev/null 2>&1; then
	echo "skipped: lx106__random_programs__end_as_in_qemu: $qemu is not installed (qemu-system-misc)"
	exit 0
fi
if $qemu -help | grep -q -- '^-singlestep'; then
	slow="-singlestep"
else
	slow="-accel tcg,one-insn-per-tb=on"
fi

begin "lx106__random_programs__end_as_in_qemu"
$qemu -cpu help | grep -q lx106 || bad "$qemu has no lx106"
for seed in $(seq 1 "$PROGRAMS"); do
	"$B/lx106-program" make "$seed" "$TMPDIR/program.elf" || bad "seed $seed is not made"
	"$B/lx106-program" run "$TMPDIR/program.elf" >"$TMPDIR/ours.bin" 2>"$TMPDIR/ours.err" ||
		bad "seed $seed ends badly: $(tail -n 1 "$TMPDIR/ours.err")"
	timeout 20 $qemu -M sim -cpu lx106 -nographic -monitor none -semihosting $slow \
		-kernel "$TMPDIR/program.elf" </dev/null >"$TMPDIR/qemu.bin" 2>"$TMPDIR/qemu.err" ||
		bad "seed $seed: qemu ends badly: $(tail -n 1 "$TMPDIR/qemu.err")"
	[ -s "$TMPDIR/qemu.bin" ] || bad "seed $seed: qemu says nothing"
	cmp -s "$TMPDIR/ours.bin" "$TMPDIR/qemu.bin" ||
		bad "seed $seed differs: $(cmp "$TMPDIR/ours.bin" "$TMPDIR/qemu.bin" 2>&1)"
done
end
finish
