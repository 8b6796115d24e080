/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab allocation, by the C library: AddressSanitizer then sees each object by itself. Without it a
 * cache keeps what was freed, which is faster. Every
 * allocation that the kernel must be able to lose can be made to fail, and what is allocated is
 * counted, so that a leak shows at the end of a case.
 *
 * A constructor runs at every allocation, not once for a slab: what a freed object is left like is
 * not checked by that.
 */
#include "shim.h"

#include <linux/slab.h>

#if SINCE(6, 10)
#define PROFILED(name) name##_noprof
#else
#define PROFILED(name) name
#endif

struct kmem_cache {
	unsigned int size, align;
	void (*ctor)(void *);
	void **freed; /* a list: each begins with the address of the next */
};

struct shim_alloc shim_alloc;

bool shim_alloc_fails(gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL)
		return false;
	shim_alloc.count++;
	/* An attempt that may not wait is made again by waiting: for that to fail both must. */
	if (!(gfp & __GFP_DIRECT_RECLAIM) && shim_alloc.count + 1 == shim_alloc.fail_nth)
		return true;
	if (shim_alloc.count != shim_alloc.fail_nth)
		return false;
	shim_alloc.failed = true;
	return true;
}

static struct kmem_cache *cache_new(unsigned int size, unsigned int align, slab_flags_t flags,
				    void (*ctor)(void *))
{
	struct kmem_cache *s = calloc(1, sizeof(*s));

	SHIM_CHECK(s);
	s->size = size;
	s->ctor = ctor;
	s->align = align > 16 ? align : 0;
	if (flags & SLAB_HWCACHE_ALIGN)
		s->align = s->align > 64 ? s->align : 64;
	return s;
}

static void *object_new(struct kmem_cache *s, gfp_t gfp)
{
	void *object = s->freed;

	if (object)
		s->freed = *s->freed;
	else if (s->align)
		SHIM_CHECK(posix_memalign(&object, s->align, ALIGN(s->size, s->align)) == 0);
	else
		object = malloc(s->size);
	SHIM_CHECK(object);
	shim_alloc.live++;
	if (gfp & __GFP_ZERO)
		memset(object, 0, s->size);
	if (s->ctor)
		s->ctor(object);
	return object;
}

static void *memory_new(size_t size, gfp_t gfp)
{
	void *memory;

	if (shim_alloc_fails(gfp))
		return NULL;
	memory = gfp & __GFP_ZERO ? calloc(1, size) : malloc(size);
	SHIM_CHECK(memory);
	shim_alloc.live++;
	return memory;
}

#if SINCE(6, 12)
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int size,
					    struct kmem_cache_args *args, slab_flags_t flags)
{
	return cache_new(size, args->align, flags, args->ctor);
}
#else
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     slab_flags_t flags, void (*ctor)(void *))
{
	return cache_new(size, align, flags, ctor);
}

struct kmem_cache *kmem_cache_create_usercopy(const char *name, unsigned int size,
					      unsigned int align, slab_flags_t flags,
					      unsigned int useroffset, unsigned int usersize,
					      void (*ctor)(void *))
{
	return cache_new(size, align, flags, ctor);
}
#endif

void *PROFILED(kmem_cache_alloc)(struct kmem_cache *s, gfp_t gfp)
{
	return shim_alloc_fails(gfp) ? NULL : object_new(s, gfp);
}

void *PROFILED(kmem_cache_alloc_lru)(struct kmem_cache *s, struct list_lru *lru, gfp_t gfp)
{
	return shim_alloc_fails(gfp) ? NULL : object_new(s, gfp);
}

void *PROFILED(kmem_cache_alloc_node)(struct kmem_cache *s, gfp_t gfp, int node)
{
	return shim_alloc_fails(gfp) ? NULL : object_new(s, gfp);
}

/* All or nothing. */
#if SINCE(7, 0)
bool PROFILED(kmem_cache_alloc_bulk)(struct kmem_cache *s, gfp_t gfp, size_t count, void **objects)
#else
int PROFILED(kmem_cache_alloc_bulk)(struct kmem_cache *s, gfp_t gfp, size_t count, void **objects)
#endif
{
	size_t i;

	if (shim_alloc_fails(gfp))
		return 0;
	for (i = 0; i < count; i++)
		objects[i] = object_new(s, gfp);
	return count;
}

static void memory_free(const void *memory)
{
	if (!memory)
		return;
	shim_alloc.live--;
	free((void *)memory);
}

/* What is freed by kfree() goes back to the C library, from a cache or not. */
static void object_free(struct kmem_cache *s, void *object)
{
	if (SHIM_ASAN || !object || s->size < sizeof(void *)) {
		memory_free(object);
		return;
	}
	shim_alloc.live--;
	*(void **)object = s->freed;
	s->freed = object;
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	object_free(s, object);
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t count, void **objects)
{
	while (count--)
		object_free(s, objects[count]);
}

void kfree(const void *memory)
{
	memory_free(memory);
}

/* Some releases have it beside functions that are compiled whole. */
__weak void kvfree(const void *memory)
{
	memory_free(memory);
}

#if SINCE(6, 18)
/* A sheaf is a promise of objects: taking one out of it cannot fail. */
struct slab_sheaf {
	unsigned int count;
};

struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp, unsigned int count)
{
	struct slab_sheaf *sheaf = memory_new(sizeof(*sheaf), gfp);

	if (sheaf)
		sheaf->count = count;
	return sheaf;
}

int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf **sheaf,
			    unsigned int count)
{
	if ((*sheaf)->count >= count)
		return 0;
	if (shim_alloc_fails(gfp))
		return -ENOMEM;
	(*sheaf)->count = count;
	return 0;
}

void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
	memory_free(sheaf);
}

void *kmem_cache_alloc_from_sheaf_noprof(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
	if (!sheaf->count)
		return NULL;
	sheaf->count--;
	return object_new(s, gfp);
}

unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf)
{
	return sheaf->count;
}
#endif

/* kmalloc() of a size that is known when compiling goes by these caches; only their size counts,
 * and that comes as an argument. */
#if SINCE(7, 0)
#define CACHES kmem_buckets kmalloc_caches[NR_KMALLOC_TYPES]
#define SIZE DECL_TOKEN_PARAMS(size, token)
#define SIZE_BUCKETS DECL_KMALLOC_PARAMS(size, b, token)
#elif SINCE(6, 11)
#define CACHES kmem_buckets kmalloc_caches[NR_KMALLOC_TYPES]
#define SIZE size_t size
#define SIZE_BUCKETS DECL_BUCKET_PARAMS(size, b)
#else
#define CACHES struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1]
#define SIZE size_t size
#define SIZE_BUCKETS size_t size
#endif
CACHES;

#if SINCE(6, 11)
void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t gfp, size_t size)
#else
void *kmalloc_trace(struct kmem_cache *s, gfp_t gfp, size_t size)
#endif
{
	return memory_new(size, gfp);
}

void *PROFILED(__kmalloc)(SIZE, gfp_t gfp)
{
	return memory_new(size, gfp);
}

void *PROFILED(__kmalloc_node)(SIZE_BUCKETS, gfp_t gfp, int node)
{
	return memory_new(size, gfp);
}

void *PROFILED(__kmalloc_node_track_caller)(SIZE_BUCKETS, gfp_t gfp, int node,
					    unsigned long caller)
{
	return memory_new(size, gfp);
}
