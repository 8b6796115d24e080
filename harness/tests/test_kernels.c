/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz kernels, as a user calls it, with an archive that is false: programs named apt-get and
 * apt-cache stand before the real ones, and what they hand out is a little package of our own.
 * Nothing here needs a network; what is needed of Debian are dpkg, dpkg-deb, tar and xz.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/subprocess.h"

#define OUTPUT_MAX 16384

struct fixture {
	char dir[64];
	char out[OUTPUT_MAX], err[OUTPUT_MAX];
};

/*
 * Both programs. The files beside them are what the archive is: "offline" if there is one, "stale"
 * if what the machine's lists name is gone, madison.SCOPE, *.deb. What was asked goes into "calls".
 */
static const char *const fake_apt =
	"#!/bin/sh\n"
	"here=${0%/bin/*}\n"
	"echo \"${0##*/} $*\" >>$here/calls\n"
	"scope=machine\n"
	"case $* in\n"
	"*--config-file=*)\n"
	"	scope=enabled\n"
	"	grep -q ' experimental ' $here/cache/vmafuzz/apt/sources.list && scope=other;;\n"
	"esac\n"
	"case \"$*\" in\n"
	"*indextargets*)\n"
	"	[ $scope = enabled ] && [ -e $here/offline ] && exit 0\n"
	"	echo 'fake:/debian/|bookworm|main|Debian'\n"
	"	echo 'fake:/debian-security/|bookworm-security|main|Debian'\n"
	"	echo 'fake:/foreign/|bookworm|main|Foreign';;\n"
	"*update*)\n"
	"	[ -e $here/offline ] && echo 'W: Could not resolve the fake host' >&2;;\n"
	"*pkgnames*) echo linux-source-6.12; echo linux-source-7.3; echo linux-source-tools;;\n"
	"*madison*) cat $here/madison.$scope;;\n"
	"*show*) echo 'Package: x'; echo 'Size: 1000';;\n"
	"*download*)\n"
	"	[ $scope = machine ] && [ -e $here/stale ] && {\n"
	"		echo 'E: 404 Not Found' >&2; exit 100; }\n"
	"	[ -e $here/hang ] && { touch $here/hangs; sleep 30 & sleep 30; }\n"
	"	cp $here/deb/*.deb .;;\n"
	"esac\n";

/* Makes deb/x.deb in the manner of linux-source-6.12 6.12.117. */
static const char *const make_package =
	"set -e; mkdir -p t/linux-source-6.12/mm t/linux-source-6.12/drivers/base p/DEBIAN "
	"p/usr/src deb\n"
	"cd t/linux-source-6.12\n"
	"printf 'VERSION = 6\\nPATCHLEVEL = 12\\nSUBLEVEL = 117\\nEXTRAVERSION =\\n' >Makefile\n"
	"echo vma >mm/vma.c; echo driver >drivers/base/core.c; echo config >drivers/base/Kconfig\n"
	"cd ..; tar -cJf ../p/usr/src/linux-source-6.12.tar.xz linux-source-6.12; cd ..\n"
	"printf 'Package: linux-source-6.12\\nVersion: 6.12.117-1\\nArchitecture: all\\n"
	"Maintainer: nobody <nobody@localhost>\\nDescription: x\\n' >p/DEBIAN/control\n"
	"dpkg-deb --build p deb/x.deb\n";

/* Gives @words to a shell, in the fixture's directory, which is also where the cache is. */
static int shell(struct fixture *f, const char *words)
{
	char script[4096];
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct subprocess p = {
		.argv = argv,
		.dir = f->dir,
		.out = f->out,
		.out_size = sizeof(f->out),
		.err = f->err,
		.err_size = sizeof(f->err),
		.signals = -1,
	};

	snprintf(script, sizeof(script), "export PATH=%s/bin:$PATH XDG_CACHE_HOME=%s/cache; %s",
		 f->dir, f->dir, words);
	return subprocess_run(&p);
}

