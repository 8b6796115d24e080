/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants themselves: each is broken by hand in a state that was clean, and must then be
 * reported by its name. What is never reported guards nothing.
 */
#include "testing.h"

/*
 * Three generations with an area in two parts, and one of each other kind. In p0 the parts at @0
 * and @2 share an anon_vma; in p2 and p3, both children of p1, the chain at @0 has three members,
 * and that at @52, which p1 made, two.
 */
static const char family[] =
	"mmap(@0, +4" RW "write(@0)\nwrite(@3)\nmprotect(@2, +2, r)\n"
	"mmap(@10, +2, rw, shared|fixed, m0, 0)\nwrite(@10)\n"
	"mmap(@20, +2, rw, private|anonymous|fixed|locked, none, 0)\n"
	"mmap(@30, +2, rw, droppable|anonymous|fixed, none, 0)\nwrite(@30)\n"
	"mmap(@40, +2" RW "write(@40)\nmunmap(@40, +2)\n"
	"mmap(@44, +2" RO "mseal(@44, +2, 0)\n"
	"mmap(@48, +2, r, shared|fixed, m1, 0)\nmadvise(@48, +1, guard_install)\n"
	"fork() = p1\np1: munmap(@20, +2)\np1: mmap(@52, +2" RW "p1: write(@52)\n"
	"p1: fork() = p2\np2: write(@0)\np2: mprotect(@1, +1, r)\np2: mprotect(@53, +1, r)\n"
	"p1: fork() = p3\n";

static struct model_anon_vma *anon_vma_of(struct testing *t, u32 proc, u64 n)
{
	u16 id = area(t, proc, n)->anon_vma;

	assert_int_not_equal(id, 0);
	return &t->model.anon_vmas[id];
}

/* The first area of process 0 gets a userfaultfd of process @proc, with the modes. */
static void give_uffd(struct testing *t, u8 proc, u64 modes)
{
	t->model.uffds[0] = (struct model_uffd){ .open = true, .proc = proc };
	t->model.uffd_count = 1;
	area(t, 0, 0)->uffd = 1;
	area(t, 0, 0)->flags |= modes;
}

/* ---- the layout ---- */

static void overlap(struct testing *t)
{
	area(t, 0, 0)->end++;
}
static void empty(struct testing *t)
{
	area(t, 0, 2)->end = area(t, 0, 2)->start;
}
static void disorder(struct testing *t)
{
	struct model_vma first = t->model.mm[0].vmas[0];

	t->model.mm[0].vmas[0] = t->model.mm[0].vmas[1];
	t->model.mm[0].vmas[1] = first;
}
static void too_high(struct testing *t)
{
	area(t, 0, 30)->end = (ABI_TASK_SIZE >> PAGE_SHIFT) + 1;
}
static void map_count(struct testing *t)
{
	t->model.mm[0].counter[COUNT_MAP]++;
}
static void total_vm(struct testing *t)
{
	t->model.mm[0].counter[COUNT_TOTAL_VM]--;
}
static void data_vm(struct testing *t)
{
	t->model.mm[0].counter[COUNT_DATA_VM]++;
}
static void stack_vm(struct testing *t)
{
	t->model.mm[0].counter[COUNT_STACK_VM]++;
}
static void locked_vm(struct testing *t)
{
	t->model.mm[0].counter[COUNT_LOCKED_VM]++;
}
static void locked_vm_of_child(struct testing *t)
{
	t->model.mm[1].counter[COUNT_LOCKED_VM]++;
}
static void on_fault_unlocked(struct testing *t)
{
	area(t, 0, 20)->flags &= ~VMF_LOCKED;
	area(t, 0, 20)->flags |= VMF_LOCKONFAULT;
}
static void droppable_locked(struct testing *t)
{
	area(t, 0, 30)->flags |= VMF_LOCKED;
}
static void too_many(struct testing *t)
{
	t->model.config.base_map_count = 100;
	t->model.config.max_map_count = 100 + t->model.mm[2].vma_count - 2;
}

