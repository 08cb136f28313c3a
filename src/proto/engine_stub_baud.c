/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's change of rate with the stub: it is told the exact divider, answers at the old
 * rate, changes, and comes back by itself if it hears nothing good for a second. So a rate that the
 * link can't carry costs a moment and no power cycle. A rate counts when it has carried a burst of
 * echoes both ways; rates above one that failed are not tried again.
 */
#include "engine_int.h"

#include <string.h>

#define SBAUD_ANSWER MONO_MS(250)
#define SBAUD_ECHOES 1u
#define SBAUD_MISSES 2u /* echoes that came back damaged, or not while noise came */
#define SBAUD_SILENT \
	3u			/* ... or not at all, each waited for twice as long: together less
				    * than STUB_FALLBACK_MS after the first */
#define SBAUD_ECHO_MS	    10u /* time an echo takes on the wire, one way */
#define SBAUD_ECHO_MIN	    48u
#define SBAUD_ECHO_MAX	    2048u
#define SBAUD_ECHO_PATIENCE MONO_MS(80)
#define SBAUD_SETTLE	    MONO_MS(2)
#define SBAUD_SEEK	    MONO_MS(150)
/* Rounds over all rates; the waits together are longer than STUB_FALLBACK_MS by far. */
#define SBAUD_ROUNDS 8u

bool stub_near(uint32_t a, uint32_t b)
{
	uint32_t diff = a > b ? a - b : b - a;
	return (uint64_t)diff * 1000 <= (uint64_t)b * 25;
}

static void sbaud_list(struct engine *e)
{
	static const uint32_t usual[] = {115200, 230400, 460800, 921600, 1500000, 2000000};
	const size_t n = sizeof usual / sizeof usual[0];
	struct engine_stub *st = &e->st;
	uint32_t top = e->job.baud ? e->job.baud : usual[n - 1];
	st->rates = 0;
	for (size_t i = 0; i < n && st->rates + 1 < STUB_RATES; i++)
		if (usual[i] < top && !stub_near(usual[i], top))
			st->rate[st->rates++] = usual[i];
	st->rate[st->rates++] = top;
	st->direct = e->job.baud != 0;
}

static void sbaud_over(struct engine *e)
{
	struct engine_stub *st = &e->st;
	engine_emit(
	    e, &(struct engine_event){
		   .kind = ENGINE_EV_BAUD, .stage = e->stage, .value = e->baud, .ok = !st->fell});
	engine_go(e, st->back);
}

/* May that one be tried, and is it another one? */
static bool sbaud_open(const struct engine *e, size_t i)
{
	const struct engine_stub *st = &e->st;
	bool allowed =
	    st->ceiling == 0 || (st->rate[i] < st->ceiling && !stub_near(st->rate[i], st->ceiling));
	return allowed && !stub_near(e->baud, st->rate[i]);
}

static void sbaud_try(struct engine *e, size_t i)
{
	struct engine_stub *st = &e->st;
	const uint32_t xtal = e->chip.crystal_khz;
	st->at = i;
	st->divider = chip_divider(e->type, xtal, st->rate[i]);
	st->target = st->divider ? chip_rate(e->type, xtal, st->divider) : 0;
	st->old = e->asked;
	st->old_divider = e->asked == e->linked && e->chip.clkdiv
			      ? e->chip.clkdiv
			      : chip_divider(e->type, xtal, e->asked);
	engine_go(e, ES_STUB_TEST);
}

/* The next faster one, or at once the fastest that is left. */
static void sbaud_next(struct engine *e)
{
	struct engine_stub *st = &e->st;
	for (size_t k = 0; k < st->rates; k++) {
		size_t i = st->direct ? st->rates - 1 - k : k;
		if (sbaud_open(e, i) && st->rate[i] > e->baud) {
			sbaud_try(e, i);
			return;
		}
	}
	sbaud_over(e);
}

void stub_raise(struct engine *e)
{
	struct engine_stub *st = &e->st;
	st->back = ES_STUB_WORK;
	st->fell = st->ceiling != 0 && e->job.baud != 0;
	if (e->job.no_baud_change) {
		engine_go(e, st->back);
		return;
	}
	sbaud_list(e);
	/* A stub of an earlier session may run faster than this job wants. */
	if (e->baud > st->rate[st->rates - 1] && sbaud_open(e, st->rates - 1))
		sbaud_try(e, st->rates - 1);
	else
		sbaud_next(e);
}

bool stub_lower(struct engine *e, enum engine_state back)
{
	struct engine_stub *st = &e->st;
	if (e->c32)
		return baud_lower(e, back);
	if (e->job.no_baud_change)
		return false;
	for (size_t i = st->rates; i-- > 0;) {
		if (!sbaud_open(e, i) || st->rate[i] > e->baud)
			continue;
		st->ceiling = e->baud;
		st->fell = true;
		st->back = back;
		engine_emit_retry(e, ENGINE_RETRY_SLOWER, st->rate[i]);
		sbaud_try(e, i);
		return true;
	}
	return false;
}