static int call(struct fixture *f, const char *args)
{
	char words[1024];

	snprintf(words, sizeof(words), "'%s' kernels %s", VMAFUZZ_PATH, args);
	return shell(f, words);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static void put(struct fixture *f, const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

/* Only the machine's lists have 6.12, only other suites have 7.3. */
static int setup(void **state)
{
	static const char *const row =
		" linux-source-6.12 | 6.12.117-1 | fake:/x bookworm/main amd64 Packages\n";
	static const char *const other =
		" linux-source-7.3 | 7.3~rc5-1~exp1 | fake:/x experimental/main amd64 Packages\n"
		" linux-source-7.3 |  7.3.4-1 | fake:/x sid/main amd64 Packages\n";
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/vmafuzz-test-kernels-%d", (int)getpid());
	if (mkdir(f->dir, 0700) || shell(f, "mkdir bin"))
		return -1;
	put(f, "bin/apt-get", fake_apt);
	put(f, "bin/apt-cache", fake_apt);
	put(f, "madison.machine", row);
	put(f, "madison.enabled", row);
	put(f, "madison.other", other);
	put(f, "calls", "");
	*state = f;
	return shell(f, "chmod +x bin/*");
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	shell(f, "rm -rf \"$PWD\"");
	free(f);
	return 0;
}

static void need_package(struct fixture *f)
{
	if (shell(f, "command -v dpkg-deb && command -v xz"))
		skip();
	if (shell(f, make_package))
		fail_msg("%s", f->err);
}

static void test_kernels_wrong_usage_is_status_2(void **state)
{
	static const char *const rows[][2] = {
		{ "frobnicate", "list, get and rm" },
		{ "list surplus", "no arguments" },
		{ "get", "of what?" },
		{ "get image 6.12", "of what?" },
		{ "get source", "a version such as" },
		{ "get source 6", "a version such as" },
		{ "get source ../../x", "a version such as" },
		{ "get source 6.12 7.3", "a version such as" },
		{ "rm source", "a version such as" },
		{ "rm source 6.12 --newest", "is for get" },
		{ "get source 6.12 --cached", "is for list" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (call(f, rows[i][0]) != 2)
			fail_msg("kernels %s: not status 2", rows[i][0]);
		assert_has(f->err, rows[i][1]);
		assert_string_equal(f->out, "");
	}
}

static void test_kernels_get_unpacks_what_is_needed_and_prints_where(void **state)
{
	struct fixture *f = *state;
	char path[128];

	need_package(f);
	assert_int_equal(call(f, "get source 6.12"), 0);
	snprintf(path, sizeof(path), "%s/cache/vmafuzz/source/6.12.117\n", f->dir);
	assert_string_equal(f->out, path);
	assert_has(f->err, "unpacking linux-source-6.12");
	assert_int_equal(shell(f, "cd cache/vmafuzz/source/; find . -type f | sort"), 0);
	assert_string_equal(f->out, "./6.12.117/Makefile\n./6.12.117/drivers/base/Kconfig\n"
				    "./6.12.117/mm/vma.c\n");
	/* Nothing else remains, and the machine's own state was enough. */
	assert_int_equal(shell(f, "ls -A cache/vmafuzz/source; grep -c update calls"), 1);
	assert_string_equal(f->out, "6.12.117\n0\n");
}

static void test_kernels_get_again_asks_nobody(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(shell(f, "mkdir -p cache/vmafuzz/source/6.12.117 "
				  "cache/vmafuzz/source/6.12.95"),
			 0);
	assert_int_equal(call(f, "get source 6.12"), 0);
	assert_has(f->out, "/6.12.117\n");
	assert_int_equal(call(f, "get source 6.12.95 --json"), 0);
	assert_has(f->out, "\"version\":\"6.12.95\",\"fetched\":false");
	assert_int_equal(shell(f, "cat calls"), 0);
	assert_string_equal(f->out, "");
}

static void test_kernels_get_newest_asks_but_downloads_only_what_is_new(void **state)
{
	struct fixture *f = *state;

	need_package(f);
	assert_int_equal(shell(f, "mkdir -p cache/vmafuzz/source/6.12.95"), 0);
	assert_int_equal(call(f, "get source 6.12 --newest"), 0);
	assert_has(f->out, "/6.12.117\n");
	assert_int_equal(call(f, "get source 6.12 --newest"), 0);
	assert_has(f->out, "/6.12.117\n");
	assert_int_equal(shell(f, "grep -c download calls; grep -c update calls"), 0);
	assert_string_equal(f->out, "1\n2\n");
}

static void test_kernels_get_stale_lists_are_fetched_anew(void **state)
{
	struct fixture *f = *state;

	need_package(f);
	put(f, "stale", "");
	assert_int_equal(call(f, "get source 6.12.117"), 0);
	assert_int_equal(shell(f, "grep -c download calls; grep -c update calls"), 0);
	assert_string_equal(f->out, "2\n1\n");
}

static void test_kernels_get_looks_in_other_suites_without_changing_the_machine(void **state)
{
	struct fixture *f = *state;

	/* The package is not what its name says, which is noticed. */
	need_package(f);
	assert_int_equal(call(f, "get source 7.3"), 3);
	assert_has(f->err, "downloading linux-source-7.3 7.3.4-1 of sid");
	assert_has(f->err, "not what was expected");
	assert_int_equal(shell(f, "cat cache/vmafuzz/apt/sources.list"), 0);
	assert_has(f->out, " fake:/debian/ experimental main\n");
	assert_has(f->out, " fake:/debian-security/ bookworm-security main\n");
	assert_null(strstr(f->out, "foreign"));
	/* Whatever changes lists has our configuration. */
	assert_int_equal(shell(f, "grep update calls | grep -cv config-file="), 1);
	assert_int_equal(shell(f, "ls -A cache/vmafuzz/source"), 0);
	assert_string_equal(f->out, "");
}

static void test_kernels_get_unknown_version_is_status_3(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "get source 6.99"), 3);
	assert_has(f->err, "no sources of 6.99: 'vmafuzz kernels list'");
	assert_int_equal(call(f, "get source 6.12.1"), 3);
	assert_string_equal(f->out, "");
}

static void test_kernels_get_offline_says_so(void **state)
{
	struct fixture *f = *state;

	put(f, "offline", "");
	put(f, "madison.machine", "");
	assert_int_equal(call(f, "get source 6.12"), 3);
	assert_has(f->err, "cannot be reached: try again with a network; apt-get: Could not");
}

static void test_kernels_get_without_apt_says_what_to_do(void **state)
{
	struct fixture *f = *state;
	char words[512];

	snprintf(words, sizeof(words), "PATH=/nowhere '%s' kernels get source 6.12", VMAFUZZ_PATH);
	assert_int_equal(shell(f, words), 3);
	assert_has(f->err, "there is no apt-get here");
	assert_has(f->err, "VMAFUZZ_KERNEL_SRC=DIR");
	snprintf(words, sizeof(words), "unset HOME; XDG_CACHE_HOME= '%s' kernels", VMAFUZZ_PATH);
	assert_int_equal(shell(f, words), 3);
	assert_has(f->err, "set HOME or XDG_CACHE_HOME");
}

static void test_kernels_get_unusable_cache_is_status_3(void **state)
{
	struct fixture *f = *state;

	put(f, "cache", "a file, where a directory is needed");
	assert_int_equal(call(f, "get source 6.12"), 3);
	assert_has(f->err, "cannot make the directory");
}

/* tar as it is on a full disk. */
static void test_kernels_get_full_disk_says_so_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	need_package(f);
	put(f, "bin/tar",
	    "#!/bin/sh\necho 'tar: x: Cannot write: No space left on device' >&2\n"
	    "exit 2\n");
	/* dpkg calls tar too. */
	put(f, "bin/dpkg", "#!/bin/sh\nexec env PATH=/usr/bin:/bin /usr/bin/dpkg \"$@\"\n");
	assert_int_equal(shell(f, "chmod +x bin/*"), 0);
	assert_int_equal(call(f, "get source 6.12"), 3);
	assert_has(f->err, "the disk is full: make room below ");
	assert_int_equal(shell(f, "ls -A cache/vmafuzz/source"), 0);
	assert_string_equal(f->out, "");
}

