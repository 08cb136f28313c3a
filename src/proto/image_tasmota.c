/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which firmware a file holds: its strings are looked for in one pass, Tasmota's version in the
 * constants that its settings migration leaves behind.
 */
#include <string.h>

#include "image_int.h"
#include "tasmite/base/bytes.h"

/* ---- what is looked for ---------------------------------------------------------------------- */

enum mark {
	MARK_LANG,	 /* value: language; one of Tasmota's messages that differs in each */
	MARK_FIRMWARE,	 /* value: name of another firmware */
	MARK_CORE,	 /* end of the project line: the core's version follows */
	MARK_STATUS,	 /* Status 2 */
	MARK_URL,	 /* perhaps the default OTA address */
	MARK_NO_SAVE,	 /* minimal and safeboot builds warn with it */
	MARK_FETCH_MIN,	 /* a build that can fetch its minimal one: not minimal itself */
	MARK_VERSION,	 /* 7.1.2 and later */
	MARK_TOPIC,	 /* project line of 6.3 and before */
	MARK_FEATURES,	 /* Status 4 since 6.0 */
	MARK_RESET_SOME, /* since 6.2 */
	MARK_FEATURE,	 /* bit: a part of Tasmota that is built in */
	MARK_GROUP,	 /* project line of 5.12 and before: the version follows without a core */
	MARK_COUNT
};

/* Parts of Tasmota that its builds differ in. */
#define HAS_DOMOTICZ 0x001u
#define HAS_IR	     0x002u /* the reduced infrared receiver */
#define HAS_IR_ANY   0x004u
#define HAS_HVAC     0x008u /* all infrared protocols */
#define HAS_KNX	     0x010u
#define HAS_SENSORS  0x020u
#define HAS_EPD	     0x040u
#define HAS_ZIGBEE   0x080u
#define HAS_RULES    0x100u
#define HAS_TUYA     0x200u
#define HAS_RF	     0x400u

struct needle {
	enum mark mark;
	const char *value;
	const char *text; /* two bytes or more */
	unsigned bit;
};

