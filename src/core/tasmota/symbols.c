/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads symbol tables of ELF files and the addresses of map files. Every number in them is somebody
 * else's: offsets and lengths are checked against the file before anything is read, and what is kept
 * has a limit.
 */
#include "tasmite/core/tasmota/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

#define SECTIONS_MAX 16384
#define SYMBOLS_MAX  (1u << 20)	 /* entries of the table that are looked at */
#define NAMES_MAX    (24u << 20) /* bytes of names */
#define MAP_MAX	     (64u << 20) /* bytes of a map file that are looked at */
/* Of one slice of reading: bytes of the file, entries of a table, rows that are merged. */
#define PIECE	 (512u << 10)
#define ENTRIES	 16384u
#define ROWS	 32768u
#define RUN_ROWS 8192u /* sorted at once */
/* A symbol without a size reaches up to the next one, but not further than this. */
#define REACH_MAX 0x4000u

/* ELF (System V ABI). */
#define EM_XTENSA     94
#define EM_RISCV      243
#define SHT_SYMTAB    2
#define SHT_STRTAB    3
#define SHF_EXECINSTR 4
#define SHN_ABS	      0xfff1
#define STT_NOTYPE    0
#define STT_FUNC      2
#define ELF_HEAD      52
#define ELF_SECTION   40
#define ELF_SYMBOL    16

struct symbol {
	uint32_t at, size;
	uint32_t name; /* offset in names */
};

struct symbols {
	struct symbol *row;
	size_t count, room;
	char *names; /* each ends in a NUL, and so does the whole */
	size_t names_n, names_room;
	const char *kind;
};

/* ---- what is kept ------------------------------------------------------------------------------ */

/* Labels of the assembler and of the compiler inside of functions. */
static bool is_label(const char *name)
{
	return !name[0] || name[0] == '$' || (name[0] == '.' && name[1] == 'L') ||
	       str_starts(name, "_l32r");
}

static void add(struct symbols *s, uint32_t at, uint32_t size, uint32_t name)
{
	if (s->count == SYMBOLS_MAX)
		return;
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 1024;
		s->row = xrealloc(s->row, s->room * sizeof(*s->row));
	}
	s->row[s->count].at = at;
	s->row[s->count].size = size;
	s->row[s->count].name = name;
	s->count++;
}

static void add_named(struct symbols *s, uint32_t at, uint32_t size, const char *name, size_t n)
{
	if (n > 4000 || s->names_n + n + 1 > NAMES_MAX)
		return;
	if (s->names_n + n + 1 > s->names_room) {
		s->names_room = (s->names_room + n + 1) * 2;
		s->names = xrealloc(s->names, s->names_room);
	}
	memcpy(s->names + s->names_n, name, n);
	s->names[s->names_n + n] = '\0';
	if (is_label(s->names + s->names_n))
		return;
	add(s, at, size, (uint32_t)s->names_n);
	s->names_n += n + 1;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* ---- ELF ----------------------------------------------------------------------------------------- */

struct section {
	uint32_t type, flags, offset, size, link;
};

static bool get(const struct symbols_source *f, uint64_t offset, void *dst, size_t n)
{
	return offset <= f->size && n <= f->size - offset && f->read(f->ctx, offset, dst, n);
}

static void section_of(const uint8_t *table, uint32_t i, struct section *out)
{
	const uint8_t *p = table + (size_t)i * ELF_SECTION;

	out->type = get_le32(p + 4);
	out->flags = get_le32(p + 8);
	out->offset = get_le32(p + 16);
	out->size = get_le32(p + 20);
	out->link = get_le32(p + 24);
}

/* Functions, and what stands without a type in code or, as the names of the ROM do, nowhere. */
static bool wanted(const uint8_t *symbol, const uint8_t *table, uint32_t sections)
{
	unsigned type = symbol[12] & 15u;
	uint16_t section = get_le16(symbol + 14);
	struct section of;

	if (!get_le32(symbol + 4) || (type != STT_FUNC && type != STT_NOTYPE) || !section)
		return false;
	if (type == STT_FUNC)
		return true;
	if (section == SHN_ABS)
		return get_le32(symbol + 4) >= 0x40000000u;
	if (section >= sections)
		return false;
	section_of(table, section, &of);
	return of.flags & SHF_EXECINSTR;
}

enum reading_stage { READ_HEAD, READ_ENTRIES, READ_NAMES, READ_TABLE, READ_MAP, READ_SORT };

struct map_line {
	char section[4001]; /* its name stood alone in a line: numbers follow in the next one */
	size_t section_n;
};

struct symbols_reading {
	struct symbols_source from;
	struct symbols *s;
	enum reading_stage stage;
	/* ELF */
	uint8_t *table;	  /* of sections */
	uint8_t *entries; /* of symbols */
	uint32_t sections;
	struct section symbols, names;
	size_t at; /* how far the present stage has come */
	/* map */
	struct map_line line;
	char *text;
	size_t held; /* bytes in text: the beginning of a line */
	/* sorting: runs of that many rows are in order; at: the pair that is merged, of whose sides
	 * so many rows are taken */
	struct symbol *spare;
	size_t run, left, right;
};

static int damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_FORMAT, 0, "%s", what);
}

