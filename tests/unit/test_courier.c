/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The courier against the virtual device, in virtual time: what was meant is what the device has
 * stored, over links that lose bytes, through restarts, on old and new firmware.
 */
#include "test_sim_app_rig.h"

#include "../sim/faults.h"
#include "../sim/tasmota_int.h"
#include "tasmite/core/tasmota/courier.h"
#include "tasmite/base/mono.h"
#include "tasmite/base/str.h"

struct post {
	struct rig *r;
	struct courier *c;
	struct sim_faults faults;
	uint64_t rng;
	bool lossy, pulled;
	unsigned retries, crashes, stops, dones, lines, cut_short, no_boots, slower;
	char last_line[4096];
	char why[80];
	mono_t last_piece;
	size_t most_piece;
};

static void on_event(void *ctx, const struct courier_event *e)
{
	struct post *p = ctx;

	p->retries += e->kind == COURIER_RETRY;
	p->crashes += e->kind == COURIER_RESTARTED;
	p->stops += e->kind == COURIER_STOPPED;
	p->dones += e->kind == COURIER_DONE;
	p->lines += e->kind == COURIER_LINE;
	p->cut_short += e->kind == COURIER_CUT_SHORT;
	p->no_boots += e->kind == COURIER_NO_BOOT;
	p->slower += e->kind == COURIER_SLOWER;
	if (e->kind == COURIER_LINE)
		str_copy(p->last_line, sizeof(p->last_line), e->text);
	if (e->kind == COURIER_RETRY)
		str_copy(p->why, sizeof(p->why), e->text);
}

static struct post *post_new(const char *build, const char *scenario)
{
	static const struct courier_ops ops = {on_event};
	struct post *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->r = rig_started(build, scenario, 3);
	rig_clear(p->r);
	p->c = courier_new(&ops, p);
	p->rng = 1;
	p->faults.rng = &p->rng;
	return p;
}

static void post_free(struct post *p)
{
	courier_free(p->c);
	rig_free(p->r);
	free(p);
}

static void carry(struct post *p, enum sim_fault_dir dir, const char *bytes, size_t n)
{
	uint8_t out[2];

	for (size_t i = 0; i < n; i++) {
		size_t m = 1;

		out[0] = (uint8_t)bytes[i];
		if (p->lossy)
			m = sim_faults_byte(&p->faults, dir, (uint8_t)bytes[i], out);
		if (dir == SIM_DIR_TX && m)
			rig_bytes(p->r, out, m);
		else if (m)
			courier_rx(p->c, out, m, p->r->now);
	}
}

/* One step of 5 ms in both directions. */
static void step(struct post *p)
{
	static char out[sizeof(p->r->out)];
	char piece[64];
	size_t n;

	while ((n = courier_tx(p->c, "\n", piece, sizeof(piece), p->r->now))) {
		p->most_piece = n > p->most_piece ? n : p->most_piece;
		carry(p, SIM_DIR_TX, piece, n);
	}
	rig_run(p->r, 0.005);
	n = p->r->n;
	memcpy(out, p->r->out, n);
	rig_clear(p->r);
	carry(p, SIM_DIR_RX, out, n);
	courier_tick(p->c, p->r->now);
}

static void deliver(struct post *p, double seconds)
{
	mono_t end = p->r->now + (mono_t)(seconds * 1e6);

	while (courier_busy(p->c) && p->r->now < end)
		step(p);
	if (courier_busy(p->c))
		fail_msg("not done after %g s; last line: %s", seconds, p->last_line);
}

static void send(struct post *p, const char *const *commands, size_t count, uint32_t fw, bool stop)
{
	struct backlog b;

	backlog_init(&b);
	for (size_t i = 0; i < count; i++)
		assert_true(backlog_add(&b, commands[i], strlen(commands[i]), 0));
	courier_begin(p->c, &b, fw, false, stop, p->r->now);
}

static void send_line(struct post *p, const char *line, uint32_t fw)
{
	struct backlog b;

	backlog_init(&b);
	assert_true(backlog_parse(&b, line, NULL));
	courier_begin(p->c, &b, fw, true, false, p->r->now);
}

static const char *stored(struct post *p, const char *key)
{
	static char value[800];

	return tas_get(p->r->app, key, value, sizeof(value));
}

