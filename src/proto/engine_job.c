/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine's job: can it be done at all? */
#include "engine_int.h"

/* No NOR flash behind an ESP8266 is larger; the bound keeps all sums in 32 bits. */
#define JOB_LIMIT (256u << 20)

static bool job_overlaps(const struct engine_part *a, const struct engine_part *b)
{
	uint64_t a_end =
	    (uint64_t)a->offset + (a->length + CHIP_SECTOR - 1) / CHIP_SECTOR * CHIP_SECTOR;
	uint64_t b_end =
	    (uint64_t)b->offset + (b->length + CHIP_SECTOR - 1) / CHIP_SECTOR * CHIP_SECTOR;
	return a->offset < b_end && b->offset < a_end;
}

static bool job_part_ok(const struct engine_job *job, size_t i)
{
	const struct engine_part *p = &job->parts[i];
	if (p->offset % CHIP_SECTOR != 0 || p->length == 0)
		return false;
	if (p->offset > JOB_LIMIT || p->length > JOB_LIMIT - p->offset)
		return false;
	if (job->kind == ENGINE_ERASE && p->length % CHIP_SECTOR != 0)
		return false;
	for (size_t k = 0; k < i; k++)
		if (job_overlaps(p, &job->parts[k]))
			return false;
	return true;
}

static bool job_keep_ok(const struct engine_job *job, const struct engine_part *k)
{
	if (k->offset % CHIP_SECTOR != 0 || k->length == 0 || k->length % CHIP_SECTOR != 0)
		return false;
	if (k->offset > JOB_LIMIT || k->length > JOB_LIMIT - k->offset)
		return false;
	for (size_t i = 0; i < job->part_count; i++)
		if (job_overlaps(k, &job->parts[i]))
			return false;
	return true;
}

bool engine_job_ok(const struct engine_job *job)
{
	if ((unsigned)job->kind > ENGINE_FLASH)
		return false;
	if (job->part_count > ENGINE_MAX_PARTS || job->keep_count > ENGINE_MAX_KEEP)
		return false;
	if ((job->kind == ENGINE_FLASH || job->kind == ENGINE_VERIFY) && job->part_count == 0)
		return false;
	if (job->kind == ENGINE_IDENTIFY)
		return true;
	for (size_t i = 0; i < job->part_count; i++)
		if (!job_part_ok(job, i))
			return false;
	for (size_t i = 0; i < job->keep_count; i++)
		if (!job_keep_ok(job, &job->keep[i]))
			return false;
	return true;
}

bool engine_move(struct engine *e, const uint32_t *offset, size_t n)
{
	if (n != e->job.part_count || e->state != ES_PROCEED || e->proceeded)
		return false;
	struct engine_job changed = e->job;
	for (size_t i = 0; i < n; i++)
		changed.parts[i].offset = offset[i];
	if (!engine_job_ok(&changed))
		return false;
	e->job = changed;
	return true;
}

bool engine_keep(struct engine *e, const struct engine_part *keep, size_t n)
{
	if (n > ENGINE_MAX_KEEP - e->job.keep_count)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!job_keep_ok(&e->job, &keep[i]))
			return false;
	for (size_t i = 0; i < n; i++)
		e->job.keep[e->job.keep_count++] = keep[i];
	return true;
}