static const struct needle needles[] = {
    {MARK_CORE, "", "%s-", 0},
    {MARK_STATUS, "", "StatusFWR\":{\"", 0},
    {MARK_URL, "", "http://", 0},
    {MARK_NO_SAVE, "", "WARNING This version does not support persistent settings", 0},
    {MARK_FETCH_MIN, "", "%s-minimal%s", 0},
    {MARK_VERSION, "", "\xa5\x5a\xa5\x5a", 0},
    {MARK_TOPIC, "", "%s %s (Topic %s, ", 0},
    {MARK_FEATURES, "", "\"Features\":[\"%08X\"", 0},
    {MARK_RESET_SOME, "", "Some settings have been reset", 0},
    {MARK_GROUP, "", "GroupTopic %s) ", 0},
    /* Order of the languages: a Vietnamese build also holds the English message. */
    {MARK_LANG, "vi", "Đang khởi động", 0},
    {MARK_LANG, "en", "Serial logging disabled", 0},
    {MARK_LANG, "af", "Syslog-logging is uitgeskakel", 0},
    {MARK_LANG, "bg", "Серийния логинг изключен", 0},
    {MARK_LANG, "bg", "Серийният лог изключен", 0},
    {MARK_LANG, "bg", "Серийният дневник е изключен", 0},
    {MARK_LANG, "ca", "Registre Sèrie deshabilitat", 0},
    {MARK_LANG, "cs", "Logování na sériovém portu ukončeno", 0},
    {MARK_LANG, "de", "Serielles Logging deaktiviert", 0},
    {MARK_LANG, "el", "Η σειριακής καταγραφή απενεργοποιήθηκε", 0},
    {MARK_LANG, "el", "Η καταγραφή σειριακής θύρας είναι απενεργοποιημένη", 0},
    {MARK_LANG, "es", "Log serial deshabilitado", 0},
    {MARK_LANG, "fr", "Journalisation série désactivée", 0},
    {MARK_LANG, "fy", "Serial logging útskeakele", 0},
    {MARK_LANG, "he", "רישום טורי מושבת", 0},
    {MARK_LANG, "hu", "Serial logolás kikapcsolva", 0},
    {MARK_LANG, "hu", "Soros naplózás kikapcsolva", 0},
    {MARK_LANG, "it", "Log seriale disabilitato", 0},
    {MARK_LANG, "it", "Log Seriale disabilitato", 0},
    {MARK_LANG, "it", "Registro attività seriale disabilitato", 0},
    {MARK_LANG, "ko", "Serial log 사용 안함", 0},
    {MARK_LANG, "lt", "Serijinis logging išjungtas", 0},
    {MARK_LANG, "nl", "Serieel logging uitgeschakeld", 0},
    {MARK_LANG, "pl", "Wyłączony dziennik na porcie szeregowym", 0},
    {MARK_LANG, "pt_BR", "Registro em série desabilitado", 0},
    {MARK_LANG, "pt_BR", "Registro Serial desabilitado", 0},
    {MARK_LANG, "pt_PT", "Registro em serie desabilitado", 0},
    {MARK_LANG, "pt_PT", "Registro de porta série desabilitado", 0},
    {MARK_LANG, "ro", "Logare serială dezactivată", 0},
    {MARK_LANG, "ru", "Serial logging отключен", 0},
    {MARK_LANG, "ru", "Serial логирование выключено", 0},
    {MARK_LANG, "sk", "Logovanie na sériovom porte ukončené", 0},
    {MARK_LANG, "sv", "Seriell loggning inaktiverad", 0},
    {MARK_LANG, "tr", "Seri port loglaması kapalı", 0},
    {MARK_LANG, "uk", "Serial logging вимкнений", 0},
    {MARK_LANG, "uk", "Serial журнал вимкнений", 0},
    {MARK_LANG, "zh_CN", "串口日志已禁用", 0},
    {MARK_LANG, "zh_TW", "串口日誌已禁用", 0},
    {MARK_LANG, "zh_TW", "已停用序列埠日誌", 0},
    {MARK_FEATURE, "", "DOM: Idx", HAS_DOMOTICZ},
    {MARK_FEATURE, "", "IRR: Echo", HAS_IR},
    {MARK_FEATURE, "", "IRR: RawLen", HAS_IR}, /* 6.3 and before */
    {MARK_FEATURE, "", "IrReceived", HAS_IR_ANY},
    {MARK_FEATURE, "", "IRHVAC", HAS_HVAC},
    {MARK_FEATURE, "", "action='kn'", HAS_KNX},
    {MARK_FEATURE, "", "TSL2561", HAS_SENSORS},
    {MARK_FEATURE, "", "EPD: HardSPI", HAS_EPD},
    {MARK_FEATURE, "", "ZIG: ", HAS_ZIGBEE},
    {MARK_FEATURE, "", "RUL: ", HAS_RULES},
    {MARK_FEATURE, "", "TYA: ", HAS_TUYA},
    {MARK_FEATURE, "", "\"RfReceived\"", HAS_RF},
    /* Other firmware; the earlier row wins. */
    {MARK_FIRMWARE, "ESPHome", "ESPHome version ", 0},
    {MARK_FIRMWARE, "ESPHome", "esphome.io", 0},
    {MARK_FIRMWARE, "ESPurna", "ESPURNA", 0},
    {MARK_FIRMWARE, "ESPEasy", "ESP Easy", 0},
    {MARK_FIRMWARE, "ESPEasy", "ESPEasy", 0},
    {MARK_FIRMWARE, "WLED", "WLED-AP", 0},
    {MARK_FIRMWARE, "WLED", "wled.me", 0},
    {MARK_FIRMWARE, "HomeKit", "public.hap.service", 0},
    {MARK_FIRMWARE, "HomeKit", "Resetting HomeKit", 0},
    {MARK_FIRMWARE, "eWeLink", "eWeLink", 0},
    {MARK_FIRMWARE, "eWeLink", "iotgo.iteadstudio.com", 0},
    {MARK_FIRMWARE, "eWeLink", "coolkit.c", 0},
    {MARK_FIRMWARE, "MicroPython", "MicroPython", 0},
    {MARK_FIRMWARE, "NodeMCU", "NodeMCU ", 0},
    {MARK_FIRMWARE, "Shelly", "shelly.cloud", 0},
};

#define NEEDLES (sizeof(needles) / sizeof(needles[0]))