static void all_stored(struct post *p)
{
	const struct backlog *b = courier_steps(p->c);

	for (size_t i = 0; i < b->count; i++)
		if (b->steps[i].state != BACKLOG_STORED && b->steps[i].state != BACKLOG_ANSWERED)
			fail_msg("%s: %s (%s)", b->steps[i].text,
			    backlog_state_text(b->steps[i].state),
			    b->steps[i].stored ? b->steps[i].stored : "");
}

/* Name and index as the virtual device keeps them. */
static void key_of(const char *command, char *key, size_t size)
{
	str_copy_n(key, size, command, strcspn(command, " "));
}

static void same_as_meant(struct post *p)
{
	const struct backlog *b = courier_steps(p->c);
	char key[32];

	for (size_t i = 0; i < b->count; i++) {
		const char *value = strchr(b->steps[i].text, ' ');

		if (b->steps[i].kind != BACKLOG_COMMAND || !value)
			continue;
		key_of(b->steps[i].text, key, sizeof(key));
		if (strcmp(stored(p, key), value + 1) != 0)
			fail_msg("%s: stored is '%s'", b->steps[i].text, stored(p, key));
	}
}

static const struct {
	const char *build;
	uint32_t fw;
} builds[] = {{"6.1.1-full", BACKLOG_FW(6, 1, 1, 0)}, {"8.5.0-full", BACKLOG_FW(8, 5, 0, 0)},
    {"15.2.0-full", BACKLOG_FW(15, 2, 0, 0)}};
#define BUILDS (sizeof(builds) / sizeof(builds[0]))
#define SEEDS  ((size_t)60)

/* ---- what was meant --------------------------------------------------------------------------- */

static void setup__is_stored_as_meant__or_said_to_be_impossible(void **state)
{
	static const char *const keys[] = {"Password1", "Password2", "SSId1", "SSId2", "MqttUser",
	    "MqttPassword", "MqttHost", "FriendlyName1"};
	static const char *const values[] = {"with blank", "two  blanks", "\"quoted\"", "a\"b",
	    "a;b", ";;;;;;", "a%sb%d", "%06X%d", "back\\slash", "\\n\\t\\x41", "end\\", "it's",
	    "{brace}", "{open;x", "}close;", "a,b:c}", "x\",\"SSId1\":\"y", "trailing ",
	    "trailing  ", "1leading", "on", "1", "0", "\"", "abc", "true", "+1 x", "65537", "?x",
	    "#+&/", "<html>", "Reset 1", "a;Reset 1", "backlog x", "x;Restart 1",
	    "~!@#$%^&*()_+`-=[]{}|", "12345678"};
	char text[200], why[160];
	unsigned impossible = 0, fine = 0;

	(void)state;
	for (size_t f = 0; f < BUILDS; f++) {
		struct post *p = post_new(builds[f].build, NULL);

		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			const char *commands[8];
			char lines[8][200];
			size_t n = 0;

			for (size_t k = 0; k < 8; k++) {
				str_fmt(text, sizeof(text), "%s %s", keys[k], values[v]);
				if (backlog_trap(text, builds[f].fw, why, sizeof(why))) {
					impossible++;
					continue;
				}
				str_copy(lines[n], sizeof(lines[n]), text);
				commands[n] = lines[n];
				n++;
			}
			if (!n)
				continue;
			fine += (unsigned)n;
			send(p, commands, n, builds[f].fw, true);
			deliver(p, 120);
			all_stored(p);
			same_as_meant(p);
			rig_run(p->r, 6); /* the restart */
			rig_clear(p->r);
			same_as_meant(p); /* still, after it */
		}
		assert_int_equal(p->stops, 0);
		assert_int_equal(p->crashes, 0);
		post_free(p);
	}
	assert_true(impossible > 30);
	assert_true(fine > 500);
}

static void traps__are_true__the_device_stores_something_else(void **state)
{
	static const char *const lines[] = {"SSId1 1", "Password1 1abcdef", "SSId1 on",
	    "SSId1 65537", "MqttHost 0", "Hostname a%b", "Topic a b",
	    "SSId1 123456789012345678901234567890123", "SSId2 +1 x", "Topic \"", "Password1 abc"};
	char why[160];

	(void)state;
	for (size_t f = 0; f < BUILDS; f++)
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
			struct post *p;

			if (!backlog_trap(lines[i], builds[f].fw, why, sizeof(why)))
				continue;
			p = post_new(builds[f].build, NULL);
			send(p, &lines[i], 1, builds[f].fw, false);
			deliver(p, 60);
			/* Not what was meant; and the courier says so too, unless "0" clears. */
			assert_string_not_equal(stored(p, lines[i][0] == 'T' ? "Topic" : "SSId1"),
			    strchr(lines[i], ' ') + 1);
			if (!strstr(lines[i], " 0") && strcmp(lines[i], "Topic \"") != 0)
				assert_int_equal(courier_count(p->c, BACKLOG_STORED), 0);
			post_free(p);
		}
}

