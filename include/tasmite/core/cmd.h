/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The /commands: one row each. Parsing apart from doing: app maps a row's id to what does it.
 */
#ifndef TASMITE_CORE_CMD_H
#define TASMITE_CORE_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/err.h"

/* Kinds of argument, for completion: letters of the spec string, in order; '?' after a letter:
 * optional, '*': any number. f file, p port, b baud, t theme, s setting name, v setting value,
 * o on|off, e line end, k command name (help topic), m board model, F file[@offset], a all or
 * number, r focus target, g page target, w flow control, n number, P profile, K key,
 * y form of time, W form of wrapping, V form of the log, J form of JSON, G where to go in it,
 * R kind of recording or file, D seconds or off, d thing of the device panel, x anything
 *
 * Options stand anywhere among the words; "--baud N" in the list is an option that takes the next
 * word (for completion 'b' after --baud, nothing after others). */
/* X(ID, "name", "spec", "usage", "one line", "help text", "options|of|it") */
/* clang-format off */
#define CMD_TABLE(X)                                                                              \
	X(CMD_HELP, "help", "k?", "/help [COMMAND|WORD]",                                         \
	    "keys and commands",                                                                  \
	    "Without an argument: the keys and all commands. With a command, of this program or"  \
	    " of Tasmota: its help. With another word: all of Tasmota's commands that have it.",  \
	    "")                                                                                   \
	X(CMD_PORT, "port", "p?", "/port [NAME]",                                                 \
	    "show or change the port",                                                            \
	    "Opens another port; the log stays. Without a name: tells the present one, and lists"  \
	    " those of this machine to choose from.",                                             \
	    "")                                                                                   \
	X(CMD_BAUD, "baud", "b?", "/baud [N|likely]",                                             \
	    "show or change the rate",                                                            \
	    "Any rate works, 74880 of the ESP8266's boot ROM included. likely: where bytes can't" \
	    " be read, the rate that they most likely have; again: the next one, then the one"    \
	    " with which it began.",                                                              \
	    "")                                                                                   \
	X(CMD_FORMAT, "format", "x?", "/format [8N1]",                                            \
	    "show or change data bits, parity and stop bits",                                     \
	    "Tasmota's console is always 8N1; some modules with a second chip use 8E1.",          \
	    "")                                                                                   \
	X(CMD_FLOW, "flow", "w?", "/flow [none|rtscts|xonxoff]",                                  \
	    "show or change the flow control",                                                    \
	    "Tasmota uses none.",                                                                 \
	    "")                                                                                   \
	X(CMD_DTR, "dtr", "o?", "/dtr [on|off]",                                                  \
	    "assert or clear DTR",                                                                \
	    "On boards with the two-transistor circuit DTR pulls GPIO0 low while RTS is cleared."  \
	    " Without a word: the other way round. Remembered for this adapter.",                 \
	    "")                                                                                   \
	X(CMD_RTS, "rts", "o?", "/rts [on|off]",                                                  \
	    "assert or clear RTS",                                                                \
	    "On boards with the two-transistor circuit RTS holds the chip in reset while DTR is"  \
	    " cleared. Remembered for this adapter.",                                             \
	    "")                                                                                   \
	X(CMD_BREAK, "break", "n?", "/break [MILLISECONDS]",                                      \
	    "send a break (250 ms)",                                                              \
	    "Holds TX low for that long.",                                                        \
	    "")                                                                                   \
	X(CMD_RESET, "reset", "", "/reset",                                                       \
	    "reset the chip by RTS",                                                              \
	    "Pulses RTS for 100 ms and follows the boot: the ROM's text at 74880, then the"       \
	    " application's rate. Needs an adapter and a board that have the line.",              \
	    "")                                                                                   \
	X(CMD_BOOTLOADER, "bootloader", "", "/bootloader",                                        \
	    "into the boot loader by DTR and RTS",                                                \
	    "Runs the reset sequence that leaves the chip in its boot loader. Nothing is sent.",  \
	    "")                                                                                   \
	X(CMD_WATCH, "watch", "D?", "/watch [SECONDS|off]",                                       \
	    "await a start made by hand, ROM's text included",                                    \
	    "Power the device off and on: the ROM's text is read at 74880 (ESP32: 115200), then"  \
	    " the rate goes back to the application's, both in one log. Needs no DTR and RTS."    \
	    " Ends by itself after the start, or after 120 seconds or those given; Esc ends it"   \
	    " too.",                                                                              \
	    "")                                                                                   \
	X(CMD_TIMELINE, "timeline", "", "/timeline",                                              \
	    "how long the last starts took, step by step",                                        \
	    "From the reset to the ROM's word, the project line, Wi-Fi, an address and MQTT, in"  \
	    " milliseconds, for the present start and the ten before it.",                        \
	    "")                                                                                   \
	X(CMD_WHY, "why", "d?", "/why [THING|off]",                                               \
	    "the lines of the log that a verdict rests on",                                       \
	    "Marks in the log what the device panel's row rests on and goes there; again: to the" \
	    " line before. Without a word: the first thing that is wrong. off takes the marks"    \
	    " away.",                                                                             \
	    "")                                                                                   \
	X(CMD_NEXT, "next", "n?", "/next [N]",                                                    \
	    "do the first (or N-th) of the next steps",                                           \
	    "What the device panel proposes: a command of this program is begun, one of the"      \
	    " device is put into the edit line to be sent by Enter. Nothing is erased or written" \
	    " without a question.",                                                               \
	    "")                                                                                   \
	X(CMD_EOL, "eol", "e?", "/eol [none|cr|lf|crlf|next]",                                    \
	    "line end sent after a line",                                                         \
	    "Tasmota runs a command on LF; CR LF works too, CR alone never does.",                \
	    "")                                                                                   \
	X(CMD_FLASH, "flash", "F*",                                                               \
	    "/flash [FILE[@OFFSET]]... [--erase] [--keep-settings] [--backup FILE] [--baud N]"    \
	    " [--no-verify] [--full] [--yes]",                                                    \
	    "write firmware to the device",                                                       \
	    "Checks the file (a .gz is unpacked), waits for the boot loader and says how to get"  \
	    " there, then writes what differs and verifies it by MD5, through a small program of" \
	    " its own in the chip's RAM (the stub); without it by the ROM alone. Asks once"       \
	    " before anything is lost. Without a file: a list of the firmware at hand. --erase"   \
	    " erases the whole chip first, --keep-settings leaves the settings' sectors as they"  \
	    " are, --backup copies the whole flash to FILE first, --baud sets the rate,"          \
	    " --no-verify leaves the verification out, --full writes also what is there already," \
	    " --force also what is refused but can be written,"                                   \
	    " --no-stub uses the ROM alone, --mode, --size and --freq change the header (qio,"    \
	    " qout, dio, dout; 512KB to 16MB, detect; 20m to 80m), --yes answers the question.",  \
	    "--erase|--keep-settings|--backup FILE|--baud N|--no-verify|--full|--force|--no-stub|--mode M"\
	    "|--size S|--freq F|--yes")                                                           \
	X(CMD_ERASE, "erase", "a*",                                                               \
	    "/erase [all | OFFSET LENGTH] [--keep-settings] [--backup FILE] [--yes]",             \
	    "erase the flash",                                                                    \
	    "Erases the whole chip or an area (multiples of 4096). Asks first: firmware"          \
	    " and settings are lost. --backup copies the whole flash to FILE before.",            \
	    "--keep-settings|--backup FILE|--baud N|--no-stub|--yes")                                                                              \
	X(CMD_CHIP, "chip", "", "/chip",                                                          \
	    "ask the boot loader what chip it is",                                                \
	    "Connects to the boot loader and shows chip, MAC, crystal, flash. Changes"            \
	    " nothing.",                                                                          \
	    "")                                                                                   \
	X(CMD_IMAGE, "image", "f", "/image FILE",                                                 \
	    "what a firmware file is",                                                            \
	    "Header, segments, checksum, and which Tasmota build it is, as far as the"            \
	    " file tells.",                                                                       \
	    "")                                                                                   \
	X(CMD_CANCEL, "cancel", "", "/cancel",                                                    \
	    "stop flashing or sending",                                                           \
	    "Stops what the flash panel shows, at a safe point, and says what was"                \
	    " changed; or the lines of a paste or macro that are not sent yet.",                  \
	    "")                                                                                   \
	X(CMD_DEVICE, "device", "m*", "/device [MODEL]",                                          \
	    "pads, button and flash mode of a board",                                             \
	    "Where to connect the adapter, what pulls GPIO0 down, which flash mode, and"          \
	    " caveats.",                                                                          \
	    "")                                                                                   \
	X(CMD_STAMP, "stamp", "y?",                                                               \
	    "/stamp [off|clock|iso|start|delta|mark|next]",                                       \
	    "time before each line",                                                              \
	    "The time of arrival of a line: off, clock, with the date (iso), seconds"             \
	    " since the start, since the line before (delta) or since the last mark."             \
	    " next: the next one of these. Without a word: off, or on again. With several"        \
	    " log panes it is that of the active one.",                                           \
	    "")                                                                                   \
	X(CMD_ECHO, "echo", "o?", "/echo [on|off]",                                               \
	    "show what is sent",                                                                  \
	    "Shows or hides sent lines in the log. Without a word: the other way round.",         \
	    "")                                                                                   \
	X(CMD_WRAP, "wrap", "W?",                                                                 \
	    "/wrap [words|chars|off|next]",                                                       \
	    "wrap long lines",                                                                    \
	    "At words, anywhere, or not at all: then Left and Right shift the focused"            \
	    " pane. Without a word: off, or on again. With several log panes it is that"          \
	    " of the active one.",                                                                \
	    "")                                                                                   \
	X(CMD_BACKUP, "backup", "fn?n?", "/backup FILE [OFFSET LENGTH]",                          \
	    "copy the flash to a file",                                                           \
	    "Reads the whole flash, or an area of it, by the stub and writes it as it comes;"     \
	    " its MD5 stands beside it in FILE.md5. It holds the Wi-Fi and MQTT passwords."       \
	    " /flash FILE writes it back.",                                                       \
	    "--baud N")                                                                           \
	X(CMD_VERIFY, "verify", "F*", "/verify FILE[@OFFSET]...",                                 \
	    "compare the flash with files",                                                       \
	    "Compares by MD5, nothing is changed. Says which areas differ.",                      \
	    "--baud N")                                                                           \
	X(CMD_FIND, "find", "x*",                                                                 \
	    "/find [PATTERN] [--up|--down] [--plain] [--off]",                                    \
	    "search the log",                                                                     \
	    "A regular expression; case matters once it has a capital letter. Without a"          \
	    " pattern: a line that is searched for while it is typed. Enter keeps the"            \
	    " search: n and N in the focused pane go on and back, Esc ends it. --up (the"         \
	    " usual way) looks from the newest line in sight to older ones, --down the"           \
	    " other way, --plain takes the pattern as it is written.",                            \
	    "--up|--down|--plain|--off")                                                          \
	X(CMD_FILTER, "filter", "x*",                                                             \
	    "/filter [TERM]... [--context N] [--toggle TERM] [--off]",                            \
	    "show only some lines of the log",                                                    \
	    "Lines with one of the terms, without those with a term that has ! before it."        \
	    " A term is a tag of Tasmota (WIF), or a regular expression; quotes keep"             \
	    " blanks in it. --context shows neighbours, --toggle adds a term or takes it"         \
	    " away. Nothing is dropped: --off shows all again. Without a word: a line"            \
	    " that filters while it is typed.",                                                   \
	    "--context N|--toggle TERM|--off")                                                    \
	X(CMD_SPLIT, "split", "x*",                                                               \
	    "/split [TERM]... [--context N]",                                                     \
	    "another log pane below this one",                                                    \
	    "It shows the same log, with a filter, a place and a form of its own.",               \
	    "--context N")                                                                        \
	X(CMD_CLOSE, "close", "",                                                                 \
	    "/close",                                                                             \
	    "close the active log pane",                                                          \
	    "The last one stays.",                                                                \
	    "")                                                                                   \
	X(CMD_RESIZE, "resize", "x",                                                              \
	    "/resize +N|-N",                                                                      \
	    "more or fewer rows for the active log pane",                                         \
	    "Its neighbour gives or takes them. In a focused pane: + and -.",                     \
	    "")                                                                                   \
	X(CMD_HEX, "hex", "",                                                                     \
	    "/hex",                                                                               \
	    "bytes or text",                                                                      \
	    "Shows the active log pane as bytes with an ASCII column, or as text again.",         \
	    "")                                                                                   \
	X(CMD_RAW, "raw", "",                                                                     \
	    "/raw",                                                                               \
	    "text with all its control bytes",                                                    \
	    "Shows every byte of the text in the active log pane, line ends, tabs and"            \
	    " colours too, or the text again.",                                                   \
	    "")                                                                                   \
	X(CMD_VIEW, "view", "V?",                                                                 \
	    "/view [text|hex|raw]",                                                               \
	    "form of the active log pane",                                                        \
	    "Text, bytes, or text with every control byte. Without a word: the next one.",        \
	    "")                                                                                   \
	X(CMD_FOLD, "fold", "J?",                                                                 \
	    "/fold [line|folded|tree|next]",                                                      \
	    "fold and unfold JSON answers",                                                       \
	    "Without a word: the answer that is selected, found or newest in sight becomes a"     \
	    " tree, or one line with its keys counted, in turn. With a word all answers of the"   \
	    " active log pane: as they came (line), folded, as trees, or the next one of these."  \
	    " In a focused pane: o, and O for all. What is searched, copied, saved and recorded"  \
	    " is what the device sent.",                                                          \
	    "")                                                                                   \
	X(CMD_MARK, "mark", "x*",                                                                 \
	    "/mark [TEXT]",                                                                       \
	    "put a mark into the log",                                                            \
	    "A line of the program's own, to which one can go back.",                             \
	    "")                                                                                   \
	X(CMD_GOTO, "goto", "G*",                                                                 \
	    "/goto TIME|start|end|next-mark|prev-mark|next-reset|prev-reset|again|back",          \
	    "go to a place in the log",                                                           \
	    "TIME is 13:04, 13:04:05, 2026-11-22T13:04 or -30s, -5m, -1h. again and back:"        \
	    " to the next find, to the one before.",                                              \
	    "")                                                                                   \
	X(CMD_COPY, "copy", "",                                                                   \
	    "/copy",                                                                              \
	    "copy the selected lines",                                                            \
	    "Into the clipboard of the terminal (setting clipboard) and a file. Without a"        \
	    " selection: the lines in sight. v in a focused pane begins one.",                    \
	    "")                                                                                   \
	X(CMD_SAVE, "save", "f",                                                                  \
	    "/save FILE [--all]",                                                                 \
	    "write the log to a file",                                                            \
	    "What the active pane shows, with the times that it shows; --all: the whole"          \
	    " log. Asks before it replaces a file.",                                              \
	    "--all")                                                                              \
	X(CMD_MACRO, "macro", "K?x*", "/macro [KEY [TEXT]] [--label WORD]",                       \
	    "put text for the device on a key",                                                   \
	    "\\n in TEXT begins another line, {500ms} or {2s} is a pause, a line that begins with"  \
	    " / is a command. An empty TEXT ('') frees the key. Without TEXT: shows it; without a"  \
	    " KEY: all. Passwords are not shown. Holds until the program ends; to keep it write"  \
	    " macros { F11 = \"Status 5\" } into the configuration.",                             \
	    "--label WORD")                                                                       \
	X(CMD_DIRECT, "direct", "o?", "/direct [on|off]",                                         \
	    "send each key at once",                                                              \
	    "For consoles that answer to single keys: all keys go to the device, Ctrl-C and the"  \
	    " function keys too, as an xterm sends them. The same key leaves again; it is shown"  \
	    " in the edit line's place. Nothing of it is kept in the history.",                   \
	    "")                                                                                   \
	X(CMD_SEND, "send", "f?", "/send FILE [--keep-going] | --again",                          \
	    "send a script of commands",                                                          \
	    "One command a line; # begins a comment, ${NAME} is a value from the environment,"    \
	    " values {} of the configuration, or asked for; wait [30s] TEXT waits for a line,"    \
	    " delay 2s for a time. Each command is ticked off by its answer and sent again when"  \
	    " it was lost. Stops at an error unless --keep-going is given. --again sends what"    \
	    " did not arrive.",                                                                   \
	    "--keep-going|--again")                                                               \
	X(CMD_SETUP, "setup", "x?", "/setup [again] [--save NAME]",                               \
	    "a form for Wi-Fi, MQTT and module",                                                  \
	    "Asks the device what it has (Status 0), shows it to be changed, and sends what was"  \
	    " changed as a backlog. again: sends all that was set in this session once more, as"  \
	    " after an erase. --save NAME writes the form into the configuration as a profile,"   \
	    " without its passwords; a profile in force fills the form.",                         \
	    "--save NAME")                                                                        \
	X(CMD_SENDHEX, "sendhex", "x*", "/sendhex BYTE... | on | off",                            \
	    "send bytes",                                                                         \
	    "Bytes in hex (DE AD be ef, 0x0d, dead) and \"text\", sent as they are: no line end"  \
	    " is added. on: all that is entered is such bytes, and HEX stands before the edit"    \
	    " line; off ends that.",                                                              \
	    "")                                                                                   \
	X(CMD_PROFILE, "profile", "P?", "/profile [NAME] [--save NAME]",                          \
	    "take a profile of the configuration",                                                \
	    "Its settings, keys and macros hold from now on, its port is opened. Without a name:"  \
	    " a list to choose from. --save NAME appends what was /set in this session to the"    \
	    " configuration, as a new profile.",                                                  \
	    "--save NAME")                                                                        \
	X(CMD_UPGRADE, "upgrade", "F?",                                                           \
	    "/upgrade [FILE | URL] [--minimal FILE] [--force] [--source WHO] [--address A]",      \
	    "upgrade the running device over the air",                                            \
	    "Asks the device what it is, checks the file against that, serves it to the device"   \
	    " over Wi-Fi, and follows until the new version is up; the old OtaUrl is put back."   \
	    " Where it does not fit, the device goes through the minimal build"                   \
	    " (NAME-minimal.bin beside the file, or --minimal FILE). A URL (http://) names a"     \
	    " server of your own. --force goes also where it is refused but can be done;"         \
	    " --source any, or addresses, lets others than the device's address fetch it (the"    \
	    " setting upgrade-source); --address A serves at that address of this machine."       \
	    " /cancel stops it; once more: without waiting for the old OtaUrl.",                  \
	    "--minimal FILE|--force|--source WHO|--address A")                                                \
	X(CMD_UPLOAD, "upload", "F?x?",                                                           \
	    "/upload [FILE [ADDRESS]] [--minimal FILE] [--force]",                                \
	    "send firmware to the device's own web page",                                         \
	    "For a device that can be reached from here: in the network, or as an access point"   \
	    " that this machine has joined. Without ADDRESS: its own, 192.168.4.1 when it is in"  \
	    " no network. The file is checked against the device first; a page with a password"   \
	    " asks for it; it is done when the new version has been read from the log, or from"   \
	    " the page. Where it does not fit, the minimal build goes first. /cancel stops it.",  \
	    "--minimal FILE|--force")                                                             \
	X(CMD_RESCUE, "rescue", "", "/rescue",                                                    \
	    "a device that does not start or join: step by step",                                 \
	    "What an expert would try, one step at a time: each is asked for, tells what is lost"  \
	    " and what undoes it, and the log tells whether the fault went with it. Esc puts it"  \
	    " off, /rescue goes on; s leaves a step out.",                                        \
	    "")                                                                                   \
	X(CMD_REPORT, "report", "f?", "/report [FILE]",                                           \
	    "the session as a page to paste in a forum",                                          \
	    "Program, adapter, chip, firmware, verdicts, findings with the lines that show them,"  \
	    " what to try next and what was tried, as Markdown. Secrets are masked, names of"     \
	    " networks and MAC addresses shortened. In the page: y copies it, s saves it to FILE"  \
	    " (or a name made of the time), readable by you alone; a file that is there is asked"  \
	    " for first.",                                                                        \
	    "")                                                                                   \
	X(CMD_ELF, "elf", "f?", "/elf [FILE]",                                                    \
	    "what the last crash in the log means",                                               \
	    "Cause in words, and what memory each address of the dump lies in. With the .elf or"  \
	    " .map file of the build that ran: in which function. The file holds for the session"  \
	    " and for /report. y copies, s saves.",                                               \
	    "")                                                                                   \
	X(CMD_CLEAR, "clear", "", "/clear",                                                       \
	    "empty the log pane",                                                                 \
	    "A running recording is not touched.",                                                \
	    "")                                                                                   \
	X(CMD_RECORD, "record", "R?f?", "/record [bytes|text|raw] [FILE] [--all] | off",          \
	    "record to a file, or stop",                                                          \
	    "Appends to FILE: bytes, what the device sends, exactly; text, lines with time and"   \
	    " what was sent (/set log-stamp, log-sent); raw, both with times, which tasmite"      \
	    " replay plays. Secrets are replaced by as many *. Without a kind: the one of"        \
	    " /set log-format. Without a file: a name made of port and time. --all writes the"    \
	    " scrollback first. A raw recording may run beside another. While recording, /record" \
	    " alone stops all, with a kind that one.",                                            \
	    "--all")                                                                                   \
	X(CMD_PAUSE, "pause", "", "/pause",                                                       \
	    "pause a replay, or go on",                                                           \
	    "For tasmite replay: what is played stops, and goes on when this is said again.",     \
	    "")                                                                                   \
	X(CMD_THEME, "theme", "t?", "/theme [NAME]",                                              \
	    "change the colours",                                                                 \
	    "Without a name: a list to choose from.",                                             \
	    "")                                                                                   \
	X(CMD_SET, "set", "s?v?", "/set [NAME [VALUE]]",                                          \
	    "show or change a setting",                                                           \
	    "Holds until the program ends. Without a name: shows all settings. /set NAME?"        \
	    " tells where the value came from.",                                                  \
	    "")                                                                                   \
	X(CMD_FOCUS, "focus", "r?", "/focus [next|prev|edit|log|device|flash]",                   \
	    "move the focus",                                                                     \
	    "Moves the focus to a part of the screen; without a word to the next one. Esc"        \
	    " returns to the edit line.",                                                         \
	    "")                                                                                   \
	X(CMD_MENU, "menu", "", "/menu",                                                          \
	    "all commands with their keys",                                                       \
	    "A list of all commands to choose from, then Tasmota's; typed letters narrow it."     \
	    " With a command in the edit line: its help.",                                        \
	    "")                                                                                   \
	X(CMD_REVEAL, "reveal", "", "/reveal",                                                    \
	    "show the secrets in the edit line",                                                  \
	    "For ten seconds, or until the line is entered, or this is said again. What is"       \
	    " sent is masked as ever.",                                                           \
	    "")                                                                                   \
	X(CMD_FOLLOW, "follow", "", "/follow",                                                    \
	    "back to the newest line",                                                            \
	    "The log pane shows what comes, again.",                                              \
	    "")                                                                                   \
	X(CMD_PAGE, "page", "g", "/page up|down|top",                                             \
	    "scroll the log",                                                                     \
	    "Scrolling back never stops the reading; /follow returns to the newest line.",        \
	    "")                                                                                   \
	X(CMD_REDRAW, "redraw", "", "/redraw",                                                    \
	    "draw the screen anew",                                                               \
	    "For when something else has written over the screen.",                               \
	    "")                                                                                   \
	X(CMD_SUSPEND, "suspend", "", "/suspend",                                                 \
	    "back to the shell for a while (fg returns)",                                         \
	    "Stops the program as job control does: nothing is read from the port"                \
	    " meanwhile.",                                                                        \
	    "")                                                                                   \
	X(CMD_QUIT, "quit", "", "/quit",                                                          \
	    "leave",                                                                              \
	    "Asks while a flash, an upgrade or an upload runs.",                                  \
	    "")