static const char *const firmware_names[IMAGE_FIRMWARES] = {
    [IMAGE_FW_UNKNOWN] = "unknown",
    [IMAGE_FW_TASMOTA] = "Tasmota",
    [IMAGE_FW_ESPHOME] = "ESPHome",
    [IMAGE_FW_ESPURNA] = "ESPurna",
    [IMAGE_FW_ESPEASY] = "ESPEasy",
    [IMAGE_FW_EWELINK] = "eWeLink",
    [IMAGE_FW_HOMEKIT] = "HomeKit",
    [IMAGE_FW_WLED] = "WLED",
    [IMAGE_FW_MICROPYTHON] = "MicroPython",
    [IMAGE_FW_NODEMCU] = "NodeMCU",
    [IMAGE_FW_SHELLY] = "Shelly",
};

const char *image_firmware_name(enum image_firmware fw)
{
	return fw < IMAGE_FIRMWARES ? firmware_names[fw] : "unknown";
}

/* What the pass collects. */
struct finds {
	const uint8_t *data;
	size_t n;
	struct image_identity *id;
	unsigned count[MARK_COUNT];
	unsigned features;
	size_t project;	 /* offset within the project line */
	size_t language; /* index of the first needle in order that was seen */
	size_t firmware;
	bool marker; /* the version marker, whole */
	uint32_t marker_value;
};

/* ---- strings within the file ----------------------------------------------------------------- */

/* ASCII whatever the locale. */
static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* The printable bytes from at on, at most max. */
static size_t printable_run(const struct finds *f, size_t at, size_t max)
{
	size_t len = 0;

	while (len < max && at + len < f->n && printable(f->data[at + len]))
		len++;
	return len;
}

/* "2_3_0", "2_5_0_BETA3", "3.3.7": digit, separator, digit, then what belongs to it. */
static void found_core(struct finds *f, size_t at)
{
	const uint8_t *p = f->data + at;

	if (f->n - at < 6)
		return;
	bool number =
	    is_digit(p[0]) && (p[1] == '_' || p[1] == '.') && is_digit(p[2]) && p[3] == p[1];
	if (!number && memcmp(p, "STAGE", 5) != 0) /* a core between two releases */
		return;
	size_t len = 0;
	while (at + len < f->n && len + 1 < sizeof(f->id->core) &&
	       (is_alnum(p[len]) || p[len] == p[1]))
		len++;
	/* The project line ends here or names the image in brackets. */
	if (at + len < f->n && p[len] != '\0' && p[len] != '(')
		return;
	if (f->id->core[0] == '\0') {
		str_copy_n(f->id->core, sizeof(f->id->core), (const char *)p, len);
		f->project = at;
	}
	f->count[MARK_CORE]++;
}

/* Up to 5.12 the number stood in the project line itself: "GroupTopic %s) Version 5.x". */
static bool parse_version(const uint8_t *p, size_t n, uint32_t *version, size_t *used);

static void found_group(struct finds *f, size_t at)
{
	size_t len = printable_run(f, at, 40);
	size_t used;
	uint32_t version;

	for (size_t i = 0; i < len; i++) {
		if (!is_digit(f->data[at + i]))
			continue;
		if (parse_version(f->data + at + i, len - i, &version, &used)) {
			f->id->version = version;
			f->id->certainty = IMAGE_VER_EXACT;
		}
		return;
	}
}

static bool contains(const char *s, const char *word)
{
	return strstr(s, word) != NULL;
}

/* An OTA address: a .bin of Tasmota. The build's name is that file's. */
static void found_url(struct finds *f, size_t at)
{
	char url[sizeof(f->id->ota_url)];
	size_t len = printable_run(f, at, sizeof(url));

	if (f->id->ota_url[0] != '\0' || len >= sizeof(url))
		return;
	str_copy_n(url, sizeof(url), (const char *)f->data + at, len);
	if (!str_ends(url, ".bin") && !str_ends(url, ".bin.gz"))
		return;
	if (!contains(url, "tasmota") && !contains(url, "sonoff"))
		return;
	str_copy(f->id->ota_url, sizeof(f->id->ota_url), url);
	const char *base = strrchr(url, '/') + 1; /* there are two in "http://" at least */
	str_copy_n(f->id->build, sizeof(f->id->build), base, strcspn(base, "."));
}

static void found_marker(struct finds *f, size_t at)
{
	if (f->marker || f->n - at < 8 || memcmp(f->data + at + 4, "\x5a\xa5\x5a\xa5", 4) != 0)
		return;
	f->marker = true;
	f->marker_value = get_le32(f->data + at);
}