/* The rate under trial is no good: on from the one in use. */
static void sbaud_failed(struct engine *e)
{
	struct engine_stub *st = &e->st;
	if (st->target > e->baud && (st->ceiling == 0 || st->rate[st->at] < st->ceiling))
		st->ceiling = st->rate[st->at];
	if (st->back == ES_STUB_WORK) {
		if (st->direct)
			st->fell = true;
		sbaud_next(e);
	} else {
		sbaud_over(e);
	}
}

/* ---- can the host do it? ----------------------------------------------------------------------------- */
void stub_test(struct engine *e)
{
	if (e->st.divider == 0) {
		sbaud_failed(e);
		return;
	}
	engine_set_baud(e, e->st.target);
}

void stub_test_acted(struct engine *e)
{
	e->st.able = e->q.baud_ok && stub_near(e->baud, e->st.target);
	engine_go(e, ES_STUB_RETURN);
}

void stub_return(struct engine *e)
{
	engine_set_baud(e, e->st.old);
}

void stub_return_acted(struct engine *e)
{
	if (e->st.able)
		engine_go(e, ES_STUB_BAUD);
	else
		sbaud_failed(e);
}

/* ---- the change ---------------------------------------------------------------------------------------- */
void stub_baud(struct engine *e)
{
	/* What is under way is worked off before. */
	int64_t busy = engine_wire_us(e, e->s.out) + (e->s.out ? MONO_S(2) : 0);
	stub_ask(e, STUB_BAUD, &e->st.divider, 1, SBAUD_ANSWER + busy);
}

void stub_baud_answer(struct engine *e, const struct stub_msg *m)
{
	e->st.moved = e->now;
	if (m->status == STUB_OK && stub_word(m, 0) == e->st.divider)
		engine_go(e, ES_STUB_SET);
	else
		sbaud_failed(e);
}

/* Has it changed? If so it comes back. */
void stub_baud_unanswered(struct engine *e)
{
	e->st.moved = e->now;
	engine_go(e, ES_STUB_WAIT);
}

void stub_set(struct engine *e)
{
	engine_set_baud(e, e->st.target);
}

void stub_set_acted(struct engine *e)
{
	e->st.echoes = 0;
	e->st.echo_failed = 0;
	e->deadline = e->now + SBAUD_SETTLE;
}

void stub_set_expire(struct engine *e)
{
	engine_go(e, ES_STUB_ECHO);
}

static uint32_t sbaud_echo_size(const struct engine *e)
{
	uint32_t n = e->baud / 10000 * SBAUD_ECHO_MS;
	if (n < SBAUD_ECHO_MIN)
		return SBAUD_ECHO_MIN;
	return n < SBAUD_ECHO_MAX ? n : SBAUD_ECHO_MAX;
}

/* Single bits, long runs, everything between. */
void stub_echo(struct engine *e)
{
	uint32_t size = sbaud_echo_size(e);
	for (uint32_t i = 0; i < size; i++) {
		e->data[i] = (uint8_t)(i * 167 + (i >> 8) * 59 + e->st.echoes * 31);
		if (i % 256 < 64)
			e->data[i] = i % 64 < 32 ? 0x55 : 0x00;
	}
	/* Asked for again it is the same echo: one that is late counts. */
	if (e->st.echo_failed == 0)
		e->st.serial++;
	size_t n = stub_enc(e->tx, sizeof e->tx, STUB_ECHO, e->st.serial, NULL, 0, e->data, size);
	e->st.echo_damaged = e->st.damaged;
	stub_ask_encoded(e, STUB_ECHO, n,
	    (SBAUD_ECHO_PATIENCE << e->st.echo_failed) + engine_wire_us(e, 2 * (size_t)size));
}

void stub_echo_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_stub *st = &e->st;
	uint32_t size = sbaud_echo_size(e);
	if (m->status != STUB_OK || m->n != size || memcmp(m->data, e->data, size) != 0) {
		stub_echo_expire(e);
		return;
	}
	st->echo_failed = 0;
	if (++st->echoes < SBAUD_ECHOES) {
		engine_go(e, ES_STUB_ECHO);
		return;
	}
	if (st->back == ES_STUB_WORK)
		sbaud_next(e);
	else
		sbaud_over(e);
}

/* A rate that does not carry is told by what comes damaged, or by nothing; where nothing came yet the
 * way may be a long one (a server that is busy, a machine that is). */
void stub_echo_expire(struct engine *e)
{
	bool noise = e->slip.len > 0 || e->st.damaged != e->st.echo_damaged;
	stub_flush(e);
	e->cmd.waiting = false;
	if (++e->st.echo_failed < (noise ? SBAUD_MISSES : SBAUD_SILENT))
		engine_go(e, ES_STUB_ECHO);
	else
		engine_go(e, ES_STUB_UNDO);
}

