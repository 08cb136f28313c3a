/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a device: calls to the loopback's addresses, and tables of the system that were made up. */
#include "tasmite/io/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/loop.h"

/* ---- tables ------------------------------------------------------------------------------------ */

static void put(const char *root, const char *path, const char *text)
{
	char name[256];
	FILE *f;

	assert_true(str_fmt(name, sizeof(name), "%s%s", root, path));
	for (char *slash = strchr(name + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(name, 0700);
		*slash = '/';
	}
	f = fopen(name, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void drop(const char *root, const char *path)
{
	char name[256];

	assert_true(str_fmt(name, sizeof(name), "%s%s", root, path));
	do
		assert_int_equal(remove(name), 0);
	while (*strrchr(name, '/') = '\0', strlen(name) >= strlen(root));
}

static char *make_root(char *root)
{
	str_copy(root, 64, "/tmp/reach-XXXXXX");
	assert_non_null(mkdtemp(root));
	return root;
}

static void reach_neighbour__reads__what_the_kernel_knows(void **state)
{
	char root[64];

	(void)state;
	make_root(root);
	assert_int_equal(reach_neighbour(root, "10.0.0.7"), -1);
	put(root, "/proc/net/arp",
	    "IP address       HW type     Flags       HW address            Mask     Device\n"
	    "10.0.0.70        0x1         0x2         5c:cf:7f:00:00:01     *        wlan0\n"
	    "10.0.0.7         0x1         0x0         00:00:00:00:00:00     *        wlan0\n"
	    "10.0.0.8         0x1         0x2         5c:cf:7f:00:00:02     *        wlan0\n"
	    "10.0.0.9");
	assert_int_equal(reach_neighbour(root, "10.0.0.7"), 0);
	assert_int_equal(reach_neighbour(root, "10.0.0.8"), 1);
	assert_int_equal(reach_neighbour(root, "10.0.0.70"), 1);
	assert_int_equal(reach_neighbour(root, "10.0.0.9"), -1); /* cut */
	assert_int_equal(reach_neighbour(root, "10.0.0.1"), -1);
	drop(root, "/proc/net/arp");
}

static void reach_filter__names__what_is_on(void **state)
{
	char root[64], name[24];

	(void)state;
	make_root(root);
	assert_string_equal(reach_filter(root, name, sizeof(name)), "");
	put(root, "/etc/ufw/ufw.conf", "# ENABLED=yes\n\n#ENABLED=yes\nENABLED=no\nLOGLEVEL=low\n");
	assert_string_equal(reach_filter(root, name, sizeof(name)), "");
	put(root, "/etc/ufw/ufw.conf", "# start on boot\nENABLED=yes\n");
	assert_string_equal(reach_filter(root, name, sizeof(name)), "ufw");
	drop(root, "/etc/ufw/ufw.conf");
	make_root(root);
	put(root, "/sys/fs/cgroup/system.slice/firewalld.service/cgroup.procs", "700\n");
	assert_string_equal(reach_filter(root, name, sizeof(name)), "firewalld");
	drop(root, "/sys/fs/cgroup/system.slice/firewalld.service/cgroup.procs");
}

/* ---- calls ------------------------------------------------------------------------------------- */

struct rig {
	struct loop *l;
	struct reach *r;
	struct reach_result result;
	unsigned told;
	bool free_within;
};

static void on_reach(void *ctx, const struct reach_result *result, mono_t now)
{
	struct rig *r = ctx;

	(void)now;
	r->result = *result;
	r->told++;
	if (r->free_within) {
		reach_free(r->r);
		r->r = NULL;
	}
}

static void run(struct rig *r)
{
	mono_t until = clock_now() + MONO_S(20);
	struct err err;

	while (!r->told && clock_now() < until)
		assert_int_equal(loop_turn(r->l, clock_now() + MONO_MS(20), &err), 0);
	assert_int_equal(r->told, 1);
}

static void call(struct rig *r, const char *address, uint16_t port, mono_t patience)
{
	struct err err;

	r->l = loop_new(&err);
	assert_non_null(r->l);
	r->told = 0;
	/* A turn, so that the loop has its time. */
	assert_int_equal(loop_turn(r->l, clock_now(), &err), 0);
	r->r = reach_new(r->l, address, port, patience, on_reach, r, &err);
	assert_non_null(r->r);
}

static void stop(struct rig *r)
{
	reach_free(r->r);
	loop_free(r->l);
}

static void reach__takes_a_refusal_and_a_connection__as_an_answer(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct rig r = {.free_within = true};

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "127.0.0.9", &in.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	call(&r, "127.0.0.9", ntohs(in.sin_port), MONO_S(10)); /* bound, and nobody listens */
	run(&r);
	assert_true(r.result.answers);
	assert_false(r.result.silent);
	stop(&r);
	assert_int_equal(listen(fd, 1), 0);
	call(&r, "127.0.0.9", ntohs(in.sin_port), MONO_S(10));
	run(&r);
	assert_true(r.result.answers);
	stop(&r);
	close(fd);
}

/* A listener whose queue is full keeps quiet: that is no proof of anything. */
static void reach__does_not_know__where_nothing_comes_back(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0), full[4];
	struct rig r = {.free_within = false};

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "127.0.0.9", &in.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (size_t i = 0; i < 4; i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(full[i], (struct sockaddr *)&in, sizeof(in));
	}
	call(&r, "127.0.0.9", ntohs(in.sin_port), MONO_MS(50));
	run(&r);
	assert_false(r.result.answers);
	assert_false(r.result.silent);
	stop(&r);
	for (size_t i = 0; i < 4; i++)
		close(full[i]);
	close(fd);
}

static void reach_new__refuses__what_is_no_address(void **state)
{
	struct err err = {0};
	struct loop *l = loop_new(&err);

	(void)state;
	assert_null(reach_new(l, "sonoff.local", 80, MONO_S(1), on_reach, NULL, &err));
	assert_int_equal(err.code, ERR_INVAL);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reach_neighbour__reads__what_the_kernel_knows),
	    cmocka_unit_test(reach_filter__names__what_is_on),
	    cmocka_unit_test(reach__takes_a_refusal_and_a_connection__as_an_answer),
	    cmocka_unit_test(reach__does_not_know__where_nothing_comes_back),
	    cmocka_unit_test(reach_new__refuses__what_is_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