/* The next piece of what lies at offset; ERR_OK: all of it is there. */
static int read_more(struct symbols_reading *r, uint32_t offset, uint8_t *dst, size_t n)
{
	size_t piece = n - r->at < PIECE ? n - r->at : PIECE;

	if (!get(&r->from, (uint64_t)offset + r->at, dst + r->at, piece))
		return ERR_FORMAT;
	r->at += piece;
	return r->at < n ? ERR_AGAIN : ERR_OK;
}

static void take_symbols(struct symbols_reading *r)
{
	size_t n = r->symbols.size / ELF_SYMBOL;
	size_t end = n - r->at < ENTRIES ? n : r->at + ENTRIES;
	struct symbols *s = r->s;

	for (; r->at < end; r->at++) {
		const uint8_t *p = r->entries + r->at * ELF_SYMBOL;
		uint32_t name = get_le32(p);

		if (wanted(p, r->table, r->sections) && name < r->names.size &&
		    !is_label(s->names + name))
			add(s, get_le32(p + 4), get_le32(p + 8), name);
	}
}

static int begin_table(struct symbols_reading *r, struct err *err)
{
	size_t n = r->symbols.size / ELF_SYMBOL;

	if (r->symbols.link < r->sections)
		section_of(r->table, r->symbols.link, &r->names);
	if (r->names.type != SHT_STRTAB || !r->names.size || r->names.size > NAMES_MAX ||
	    n > SYMBOLS_MAX)
		return damaged(err, "its symbol table is damaged or too large");
	r->entries = xmalloc(n * ELF_SYMBOL + 1);
	r->s->names = xmalloc((size_t)r->names.size + 1);
	r->s->names[r->names.size] = '\0';
	r->s->names_n = r->names.size;
	r->stage = READ_ENTRIES;
	return ERR_AGAIN;
}

static int begin_elf(struct symbols_reading *r, const uint8_t *head, struct err *err)
{
	uint16_t machine = get_le16(head + 18);
	size_t bytes;

	r->sections = get_le16(head + 48);
	bytes = (size_t)r->sections * ELF_SECTION;
	if (head[4] != 1 || head[5] != 1 || (machine != EM_XTENSA && machine != EM_RISCV))
		return err_set(err, ERR_FORMAT, 0,
		    "it is an ELF file, but not for an ESP (machine %u)", machine);
	r->s->kind = machine == EM_XTENSA ? "ELF for Xtensa" : "ELF for RISC-V";
	if (!r->sections || r->sections > SECTIONS_MAX || get_le16(head + 46) != ELF_SECTION)
		return damaged(err, "its table of sections is damaged");
	r->table = xmalloc(bytes);
	if (!get(&r->from, get_le32(head + 32), r->table, bytes))
		return damaged(err, "it is cut: its table of sections is not all there");
	for (uint32_t i = 0; i < r->sections; i++) {
		section_of(r->table, i, &r->symbols);
		if (r->symbols.type == SHT_SYMTAB)
			return begin_table(r, err);
	}
	return err_set(err, ERR_NOENT, 0,
	    "it has no symbol table (stripped): take the one that the build left");
}

