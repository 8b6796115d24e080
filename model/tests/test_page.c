/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page records: kept in order of address, dropped, moved, and what the files contain.
 */
#include "testing.h"

static struct model_page *make(struct testing *t, u64 n, enum page_state state)
{
	struct model_page *p = page_make(&t->model, &t->model.mm[0], ARENA_PAGE + n);

	assert_non_null(p);
	p->state = (u8)state;
	p->tag = n;
	return p;
}

static void expect_addresses(const struct testing *t, const u64 *want, u32 count)
{
	const struct model_mm *mm = &t->model.mm[0];

	assert_int_equal(mm->page_count, count);
	for (u32 i = 0; i < count; i++)
		assert_int_equal(mm->pages[i].addr, ARENA_PAGE + want[i]);
}

static void test_make_any_order_is_sorted(void **state)
{
	static const u64 sorted[] = { 1, 3, 5, 9 };
	struct testing *t = *state;
	struct model_mm *mm = &t->model.mm[0];

	make(t, 5, PAGE_ZERO);
	make(t, 1, PAGE_ZERO);
	make(t, 9, PAGE_ZERO);
	make(t, 3, PAGE_ZERO);
	expect_addresses(t, sorted, 4);
	for (u64 n = 0; n < 11; n++) {
		const struct model_page *p = page_at(mm, ARENA_PAGE + n);
		bool there = n == 1 || n == 3 || n == 5 || n == 9;

		assert_int_equal(p != NULL, there);
		assert_true(!p || p->addr == ARENA_PAGE + n);
	}
	assert_int_equal(page_lower(mm, ARENA_PAGE + 4), 2);
	assert_int_equal(page_lower(mm, ARENA_PAGE + 5), 2);
	assert_int_equal(page_lower(mm, ARENA_PAGE + 10), 4);
}

static void test_make_again_is_a_fresh_record(void **state)
{
	static const u64 one[] = { 4 };
	struct testing *t = *state;
	struct model_page *p = make(t, 4, PAGE_ANON);

	p->lazyfree = true;
	p->owner = 7;
	p = page_make(&t->model, &t->model.mm[0], ARENA_PAGE + 4);
	assert_int_equal(p->tag, 0);
	assert_int_equal(p->owner, 0);
	assert_false(p->lazyfree);
	expect_addresses(t, one, 1);
}

static void test_make_beyond_the_array_is_a_limit(void **state)
{
	struct testing *t = *state;

	for (u64 n = 0; n < MODEL_PAGES_MAX; n++)
		make(t, n, PAGE_ZERO);
	assert_null(t->model.limit);
	/* one that is there already needs no room */
	make(t, 17, PAGE_ANON);
	assert_null(t->model.limit);
	assert_null(page_make(&t->model, &t->model.mm[0], ARENA_PAGE + MODEL_PAGES_MAX));
	assert_non_null(t->model.limit);
	assert_int_equal(t->model.mm[0].page_count, MODEL_PAGES_MAX);
}

static void test_zap_drops_exactly_the_range(void **state)
{
	static const u64 left[] = { 1, 5 };
	struct testing *t = *state;

	for (u64 n = 1; n < 6; n++)
		make(t, n, n == 3 ? PAGE_GUARD : PAGE_ANON);
	page_zap(&t->model.mm[0], ARENA_PAGE + 2, ARENA_PAGE + 5);
	expect_addresses(t, left, 2);
	page_zap(&t->model.mm[0], ARENA_PAGE + 2, ARENA_PAGE + 5);
	expect_addresses(t, left, 2);
}

static void test_zap_keep_guards_leaves_the_markers(void **state)
{
	static const u64 left[] = { 1, 3, 5 };
	struct testing *t = *state;

	for (u64 n = 1; n < 6; n++)
		make(t, n, n == 3 ? PAGE_GUARD : PAGE_FILE);
	page_zap_keep_guards(&t->model.mm[0], ARENA_PAGE + 2, ARENA_PAGE + 5);
	expect_addresses(t, left, 3);
	assert_int_equal(page(t, 0, 3)->state, PAGE_GUARD);
}

static void expect_moved(struct testing *t, u64 from, u64 to)
{
	for (u64 n = 0; n < 4; n++)
		make(t, from + n, PAGE_ANON);
	page_zap(&t->model.mm[0], ARENA_PAGE + from + 1, ARENA_PAGE + from + 2);
	make(t, 30, PAGE_GUARD);
	page_move(&t->model, &t->model.mm[0], ARENA_PAGE + from, ARENA_PAGE + to, 3);
	assert_int_equal(t->model.mm[0].page_count, 4);
	assert_int_equal(page(t, 0, to)->tag, from);
	assert_int_equal(page(t, 0, to + 2)->tag, from + 2);
	assert_null(page_at(&t->model.mm[0], ARENA_PAGE + to + 1));
	/* what lay behind the range stays */
	assert_int_equal(page(t, 0, from + 3)->tag, from + 3);
	assert_int_equal(page(t, 0, 30)->state, PAGE_GUARD);
	for (u32 i = 1; i < 4; i++)
		assert_true(t->model.mm[0].pages[i - 1].addr < t->model.mm[0].pages[i].addr);
}

