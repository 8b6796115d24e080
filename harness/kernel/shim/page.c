/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory. Every page is a page of this array, at the address where it really is: physical,
 * kernel and process addresses are the same number (page_offset_base is 0), so that page tables,
 * page contents and struct page are what they are in a kernel, and the kernel's own code fills,
 * copies, moves and frees them. Only single pages can be had.
 *
 * The program is linked at a low fixed address, hence all that is its own lies below MEMORY_END.
 */
#include "shim.h"

#include <linux/gfp.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>

#include "internal.h"
#if SINCE(7, 0)
#include "page_alloc.h"
#endif

#define MEMORY_END 0x40000000ul

static char pool[SHIM_PAGES][PAGE_SIZE] __aligned(PAGE_SIZE);
static u16 free_pages_stack[SHIM_PAGES];
static unsigned int free_count;

/* One for every page that there could be, as in a kernel with CONFIG_SPARSEMEM_VMEMMAP. */
static struct page page_structs[MEMORY_END / PAGE_SIZE];

unsigned long vmemmap_base, page_offset_base, phys_base;
/* Zeros, and never written: the page of a load of what was never stored. */
typeof(empty_zero_page) empty_zero_page __aligned(PAGE_SIZE);
#if SINCE(7, 0)
unsigned long zero_page_pfn;
struct page *__zero_page;
#endif

#if !SINCE(7, 0)
extern unsigned long zero_pfn;
#endif

long shim_pages_live;
bool shim_pages_exhausted;

#if SHIM_ASAN
void __asan_poison_memory_region(const volatile void *addr, size_t size);
void __asan_unpoison_memory_region(const volatile void *addr, size_t size);
#else
#define __asan_poison_memory_region(addr, size) ((void)(addr))
#define __asan_unpoison_memory_region(addr, size) ((void)(addr))
#endif

void shim_page_boot(void)
{
	unsigned int i;

	SHIM_CHECK((unsigned long)&pool[SHIM_PAGES] < MEMORY_END);
	SHIM_CHECK((unsigned long)empty_zero_page < MEMORY_END);
	vmemmap_base = (unsigned long)page_structs;
	for (i = 0; i < SHIM_PAGES; i++)
		free_pages_stack[i] = SHIM_PAGES - 1 - i;
	free_count = SHIM_PAGES;
	__asan_poison_memory_region(pool, sizeof(pool));
#if SINCE(7, 0)
	__zero_page = virt_to_page(empty_zero_page);
	zero_page_pfn = page_to_pfn(__zero_page);
#else
	zero_pfn = page_to_pfn(ZERO_PAGE(0));
#endif
	highest_memmap_pfn = MEMORY_END / PAGE_SIZE;
	init_page_count(ZERO_PAGE(0));
	SetPageReserved(ZERO_PAGE(0));
}

/* A page with the reference count @count, or NULL. */
static struct page *page_new(gfp_t gfp, unsigned int order, int count)
{
	unsigned int i;
	struct page *page;

	if (order || shim_alloc_fails(gfp))
		return NULL;
	if (!free_count) {
		shim_pages_exhausted = true;
		return NULL;
	}
	i = free_pages_stack[--free_count];
	__asan_unpoison_memory_region(pool[i], PAGE_SIZE);
	if (gfp & __GFP_ZERO)
		memset(pool[i], 0, PAGE_SIZE);
	page = virt_to_page(pool[i]);
	memset(page, 0, sizeof(*page));
	atomic_set(&page->_mapcount, -1);
	set_page_count(page, count);
	shim_pages_live++;
	return page;
}

unsigned int shim_page_index(const struct page *page)
{
	unsigned long i = (page_address(page) - (void *)pool) / PAGE_SIZE;

	SHIM_CHECK(i < SHIM_PAGES);
	return i;
}

static void page_delete(struct page *page)
{
	unsigned int i = shim_page_index(page);

	if (folio_mapped(page_folio(page)))
		kernel_complain("free_page", "a page is freed that is still mapped (%d times)",
				atomic_read(&page->_mapcount) + 1);
	__asan_poison_memory_region(pool[i], PAGE_SIZE);
	shim_pages_live--;
	free_pages_stack[free_count++] = i;
}