static void typed_backlog__is_split_and_stored(void **state)
{
	(void)state;
	for (size_t f = 0; f < BUILDS; f++) {
		struct post *p = post_new(builds[f].build, NULL);
		struct sbuf line;

		sbuf_init(&line, 8192);
		sbuf_add(&line, "Backlog SSId1 home ; Password1 my secret;Topic lamp");
		for (int i = 0; i < 40; i++)
			sbuf_fmt(&line, "; Mem%d value %d of many", i % 5 + 1, i);
		send_line(p, sbuf_str(&line), builds[f].fw);
		deliver(p, 120);
		all_stored(p);
		assert_string_equal(stored(p, "SSId1"), "home");
		assert_string_equal(stored(p, "Password1"), "my secret");
		assert_string_equal(stored(p, "Mem5"), "value 39 of many");
		assert_int_equal(p->retries, 0);
		assert_true(p->most_piece <= 64);
		sbuf_fini(&line);
		post_free(p);
	}
}

static void template__holds_semicolons__on_each_build(void **state)
{
	static const char json[] = "{\"NAME\":\"a;b\",\"GPIO\":[17,0,0,0,0,0,0,0,21,56,0,0,0],"
				   "\"FLAG\":0,\"BASE\":1}";
	char text[200];
	const char *commands[] = {text, "Module 0", "Topic plug"};

	(void)state;
	str_fmt(text, sizeof(text), "Template %s", json);
	for (size_t f = 1; f < BUILDS; f++) {
		struct post *p = post_new(builds[f].build, NULL);

		send(p, commands, 3, builds[f].fw, true);
		deliver(p, 60);
		all_stored(p);
		assert_string_equal(stored(p, "Template"), json);
		assert_string_equal(stored(p, "Module"), "0");
		assert_string_equal(stored(p, "Topic"), "plug");
		assert_int_equal(p->retries, 0);
		post_free(p);
	}
}

/* ---- losses ------------------------------------------------------------------------------------ */

static size_t sixty(char lines[][100])
{
	static const char *const first[] = {"SSId1 home net", "Password1 pass word 1",
	    "SSId2 other", "Password2 pass;word", "Hostname lamp-%04d", "MqttHost broker.lan",
	    "MqttPort 8883", "MqttUser somebody", "MqttPassword p;q r", "Topic lamp",
	    "GroupTopic lamps", "FriendlyName1 Lamp", "OtaUrl http://h/x.bin",
	    "NtpServer1 time.lan", "LogHost log.lan", "LogPort 1514", "TelePeriod 60",
	    "PowerOnState 1", "LedState 3", "SysLog 1", "WebLog 3", "BlinkTime 7", "BlinkCount 9",
	    "ButtonDebounce 77", "SwitchDebounce 66", "WebRefresh 3000", "Altitude 123",
	    "Latitude 1.5", "Longitude 2.5", "StateText1 aus"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (!strchr(first[i], '%'))
			str_copy(lines[n++], 100, first[i]);
	for (int i = 1; i <= 8; i++) {
		str_fmt(lines[n++], 100, "PulseTime%d %d", i, 100 + i);
		str_fmt(lines[n++], 100, "SwitchMode%d %d", i, i % 7);
	}
	for (int i = 1; i <= 5; i++) {
		str_fmt(lines[n++], 100, "Var%d variable number %d", i, i);
		str_fmt(lines[n++], 100, "Mem%d memory number %d", i, i);
	}
	for (int i = 2; i <= 4; i++)
		str_fmt(lines[n++], 100, "FriendlyName%d Name %d", i, i);
	str_copy(lines[n++], 100, "StateText2 ein");
	str_copy(lines[n++], 100, "StateText3 um");
	return n;
}

static unsigned lossy_run(size_t f, uint64_t seed, const char *fault, unsigned *tries)
{
	struct post *p = post_new(builds[f].build, NULL);
	char lines[80][100], err[100];
	const char *commands[80] = {0};
	size_t n = sixty(lines);
	unsigned retries;

	assert_true(n >= 60);
	p->rng = seed * 7919;
	p->lossy = true;
	assert_true(sim_faults_add(&p->faults, fault, err, sizeof(err)));
	for (size_t i = 0; i < n; i++)
		commands[i] = lines[i];
	send(p, commands, n, builds[f].fw, true);
	deliver(p, 600);
	p->lossy = false;
	all_stored(p);
	same_as_meant(p);
	*tries = 0;
	for (size_t i = 0; i < n; i++)
		*tries += courier_steps(p->c)->steps[i].tries - 1;
	/* Each line that went beyond its first time was told of. */
	assert_true(p->retries >= *tries);
	assert_int_equal(p->stops, 0);
	retries = p->retries;
	post_free(p);
	return retries;
}

static void script__is_stored_whole__over_a_link_that_loses_bytes(void **state)
{
	unsigned all = 0, tries;

	(void)state;
	for (size_t f = 0; f < BUILDS; f++)
		for (uint64_t seed = 1; seed <= SEEDS; seed++)
			all += lossy_run(f, seed, "drop:1/2000", &tries);
	print_message("retries over %zu runs of 60 commands: %u\n", BUILDS * SEEDS, all);
	assert_true(all > 10);
}

static void script__is_stored_whole__over_a_bad_link(void **state)
{
	unsigned all = 0, tries;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		all += lossy_run(1, seed, "drop:1/400", &tries);
		all += lossy_run(0, seed, "flip:1/800", &tries);
	}
	for (uint64_t seed = 1; seed <= 300; seed++)
		all += lossy_run(seed % BUILDS, seed, "drop:1/300", &tries);
	assert_true(all > 20);
}

