/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A flash engine and the virtual device on one virtual clock: what the driver, the port and the
 * user do, for tests. No descriptor, no real time.
 */
#ifndef TESTS_ENGINESIM_H
#define TESTS_ENGINESIM_H

#include "sim/link.h"
#include "tasmite/proto/engine.h"

#define RIG_EVENTS 4096
#define RIG_PLANS  64

struct rig;

/* How input is cut before the engine gets it. */
enum rig_cut { RIG_WHOLE, RIG_BYTES, RIG_RANDOM };

/* What becomes of a boot loader's answer, or of the command before it comes there. */
enum rig_meddle {
	RIG_REFUSE,  /* the answer is a refusal with code arg; the chip did what it was told */
	RIG_DENY,    /* ... and the chip did nothing */
	RIG_EMPTY,   /* ... a good one, without the data that belong to it */
	RIG_VALUE,   /* its value is arg */
	RIG_COUNTS,  /* ... arg, and one more each time */
	RIG_BYTE,    /* of its data byte arg / 256 is arg % 256 */
	RIG_OTHER,   /* ... the first one is '0', or '1' where it was '0' */
	RIG_CAPITAL, /* ... all letters are capital ones */
	RIG_LATE,    /* it comes arg us later, and nothing that follows before it */
	RIG_LOSE,    /* it is lost */
	RIG_MISS,    /* the command is lost: the chip does nothing */
	RIG_DAMAGE   /* a byte of the command's payload is another one */
};

/* For commands of that kind (not SYNC, not the stub's). Each command follows the first rule that
 * wants it; those behind don't see it. */
struct rig_rule {
	enum rig_meddle what;
	uint8_t op;	      /* 0: no rule */
	uint32_t word;	      /* its first word (a register); 0: any */
	unsigned from, times; /* from which of them on (0, 1: the first); how many (0: all) */
	uint32_t arg;
};
#define RIG_RULES 4
#define RIG_SENT  64

struct rig_config {
	struct engine_job job;
	bool stub; /* may be used; else the ROM does all */
	struct sim_link_config link;
	enum rig_cut cut;
	uint64_t seed;
	bool button;	  /* held when power comes */
	bool no_power;	  /* the test powers the board itself */
	int64_t power_at; /* us; 0: at once */
	const char *fault[4];
	bool fault_after_identity; /* ... begin when the identity is known */
	uint32_t host_max;	   /* highest rate the host can set; 0: any */
	uint32_t broken_above;	   /* rates above this come out wrong, both ways */
	uint32_t mute_above;	   /* nothing comes back at rates above this */
	int64_t done_late;	   /* us after the last bit that a write is reported as done */
	uint32_t noisy_above;	   /* at rates above this every third long frame has a wrong byte */
	/* Of every second long frame from this one on (1: the first) a byte is added (1) or lost
	 * (-1), such that the ROM's XOR does not notice; at this place in the frame, or behind. */
	unsigned shift_frame;
	int shift;
	size_t shift_at;
	bool host_rounds; /* the host knows the usual rates only, and sets the nearest */
	bool no_proceed;
	int lines_result;    /* what setting the lines gives */
	unsigned lines_good; /* ... after so many that work */
	/* Who sets the lines in the adapter's place: a server far away. */
	void (*lines)(struct rig *r, bool dtr, bool rts);
	const uint8_t *data[ENGINE_MAX_PARTS];
	unsigned no_data;   /* this so-manieth asking for data is in vain; 0: none */
	const uint8_t *old; /* what the driver knows of earlier firmware */
	size_t old_n;
	bool old_lies; /* ... and confuses */
	/* With any, or with meddled set (then they may be set later, between two commands). */
	struct rig_rule rule[RIG_RULES];
	bool meddled;
};

struct rig_pending {
	bool set;
	mono_t done_at; /* of a write that is reported late; 0: none */
	struct engine_action a;
};

struct rig {
	struct rig_pending pending;
	struct rig_config cfg;
	struct sim_link *link;
	struct engine *e;
	sim_time now;
	mono_t tx_free; /* when what was sent has left */
	uint64_t rng;
	struct engine_event ev[RIG_EVENTS];
	size_t events;
	char text[65536]; /* all ENGINE_EV_TEXT */
	size_t text_len;
	unsigned actions[ENGINE_TAKE_DATA + 1];
	uint32_t host;	    /* the host's rate */
	uint32_t rates[64]; /* set by BAUD, in order */
	size_t rate_count;
	size_t sent_silent; /* bytes sent before the first banner or burst: must stay 0 */
	sim_time stage_at[ENGINE_STAGES][2];
	uint64_t stage_wire[ENGINE_STAGES][2];
	bool dtr, rts; /* as the engine set them last */
	struct {
		sim_time at;
		bool dtr, rts;
	} plan[RIG_PLANS]; /* lines that will be set */
	size_t plans;
	unsigned long_frames, shifted;
	uint8_t last_byte; /* ... of the last long frame's payload */
	uint8_t *taken;	   /* by TAKE_DATA, as addressed */
	size_t taken_n, taken_part;
	bool ended;
	enum engine_event_kind end;
	/* Of meddled sessions: commands by opcode; those that are not answered yet, and what is to
	 * become of their answers; the packet that comes in; an answer that is held back. */
	unsigned commands[256];
	unsigned seen[RIG_RULES]; /* commands that each rule is about */
	struct {
		uint8_t op;
		struct rig_rule *rule;
	} sent[RIG_SENT];
	size_t sent_n;
	unsigned counted; /* answers of RIG_COUNTS */
	uint8_t packet[512];
	size_t packet_n;
	bool inside, escaped;
	uint8_t late[2048];
	size_t late_n;
	sim_time late_at;
};

void rig_init(struct rig *r, const struct rig_config *cfg);
void rig_fini(struct rig *r);
/* Runs until the engine has ended or limit_us more have passed. True when it has ended. */
bool rig_run(struct rig *r, int64_t limit_us);
/* Runs until an event of this kind (and, if heard >= 0, of this enum engine_heard) has come. */
bool rig_until(struct rig *r, enum engine_event_kind kind, int heard, int64_t limit_us);
size_t rig_count(const struct rig *r, enum engine_event_kind kind, int detail);
/* The last event of that kind, or NULL. */
const struct engine_event *rig_last(const struct rig *r, enum engine_event_kind kind);
/* The board's lines at a later time (for cfg.lines). */
void rig_plan(struct rig *r, sim_time at, bool dtr, bool rts);
struct sim_flash *rig_flash(struct rig *r);
/* True when the device's flash holds these bytes there. */
bool rig_flash_is(struct rig *r, uint32_t offset, const uint8_t *bytes, size_t n);
/* Pseudo-random bytes that look somewhat like firmware: runs, text, code. */
void rig_fill(uint8_t *dst, size_t n, uint64_t seed);

#endif
