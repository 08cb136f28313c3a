# SPDX-License-Identifier: GPL-3.0-or-later
# Without colour, without Unicode, without a mouse: nothing is lost. The screen's bytes are looked at as
# a terminal gets them.
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME=$TMPDIR/state XDG_CONFIG_HOME=$TMPDIR/config
"$B/make-image" --build 6.1.1-full -o "$TMPDIR/app.bin"
sim_start --boot-image "$TMPDIR/app.bin" --power off --speed 0
esc=$(printf '\033')
# colours: those that the cells of the screen have, as escape sequences of tmux
colours() {
	tm capture-pane -p -e -t t | grep -oE "${esc}\[[0-9;:]*m" | tr -d "${esc}[m" | tr ';' '\n' |
		grep -E '^(3[0-8]|4[0-8]|9[0-7]|10[0-7])' | sort -u
}
# open NAME=VALUE... -- WORDS...: a session, the device started in it
open() {
	local vars=
	while [ "$1" != -- ]; do
		vars="$vars $1"
		shift
	done
	shift
	hand "power off"
	tm_start 110 32 "env $vars $B/tasmite $* $DEV"
	see 'is open'
	hand "power on"
	see 'Firmware +Sonoff'
	see 'Wi-Fi +no network' 20
}
# All that is told by colour is told by a mark or a word, too.
marks_are_there() {
	see '^ *(✔|[+]) Firmware|[│|] (✔|[+]) Firmware'
	see '(✘|x) Wi-Fi'
	tm_line 'Power'
	see '(›|>) Power'
	see '(·|[.]) .*is open'
}

begin screen__has__colours_when_nothing_is_said
open TERM=xterm-256color --
[ -n "$(colours)" ] || bad "no colours: the cases below would show nothing"
tm_stop
end

for way in "NO_COLOR=1 --" "X=1 -- --no-color" "X=1 -- --theme mono" "TERM=vt100 --"; do
	begin "screen__tells__all_without_colour ($way)"
	open $way
	marks_are_there
	[ -z "$(colours)" ] || bad "colours: $(colours | tr '\n' ' ')"
	tm_stop
	end
done

for way in "LC_ALL=C --" "X=1 -- --set unicode=off"; do
	begin "screen__is_drawn__in_ascii ($way)"
	open $way
	marks_are_there
	tm_text | grep -qP '[^\x00-\x7f]' && bad "not ASCII: $(tm_text | grep -P '[^\x00-\x7f]' | head -n 2)"
	see '^[+] Log -+'
	tm_stop
	end
done

# Everything was by keys up to here; the mouse is not even asked for.
begin mouse__is_left_alone__unless_wanted
tm_start 110 32 "script -qfc '$B/tasmite $DEV' '$TMPDIR/bytes'"
see 'is open'
tm_keys F10
wait_for 10 tm_ended || bad "it did not leave"
grep -qaE "${esc}\[\?100[0-3]h" "$TMPDIR/bytes" && bad "the mouse is taken"
tm_stop
end

finish