/* at: first byte behind the needle. */
static void found(struct finds *f, size_t index, size_t at)
{
	const struct needle *nd = &needles[index];

	switch (nd->mark) {
	case MARK_CORE:
		found_core(f, at);
		return;
	case MARK_URL:
		found_url(f, at - strlen(nd->text));
		return;
	case MARK_VERSION:
		found_marker(f, at);
		return;
	case MARK_GROUP:
		found_group(f, at);
		break;
	case MARK_LANG:
		if (index < f->language)
			f->language = index;
		break;
	case MARK_FIRMWARE:
		if (index < f->firmware)
			f->firmware = index;
		break;
	case MARK_FEATURE:
		f->features |= nd->bit;
		break;
	default:
		break;
	}
	f->count[nd->mark]++;
}

/* One pass for all needles: a bit for each first pair of bytes says whether to look closer, and a
 * chain for each first byte at which. */
static void scan(struct finds *f)
{
	uint8_t pairs[65536 / 8] = {0};
	uint8_t first[256], next[NEEDLES], length[NEEDLES];

	_Static_assert(NEEDLES < 255, "an index fits a byte");
	memset(first, 0xff, sizeof(first));
	for (size_t i = NEEDLES; i-- > 0;) {
		const uint8_t *t = (const uint8_t *)needles[i].text;
		unsigned pair = (unsigned)t[0] << 8 | t[1];
		pairs[pair / 8] |= (uint8_t)(1u << (pair % 8));
		length[i] = (uint8_t)strlen(needles[i].text);
		next[i] = first[t[0]];
		first[t[0]] = (uint8_t)i;
	}
	for (size_t at = 0; at + 1 < f->n; at++) {
		unsigned pair = (unsigned)f->data[at] << 8 | f->data[at + 1];
		if (!(pairs[pair / 8] & (1u << (pair % 8))))
			continue;
		for (size_t i = first[f->data[at]]; i != 0xff; i = next[i])
			if (f->n - at >= length[i] &&
			    memcmp(f->data + at, needles[i].text, length[i]) == 0)
				found(f, i, at + length[i]);
	}
}

static bool is_esp32(enum image_kind kind)
{
	return kind == IMAGE_ESP32_APP || kind == IMAGE_ESP32_FACTORY || kind == IMAGE_ESP32_BACKUP;
}

/* ---- version --------------------------------------------------------------------------------- */

#define V		  IMAGE_VERSION
#define FIRST_MARKER_LOST V(9, 3, 1, 0) /* since then the marker is all ones */
#define RUN_GAP		  8u		/* words */
#define RUN_LEAST	  8u		/* constants; RISC-V code makes short runs of no meaning */
#define OWN_NEAR	  1024u		/* words */
#define RUN_SERIES	  3u		/* ... of that many major.minor pairs */

/* p begins with a digit. */
static bool parse_version(const uint8_t *p, size_t n, uint32_t *version, size_t *used)
{
	unsigned part[4] = {0};
	size_t i = 0;
	unsigned count = 0;

	while (count < 4) {
		unsigned v = 0;
		while (i < n && is_digit(p[i]) && v < 1000)
			v = v * 10 + (unsigned)(p[i++] - '0');
		if (v > 255)
			return false;
		part[count++] = v;
		if (i + 1 >= n || p[i] != '.' || !is_digit(p[i + 1]))
			break;
		i++;
	}
	*used = i;
	*version = V(part[0], part[1], part[2], part[3]);
	return count >= 3;
}

bool image_like_version(uint32_t x)
{
	unsigned major = x >> 24, minor = x >> 16 & 0xff, patch = x >> 8 & 0xff, rest = x & 0xff;

	return major >= 5 && major <= 30 && minor <= 14 && patch <= 14 && rest <= 40;
}

struct run {
	unsigned count;
	unsigned series; /* different major.minor */
	uint32_t top;	 /* the newest version in it */
	uint32_t last;
	size_t first_at; /* word index of the first constant */
	size_t last_at;
};

static void run_start(struct run *r, uint32_t x, size_t at)
{
	r->count = 1;
	r->series = 1;
	r->top = x;
	r->last = x;
	r->first_at = at;
	r->last_at = at;
}

