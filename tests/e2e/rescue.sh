# SPDX-License-Identifier: GPL-3.0-or-later
# The recovery ladder where no build is known to be at fault: the simple thing first, then nothing is
# lost before it is copied; a step is put off, goes on, and is done.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
mkdir -p "$TMPDIR/fw"
"$B/make-image" --build 8.5.0-full -o "$TMPDIR/fw/tasmota.bin"
sim_start --boot-image "$TMPDIR/fw/tasmota.bin" --speed 0 --power off
tm_start 120 40 "cd $TMPDIR/fw && $B/tasmite $DEV"
see 'is open'

begin rescue__says__that_nothing_was_heard
tm_line '/rescue'
see 'nothing was heard of the device'
end

begin rescue__begins__with_the_simple_thing
boot_normally
see '✘ Wi-Fi +no network is set' 30
tm_line '/rescue'
see 'Rescue, step 1 of 6: The simple thing first'
see 'Nothing is written for that'
tm_keys s
end

begin rescue__copies__before_anything_is_lost
see 'Rescue, step 2 of 6: Copy the flash'
tm_keys y
see 'hold the button|boot loader'
enter_loader
see 'rescue: the flash is copied' 60
see 'Rescue, step 3 of 6: Power' 20
backup=$(echo "$TMPDIR"/fw/rescue-backup-*.bin)
[ "$(stat -c %s "$backup")" = 1048576 ] || bad "the copy is not whole"
cmp -s "$backup" "$TMPDIR/flash.bin" || bad "the copy differs from the flash"
tm_keys s
end

begin rescue__is_put_off__and_goes_on
see 'step 4 of 6: Erase, and the same build again'
see 'Undone by: /flash rescue-backup'
tm_keys n
see 'put off: /rescue goes on'
tm_line '/rescue'
see 'step 4 of 6: Erase, and the same build again'
tm_keys y
see 'rescue: written: start the device' 60
boot_normally
see 'rescue: it runs; set the network again' 60
see 'Backlog SSID1 NAME; Password1'
end
finish