/* A slice; ERR_OK: this stage is over. */
static int read_elf(struct symbols_reading *r, struct err *err)
{
	size_t n = r->symbols.size / ELF_SYMBOL;
	int rc;

	if (r->stage == READ_TABLE) {
		take_symbols(r);
		return r->at < n ? ERR_AGAIN : ERR_OK;
	}
	rc = r->stage == READ_ENTRIES
		 ? read_more(r, r->symbols.offset, r->entries, n * ELF_SYMBOL)
		 : read_more(r, r->names.offset, (uint8_t *)r->s->names, r->names.size);
	if (rc == ERR_FORMAT)
		return damaged(err, "it is cut: its symbol table is not all there");
	return rc;
}

/* ---- map files ------------------------------------------------------------------------------------ */

/* A hexadecimal number behind "0x"; false: there is none, or it has more than 32 bits. */
static bool take_hex(const char **p, const char *end, uint32_t *value)
{
	uint64_t v = 0;
	const char *q = *p;
	int digits = 0;

	if (end - q < 3 || q[0] != '0' || q[1] != 'x')
		return false;
	for (q += 2; q < end && digits < 17; q++, digits++) {
		char c = *q;
		unsigned d;

		if (c >= '0' && c <= '9')
			d = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			d = (unsigned)(c - 'a' + 10);
		else
			break;
		v = v << 4 | d;
	}
	if (!digits || v > UINT32_MAX)
		return false;
	*p = q;
	*value = (uint32_t)v;
	return true;
}

static void skip_blanks(const char **p, const char *end)
{
	while (*p < end && (**p == ' ' || **p == '\t'))
		++*p;
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_$.", c));
}

/* ".text._Z12MqttReconnecti" names the function where each has a section of its own. */
static size_t function_of(const char *section, size_t n, const char **name)
{
	static const char *const heads[] = {".text.", ".irom0.text.", ".iram1.", ".iram.text."};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t m = strlen(heads[i]);

		if (n > m && !memcmp(section, heads[i], m)) {
			*name = section + m;
			return n - m;
		}
	}
	return 0;
}

/* " .text.setup   0x40201010   0x1c4 a.o", and "      0x40201010    setup". */
static void map_line(struct symbols *s, struct map_line *m, const char *p, const char *end)
{
	uint32_t at, size = 0;
	const char *name;
	size_t n;

	if (p < end && *p != ' ')
		m->section_n = 0;
	skip_blanks(&p, end);
	for (name = p; p < end && name_char(*p); p++)
		;
	n = (size_t)(p - name);
	if (n && *name == '.') {
		m->section_n = n < sizeof(m->section) ? n : 0;
		memcpy(m->section, name, m->section_n);
		skip_blanks(&p, end);
		if (p == end)
			return;
	} else {
		p = name;
	}
	if (!take_hex(&p, end, &at) || at < 0x40000000u) {
		m->section_n = 0;
		return;
	}
	skip_blanks(&p, end);
	if (m->section_n && take_hex(&p, end, &size)) {
		n = function_of(m->section, m->section_n, &name);
		if (n && size)
			add_named(s, at, size, name, n);
		m->section_n = 0;
		return;
	}
	m->section_n = 0;
	for (name = p; p < end && name_char(*p); p++)
		;
	n = (size_t)(p - name);
	/* "0x4000228c   ets_printf" or "... = 0x4000228c" of a script */
	if (n && *name != '.' && !(*name >= '0' && *name <= '9') &&
	    (p == end || *p == ' ' || *p == '\r'))
		add_named(s, at, 0, name, n);
}

/* The lines of a piece; one that goes on behind it is held. */
static void map_lines(struct symbols_reading *r, const char *text, size_t n, bool last)
{
	size_t at = 0;

	while (at < n) {
		const char *line = text + at, *lf = memchr(line, '\n', n - at);
		const char *end = lf ? lf : text + n;

		/* Of a line that is longer than a piece the rest is read as one of its own. */
		if (!lf && !last && n - at < PIECE)
			break;
		if (end > line && end[-1] == '\r')
			end--;
		map_line(r->s, &r->line, line, end);
		at = lf ? (size_t)(lf - text) + 1 : n;
	}
	r->held = n - at;
	memmove(r->text, text + at, r->held);
}

static int read_map(struct symbols_reading *r, struct err *err)
{
	size_t size = (size_t)(r->from.size < MAP_MAX ? r->from.size : MAP_MAX);
	size_t piece = size - r->at < PIECE ? size - r->at : PIECE;

	if (!piece || !get(&r->from, r->at, r->text + r->held, piece))
		return damaged(err, "it is neither an ELF file nor a map file of a build");
	r->at += piece;
	map_lines(r, r->text, r->held + piece, r->at == size);
	if (r->at < size)
		return ERR_AGAIN;
	return r->s->count ? ERR_OK
			   : damaged(err, "it is neither an ELF file nor a map file of a build");
}