/* Upwards or downwards by at most two majors, and close enough. */
static bool run_goes_on(const struct run *r, uint32_t x, size_t at, bool down)
{
	uint32_t low = down ? x : r->last, high = down ? r->last : x;

	return r->count > 0 && low < high && (high >> 24) - (low >> 24) <= 2 &&
	       at - r->last_at <= RUN_GAP;
}

/* The longest run of version-like constants that stand close together in order: what a chain of
 * "if settings are older than" leaves in the literal pool of Xtensa code. Some ESP32 builds lay
 * the pool out the other way round. */
static struct run longest_run(const uint8_t *data, size_t n, bool down)
{
	struct run best = {0}, now = {0};

	for (size_t i = 0; i < n / 4; i++) {
		uint32_t x = get_le32(data + 4 * i);
		if (!image_like_version(x))
			continue;
		if (run_goes_on(&now, x, i, down)) {
			now.series += x >> 16 != now.last >> 16;
			now.count++;
			now.top = down ? now.top : x;
			now.last = x;
			now.last_at = i;
		} else {
			run_start(&now, x, i);
		}
		if (now.count > best.count)
			best = now;
	}
	if (best.count < RUN_LEAST || best.series < RUN_SERIES)
		best.count = 0;
	return best;
}

struct range {
	uint8_t major, last_minor;
};

/* Every number X.Y.Z.R grows out of a release X.Y.Z. */
static bool release_exists(uint32_t x)
{
	static const struct range minors[] = {
	    {5, 14}, {6, 7}, {7, 2}, {8, 5}, {9, 5}, {10, 1}, {11, 1}, {12, 5}, {13, 4}, {14, 6}};
	static const uint32_t patches[] = {V(6, 1, 1, 0), V(6, 2, 1, 0), V(6, 4, 1, 0),
	    V(6, 7, 1, 0), V(7, 1, 1, 0), V(7, 1, 2, 0), V(8, 3, 1, 0), V(8, 5, 1, 0),
	    V(9, 3, 1, 0), V(12, 0, 1, 0), V(12, 0, 2, 0), V(12, 1, 1, 0), V(12, 3, 1, 0),
	    V(13, 4, 1, 0), V(14, 4, 1, 0), V(15, 0, 1, 0)};
	unsigned last_minor = 9;

	for (size_t i = 0; i < sizeof(minors) / sizeof(minors[0]); i++)
		if (minors[i].major == x >> 24)
			last_minor = minors[i].last_minor;
	if ((x >> 16 & 0xff) > last_minor || (x & 0xff) > 31)
		return false;
	if ((x >> 8 & 0xff) == 0)
		return true;
	for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++)
		if ((x & 0xffffff00u) == patches[i])
			return true;
	/* Later releases than this table knows. */
	return x >> 24 >= 15 && (x >> 8 & 0xff) == 1;
}

/* The one version above the run's end among the words from..to; 0: none or several. */
static uint32_t only_version(const uint8_t *data, size_t from, size_t to, uint32_t above)
{
	uint32_t one = 0;

	for (size_t i = from; i < to; i++) {
		uint32_t x = get_le32(data + 4 * i);
		if (x <= above || x == one || x >> 24 > (above >> 24) + 1 || !release_exists(x))
			continue;
		if (one != 0)
			return 0;
		one = x;
	}
	return one;
}

/* The program's own version stands as a constant too, above the run's end; the linker puts the
 * code that uses it before the migration, on an ESP32 right before it. */
static uint32_t own_version(const uint8_t *data, const struct run *run, bool esp32)
{
	size_t near = run->first_at > OWN_NEAR ? run->first_at - OWN_NEAR : 0;
	uint32_t one = only_version(data, 0, run->first_at, run->top);

	/* X.0.0.0 is a word of other meanings too (0x08000000 in all builds of 7.1). */
	if (one != 0 && (one & 0x00ffffffu) != 0)
		return one;
	return esp32 ? only_version(data, near, run->first_at, run->top) : 0;
}

static void series_by_wording(const struct finds *f, struct image_identity *id)
{
	const char *series = "";

	if (f->count[MARK_TOPIC])
		series = f->count[MARK_RESET_SOME] ? "6.2 or 6.3"
			 : f->count[MARK_FEATURES] ? "6.x"
						   : "5.x";
	else if (f->count[MARK_CORE] && contains(id->build, "sonoff"))
		series = "6.4 to 7.0";
	if (series[0] == '\0')
		return;
	str_copy(id->series, sizeof(id->series), series);
	id->certainty = IMAGE_VER_SERIES;
}

