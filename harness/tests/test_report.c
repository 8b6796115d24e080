/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report holds what a maintainer needs, in its order; the JSON is one line and escaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/json.h"
#include "harness/report.h"
#include "harness/tests/tamper.h"

static const char *const lines = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				 "write(@1)\n"
				 "mprotect(@1, +1, r)\n"
				 "read(@1)\n";

/* The text of a report on @lines falsified as @how says; the caller frees it. */
static char *report(enum tamper_how how, bool json)
{
	const struct session_opts opts = {.pages_each = true, .check = true};
	const struct origin origin = {
		.file = "some \"file\"",
		.generated = true,
		.seed = 7,
		.case_seed = 8,
		.options = "--backend x",
		.fuzz_options = "--ops 20",
	};
	struct backend *b = tamper_open(how, OP_MPROTECT, 1);
	struct session *s = session_new(b, &b->config);
	struct outcome outcome;
	struct prog prog;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(s);
	assert_non_null(out);
	program(&prog, lines);
	session_run(s, &prog, &opts, &outcome);
	assert_int_equal(outcome.verdict, VERDICT_DIVERGE);
	if (json)
		report_json(out, s, &prog, &outcome, &origin);
	else
		report_print(out, s, &prog, &outcome, &origin);
	fclose(out);
	session_free(s);
	b->type->close(b);
	return text;
}

static void test_report_parts_stand_in_their_order(void **state)
{
	static const char *const parts[] = {
		"mprotect/attribute/", "No known bug", "  > ", "mprotect(@1, +1, r) = 0",
		"State after operation 3", "Kernel: ", "Profile: ", "Seed of the run: 7",
		"vmafuzz run some", "--backend x", "vmafuzz fuzz --case 8 --backend x --ops 20",
	};
	char *text = report(TAMPER_FLAGS, false), *at = text;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		at = strstr(at, parts[i]);
		if (!at)
			fail_msg("\"%s\" is missing or too early in:\n%s", parts[i], text);
	}
	/* What came after the fault is not part of it. */
	assert_null(strstr(text, "read(@1)"));
	free(text);
}

static void test_report_result_names_both(void **state)
{
	char *text = report(TAMPER_RESULT, false);

	(void)state;
	assert_non_null(strstr(text, "Result of operation 3: specified 0, returned EIO"));
	free(text);
}

static void test_report_complaint_has_what_follows_its_sentence(void **state)
{
	char *text = report(TAMPER_COMPLAIN, false);

	(void)state;
	assert_non_null(strstr(text, "mprotect/kernel/mm-vma.c-123: WARNING: at mm/vma.c:123\n"));
	assert_non_null(strstr(text, "\n    bad map\n"));
	free(text);
	text = report(TAMPER_COMPLAIN, true);
	assert_non_null(strstr(text, "\"complaint\":\"WARNING: at mm/vma.c:123\\nbad map"));
	free(text);
}

static void test_report_json_is_one_escaped_line(void **state)
{
	char *text = report(TAMPER_FLAGS, true);

	(void)state;
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_non_null(strstr(text, "\"signature\":\"mprotect/attribute/"));
	assert_non_null(strstr(text, "\"file\":\"some \\\"file\\\"\""));
	assert_non_null(strstr(text, "\"case\":8"));
	free(text);
}

static void test_json_bytes_that_are_no_text_are_replaced(void **state)
{
	static const struct {
		const char *value, *expected;
	} rows[] = {
		{"a\xff", "{\"k\":\"a\\ufffd\"}\n"},
		{"\xc3\xa4", "{\"k\":\"\xc3\xa4\"}\n"},
		{"\xc3", "{\"k\":\"\\ufffd\"}\n"},
		{"\xed\xa0\x80", "{\"k\":\"\\ufffd\\ufffd\\ufffd\"}\n"},
		{"\x01\n\"\\", "{\"k\":\"\\u0001\\n\\\"\\\\\"}\n"},
		{NULL, "{\"k\":null}\n"},
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		struct json j;

		assert_non_null(out);
		json_begin(&j, out);
		json_string(&j, "k", rows[i].value);
		json_end(&j);
		fclose(out);
		assert_string_equal(text, rows[i].expected);
		free(text);
	}
}

static void test_json_nested_members_are_separated(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct json j;

	(void)state;
	assert_non_null(out);
	json_begin(&j, out);
	json_array(&j, "a");
	json_u64(&j, NULL, 1);
	json_object(&j, NULL);
	json_bool(&j, "b", true);
	json_close(&j);
	json_close(&j);
	json_s64(&j, "c", -2);
	json_end(&j);
	fclose(out);
	assert_string_equal(text, "{\"a\":[1,{\"b\":true}],\"c\":-2}\n");
	free(text);
}

static void test_quirks_print_names_and_affected(void **state)
{
	const u32 two = 1u << QUIRK_GROW_FORKLIMIT | 1u << QUIRK_DONTUNMAP_SELF_MERGE;
	char text[512], expected[512], little[8];

	(void)state;
	quirks_print(text, sizeof(text), two);
	assert_string_equal(text, "grow_forklimit, dontunmap_self_merge");
	quirks_print_affected(text, sizeof(text), 1u << QUIRK_GROW_FORKLIMIT);
	snprintf(expected, sizeof(expected), "grow_forklimit (%s)",
		 quirk_descs[QUIRK_GROW_FORKLIMIT].affected);
	assert_string_equal(text, expected);
	quirks_print(text, sizeof(text), 0);
	assert_string_equal(text, "");
	quirks_print(little, sizeof(little), two);
	assert_string_equal(little, "grow_fo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report_parts_stand_in_their_order),
		cmocka_unit_test(test_report_result_names_both),
		cmocka_unit_test(test_report_complaint_has_what_follows_its_sentence),
		cmocka_unit_test(test_report_json_is_one_escaped_line),
		cmocka_unit_test(test_json_bytes_that_are_no_text_are_replaced),
		cmocka_unit_test(test_json_nested_members_are_separated),
		cmocka_unit_test(test_quirks_print_names_and_affected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