/* ---- sorting ----------------------------------------------------------------------------------- */

/* Pairs of neighbouring runs become one each in spare: the next rows of that. */
static void merge(struct symbols_reading *r)
{
	const struct symbol *row = r->s->row;
	size_t n = r->s->count;

	for (size_t done = 0; done < ROWS && r->at < n; done++) {
		size_t mid = r->at + r->run < n ? r->at + r->run : n;
		size_t end = mid + r->run < n ? mid + r->run : n;
		size_t i = r->at + r->left, k = mid + r->right, out = i + r->right;
		bool left = k == end || (i < mid && by_address(&row[i], &row[k]) <= 0);

		r->spare[out] = row[left ? i : k];
		r->left += left;
		r->right += !left;
		if (out + 1 == end) {
			r->at = end;
			r->left = r->right = 0;
		}
	}
}

/* Runs first, then each pass doubles their length. */
static int sort_step(struct symbols_reading *r)
{
	struct symbols *s = r->s;

	if (!r->spare) {
		size_t n = s->count - r->at < RUN_ROWS ? s->count - r->at : RUN_ROWS;

		qsort(s->row + r->at, n, sizeof(s->row[0]), by_address);
		r->at += n;
		if (r->at < s->count)
			return ERR_AGAIN;
		r->spare = xmalloc(s->count * sizeof(*r->spare));
		r->run = RUN_ROWS;
		r->at = 0;
	}
	if (r->run >= s->count)
		return ERR_OK;
	merge(r);
	if (r->at >= s->count) {
		struct symbol *was = s->row;

		s->row = r->spare;
		r->spare = was;
		s->room = s->count;
		r->run *= 2;
		r->at = 0;
	}
	return r->run >= s->count ? ERR_OK : ERR_AGAIN;
}

/* ---- both ------------------------------------------------------------------------------------------ */

struct symbols_reading *symbols_begin(const struct symbols_source *from)
{
	struct symbols_reading *r = xcalloc(1, sizeof(*r));

	r->from = *from;
	r->s = xcalloc(1, sizeof(*r->s));
	return r;
}

static int begin_reading(struct symbols_reading *r, struct err *err)
{
	uint8_t head[ELF_HEAD];

	if (get(&r->from, 0, head, sizeof(head)) && !memcmp(head, "\177ELF", 4))
		return begin_elf(r, head, err);
	r->s->kind = "map file";
	r->text = xmalloc(2 * PIECE);
	r->stage = READ_MAP;
	return ERR_AGAIN;
}

/* What comes behind a stage that is over; ERR_OK: nothing. */
static int next_stage(struct symbols_reading *r, struct err *err)
{
	static const enum reading_stage next[] = {[READ_ENTRIES] = READ_NAMES,
	    [READ_NAMES] = READ_TABLE,
	    [READ_TABLE] = READ_SORT,
	    [READ_MAP] = READ_SORT};

	if (r->stage == READ_SORT)
		return ERR_OK;
	r->stage = next[r->stage];
	r->at = 0;
	if (r->stage == READ_SORT && !r->s->count)
		return err_set(err, ERR_NOENT, 0, "it names no functions");
	return ERR_AGAIN;
}

int symbols_step(struct symbols_reading *r, struct symbols **out, struct err *err)
{
	int rc;

	*out = NULL;
	if (r->stage == READ_HEAD)
		return begin_reading(r, err);
	if (r->stage == READ_SORT)
		rc = sort_step(r);
	else
		rc = r->stage == READ_MAP ? read_map(r, err) : read_elf(r, err);
	if (rc == ERR_OK)
		rc = next_stage(r, err);
	if (rc == ERR_OK) {
		*out = r->s;
		r->s = NULL;
	}
	return rc;
}

void symbols_end(struct symbols_reading *r)
{
	if (!r)
		return;
	symbols_free(r->s);
	free(r->table);
	free(r->entries);
	free(r->text);
	free(r->spare);
	free(r);
}

struct symbols *symbols_read(const struct symbols_source *from, struct err *err)
{
	struct symbols_reading *r = symbols_begin(from);
	struct symbols *s;