static void test_move_up_and_down_takes_the_records_along(void **state)
{
	struct testing *t = *state;

	expect_moved(t, 2, 40);
	restart(t, NULL);
	expect_moved(t, 40, 2);
}

static void test_move_keeps_everything_but_the_address(void **state)
{
	struct testing *t = *state;
	struct model_page *p = make(t, 2, PAGE_ANON), before;

	p->owner = 3;
	p->index = 77;
	p->exclusive = true;
	before = *p;
	page_move(&t->model, &t->model.mm[0], ARENA_PAGE + 2, ARENA_PAGE + 9, 1);
	p = page(t, 0, 9);
	assert_int_equal(p->owner, before.owner);
	assert_int_equal(p->index, before.index);
	assert_int_equal(p->tag, before.tag);
	assert_int_equal(p->state, before.state);
	assert_true(p->exclusive);
}

/* ---- files ---- */

static void test_file_reads_zero_until_written(void **state)
{
	struct testing *t = *state;
	struct model *m = &t->model;

	assert_int_equal(file_tag(m, FILE_MEM0, 3), 0);
	file_set_tag(m, FILE_MEM0, 3, 5);
	assert_int_equal(file_tag(m, FILE_MEM0, 3), 5);
	assert_int_equal(file_tag(m, FILE_MEM0, 4), 0);
	file_set_tag(m, FILE_MEM0, 3, 6);
	assert_int_equal(file_tag(m, FILE_MEM0, 3), 6);
	assert_int_equal(m->file_page_count, 1);
}

/* What was opened twice is one inode; what was not is another. */
static void test_file_content_belongs_to_the_inode(void **state)
{
	struct testing *t = *state;
	struct model *m = &t->model;

	file_set_tag(m, FILE_MEM0, 3, 5);
	assert_int_equal(file_tag(m, FILE_MEM0B, 3), 5);
	assert_int_equal(file_tag(m, FILE_MEM0RO, 3), 5);
	assert_int_equal(file_tag(m, FILE_MEM1, 3), 0);
	assert_int_equal(file_tag(m, FILE_ZERO, 3), 0);
}

static void test_file_more_written_pages_than_room_is_a_limit(void **state)
{
	struct testing *t = *state;
	struct model *m = &t->model;

	for (u64 n = 0; n < MODEL_FILE_PAGES_MAX; n++)
		file_set_tag(m, FILE_MEM0, n, 1);
	file_set_tag(m, FILE_MEM0, 0, 2);
	assert_null(m->limit);
	file_set_tag(m, FILE_MEM1, 0, 1);
	assert_non_null(m->limit);
}

/* Rule 4: holes in the file, in every mapping of every process; private copies stay. */
static void test_punch_unmaps_everywhere(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3, rw, shared|fixed, m0, 0)\nwrite(@0)\nwrite(@1)\nwrite(@2)\n"
	       "mmap(@8, +3, rw, private|fixed, m0b, 0)\nread(@8) = 2\nwrite(@9)\n"
	       "mmap(@16, +1, rw, shared|fixed, m1, +1)\nwrite(@16)\nfork() = p1\n"
	       "p1: write(@1)");
	file_punch(&t->model, FILE_MEM0, 0, 2);
	expect_pages(t, "p0 page @2 tag=4\n"
			"p0 page @9 tag=7\n"
			"p0 page @10 may tag=4\n"
			"p0 page @16 tag=9\n"
			"p1 page @9 tag=7\n"
			"p1 page @10 may tag=4");
	run(t, "read(@0) = 0\np1: read(@1) = 0\nread(@2) = 4\nread(@16) = 9\nread(@8) = 0");
}

static void test_punch_of_a_shared_anonymous_mapping_is_its_own(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, shared|anonymous|fixed, none, 0)\nwrite(@0)\n"
	       "mmap(@4, +1, rw, shared|anonymous|fixed, none, 0)\nwrite(@4)\n"
	       "madvise(@0, +1, remove) = 0\nread(@0) = 0\nread(@4) = 4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_make_any_order_is_sorted),
		TEST(test_make_again_is_a_fresh_record),
		TEST(test_make_beyond_the_array_is_a_limit),
		TEST(test_zap_drops_exactly_the_range),
		TEST(test_zap_keep_guards_leaves_the_markers),
		TEST(test_move_up_and_down_takes_the_records_along),
		TEST(test_move_keeps_everything_but_the_address),
		TEST(test_file_reads_zero_until_written),
		TEST(test_file_content_belongs_to_the_inode),
		TEST(test_file_more_written_pages_than_room_is_a_limit),
		TEST(test_punch_unmaps_everywhere),
		TEST(test_punch_of_a_shared_anonymous_mapping_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