static void seal_lost(struct testing *t)
{
	area(t, 0, 44)->flags &= ~VMF_SEALED;
}
static void guard_flag_lost(struct testing *t)
{
	area(t, 0, 48)->flags &= ~VMF_MAYBE_GUARD;
}
static void shared_accounted(struct testing *t)
{
	area(t, 0, 10)->flags |= VMF_ACCOUNT;
}
static void noreserve_accounted(struct testing *t)
{
	area(t, 0, 0)->flags |= VMF_NORESERVE;
}
static void never_writable_accounted(struct testing *t)
{
	area(t, 0, 0)->flags &= ~VMF_MAYWRITE;
}

static void close_of_anonymous(struct testing *t)
{
	area(t, 0, 0)->has_close = true;
}
static void policy_without_numa(struct testing *t)
{
	t->model.config.numa = false;
	area(t, 0, 0)->policy = POLICY_BIND;
}

static void name_of_a_device(struct testing *t)
{
	area(t, 0, 10)->file = FILE_ZERO;
	area(t, 0, 10)->name = NAME_A;
}
static void name_without_names(struct testing *t)
{
	t->model.config.anon_name = false;
	area(t, 0, 0)->name = NAME_A;
}
static void uffd_without_mode(struct testing *t)
{
	give_uffd(t, 0, 0);
}
static void mode_without_uffd(struct testing *t)
{
	area(t, 0, 0)->flags |= VMF_UFFD_WP;
}
static void uffd_closed(struct testing *t)
{
	give_uffd(t, 0, VMF_UFFD_WP);
	t->model.uffds[0].open = false;
}
static void uffd_of_another(struct testing *t)
{
	give_uffd(t, 1, VMF_UFFD_WP);
}

/* ---- chains ---- */

static void chain_lost(struct testing *t)
{
	area(t, 0, 0)->chain_len = 0;
}
static void anon_vma_lost(struct testing *t)
{
	area(t, 0, 0)->anon_vma = 0;
}
/* The area's own is the only one that is not its root. */
static void own_missing(struct testing *t)
{
	struct model_vma *v = area(t, 1, 0);

	v->chain[0] = anon_vma_of(t, 1, 0)->root;
	v->chain_len = 1;
}
static void root_missing(struct testing *t)
{
	struct model_vma *v = area(t, 1, 0);

	v->chain[0] = v->anon_vma;
	v->chain_len = 1;
}
static void chain_add(struct model_vma *v, u16 id)
{
	v->chain[v->chain_len++] = id;
}
static void two_trees(struct testing *t)
{
	chain_add(area(t, 2, 52), area(t, 0, 0)->anon_vma);
}
static void twice(struct testing *t)
{
	chain_add(area(t, 2, 52), area(t, 2, 52)->anon_vma);
}
/* The first process was not forked: chains there are single. */
static void too_long(struct testing *t)
{
	chain_add(area(t, 0, 0), area(t, 1, 0)->anon_vma);
}
static void dead_in_chain(struct testing *t)
{
	anon_vma_of(t, 0, 0)->live = false;
}
/* Takes the middle one of three out. */
static void parent_missing(struct testing *t)
{
	struct model_vma *v = area(t, 2, 0);
	u16 parent = anon_vma_of(t, 2, 0)->parent;

	assert_int_equal(v->chain_len, 3);
	for (u8 k = 0; k < 2; k++)
		if (v->chain[k] == parent)
			v->chain[k] = v->chain[2];
	v->chain_len = 2;
}
/* Of two areas with one anon_vma, one gets another descendant of the same root. */
static void siblings_differ(struct testing *t)
{
	assert_int_equal(area(t, 2, 52)->anon_vma, area(t, 2, 53)->anon_vma);
	chain_add(area(t, 2, 53), area(t, 3, 52)->anon_vma);
}
static void shared_faulted(struct testing *t)
{
	anon_vma_clone(&t->model, area(t, 0, 10), area(t, 0, 0));
}

/* ---- the graph ---- */

static void active(struct testing *t)
{
	anon_vma_of(t, 0, 0)->num_active_vmas++;
}
static void children(struct testing *t)
{
	anon_vma_of(t, 1, 0)->num_children++;
}
static void children_of_root(struct testing *t)
{
	anon_vma_of(t, 0, 0)->num_children--;
}
/* The area at @40 had an anon_vma that died with it. */
static void revived(struct testing *t)
{
	u16 id = 1;

	while (id < t->model.anon_vma_top && t->model.anon_vmas[id].live)
		id++;
	if (id == t->model.anon_vma_top)
		t->model.anon_vma_top++;
	t->model.anon_vmas[id] = (struct model_anon_vma){
		.live = true, .root = id, .parent = id, .num_children = 1, .refcount = 1
	};
}
static void references(struct testing *t)
{
	anon_vma_of(t, 0, 0)->refcount++;
}

