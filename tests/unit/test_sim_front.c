/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device's front end: command line, control commands, flash file, and one session
 * over a real pty. This is an io test: it has descriptors and, for the session, a child. */
#define _DEFAULT_SOURCE /* mkdtemp, cfmakeraw */
#include "sim/front.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#define PATIENCE_MS 10000

struct place {
	char dir[88], port[96], flash[96], control[96];
	struct sim_options opt;
	struct sim_front front;
};

static struct place place;

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	/* A socket's name has 107 bytes: a folder deep down leaves none for it. */
	if (!tmp || strlen(tmp) + sizeof("/simfrontXXXXXX") > sizeof(place.dir))
		tmp = "/tmp";
	snprintf(place.dir, sizeof(place.dir), "%s/simfrontXXXXXX", tmp);
	if (!mkdtemp(place.dir))
		return -1;
	snprintf(place.port, sizeof(place.port), "%s/port", place.dir);
	snprintf(place.flash, sizeof(place.flash), "%s/flash", place.dir);
	snprintf(place.control, sizeof(place.control), "%s/ctl", place.dir);
	*state = &place;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(place.flash);
	return rmdir(place.dir); /* link and socket must have gone by themselves */
}

/* getopt wants words that it may move about; the options keep pointers to them. */
static bool parse(struct sim_options *o, size_t n, const char *const *words)
{
	static char store[32][160], *argv[33];
	char err[256] = "";

	assert_true(n <= 32);
	for (size_t i = 0; i < n; i++) {
		snprintf(store[i], sizeof(store[i]), "%s", words[i]);
		argv[i] = store[i];
	}
	argv[n] = NULL;
	return sim_options_parse(o, (int)n, argv, err, sizeof(err));
}

static void options__are_understood(void **state)
{
	const char *const argv[] = {"vd", "--pty", "p", "--chip", "esp8285", "--flash-size", "4M",
	    "--usb-latency", "16", "--speed", "0", "--fault", "drop:0.1", "--fault", "worn:3",
	    "--boot-image", "a@b.bin@0x1000", "--power", "off", "--button", "down", "--page-ms",
	    "0.4"};
	struct sim_options *o = &place.opt;

	(void)state;
	assert_true(parse(o, sizeof(argv) / sizeof(argv[0]), argv));
	assert_int_equal(o->link.device.chip, SIM_ESP8285);
	assert_int_equal(o->link.device.flash_size, 0x400000);
	assert_int_equal(o->link.usb_latency_us, 16000);
	assert_int_equal(o->link.device.times.page_us, 400);
	assert_int_equal(o->faults, 2);
	assert_string_equal(o->image[0].path, "a@b.bin");
	assert_int_equal(o->image[0].offset, 0x1000);
	assert_false(o->power);
	assert_true(o->button);
}

static void options__are_understood__ports(void **state)
{
	const char *const argv[] = {"vd", "--lines", "on", "--en-ms", "80", "--rfc2217", "0",
	    "--tcp", "4000", "--rfc2217-mute", "control", "--rfc2217-fault", "die@byte:9",
	    "--adapter", "dir", "--adapter-name", "ttyUSB3", "--usb", "1a86:7523:SN 1:CH340",
	    "--settle-ms", "30"};
	struct sim_options *o = &place.opt;

	(void)state;
	assert_true(parse(o, sizeof(argv) / sizeof(argv[0]), argv));
	assert_true(o->link.device.lines);
	assert_int_equal(o->link.device.en_us, 80000);
	assert_int_equal(o->rfc2217, 0);
	assert_int_equal(o->tcp, 4000);
	assert_int_equal(o->net_faults, 2);
	assert_string_equal(o->net_fault[0], "mute-control");
	assert_string_equal(o->adapter.dir, "dir");
	assert_string_equal(o->adapter.name, "ttyUSB3");
	assert_int_equal(o->adapter.vid, 0x1a86);
	assert_int_equal(o->adapter.pid, 0x7523);
	assert_string_equal(o->adapter.serial, "SN 1");
	assert_string_equal(o->adapter.product, "CH340");
	assert_int_equal(o->adapter.settle_ms, 30);
}

static void options__are_understood__esp32_family(void **state)
{
	const char *const argv[] = {"vd", "--pty", "p", "--chip", "esp32c3", "--usb-jtag", "on",
	    "--usb-gone-ms", "300", "--usb-stays", "on", "--wdt-ms", "2000", "--secure-download",
	    "on", "--crystal", "26", "--rom-crystal", "41.5"};
	struct sim_options *o = &place.opt;

	(void)state;
	assert_true(parse(o, sizeof(argv) / sizeof(argv[0]), argv));
	assert_int_equal(o->link.device.chip, SIM_ESP32C3);
	assert_int_equal(o->link.device.flash_size, 0x400000);
	assert_true(o->link.device.usb_jtag && o->link.device.usb_stays);
	assert_int_equal(o->link.device.usb_gone_us, 300000);
	assert_int_equal(o->link.device.wdt_us, 2000000);
	assert_true(o->link.device.secure_download);
	assert_int_equal(o->link.device.crystal_mhz, 26);
	assert_int_equal(o->link.device.rom_khz, 41500);
	assert_int_equal(o->adapter.vid, 0x303A);
	assert_int_equal(o->adapter.pid, 0x1001);
}