static void find_version(struct finds *f, bool esp32, struct image_identity *id)
{
	if (id->certainty == IMAGE_VER_EXACT)
		return;
	if (f->marker && f->marker_value != 0xffffffffu && image_like_version(f->marker_value)) {
		id->version = f->marker_value;
		id->certainty = IMAGE_VER_EXACT;
		return;
	}
	struct run run = longest_run(f->data, f->n, false);
	if (run.count == 0 && esp32)
		run = longest_run(f->data, f->n, true);
	if (run.count > 0)
		id->at_least = run.top;
	if (f->marker && id->at_least < FIRST_MARKER_LOST)
		id->at_least = FIRST_MARKER_LOST;
	if (id->at_least != 0) {
		id->version = id->at_least;
		id->certainty = IMAGE_VER_AT_LEAST;
	}
	uint32_t own = run.count > 0 ? own_version(f->data, &run, esp32) : 0;
	if (own > id->at_least) {
		id->version = own;
		id->certainty = IMAGE_VER_LIKELY;
	}
	if (id->certainty == IMAGE_VER_NONE)
		series_by_wording(f, id);
}

/* "6.6.0.1kflash", "6.4.1.14.1kflash": the size of the flash is no part of the version, nor is the
 * dot before it. */
static size_t without_flash_size(const char *name, size_t used)
{
	size_t part = used;

	while (part > 0 && is_digit((uint8_t)name[part - 1]))
		part--;
	if (part < used && (name[used] == 'k' || name[used] == 'K' || name[used] == 'M') &&
	    is_digit((uint8_t)name[part]))
		used = part;
	while (used > 0 && name[used - 1] == '.')
		used--;
	return used;
}

/* "sonoff.ino.6.6.0.20-1k.bin" */
void image_version_of_name(const char *name, struct image_identity *id)
{
	size_t n = strlen(name);
	uint32_t version;
	size_t used;

	for (size_t i = 0; i < n; i++) {
		if (!is_digit((uint8_t)name[i]) || (i > 0 && is_alnum((uint8_t)name[i - 1]) &&
						       name[i - 1] != 'v' && name[i - 1] != 'V'))
			continue;
		if (parse_version((const uint8_t *)name + i, n - i, &version, &used)) {
			str_copy_n(id->name_version, sizeof(id->name_version), name + i,
			    without_flash_size(name + i, used));
			return;
		}
	}
}

/* ---- variant --------------------------------------------------------------------------------- */

static const char *const variants[] = {"minimal", "lite", "sensors", "knx", "display", "ir",
    "ircustom", "zbbridge", "zigbee", "classic", "basic", "safeboot", "webcam", "bluetooth", "lvgl",
    "nspanel", "zbbrdgpro", "allsensors"};

static const char *variant_word(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (strlen(variants[i]) == len && memcmp(variants[i], s, len) == 0)
			return variants[i];
	return NULL;
}

static bool string_at(const struct finds *f, size_t at, const char *s)
{
	size_t len = strlen(s) + 1;

	return at < f->n && f->n - at >= len && memcmp(f->data + at, s, len) == 0;
}

static bool capital(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* "EN", "DE": two capitals as a string. */
static bool language_at(const struct finds *f, size_t at)
{
	return at < f->n && f->n - at >= 3 && capital(f->data[at]) && capital(f->data[at + 1]) &&
	       f->data[at + 2] == '\0';
}

/* The image's word stands right before the default topic (8.2 to 9.x) or the language (12),
 * or shortly behind the project line (later), as a string of its own. */
static const char *variant_by_word(const struct finds *f)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		const char *word = variants[i];
		size_t len = strlen(word);

		for (size_t at = f->project; at < f->project + 64 && at < f->n; at++)
			if (f->data[at] == '\0' && string_at(f, at + 1, word))
				return word;
		const uint8_t *p = f->data;
		while ((p = memchr(p, word[0], (size_t)(f->data + f->n - p))) != NULL) {
			size_t at = (size_t)(p - f->data);
			if (at > 0 && p[-1] == '\0' && string_at(f, at, word) &&
			    (string_at(f, at + len + 1, "tasmota") || language_at(f, at + len + 1)))
				return word;
			p++;
		}
	}
	return NULL;
}