static void test_kernels_get_stops_at_a_signal_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	char words[1024];

	need_package(f);
	put(f, "hang", "");
	snprintf(words, sizeof(words),
		 "'%s' kernels get source 6.12 & pid=$!; n=0\n"
		 "while [ ! -e hangs ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done\n"
		 "kill -TERM $pid; wait $pid",
		 VMAFUZZ_PATH);
	assert_int_equal(shell(f, words), 3);
	assert_has(f->err, "stopped");
	assert_int_equal(shell(f, "ls -A cache/vmafuzz/source"), 0);
	assert_string_equal(f->out, "");
}

static void test_kernels_leftovers_of_a_killed_run_are_removed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(shell(f, "mkdir -p cache/vmafuzz/source/.work/tree/x"), 0);
	assert_int_equal(call(f, "get source 6.99"), 3);
	assert_int_equal(shell(f, "ls -A cache/vmafuzz/source"), 0);
	assert_string_equal(f->out, "");
}

static void test_kernels_list_prints_what_is_here_and_there(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(shell(f, "mkdir -p cache/vmafuzz/source/6.1.192 "
				  "cache/vmafuzz/source/6.12.117 cache/vmafuzz/source/.work"),
			 0);
	assert_int_equal(call(f, "list --cached --json"), 0);
	assert_has(f->out, "{\"kind\":\"source\",\"version\":\"6.12.117\",\"cached\":true");
	assert_null(strstr(f->out, ".work"));
	assert_true(strstr(f->out, "6.1.192") > strstr(f->out, "6.12.117"));
	assert_int_equal(call(f, "list"), 0);
	assert_has(f->out, "source 6.1.192      in ");
	assert_has(f->out, "source 7.3.0-rc5    in the archive: linux-source-7.3");
	assert_int_equal(call(f, "--json"), 0);
	assert_has(f->out, "\"cached\":false,\"package\":\"linux-source-7.3\","
			   "\"package_version\":\"7.3.4-1\",\"suite\":\"sid\"}");
	put(f, "offline", "");
	assert_int_equal(call(f, "list"), 3);
	assert_has(f->out, "source 6.1.192");
	assert_has(f->err, "cannot be reached");
}