#if SINCE(7, 0)
struct page *__alloc_frozen_pages_noprof(gfp_t gfp, unsigned int order, int nid,
					 nodemask_t *nodemask, unsigned int flags)
{
	return page_new(gfp, order, 0);
}

void free_frozen_pages(struct page *page, unsigned int order)
{
	page_delete(page);
}

struct folio *__folio_alloc_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodemask)
{
	return (struct folio *)page_new(gfp, order, 1);
}

unsigned long get_free_pages_noprof(gfp_t gfp, unsigned int order)
{
	struct page *page = page_new(gfp, order, 1);

	return page ? (unsigned long)page_address(page) : 0;
}
#else
#undef __alloc_pages
#undef __folio_alloc
#undef __get_free_pages
#undef get_zeroed_page
#if SINCE(6, 10)
#define NAME(name) name##_noprof
#else
#define NAME(name) name
#endif
struct page *NAME(__alloc_pages)(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodemask)
{
	return page_new(gfp, order, 1);
}

struct folio *NAME(__folio_alloc)(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodemask)
{
	return (struct folio *)page_new(gfp, order, 1);
}

#if SINCE(6, 10)
unsigned long get_free_pages_noprof(gfp_t gfp, unsigned int order)
#else
unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
#endif
{
	struct page *page = page_new(gfp, order, 1);

	return page ? (unsigned long)page_address(page) : 0;
}

unsigned long NAME(get_zeroed_page)(gfp_t gfp)
{
	struct page *page = page_new(gfp | __GFP_ZERO, 0, 1);

	return page ? (unsigned long)page_address(page) : 0;
}
#endif

/* The last reference is gone. */
void __folio_put(struct folio *folio)
{
	page_delete(&folio->page);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (put_page_testzero(page))
		page_delete(page);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}

#if SINCE(6, 10)
void folios_put_refs(struct folio_batch *folios, unsigned int *refs)
{
	unsigned int i;

	for (i = 0; i < folios->nr; i++) {
		struct folio *folio = folios->folios[i];

		if (is_huge_zero_folio(folio))
			continue;
		if (folio_ref_sub_and_test(folio, refs ? refs[i] : 1))
			page_delete(&folio->page);
	}
	folio_batch_reinit(folios);
}
#endif

/* What unmapping gives back; a page may carry a number behind it that says how often. */
#if SINCE(6, 5)
void release_pages(release_pages_arg arg, int count)
{
	struct encoded_page **pages = arg.encoded_pages;
	int i;

	for (i = 0; i < count; i++) {
		struct folio *folio = page_folio(encoded_page_ptr(pages[i]));
		int refs = 1;

#if SINCE(6, 10)
		if (encoded_page_flags(pages[i]) & ENCODED_PAGE_BIT_NR_PAGES_NEXT)
			refs = encoded_nr_pages(pages[++i]);
#endif
		if (folio_page(folio, 0) == ZERO_PAGE(0))
			continue;
		if (folio_ref_sub_and_test(folio, refs))
			page_delete(&folio->page);
	}
}
#else
void release_pages(struct page **pages, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (pages[i] != ZERO_PAGE(0) && put_page_testzero(pages[i]))
			page_delete(pages[i]);
}
#endif

#if !SINCE(6, 2)
/* For what dump_page() prints of a page. */
struct address_space *page_mapping(struct page *page)
{
	return folio_mapping(page_folio(page));
}
#endif

void folio_unlock(struct folio *folio)
{
	if (!folio_test_locked(folio))
		kernel_complain("folio_unlock", "a page is unlocked that is not locked");
	__folio_clear_locked(folio);
}

void unlock_page(struct page *page)
{
	folio_unlock(page_folio(page));
}

void __folio_lock(struct folio *folio)
{
	kernel_complain("folio_lock", "deadlock: folio_lock() of a locked page");
}