/* ---- pages ---- */

static void page_unmapped(struct testing *t)
{
	page(t, 0, 3)->addr = ARENA_PAGE + 4;
}
static void page_of_another(struct testing *t)
{
	page(t, 0, 0)->owner = area(t, 3, 0)->anon_vma;
}
static void page_index(struct testing *t)
{
	page(t, 0, 3)->index++;
}

static const struct {
	const char *name;
	void (*break_it)(struct testing *t);
	const char *how;
} breaks[] = {
	{ "F1", overlap, "two areas overlap" },
	{ "F1", empty, "an area without pages" },
	{ "F1", disorder, "areas out of order" },
	{ "F1", too_high, "an area beyond the user's addresses" },
	{ "F2", map_count, "map_count" },
	{ "F3", total_vm, "total_vm" },
	{ "F3", data_vm, "data_vm" },
	{ "F3", stack_vm, "stack_vm" },
	{ "F4", locked_vm, "locked_vm" },
	{ "F4", locked_vm_of_child, "locked_vm of a child" },
	{ "F5", chain_lost, "an anon_vma without a chain" },
	{ "F5", anon_vma_lost, "a chain without an anon_vma" },
	{ "F6", own_missing, "the chain lacks the anon_vma" },
	{ "F6", root_missing, "the chain lacks the root" },
	{ "F6", two_trees, "a chain of two trees" },
	{ "F6", twice, "one twice in a chain" },
	{ "F7", active, "num_active_vmas" },
	{ "F8", children, "num_children" },
	{ "F8", children_of_root, "num_children of a root" },
	{ "F9", dead_in_chain, "a dead one in a chain" },
	{ "F9", revived, "a live one in no chain" },
	{ "F10", references, "refcount" },
	{ "F11", too_long, "a chain longer than there were forks" },
	{ "F12", parent_missing, "the chain lacks a parent" },
	{ "F13", siblings_differ, "one anon_vma, two chains" },
	{ "F15", page_unmapped, "a page where nothing is mapped" },
	{ "F15", page_of_another, "a page whose anon_vma is not in the chain" },
	{ "F15", page_index, "a page with another index" },
	{ "F17", uffd_without_mode, "a userfaultfd, but none of its modes" },
	{ "F17", mode_without_uffd, "a mode without a userfaultfd" },
	{ "F17", uffd_closed, "a userfaultfd that is closed" },
	{ "F17", uffd_of_another, "a userfaultfd of another process" },
	{ "F18", on_fault_unlocked, "LOCKONFAULT without LOCKED" },
	{ "F18", droppable_locked, "a locked droppable area" },
	{ "F19", seal_lost, "sealed memory that is sealed no more" },
	{ "F20", guard_flag_lost, "a guard marker in an area without the flag" },
	{ "F22", shared_accounted, "an accounted shared area" },
	{ "F22", noreserve_accounted, "an accounted NORESERVE area" },
	{ "F22", never_writable_accounted, "an accounted area that cannot be written" },
	{ "F23", shared_faulted, "a faulted shared area" },
	{ "F24", too_many, "more than one above max_map_count" },
	{ "F25", close_of_anonymous, "anonymous memory with vm_ops->close" },
	{ "F25", name_of_a_device, "a mapping of /dev/zero with a name" },
	{ "F25", name_without_names, "a name in a kernel without them" },
	{ "F25", policy_without_numa, "a memory policy in a kernel without NUMA" },
};

static void test_check_clean_state_passes(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	assert_true(model_check(&t->model, &diag));
	run(t, family);
	assert_true(model_check(&t->model, &diag));
}