static void test_kernels_rm_removes_what_it_names_only(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(shell(f, "cd /; mkdir -p $XDG_CACHE_HOME/vmafuzz/source/6.1.192/mm; "
				  "mkdir $XDG_CACHE_HOME/vmafuzz/source/6.12.117"),
			 0);
	assert_int_equal(call(f, "rm source 6.1"), 0);
	assert_has(f->err, "removed 6.1.192");
	assert_int_equal(shell(f, "ls -A cache/vmafuzz/source"), 0);
	assert_string_equal(f->out, "6.12.117\n");
	assert_int_equal(call(f, "rm source 6.1"), 3);
	assert_has(f->err, "there are no sources of 6.1 in ");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_kernels_wrong_usage_is_status_2),
		T(test_kernels_get_unpacks_what_is_needed_and_prints_where),
		T(test_kernels_get_again_asks_nobody),
		T(test_kernels_get_newest_asks_but_downloads_only_what_is_new),
		T(test_kernels_get_stale_lists_are_fetched_anew),
		T(test_kernels_get_looks_in_other_suites_without_changing_the_machine),
		T(test_kernels_get_unknown_version_is_status_3),
		T(test_kernels_get_offline_says_so),
		T(test_kernels_get_without_apt_says_what_to_do),
		T(test_kernels_get_unusable_cache_is_status_3),
		T(test_kernels_get_full_disk_says_so_and_leaves_nothing),
		T(test_kernels_get_stops_at_a_signal_and_leaves_nothing),
		T(test_kernels_leftovers_of_a_killed_run_are_removed),
		T(test_kernels_list_prints_what_is_here_and_there),
		T(test_kernels_rm_removes_what_it_names_only),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