/* A device that is played: to each line that goes out the next of `says` comes, the last one again and
 * again; NULL: nothing. What goes out is kept, a line each. */
static void play(struct post *p, const char *const *says, size_t count, struct sbuf *sent)
{
	mono_t now = p->r->now;
	size_t n, at = 0;
	char piece[64];

	while (courier_busy(p->c)) {
		now = courier_deadline(p->c);
		n = courier_tx(p->c, "\n", piece, sizeof(piece), now);
		sbuf_add_n(sent, piece, n);
		if (!n || piece[n - 1] != '\n') {
			courier_tick(p->c, now);
			continue;
		}
		if (says[at])
			courier_rx(p->c, (const uint8_t *)says[at], strlen(says[at]), now);
		at += at + 1 < count;
	}
	p->r->now = now;
}

#define ECHO(line)   "00:00:09 CMD: " line "\n"
#define ANSWER(json) "00:00:09 RSL: stat/x/RESULT = {" json "}\n"

/* One that shows that it lives gets more tries than one that says nothing. */
static void tries__are_more__where_something_comes_back(void **state)
{
	static const char *const command[] = {"Sleep 40"};
	static const struct {
		const char *says;
		unsigned tries;
	} rows[] = {{NULL, COURIER_TRIES},
	    {ECHO("Sleep 4") ANSWER("\"Sleep\":4"), COURIER_TRIES_ALIVE},
	    {ECHO("Sleep 4"), COURIER_TRIES_ALIVE}, {ECHO("Sleep 40"), COURIER_TRIES_ALIVE},
	    {ECHO("Serial buffer overrun"), COURIER_TRIES_ALIVE},
	    /* no echo ever: nothing tells that anything is lost */
	    {ANSWER("\"Sleep\":4"), COURIER_TRIES}, {"00:00:09 MQT: noise\n", COURIER_TRIES},
	    /* not lost, but so */
	    {ECHO("Sleep 40") ANSWER("\"Sleep\":4"), 3},
	    {ECHO("Sleep 40") ANSWER("\"Command\":\"Unknown\""), 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct post *p = post_new("8.5.0-full", NULL);
		struct sbuf sent;

		sbuf_init(&sent, 4000);
		send(p, command, 1, 0, true);
		play(p, &rows[i].says, 1, &sent);
		assert_int_equal(courier_steps(p->c)->steps[0].tries, rows[i].tries);
		assert_int_equal(p->lines, rows[i].tries);
		assert_int_equal(p->stops, 1);
		/* Once more begins anew. */
		assert_true(courier_again(p->c, p->r->now));
		assert_int_equal(courier_steps(p->c)->steps[0].tries, 1);
		sbuf_fini(&sent);
		post_free(p);
	}
}

/* What it has stored is what it ran last, whatever was lost of its words. */
static void answer__is_believed__when_it_can_be(void **state)
{
	static const struct {
		const char *commands[2];
		size_t count;
		const char *says[5];
		size_t n;
		const char *sent;
	} rows[] = {
	    /* the same byte lost twice */
	    {{"Sleep 40"}, 1,
		{ECHO("Sleep 40") ANSWER("\"Sleep\":4"), ECHO("Sleep 40") ANSWER("\"Sleep\":4"),
		    ECHO("Sleep 40") ANSWER("\"Sleep\":40")},
		3, "Sleep 40\nSleep 40\nSleep 40\n"},
	    /* the line end behind the answer is lost, and a letter of the line that goes again */
	    {{"Mem1 some"}, 1,
		{ECHO("Mem1 some") "00:00:09 RSL: stat/x/RESULT = {\"Mem1\":\"some\"}",
		    "00:00:12 CMD Mem1 sme\n" ANSWER("\"Mem1\":\"sme\""),
		    ECHO("Mem1 some") ANSWER("\"Mem1\":\"some\"")},
		3, "Mem1 some\nMem1 some\nMem1 some\n"},
	    /* the 5 is lost: it was PulseTime1 that was set, and nothing was heard of it */
	    {{"PulseTime1 101", "PulseTime5 105"}, 2,
		{ECHO("PulseTime1 101") ANSWER("\"PulseTime1\":101"), NULL,
		    ECHO("PulseTime5 105") ANSWER("\"PulseTime5\":105"),
		    ECHO("PulseTime1 101") ANSWER("\"PulseTime1\":101")},
		4, "PulseTime1 101\nPulseTime5 105\nPulseTime5 105\nPulseTime1 101\n"},
	    {{"SetOption1 1", "SetOption12 1"}, 2,
		{ECHO("SetOption1 1") ANSWER("\"SetOption1\":\"ON\""), NULL,
		    ECHO("SetOption12 1") ANSWER("\"SetOption12\":\"ON\""),
		    ECHO("SetOption1 1") ANSWER("\"SetOption1\":\"ON\"")},
		4, "SetOption1 1\nSetOption12 1\nSetOption12 1\nSetOption1 1\n"},
	    /* no digit less of 5 is 2 */
	    {{"PulseTime2 102", "PulseTime5 105"}, 2,
		{ECHO("PulseTime2 102") ANSWER("\"PulseTime2\":102"), NULL,
		    ECHO("PulseTime5 105") ANSWER("\"PulseTime5\":105")},
		3, "PulseTime2 102\nPulseTime5 105\nPulseTime5 105\n"},
	    /* its echo was right: only the answer is missing */
	    {{"PulseTime1 101", "PulseTime5 105"}, 2,
		{ECHO("PulseTime1 101") ANSWER("\"PulseTime1\":101"), ECHO("PulseTime5 105"),
		    ECHO("PulseTime5 105") ANSWER("\"PulseTime5\":105")},
		3, "PulseTime1 101\nPulseTime5 105\nPulseTime5 105\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct post *p = post_new("8.5.0-full", NULL);
		struct sbuf sent;

		sbuf_init(&sent, 4000);
		send(p, rows[i].commands, rows[i].count, 0, true);
		play(p, rows[i].says, rows[i].n, &sent);
		assert_string_equal(sbuf_str(&sent), rows[i].sent);
		all_stored(p);
		assert_int_equal(p->stops, 0);
		sbuf_fini(&sent);
		post_free(p);
	}
}

/* ---- refusals, restarts, an end in the middle --------------------------------------------------- */

static enum backlog_state state_of(const struct post *p, size_t i)
{
	return courier_steps(p->c)->steps[i].state;
}

static void script__stops__at_an_unknown_command(void **state)
{
	static const char *const commands[] = {"Mem1 a", "NoSuchThing 1", "Mem2 b", "SSId1 home"};
	struct post *p = post_new("15.2.0-full", NULL);

	(void)state;
	send(p, commands, 4, 0, true);
	deliver(p, 30);
	assert_int_equal(p->stops, 1);
	assert_int_equal(p->dones, 1);
	assert_int_equal(state_of(p, 0), BACKLOG_STORED);
	assert_int_equal(state_of(p, 1), BACKLOG_UNKNOWN);
	assert_int_equal(state_of(p, 2), BACKLOG_QUEUED);
	assert_int_equal(state_of(p, 3), BACKLOG_QUEUED);
	assert_int_equal(p->retries, 0);
	/* One key sends the rest, the unknown one again too. */
	assert_true(courier_again(p->c, p->r->now));
	deliver(p, 30);
	assert_int_equal(p->stops, 2);
	post_free(p);
}

static void backlog__goes_on__behind_a_refusal(void **state)
{
	struct post *p = post_new("6.1.1-full", NULL);

	(void)state;
	send_line(p, "Backlog Mem1 a;NoSuchThing 1;SetOption99 1;Mem2 b;Topic a+b", 0);
	deliver(p, 60);
	assert_int_equal(p->stops, 0);
	assert_int_equal(state_of(p, 0), BACKLOG_STORED);
	assert_int_equal(state_of(p, 1), BACKLOG_UNKNOWN);
	assert_int_equal(state_of(p, 2), BACKLOG_UNKNOWN);
	assert_int_equal(state_of(p, 3), BACKLOG_STORED);
	assert_int_equal(state_of(p, 4), BACKLOG_DIFFERENT);
	assert_string_equal(courier_steps(p->c)->steps[4].stored, "a_b");
	post_free(p);
}

static void error__is_told_apart__from_unknown(void **state)
{
	struct post *p = post_new("15.2.0-full", NULL);

	(void)state;
	send_line(p, "Backlog SSId3 x;SetOption7 1", 0);
	deliver(p, 60);
	assert_int_equal(state_of(p, 0), BACKLOG_ERROR);
	assert_int_equal(state_of(p, 1), BACKLOG_ERROR);
	post_free(p);
}

static void crash__in_the_middle__is_told_and_made_up_for(void **state)
{
	char lines[80][100];
	const char *commands[80] = {0};
	size_t n = sixty(lines);
	/* The device runs for 3 s before the script begins. */
	static const char *const when[] = {"3.2", "3.7", "4.5", "5.3", "6.1"};

	(void)state;
	for (size_t i = 0; i < n; i++)
		commands[i] = lines[i];
	for (size_t f = 0; f < BUILDS; f++)
		for (size_t w = 0; w < sizeof(when) / sizeof(when[0]); w++) {
			char scenario[100];
			struct post *p;

			str_fmt(scenario, sizeof(scenario),
			    "network * rssi -55 channel 6\nexception 28 at %s times 1\n", when[w]);
			p = post_new(builds[f].build, scenario);
			send(p, commands, n, builds[f].fw, true);
			deliver(p, 300);
			all_stored(p);
			same_as_meant(p);
			assert_int_equal(p->stops, 0);
			assert_int_equal(p->crashes, 1);
			post_free(p);
		}
}

static void restart__of_a_part__is_awaited_before_the_next(void **state)
{
	struct post *p = post_new("8.5.0-full", NULL);
	struct backlog b;
	unsigned resets;

	(void)state;
	backlog_init(&b);
	assert_true(backlog_add(&b, "Topic lamp", 10, 0));
	assert_true(backlog_add_delay(&b, 100, 0));
	assert_true(backlog_add(&b, "Mem1 after", 10, 0));
	resets = p->r->resets;
	courier_begin(p->c, &b, BACKLOG_FW(8, 5, 0, 0), false, true, p->r->now);
	deliver(p, 30);
	all_stored(p);
	assert_int_equal(p->r->resets, resets + 1);
	assert_int_equal(p->crashes, 0);
	assert_int_equal(p->retries, 0);
	assert_string_equal(stored(p, "Mem1"), "after");
	post_free(p);
}

static void restart__command__is_answered_by_the_boot(void **state)
{
	static const char *const commands[] = {"Mem1 x", "Restart 1"};

	(void)state;
	for (size_t f = 0; f < BUILDS; f++) {
		struct post *p = post_new(builds[f].build, NULL);

		send(p, commands, 2, builds[f].fw, true);
		deliver(p, 30);
		assert_int_equal(state_of(p, 1), BACKLOG_ANSWERED);
		assert_int_equal(p->stops, 0);
		post_free(p);
	}
}

static void wait__matches_a_line__or_runs_out(void **state)
{
	struct post *p = post_new("6.1.1-full", NULL);
	struct backlog b;

	(void)state;
	for (int i = 0; i < 2; i++) {
		backlog_init(&b);
		assert_true(backlog_add(&b, "SSId1 home", 10, 0));
		assert_true(backlog_add_wait(
		    &b, i ? "no such text" : "wif: connected", i ? 12 : 14, 30000, 0));
		assert_true(backlog_add(&b, "Mem1 joined", 11, 0));
		courier_begin(p->c, &b, BACKLOG_FW(6, 1, 1, 0), false, true, p->r->now);
		deliver(p, 60);
		assert_int_equal(p->stops, i ? 1 : 0);
		assert_int_equal(state_of(p, 2), i ? BACKLOG_QUEUED : BACKLOG_STORED);
	}
	post_free(p);
}

static void once__is_never_sent_twice(void **state)
{
	struct post *p;
	static const char *const command[] = {"Power toggle"};
	char err[100];

	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		p = post_new("8.5.0-full", NULL);
		p->lossy = true;
		p->rng = seed * 31;
		assert_true(sim_faults_add(&p->faults, "drop:1/20", err, sizeof(err)));
		send(p, command, 1, 0, true);
		deliver(p, 60);
		assert_int_equal(p->lines, 1);
		post_free(p);
	}
}

/* What the console would throw away, running the rest of the line: "Restart 1" here. */
static void letters_beyond_ascii__never_go_out(void **state)
{
	static const char *const commands[] = {
	    "Mem1 one", "Mem2 caf\xc3\xa9; Restart 1", "Mem3 three"};
	struct post *p = post_new("8.5.0-full", NULL);

	(void)state;
	send(p, commands, 3, 0, true);
	deliver(p, 60);
	assert_false(courier_busy(p->c));
	assert_int_equal(state_of(p, 0), BACKLOG_STORED);
	assert_int_equal(state_of(p, 1), BACKLOG_BEYOND);
	assert_int_equal(state_of(p, 2), BACKLOG_STORED);
	assert_string_equal(stored(p, "Mem1"), "one");
	assert_string_equal(stored(p, "Mem2"), "");
	/* Not by a key either; and with nothing else there is no line, but an end. */
	assert_false(courier_again(p->c, p->r->now));
	p->dones = p->lines = 0;
	send(p, commands + 1, 1, 0, true);
	assert_true(courier_busy(p->c));
	deliver(p, 1);
	assert_int_equal(p->dones, 1);
	assert_int_equal(p->lines, 0);
	post_free(p);
}

static void cancel__tells__what_arrived_and_what_not(void **state)
{
	char lines[80][100];
	const char *commands[80] = {0};
	size_t n = sixty(lines), before, steps;
	struct post *p = post_new("6.1.1-full", NULL);

	(void)state;
	for (size_t i = 0; i < n; i++)
		commands[i] = lines[i];
	send(p, commands, n, 0, true);
	while (courier_count(p->c, BACKLOG_STORED) < 20)
		step(p);
	courier_lost(p->c); /* the plug was pulled */
	assert_false(courier_busy(p->c));
	assert_int_equal(p->dones, 1);
	before = courier_count(p->c, BACKLOG_STORED) + courier_count(p->c, BACKLOG_UNSURE);
	assert_true(courier_count(p->c, BACKLOG_UNSURE) > 0);
	assert_true(before >= 20 && before < 25);
	assert_int_equal(
	    before + courier_count(p->c, BACKLOG_QUEUED) + courier_count(p->c, BACKLOG_NO_ANSWER),
	    n);
	rig_power(p->r);
	rig_run(p->r, 3);
	rig_clear(p->r);
	assert_true(courier_again(p->c, p->r->now));
	deliver(p, 120);
	all_stored(p);
	for (steps = 0; steps < n; steps++)
		assert_true(courier_steps(p->c)->steps[steps].tries >= 1);
	post_free(p);
}

/* A build that looks at its input every 50 ms, a line that is longer than its 256 bytes: what the
 * pace is for. */
static void pace__keeps__a_long_line_whole(void **state)
{
	struct post *p = post_new("6.1.1-full", NULL);
	char line[500] = "Rule1 on system#boot do ";
	const char *commands[] = {line};

	(void)state;
	rig_say(p->r, "Sleep 50");
	rig_run(p->r, 1);
	rig_clear(p->r);
	while (strlen(line) < 480)
		str_cat(line, sizeof(line), "power on ");
	line[strlen(line) - 1] = '\0';
	/* At once: the device loses most of it. */
	rig_bytes(p->r, line, strlen(line));
	rig_bytes(p->r, "\n", 1);
	rig_run(p->r, 1);
	assert_null(strstr(p->r->out, line));
	rig_clear(p->r);
	rig_say(p->r, "");
	rig_clear(p->r);
	send(p, commands, 1, 0, true);
	deliver(p, 30);
	all_stored(p);
	assert_string_equal(stored(p, "Rule1"), strchr(line, ' ') + 1);
	assert_int_equal(p->retries, 0);
	assert_int_equal(p->lines, 1);
	post_free(p);
}

/* Anything may come from the wire. */
static void rx__takes__whatever_comes(void **state)
{
	struct post *p = post_new("8.5.0-full", NULL);
	static const char *const hostile[] = {"RSL: x = {\n", "RSL: RESULT = {\"\n",
	    "RSL: RESULT = {\"Mem1\":\"\\\n", "RSL: RESULT = {\"Mem1\"\n", "CMD: \n", "CMD:\n",
	    "RSL: a/RESULT = {\"Mem1\":{\"Mem1\":[[[[{{{\n", "RSL: RESULT = {}\n", "RSL: = {\n",
	    "RSL: RESULT = {\"Mem999999999999999999999\":1}\n", "MQT: RESULT = {:::}\n"};
	static const char *const command[] = {"Mem1 x"};

	(void)state;
	send(p, command, 1, 0, true);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		courier_rx(p->c, (const uint8_t *)hostile[i], strlen(hostile[i]), p->r->now);
		step(p);
	}
	for (int i = 0; i < 20000; i++) {
		uint8_t byte = (uint8_t)(sim_rand(&p->rng) >> 3);

		courier_rx(p->c, &byte, 1, p->r->now);
	}
	courier_rx(p->c, (const uint8_t *)"\n", 1, p->r->now);
	deliver(p, 60);
	all_stored(p);
	post_free(p);
}