/* ---- it does not carry --------------------------------------------------------------------------------- */
/* It may hear well what it can't be heard saying. */
void stub_undo(struct engine *e)
{
	size_t n = stub_enc(
	    e->tx, sizeof e->tx, STUB_BAUD, ++e->st.serial, &e->st.old_divider, 1, NULL, 0);
	engine_send(e, n);
}

void stub_undo_acted(struct engine *e)
{
	engine_go(e, ES_STUB_WAIT);
}

void stub_wait(struct engine *e)
{
	engine_set_baud(e, e->st.old);
}

void stub_wait_acted(struct engine *e)
{
	e->deadline = e->now + SBAUD_SETTLE;
}

void stub_wait_expire(struct engine *e)
{
	struct engine_stub *st = &e->st;
	st->seeks = 0;
	st->seek_rate[st->seeks++] = st->old;
	st->seek_rate[st->seeks++] = st->target;
	/* It is at the old rate or comes back to it: that one is asked at most often. */
	st->seek_rate[st->seeks++] = st->old;
	st->seek = 0;
	st->seek_round = 0;
	engine_go(e, ES_STUB_SEEK_RATE);
}

void stub_seek_rate(struct engine *e)
{
	uint32_t rate = e->st.seek_rate[e->st.seek];
	if (rate == e->asked)
		engine_go(e, ES_STUB_SEEK);
	else
		engine_set_baud(e, rate);
}

static void sbaud_seek_next(struct engine *e)
{
	struct engine_stub *st = &e->st;
	if (++st->seek == st->seeks) {
		st->seek = 0;
		if (++st->seek_round == SBAUD_ROUNDS || engine_restart_likely(e)) {
			stub_lost(e);
			return;
		}
	}
	engine_go(e, ES_STUB_SEEK_RATE);
}

void stub_seek_rate_acted(struct engine *e)
{
	if (e->q.baud_ok)
		engine_go(e, ES_STUB_SEEK);
	else
		sbaud_seek_next(e);
}

void stub_seek(struct engine *e)
{
	/* An answer that is late each time would come at the next rate each time. */
	stub_ask(e, STUB_STATUS, NULL, 0, SBAUD_SEEK + e->st.seek_round * MONO_MS(50));
}

void stub_seek_expire(struct engine *e)
{
	stub_flush(e);
	e->cmd.waiting = false;
	sbaud_seek_next(e);
}

void stub_seek_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_stub *st = &e->st;
	(void)m;
	/* It stayed at the rate that does not carry well: away from there. */
	if (e->asked == st->target && st->target > st->old) {
		enum engine_state back = st->back;
		if (stub_lower(e, back))
			return;
	}
	sbaud_failed(e);
}

/* ---- back, in the end ---------------------------------------------------------------------------------- */
/*
 * Without lines to reset it the stub stays in the chip. The next program looks for a loader at the
 * usual rate: it is to be found there. (One that was left at another rate goes back by itself, after
 * STUB_IDLE_MS.)
 */
bool stub_goes_home(struct engine *e)
{
	if (!e->st.on || e->st.leaves || e->job.no_baud_change ||
	    stub_near(e->baud, e->type->sync_baud))
		return false;
	engine_go(e, ES_STUB_HOME);
	return true;
}

uint32_t stub_home_divider(const struct engine *e)
{
	if (e->linked == e->type->sync_baud && e->chip.clkdiv)
		return e->chip.clkdiv;
	return chip_divider(e->type, e->chip.crystal_khz, e->type->sync_baud);
}

void stub_home(struct engine *e)
{
	struct engine_stub *st = &e->st;
	st->target = e->type->sync_baud;
	st->divider = stub_home_divider(e);
	stub_ask(e, STUB_BAUD, &st->divider, 1, SBAUD_ANSWER);
}

void stub_home_go(struct engine *e)
{
	engine_go(e, ES_STUB_HOME_SET);
}

void stub_home_answer(struct engine *e, const struct stub_msg *m)
{
	if (m->status == STUB_OK)
		stub_home_go(e);
	else
		engine_finished(e);
}

void stub_home_set(struct engine *e)
{
	engine_set_baud(e, e->st.target);
}

void stub_home_set_acted(struct engine *e)
{
	e->deadline = e->now + SBAUD_SETTLE;
}

void stub_home_set_expire(struct engine *e)
{
	engine_go(e, ES_STUB_HOME_ASK);
}

/* The first good frame makes it stay. */
void stub_home_ask(struct engine *e)
{
	stub_ask(e, STUB_STATUS, NULL, 0, SBAUD_SEEK);
}

void stub_home_asked(struct engine *e, const struct stub_msg *m)
{
	(void)m;
	engine_finished(e);
}