/* clang-format on */

enum cmd_id {
#define CMD_ENUM(id, ...) id,
	CMD_TABLE(CMD_ENUM)
#undef CMD_ENUM
	    CMD_COUNT
};

struct cmd_row {
	enum cmd_id id;
	const char *name;
	const char *spec;
	const char *usage;
	const char *summary;
	const char *help;
	const char *options; /* "--erase|--baud" */
};

#define CMD_MAX_ARGS 32

struct cmd_line {
	const struct cmd_row *row;
	char *args[CMD_MAX_ARGS]; /* words; quotes taken off */
	int count;
	char *store;	  /* owns the words */
	const char *rest; /* the line behind the command's name, as it was typed; borrowed */
};

/* The row; the id must be below CMD_COUNT. */
const struct cmd_row *cmd_row(enum cmd_id id);
/* By exact name, then by unique prefix; NULL otherwise. */
const struct cmd_row *cmd_find(const char *name, size_t n);
/* Parses "/name words..." (words may be quoted with ' or ", backslash escapes a blank, a quote or a
 * backslash). Options stay among the words. Fills c; cmd_line_fini afterwards, in any case. A line
 * that begins with "//" is none of these (it goes to the device) and is refused here.
 * Errors, all ERR_INVAL: unknown or ambiguous command (with the nearest names), open quote, too
 * many words, a required word missing, an option that the command has not. */