static void options__are_refused__what_a_chip_has_not(void **state)
{
	static const char *const bad[][7] = {
	    {"vd", "--pty", "p", "--chip", "esp32", "--usb-jtag", "on"},
	    {"vd", "--pty", "p", "--chip", "esp8266", "--crystal", "40"},
	    {"vd", "--pty", "p", "--chip", "esp32c3", "--in-package", "on"},
	    {"vd", "--pty", "p", "--chip", "esp32", "--crystal", "12"}};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(&place.opt, 7, bad[i]));
}

static void options__are_refused__nonsense(void **state)
{
	static const char *const bad[][4] = {{"vd", NULL}, {"vd", "--pty", NULL},
	    {"vd", "--fire", NULL}, {"vd", "--flash-size", "3M", NULL},
	    {"vd", "--speed", "-1", NULL}, {"vd", "--power", "maybe", NULL},
	    {"vd", "--chip", "esp33", NULL}, {"vd", "what", NULL}, {"vd", "--lines", "both", NULL},
	    {"vd", "--rfc2217", "70000", NULL}, {"vd", "--rfc2217-mute", "all", NULL},
	    {"vd", "--usb", "0403", NULL}, {"vd", "--usb", "0403:6001x", NULL},
	    {"vd", "--settle-ms", "long", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t n = 0;

		while (n < 4 && bad[i][n])
			n++;
		assert_false(parse(&place.opt, n, bad[i]));
	}
}

static void open_front(void)
{
	const char *const argv[] = {"vd", "--pty", place.port, "--flash", place.flash, "--control",
	    place.control, "--speed", "0", "--button", "down"};
	char err[512] = "";

	assert_true(parse(&place.opt, 11, argv));
	if (!sim_front_open(&place.front, &place.opt, err, sizeof(err)))
		fail_msg("%s", err);
}

static const char *ask(const char *line)
{
	static char answer[1024];

	sim_front_command(&place.front, line, answer, sizeof(answer));
	return answer;
}

static void command__does_and_answers(void **state)
{
	(void)state;
	open_front();
	assert_string_equal(ask("button up"), "ok");
	assert_non_null(strstr(ask("state"), "\"button\":\"up\""));
	assert_string_equal(ask("power off"), "ok");
	assert_non_null(strstr(ask("state"), "\"mode\":\"off\""));
	assert_string_equal(ask("fault drop:0.5,count=1"), "ok");
	assert_int_equal(strncmp(ask("fault fire"), "error", 5), 0);
	assert_string_equal(ask("fault clear"), "ok");
	assert_int_equal(strncmp(ask("press 0"), "error", 5), 0);
	assert_string_equal(ask("press 2"), "ok");
	assert_int_equal(strncmp(ask("dance"), "error", 5), 0);
	assert_int_equal(strncmp(ask(""), "error", 5), 0);
	assert_string_equal(ask("lines dtr=1"), "ok");
	assert_string_equal(ask("modem cts=1 dcd=1"), "ok");
	assert_string_equal(ask("lines"), "ok dtr=1 rts=0 cts=1 dsr=0 ri=0 dcd=1");
	assert_string_equal(ask("lines dtr=0 rts=1"), "ok");
	assert_string_equal(ask("modem cts=0"), "ok");
	assert_string_equal(ask("lines"), "ok dtr=0 rts=1 cts=0 dsr=0 ri=0 dcd=1");
	assert_int_equal(strncmp(ask("lines dtr=2"), "error", 5), 0);
	assert_int_equal(strncmp(ask("modem cts=on"), "error", 5), 0);
	assert_string_equal(ask("sync"), "ok");
	assert_string_equal(ask("backlog"), "ok 0");
	assert_string_equal(ask("net rubbish"), "ok");
	assert_int_equal(strncmp(ask("net die@byte:0"), "error", 5), 0);
	assert_string_equal(ask("unplug"), "ok");
	assert_non_null(strstr(ask("state"), "\"plugged\":false"));
	assert_string_equal(ask("replug"), "ok");
	assert_non_null(strstr(ask("state"), "\"plugged\":true"));
	sim_front_close(&place.front);
}

static void flash_file__is_made_blank_and_kept(void **state)
{
	struct stat st;
	uint8_t byte;
	int fd;

	(void)state;
	open_front();
	assert_int_equal(stat(place.flash, &st), 0);
	assert_int_equal(st.st_size, 0x100000);
	sim_flash_program(sim_device_flash(sim_link_device(place.front.link)), 0x1234, "\x42", 1);
	/* At once, not at the end. */
	fd = open(place.flash, O_RDONLY);
	assert_int_equal(pread(fd, &byte, 1, 0x1234), 1);
	assert_int_equal(byte, 0x42);
	assert_int_equal(pread(fd, &byte, 1, 0x1235), 1);
	assert_int_equal(byte, 0xFF);
	close(fd);
	sim_front_close(&place.front);
	open_front();
	sim_flash_read(sim_device_flash(sim_link_device(place.front.link)), 0x1234, &byte, 1);
	assert_int_equal(byte, 0x42);
	sim_front_close(&place.front);
}

static void pty__leaves_a_file_alone__that_is_no_link(void **state)
{
	const char *const argv[] = {"vd", "--pty", place.flash};
	char err[512] = "";
	int fd = open(place.flash, O_CREAT | O_WRONLY, 0600);

	(void)state;
	close(fd);
	assert_true(parse(&place.opt, 3, argv));
	assert_false(sim_front_open(&place.front, &place.opt, err, sizeof(err)));
	assert_non_null(strstr(err, place.flash));
	assert_int_equal(access(place.flash, F_OK), 0);
}

/* Opens the port raw; the rate is set as a terminal program would. */
static int open_port(speed_t rate)
{
	int fd = open(place.port, O_RDWR | O_NOCTTY);
	struct termios t;

	assert_true(fd >= 0);
	assert_int_equal(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	cfsetspeed(&t, rate);
	assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
	return fd;
}

/* Reads until `want` bytes have come; how many did. */
static size_t gather(int fd, uint8_t *dst, size_t want, int patience_ms)
{
	size_t got = 0;

	while (got < want) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&p, 1, patience_ms) <= 0)
			break;
		n = read(fd, dst + got, want - got);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

static void play_host(int control)
{
	static const uint8_t sync[] = {0xC0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20, 0x55, 0x55,
	    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
	    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
	    0x55, 0x55, 0xC0};
	static const uint8_t read_magic[] = {0xC0, 0, 10, 4, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x40, 0xC0};
	uint8_t in[256];
	char answer[1024];
	size_t got = 0;
	int fd = open_port(B115200);

	/* Until it listens and autobaud has had its fill. */
	for (int i = 0; i < 40 && got < 96; i++) {
		assert_int_equal(write(fd, sync, sizeof(sync)), sizeof(sync));
		got = gather(fd, in, 96, 250);
	}
	assert_int_equal(got, 96);
	assert_int_equal(write(fd, read_magic, sizeof(read_magic)), sizeof(read_magic));
	assert_int_equal(gather(fd, in, 12, PATIENCE_MS), 12);
	assert_memory_equal(in, "\xC0\x01\x0A\x02\0\x01\xC1\xF0\xFF\0\0\xC0", 12);
	assert_true(sim_control_ask(control, "unplug", answer, sizeof(answer)));
	assert_string_equal(answer, "ok");
	assert_int_equal(gather(fd, in, 1, PATIENCE_MS), 0); /* hung up, not timed out */
	assert_int_not_equal(access(place.port, F_OK), 0);
	assert_true(sim_control_ask(control, "replug", answer, sizeof(answer)));
	assert_int_equal(access(place.port, F_OK), 0);
	close(fd);
}

static void session__over_a_pty(void **state)
{
	char answer[64];
	int status, control;
	pid_t pid;

	(void)state;
	open_front();
	pid = fork();
	if (pid == 0) {
		sim_front_run(&place.front);
		sim_front_close(&place.front);
		_exit(0);
	}
	assert_true(pid > 0);
	/* The child has it all; the parent's copies of the descriptors must not keep it alive. */
	close(place.front.pty.fd);
	close(place.front.control.fd);
	control = sim_control_connect(place.control);
	assert_true(control >= 0);
	play_host(control);
	assert_true(sim_control_ask(control, "quit", answer, sizeof(answer)));
	close(control);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	sim_link_free(place.front.link);
	close(place.front.file.fd);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(options__are_understood),
	    T(options__are_understood__ports),
	    T(options__are_understood__esp32_family),
	    T(options__are_refused__what_a_chip_has_not),
	    T(options__are_refused__nonsense),
	    T(command__does_and_answers),
	    T(flash_file__is_made_blank_and_kept),
	    T(pty__leaves_a_file_alone__that_is_no_link),
	    T(session__over_a_pty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