/* A device that was already starting when the job began has not crashed by it; a flood before that
 * does not hide its banner for longer than a millisecond. */
static void courier_rx__knows__a_start_that_began_before(void **state)
{
	static const char banner[] = "\n ets Jan  8 2013,rst cause:4, boot mode:(3,6)\n";
	static const char project[] = "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback "
				      "DVES_4B67BA, GroupTopic sonoffs) Version 6.1.1-2_3_0\n";
	static const char noise[] = "00:01:00 MQT: tele/sonoff/STATE = {}\n";
	const char *one[] = {"LedState 1"};

	(void)state;
	for (int known = 0; known < 2; known++) {
		struct post *p = post_new("6.1.1-full", NULL);

		for (int i = 0; i < 1000; i++)
			courier_rx(p->c, (const uint8_t *)noise, strlen(noise), p->r->now);
		p->r->now += MONO_MS(2);
		if (known)
			courier_rx(p->c, (const uint8_t *)banner, strlen(banner), p->r->now);
		send(p, one, 1, 0x060101, false);
		courier_rx(p->c, (const uint8_t *)project, strlen(project), p->r->now);
		assert_int_equal(p->crashes, known ? 0 : 1);
		courier_cancel(p->c);
		post_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(courier_rx__knows__a_start_that_began_before),
	    cmocka_unit_test(setup__is_stored_as_meant__or_said_to_be_impossible),
	    cmocka_unit_test(traps__are_true__the_device_stores_something_else),
	    cmocka_unit_test(typed_backlog__is_split_and_stored),
	    cmocka_unit_test(template__holds_semicolons__on_each_build),
	    cmocka_unit_test(script__is_stored_whole__over_a_link_that_loses_bytes),
	    cmocka_unit_test(script__is_stored_whole__over_a_bad_link),
	    cmocka_unit_test(tries__are_more__where_something_comes_back),
	    cmocka_unit_test(answer__is_believed__when_it_can_be),
	    cmocka_unit_test(script__stops__at_an_unknown_command),
	    cmocka_unit_test(backlog__goes_on__behind_a_refusal),
	    cmocka_unit_test(error__is_told_apart__from_unknown),
	    cmocka_unit_test(crash__in_the_middle__is_told_and_made_up_for),
	    cmocka_unit_test(restart__of_a_part__is_awaited_before_the_next),
	    cmocka_unit_test(restart__command__is_answered_by_the_boot),
	    cmocka_unit_test(wait__matches_a_line__or_runs_out),
	    cmocka_unit_test(once__is_never_sent_twice),
	    cmocka_unit_test(letters_beyond_ascii__never_go_out),
	    cmocka_unit_test(cancel__tells__what_arrived_and_what_not),
	    cmocka_unit_test(pace__keeps__a_long_line_whole),
	    cmocka_unit_test(rx__takes__whatever_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