static void test_check_broken_state_is_reported_by_name(void **state)
{
	struct testing *t = *state;
	u32 missed = 0;

	for (u32 i = 0; i < ARRAY_SIZE(breaks); i++) {
		size_t len = strlen(breaks[i].name);
		struct diag diag = { "nothing" };

		run_with(t, NULL, family);
		breaks[i].break_it(t);
		if (!model_check(&t->model, &diag) &&
		    strncmp(diag.text, breaks[i].name, len) == 0 &&
		    (diag.text[len] == ' ' || diag.text[len] == ':'))
			continue;
		print_error("%s (%s): got \"%s\"\n", breaks[i].name, breaks[i].how, diag.text);
		missed++;
	}
	assert_int_equal(missed, 0);
}

/* The one above the limit that mmap may reach. */
static void test_check_one_above_the_limit_passes(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	run(t, family);
	t->model.config.base_map_count = 100;
	/* the process with the most areas */
	t->model.config.max_map_count = 100 + t->model.mm[2].vma_count - 1;
	assert_true(model_check(&t->model, &diag));
}

/* In kernels where guard markers of any area make it faulted, a shared one may be. */
static void test_check_shared_faulted_by_guards_passes(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	run_with(t, "guard_prepares_anon=all,guard_flag=no",
		 "mmap(@0, +2, rw, shared|fixed, m0, 0)\nmadvise(@0, +1, guard_install)");
	assert_int_not_equal(area(t, 0, 0)->anon_vma, 0);
	assert_true(model_check(&t->model, &diag));
	t->model.config.rules.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY;
	assert_false(model_check(&t->model, &diag));
	assert_memory_equal(diag.text, "F23 ", 4);
}

/* What was locked outside of the program counts, once mlockall did it. */
static void test_check_base_locked_counts(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	t->model.config.base_lockable = 9;
	run(t, "mmap(@0, +2" RW "mlockall(current) = 0");
	assert_true(model_check(&t->model, &diag));
	t->model.mm[0].base_locked = false;
	assert_false(model_check(&t->model, &diag));
	assert_memory_equal(diag.text, "F4 ", 3);
}

/* A known bug that leaks locked_vm is no broken model, but only once it was met. */
static void test_check_known_leak_passes(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	run_with(t, "dontunmap_locked_leak=on",
		 "mmap(@0, +4, rw, private|anonymous|fixed|locked, none, 0)\n"
		 "mremap(@0, +4, +4, maymove|fixed|dontunmap, @20)");
	assert_true(model_check(&t->model, &diag));
	t->model.quirks_met = 0;
	assert_false(model_check(&t->model, &diag));
}

/* Old and new became one area, which then lost the lock that is still counted. */
static void test_check_known_self_merge_of_locked_passes(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	run_with(t, "v6.12,dontunmap_self_merge=on",
		 "mmap(@4, +4, rw, private|anonymous|fixed, none, 0)\n"
		 "mlock2(@4, +4, onfault)\n"
		 "mremap(@4, +4, +4, maymove|fixed|dontunmap, @0)");
	assert_true(model_check(&t->model, &diag));
	t->model.quirks_met = 0;
	assert_false(model_check(&t->model, &diag));
	assert_memory_equal(diag.text, "F4 ", 3);
}

/* Nor is a droppable area that a kernel locked. */
static void test_check_known_locked_droppable_passes(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	run_with(t, "droppable_locked=on",
		 "mlockall(future)\nmmap(@0, +1, rw, droppable|anonymous|fixed, none, 0)");
	assert_true(model_check(&t->model, &diag));
	t->model.quirks_met = 0;
	assert_false(model_check(&t->model, &diag));
	assert_memory_equal(diag.text, "F18 ", 4);
}

/* Processes that have ended are not looked at. */
static void test_check_dead_process_does_not_matter(void **state)
{
	struct testing *t = *state;
	struct diag diag;

	run(t, family);
	run(t, "p3: exit()");
	t->model.mm[3].counter[COUNT_TOTAL_VM] = 12345;
	assert_true(model_check(&t->model, &diag));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_check_clean_state_passes),
		TEST(test_check_broken_state_is_reported_by_name),
		TEST(test_check_one_above_the_limit_passes),
		TEST(test_check_shared_faulted_by_guards_passes),
		TEST(test_check_base_locked_counts),
		TEST(test_check_known_leak_passes),
		TEST(test_check_known_self_merge_of_locked_passes),
		TEST(test_check_known_locked_droppable_passes),
		TEST(test_check_dead_process_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