int cmd_parse(const char *line, struct cmd_line *c, struct err *err);
/* Frees the words. */
void cmd_line_fini(struct cmd_line *c);

/* What stands under the cursor, for completion and hints. */
struct cmd_spot {
	const struct cmd_row *row; /* NULL: the command name itself is being typed */
	char kind;		   /* letter of the spec; 'c' command name; '-' option; 0 nothing */
	size_t start;	/* where the word begins in the line (its quote, if it has one) */
	char word[256]; /* the word up to the cursor, quotes taken off; 'c': with its "/" */
	char prev[64];	/* the word before (for values of settings, --baud) */
};
/* Fills spot for the cursor, a byte offset (beyond the end: the end). */
void cmd_spot(const char *line, size_t cursor, struct cmd_spot *spot);
/* Words that fit the spot as far as the tables know them (commands as "/name", help topics, options,
 * settings, their values, rates, line ends, on/off, shipped themes, focus targets; files, ports,
 * boards and the user's themes come from the caller): calls fn for each that starts with
 * spot->word. */
void cmd_words(const struct cmd_spot *spot, void (*fn)(void *ctx, const char *word), void *ctx);
/* The word as it must stand in a line so that cmd_parse yields it again: a backslash before each
 * blank, quote and backslash, so that one can type on behind a folder's name. For completions of file names. False when dst is too small. */
bool cmd_quote(const char *word, char *dst, size_t size);
/* A short hint for the right end of the edit line: usage and summary of the command under the
 * cursor ("/baud [N]  show or change the rate"); for /set what the setting takes. "" when the line
 * is no command. */
void cmd_hint(const char *line, size_t cursor, char *dst, size_t size);

#endif