/* Which parts are in tells the builds of 6.6 to 9.x apart; checked against the releases. */
static const char *variant_by_parts(unsigned has, uint32_t version)
{
	bool common = (has & HAS_RULES) && (has & HAS_TUYA);

	/* 6.1 knew no Tuya device yet. */
	if ((has & HAS_DOMOTICZ) && (has & HAS_IR) && (has & HAS_RULES))
		return has & HAS_KNX ? "knx" : has & HAS_SENSORS ? "sensors" : "full";
	if (version >= V(10, 0, 0, 0)) {
		unsigned mask =
		    HAS_IR_ANY | HAS_RF | HAS_HVAC | HAS_KNX | HAS_SENSORS | HAS_EPD | HAS_ZIGBEE;
		return common && (has & mask) == (HAS_IR_ANY | HAS_RF) ? "full" : "";
	}
	if (has & HAS_EPD)
		return "display";
	if (has & HAS_ZIGBEE)
		return "zbbridge";
	if ((has & HAS_DOMOTICZ) && !(has & HAS_RULES))
		return "classic";
	if (has & HAS_HVAC)
		return has & HAS_TUYA ? "ircustom" : "ir";
	if (common && !(has & (HAS_DOMOTICZ | HAS_IR_ANY)))
		return version >= V(7, 2, 0, 0) ? "lite" : "basic";
	return "";
}

/* The part of the build's name behind the last '-'. Minimal builds are known by more than that. */
static const char *variant_by_build(const struct image_identity *id, bool esp32)
{
	const char *dash = strrchr(id->build, '-');

	if (dash && variant_word(dash + 1, strlen(dash + 1)) && strcmp(dash + 1, "minimal") != 0 &&
	    strcmp(dash + 1, "safeboot") != 0)
		return dash + 1;
	return esp32 && !dash && str_starts(id->build, "tasmota32") ? "full" : "";
}

static void find_variant(struct finds *f, bool esp32, struct image_identity *id)
{
	const char *variant;

	if (f->count[MARK_NO_SAVE] && !f->count[MARK_FETCH_MIN]) {
		variant = esp32 ? "safeboot" : "minimal";
	} else {
		variant = variant_by_build(id, esp32);
		if (variant[0] == '\0' && !esp32) {
			const char *word = variant_by_word(f);
			variant = word ? word : variant_by_parts(f->features, id->version);
		}
	}
	str_copy(id->variant, sizeof(id->variant), variant);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool worth_reading(enum image_kind kind)
{
	return kind == IMAGE_ESP8266 || kind == IMAGE_ESP8266_V2 || kind == IMAGE_ESP8266_BACKUP ||
	       kind == IMAGE_ESP32_APP || kind == IMAGE_ESP32_FACTORY ||
	       kind == IMAGE_ESP32_BACKUP || kind == IMAGE_ESP_DAMAGED || kind == IMAGE_ELF ||
	       kind == IMAGE_UNKNOWN;
}

static void find_other(const struct finds *f, struct image_identity *id)
{
	if (f->firmware >= NEEDLES)
		return;
	for (int fw = 0; fw < IMAGE_FIRMWARES; fw++)
		if (strcmp(firmware_names[fw], needles[f->firmware].value) == 0)
			id->firmware = (enum image_firmware)fw;
}

void image_identify(const uint8_t *data, size_t n, enum image_kind kind, struct image_identity *id)
{
	struct finds f = {.data = data, .n = n, .id = id, .language = NEEDLES, .firmware = NEEDLES};

	if (!worth_reading(kind))
		return;
	scan(&f);
	if (!f.count[MARK_STATUS] && !(f.count[MARK_CORE] && (f.count[MARK_LANG] || f.marker))) {
		/* Not Tasmota: what was collected for it means nothing. The marker alone is no
		 * proof, ESPHome carries it so that Tasmota's upgrade takes it. */
		char name_version[sizeof(id->name_version)];

		memcpy(name_version, id->name_version, sizeof(name_version));
		memset(id, 0, sizeof(*id));
		memcpy(id->name_version, name_version, sizeof(name_version));
		find_other(&f, id);
		return;
	}
	id->firmware = IMAGE_FW_TASMOTA;
	if (f.language < NEEDLES)
		str_copy(id->language, sizeof(id->language), needles[f.language].value);
	find_version(&f, is_esp32(kind), id);
	find_variant(&f, is_esp32(kind), id);
}
