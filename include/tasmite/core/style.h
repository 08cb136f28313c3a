/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Semantic styles: what a cell means. Themes give them colours; only the terminal resolves them. */
#ifndef TASMITE_CORE_STYLE_H
#define TASMITE_CORE_STYLE_H

/* X(id, "name in themes", "what it is for") */
/* clang-format off */
#define STYLE_TABLE(X)                                                                             \
	X(STYLE_DEFAULT, "default", "background and plain text")                                   \
	X(STYLE_STATUS, "status", "status line")                                                   \
	X(STYLE_STATUS_GOOD, "status-good", "port open, line lit")                                 \
	X(STYLE_STATUS_BAD, "status-bad", "port away or in error")                                 \
	X(STYLE_STATUS_DIM, "status-dim", "modem line not lit, what is off")                       \
	X(STYLE_RECORD, "record", "the recording mark")                                            \
	X(STYLE_BORDER, "border", "lines between panes")                                           \
	X(STYLE_BORDER_FOCUS, "border-focus", "lines of the pane that has the focus")              \
	X(STYLE_TITLE, "title", "pane titles")                                                     \
	X(STYLE_TITLE_FOCUS, "title-focus", "title of the pane that has the focus")                \
	X(STYLE_RX, "rx", "text from the device")                                                  \
	X(STYLE_TX, "tx", "text sent to the device")                                               \
	X(STYLE_OWN, "own", "the program's own lines")                                             \
	X(STYLE_WARN, "warn", "the program's own lines of trouble")                                \
	X(STYLE_STAMP, "stamp", "time stamps")                                                     \
	X(STYLE_MARKER, "marker", "the mark of sent and own lines")                                \
	X(STYLE_CONTROL, "control", "stand-ins for control and invalid bytes")                     \
	X(STYLE_NEWLINES, "newlines", "the count of lines that came while scrolled back")          \
	X(STYLE_FIND, "find", "what the search found")                                             \
	X(STYLE_FIND_HERE, "find-here", "the find on which one stands")                            \
	X(STYLE_SELECTED, "selected", "lines selected to be copied")                               \
	X(STYLE_PROMPT, "prompt", "the mark before the edit line")                                 \
	X(STYLE_EDIT, "edit", "the edit line")                                                     \
	X(STYLE_HINT, "hint", "the hint at the right of the edit line")                            \
	X(STYLE_KEY, "key", "key names in the key bar and in menus")                               \
	X(STYLE_KEY_LABEL, "key-label", "what the keys do")                                        \
	X(STYLE_OK, "ok", "good verdicts, finished stages")                                        \
	X(STYLE_BAD, "bad", "bad verdicts, failures")                                              \
	X(STYLE_TRYING, "trying", "work under way")                                                \
	X(STYLE_UNKNOWN, "unknown", "not yet known")                                               \
	X(STYLE_LABEL, "label", "names in the side panels")                                        \
	X(STYLE_VALUE, "value", "values in the side panels")                                       \
	X(STYLE_BAR_DONE, "bar-done", "the done part of a progress bar")                           \
	X(STYLE_BAR_REST, "bar-rest", "the rest of a progress bar")                                \
	X(STYLE_POPUP, "popup", "text in menus, help, questions")                                  \
	X(STYLE_POPUP_TITLE, "popup-title", "their titles")                                        \
	X(STYLE_POPUP_SELECTED, "popup-selected", "the selected row")                              \
	X(STYLE_DANGER, "danger", "what will be lost, in a question")                              \
	X(STYLE_HL_ERROR, "hl-error", "failures that the device tells of")                         \
	X(STYLE_HL_WARN, "hl-warn", "warnings that the device tells of")                           \
	X(STYLE_HL_GOOD, "hl-good", "successes that the device tells of")                          \
	X(STYLE_HL_TIME, "hl-time", "the device's own time at the start of a line")                \
	X(STYLE_HL_TAG, "hl-tag", "Tasmota's tags, as WIF: and MQT:")                              \
	X(STYLE_HL_ADDRESS, "hl-address", "IP and MAC addresses")                                  \
	X(STYLE_HL_RESET, "hl-reset", "resets, their causes, exceptions")                          \
	X(STYLE_HL_NUMBER, "hl-number", "result codes and versions")                               \
	X(STYLE_HL_JSON, "hl-json", "names in JSON")                                               \
	X(STYLE_HL_MATCH, "hl-match", "for rules of one's own")
/* clang-format on */

enum style_id {
#define STYLE_ENUM(id, name, about) id,
	STYLE_TABLE(STYLE_ENUM)
#undef STYLE_ENUM
	    STYLE_COUNT
};

/* "status-good"; the id must be below STYLE_COUNT. */
const char *style_name(enum style_id id);
const char *style_about(enum style_id id);
/* -1 when there is no such name. */
int style_find(const char *name);

#endif