	while (symbols_step(r, &s, err) == ERR_AGAIN)
		;
	symbols_end(r);
	return s;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	free(s->row);
	free(s->names);
	free(s);
}

size_t symbols_count(const struct symbols *s)
{
	return s->count;
}

const char *symbols_kind(const struct symbols *s)
{
	return s->kind;
}

/* The first row behind the address. */
static size_t above(const struct symbols *s, uint32_t address)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->row[mid].at <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool symbols_find(
    const struct symbols *s, uint32_t address, char *name, size_t size, uint32_t *behind)
{
	size_t i = s ? above(s, address) : 0, looked = 0;

	/* One that has a size says where it ends; it is believed before one that has none. */
	for (size_t k = i; k > 0 && looked < 16; k--, looked++) {
		const struct symbol *row = &s->row[k - 1];
		uint32_t far = address - row->at;

		if (row->size ? far >= row->size : far >= REACH_MAX || k != i)
			continue;
		*behind = far;
		symbols_readable(s->names + row->name, name, size);
		return true;
	}
	return false;
}

/* ---- mangled names ------------------------------------------------------------------------------------ */

/* <length><name> at *p, joined to dst by "::"; false: something else stands there. */
static bool take_part(const char **p, char *dst, size_t size, char last[64])
{
	size_t n = 0, digits = 0;
	char part[256];

	for (; (*p)[digits] >= '0' && (*p)[digits] <= '9' && digits < 4; digits++)
		n = n * 10 + (size_t)((*p)[digits] - '0');
	if (!digits || !n || strlen(*p + digits) < n)
		return false;
	*p += digits;
	(void)str_copy_n(part, sizeof(part), *p, n);
	if (str_starts(part, "_GLOBAL__N"))
		(void)str_copy(part, sizeof(part), "(anonymous)");
	*p += n;
	if (dst[0])
		(void)str_cat(dst, size, "::");
	(void)str_cat(dst, size, part);
	(void)str_copy(last, 64, part);
	return true;
}

/* Angle brackets are nested: what stands between I and its E are types, which are left out. */
static bool skip_template(const char **p)
{
	unsigned depth = 0;

	for (size_t steps = 0; **p && steps < 2000; steps++) {
		size_t n = 0;

		while (**p >= '0' && **p <= '9' && n < 4000)
			n = n * 10 + (size_t)(*(*p)++ - '0');
		if (!**p)
			return false;
		if (n) {
			if (strlen(*p) < n)
				return false;
			*p += n;
			continue;
		}
		/* A number: its digits are no length. */
		if (**p == 'L' && (*p)[1] >= 'a' && (*p)[1] <= 'z') {
			*p += strcspn(*p, "E");
			*p += **p == 'E';
			continue;
		}
		if (**p == 'I' || **p == 'N' || **p == 'X' || **p == 'L' || **p == 'F' ||
		    **p == 'J')
			depth++;
		else if (**p == 'E')
			depth--;
		++*p;
		if (!depth)
			return true;
	}
	return false;
}

static void nested(const char **p, char *dst, size_t size)
{
	char last[64] = "";

	while (**p && strchr("KVrRO", **p))
		++*p;
	if (str_starts(*p, "St")) {
		(void)str_cat(dst, size, "std");
		*p += 2;
	}
	for (;;) {
		if (take_part(p, dst, size, last))
			continue;
		if ((**p == 'C' || **p == 'D') && (*p)[1] >= '0' && (*p)[1] <= '5' && last[0]) {
			(void)str_cat(dst, size, **p == 'C' ? "::" : "::~");
			(void)str_cat(dst, size, last);
			*p += 2;
			continue;
		}
		if (**p == 'I' && skip_template(p))
			continue;
		break;
	}
}

void symbols_readable(const char *mangled, char *dst, size_t size)
{
	char text[512] = "", last[64];
	const char *p = mangled;

	if (str_starts(p, "_Z")) {
		p += 2;
		if (*p == 'L') /* static */
			p++;
		if (*p == 'N') {
			p++;
			nested(&p, text, sizeof(text));
			if (*p != 'E') /* an operator, a lambda: a form that is not read here */
				text[0] = '\0';
		} else {
			(void)take_part(&p, text, sizeof(text), last);
		}
	}
	(void)str_copy(dst, size, text[0] ? text : mangled);
}
