/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots as text: corpus files hold this text, so a change of it is a change of an interface.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/tests/snap_fixture.h"

static void expect_printed(const struct snapshot *s, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	snap_print(out, s, "| ");
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_print_of_everything(void **state)
{
	struct pair *p = *state;

	p->want.proc[2].alive = true;
	expect_printed(&p->want, "| p0 @0 +4 rw ac av=A\n"
				 "| p0 @4 +2 r ac\n"
				 "| p0 @8 +3 r f1+2\n"
				 "| p1 @0 +4 rw ac av=B chain=B,A\n"
				 "| p0 map_count=+3 total_vm=+9 def=lo\n"
				 "| p1 locked_vm=-4\n"
				 "| p2 nothing\n"
				 "| A root=A parent=A children=2 active=1 refs=2\n"
				 "| B root=A parent=A children=0 active=1 refs=1\n"
				 "| p0 page @1 tag=4\n"
				 "| p0 page @3 guard\n"
				 "| p0 page @8 may\n"
				 "| p1 page @1 present\n");
}

static void test_print_leaves_out_what_is_not_known(void **state)
{
	struct pair *p = *state;

	p->want.vmas[0].flags |= VMF_LOCKED;
	p->want.fields = SNAP_LAYOUT;
	expect_printed(&p->want, "| p0 @0 +4 rw\n"
				 "| p0 @4 +2 r\n"
				 "| p0 @8 +3 r file+2\n"
				 "| p1 @0 +4 rw\n");
	p->want.fields = 0;
	expect_printed(&p->want, "");
}

static void test_print_of_an_area_with_unusual_fields(void **state)
{
	static const struct {
		struct snap_vma vma;
		const char *text;
	} rows[] = {
		{ { .end = 2, .flags = VMF_SHARED },
		  "p3 0 +2 none sh -ms -mr -mw -me" },
		{ { .start = PAGE(64), .end = PAGE(65), .pgoff = 7, .anon_pgoff = 7,
		    .flags = USUAL | VMF_MAYSHARE | VMF_EXEC },
		  "p3 @64 +1 rwx ac mayshare pgoff=@-4294967257" },
		{ { .start = 0x7f0000000, .end = 0x7f0000001, .pgoff = PAGE(17),
		    .anon_pgoff = PAGE(18), .flags = USUAL },
		  "p3 0x7f0000000000 +1 rw ac pgoff=@17 apgoff=@18" },
		{ { .start = PAGE(5), .end = PAGE(6), .pgoff = 3, .anon_pgoff = PAGE(5),
		    .flags = USUAL, .file = 12 },
		  "p3 @5 +1 rw ac f12+3" },
		{ { .start = PAGE(5), .end = PAGE(6), .pgoff = 3, .anon_pgoff = PAGE(4),
		    .flags = USUAL, .file = 12 },
		  "p3 @5 +1 rw ac f12+3 apgoff=@4" },
		{ { .start = PAGE(5), .end = PAGE(6), .pgoff = 3, .anon_pgoff = 3,
		    .flags = USUAL, .file = 1, .has_close = true },
		  "p3 @5 +1 rw ac f1+3 close" },
		{ { .start = PAGE(5), .end = PAGE(6), .pgoff = PAGE(5), .anon_pgoff = PAGE(5),
		    .flags = USUAL, .policy = POLICY_BIND_STATIC },
		  "p3 @5 +1 rw ac pol=bind_static" },
		{ { .start = PAGE(5), .end = PAGE(6), .pgoff = PAGE(5), .anon_pgoff = PAGE(5),
		    .flags = USUAL, .policy = POLICY_BIND, .name = NAME_EMPTY },
		  "p3 @5 +1 rw ac pol=bind name=empty" },
		{ { .start = PAGE(5), .end = PAGE(6), .pgoff = PAGE(5), .anon_pgoff = PAGE(5),
		    .flags = USUAL, .policy = SNAP_POLICY_OTHER },
		  "p3 @5 +1 rw ac pol=other" },
		{ { .start = PAGE(0), .end = PAGE(1), .pgoff = PAGE(1), .anon_pgoff = PAGE(1),
		    .flags = USUAL, .file = 1 },
		  "p3 @0 +1 rw ac f1+4294967265" },
		{ { .start = PAGE(0), .end = PAGE(1), .pgoff = PAGE(0), .anon_pgoff = PAGE(0),
		    .flags = USUAL | VMF_SOFTDIRTY, .anon_vma = 26, .chain_len = 1 },
		  "p3 @0 +1 rw ac sd av=Z chain=B" },
		{ { .start = PAGE(0), .end = PAGE(1), .pgoff = PAGE(0), .anon_pgoff = PAGE(0),
		    .flags = USUAL | 1ull << 60, .anon_vma = 27 },
		  "p3 @0 +1 rw ac 0x1000000000000000 av=a1 chain=none" },
		{ { .start = PAGE(-1), .end = PAGE(0), .pgoff = PAGE(-1), .anon_pgoff = PAGE(-1),
		    .flags = USUAL, .anon_vma = 2, .chain_len = 1 },
		  "p3 @-1 +1 rw ac av=B" },
	};
	struct pair *p = *state;
	char text[200], cut[8];

	p->want.chain[0] = 2;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		p->want.vmas[7] = rows[i].vma;
		assert_int_equal(snap_vma_print(text, sizeof(text), &p->want, 3, 7),
				 strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
		snap_vma_print(cut, sizeof(cut), &p->want, 3, 7);
		assert_memory_equal(cut, text, sizeof(cut) - 1);
		assert_int_equal(cut[sizeof(cut) - 1], '\0');
	}
}

static void expect_both(const struct pair *p, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	snap_print_both(out, &p->want, &p->seen);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_print_both_marks_what_differs(void **state)
{
	struct pair *p = *state;

	p->want.fields = SNAP_LAYOUT | SNAP_PAGES;
	split_first(&p->seen);
	p->seen.proc[1].vma_count = 0;
	p->seen.pages[0].tag = 5;
	p->seen.pages[2] = p->seen.pages[3];
	p->seen.page_count = 3;
	expect_both(p, "expected                                   seen\n"
		       "p0 @0 +4 rw                              ! p0 @0 +2 rw\n"
		       "                                         > p0 @2 +2 rw\n"
		       "p0 @4 +2 r                                 p0 @4 +2 r\n"
		       "p0 @8 +3 r file+2                          p0 @8 +3 r file+2\n"
		       "p1 @0 +4 rw                              <\n"
		       "                                         > p1 nothing\n"
		       "p0 page @1 tag=4                         ! p0 page @1 tag=5\n"
		       "p0 page @3 guard                           p0 page @3 guard\n"
		       "p0 page @8 may\n"
		       "p1 page @1 present                         p1 page @1 present\n");
}

static void test_print_both_marks_a_difference_that_the_text_hides(void **state)
{
	struct pair *p = *state;

	p->want.fields = SNAP_LAYOUT | SNAP_PGOFF;
	p->want.proc[1].alive = p->seen.proc[1].alive = false;
	p->want.proc[0].vma_count = p->seen.proc[0].vma_count = 1;
	p->want.proc[0].vma = p->seen.proc[0].vma = 2;
	p->seen.vmas[2].anon_pgoff = PAGE(8);
	expect_both(p, "expected                                   seen\n"
		       "p0 @8 +3 r f1+2                          ! p0 @8 +3 r f1+2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(test_print_of_everything),
		PAIR_TEST(test_print_leaves_out_what_is_not_known),
		PAIR_TEST(test_print_of_an_area_with_unusual_fields),
		PAIR_TEST(test_print_both_marks_what_differs),
		PAIR_TEST(test_print_both_marks_a_difference_that_the_text_hides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
