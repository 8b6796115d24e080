/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that programs map, with a real inode, address_space and interval tree each: memory files,
 * the objects behind shared anonymous memory, /dev/zero, and a driver's file whose vm_ops have open
 * and close. They stand in for mm/shmem.c and drivers/char/mem.c, whose vm_ops they copy in what mm
 * asks of them.
 */
#include "shim.h"

#include <linux/backing-dev.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/security.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "internal.h"
#include "file_private.h"

LIST_HEAD(shim_inodes);
static struct super_block super;
static struct vfsmount mount = { .mnt_sb = &super };
static struct dentry dentry;
static struct backing_dev_info bdi;
struct backing_dev_info noop_backing_dev_info;
struct file *shim_files[SHIM_FILES];
long shim_shmem_charged;

static struct shim_inode *of_inode(struct inode *inode)
{
	return container_of(SHMEM_I(inode), struct shim_inode, shmem);
}

/* The page of @inode at @index, made if need be: zeros. NULL if there is no memory. */
static struct page *inode_page(struct inode *inode, unsigned long index)
{
	struct shim_inode *in = of_inode(inode);
	struct page *page = in->pages[index];
	struct folio *folio;

	if (page)
		return page;
	page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_ZERO);
	if (!page)
		return NULL;
	folio = page_folio(page);
	folio->mapping = inode->i_mapping;
	folio->index = index;
	__folio_set_swapbacked(folio);
	folio_mark_uptodate(folio);
	in->pages[index] = page;
	return page;
}

static void inode_drop_page(struct shim_inode *in, unsigned long index)
{
	struct page *page = in->pages[index];

	if (!page)
		return;
	if (folio_mapped(page_folio(page)))
		kernel_complain("i_mmap", "page %lu leaves its file while %d areas map it", index,
				atomic_read(&page->_mapcount) + 1);
	in->pages[index] = NULL;
	page_folio(page)->mapping = NULL;
	put_page(page);
}

/* As shmem_fault(): SIGBUS behind the end; a userfaultfd is asked for a page that is not in the
 * file (missing), or for one that is (minor). */
static vm_fault_t file_fault(struct vm_fault *vmf)
{
	struct inode *inode = file_inode(vmf->vma->vm_file);
	struct page *page;

	if (vmf->pgoff >= DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE))
		return VM_FAULT_SIGBUS;
	page = of_inode(inode)->pages[vmf->pgoff];
	if (page && userfaultfd_minor(vmf->vma))
		return handle_userfault(vmf, VM_UFFD_MINOR);
	if (!page && userfaultfd_missing(vmf->vma))
		return handle_userfault(vmf, VM_UFFD_MISSING);
	page = inode_page(inode, vmf->pgoff);
	if (!page)
		return VM_FAULT_OOM;
	SHIM_CHECK(trylock_page(page));
	get_page(page);
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

#if SINCE(7, 0)
static bool can_userfault(struct vm_area_struct *vma, vm_flags_t flags)
{
	return true;
}
static const struct vm_uffd_ops uffd_ops = { .can_userfault = can_userfault };
#define UFFD_OPS .uffd_ops = &uffd_ops,
#else
#define UFFD_OPS
#endif

static int set_policy(struct vm_area_struct *vma, struct mempolicy *policy)
{
	return 0;
}

static const struct vm_operations_struct shmem_ops = {
	.fault = file_fault, .set_policy = set_policy, UFFD_OPS
};
static const struct vm_operations_struct shmem_anon_ops = {
	.fault = file_fault, .set_policy = set_policy, UFFD_OPS
};

/* Before 6.2 there was no difference. */
static const struct vm_operations_struct *ops_of(const struct inode *inode)
{
	return SINCE(6, 2) && !inode->i_nlink ? &shmem_anon_ops : &shmem_ops;
}

#if SINCE(6, 5)
static const struct address_space_operations shmem_aops;

#if SINCE(7, 0)
bool shmem_mapping(const struct address_space *mapping)
#else
bool shmem_mapping(struct address_space *mapping)
#endif
{
	return mapping->a_ops == &shmem_aops;
}
#else
const struct address_space_operations shmem_aops;
#endif

#if SINCE(7, 0)
#define AREA const struct vm_area_struct
#else
#define AREA struct vm_area_struct
#endif
#if SINCE(6, 2)
bool vma_is_anon_shmem(AREA *vma)
{
	return vma->vm_ops == &shmem_anon_ops;
}
#endif

bool vma_is_shmem(AREA *vma)
{
	return vma->vm_ops == &shmem_anon_ops || vma->vm_ops == &shmem_ops;
}

static void driver_open(struct vm_area_struct *vma)
{
	of_inode(file_inode(vma->vm_file))->opens++;
}

void shim_driver_close(struct vm_area_struct *vma)
{
	struct shim_inode *in = of_inode(file_inode(vma->vm_file));

	if (++in->closes > in->opens)
		kernel_complain("vm_ops->close", "close was called %ld times, open only %ld times",
				in->closes, in->opens);
}

/* A driver's own mmap counts as an open, which is not called then. */
#if SINCE(7, 0)
static int driver_mapped(unsigned long start, unsigned long end, pgoff_t pgoff,
			 const struct file *file, void **private)
{
	of_inode(file_inode(file))->opens++;
	return 0;
}

static const struct vm_operations_struct driver_ops = {
	.open = driver_open,
	.close = shim_driver_close,
	.mapped = driver_mapped,
	.fault = file_fault,
};

static int shmem_mmap(struct vm_area_desc *desc)
{
	desc->vm_ops = ops_of(file_inode(desc->file));
	return 0;
}

static int zero_mmap(struct vm_area_desc *desc)
{
	if (vma_desc_test(desc, VMA_MAYSHARE_BIT))
		return shmem_zero_setup_desc(desc);
	vma_desc_set_anonymous(desc);
	return 0;
}

static int driver_mmap(struct vm_area_desc *desc)
{
	desc->vm_ops = &driver_ops;
	return 0;
}
#define MMAP mmap_prepare
#else
static const struct vm_operations_struct driver_ops = {
	.open = driver_open, .close = shim_driver_close, .fault = file_fault
};

static int shmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = ops_of(file_inode(file));
	return 0;
}

static int zero_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return shmem_zero_setup(vma);
	vma_set_anonymous(vma);
	return 0;
}

static int driver_mmap(struct file *file, struct vm_area_struct *vma)
{
	of_inode(file_inode(file))->opens++;
	vma->vm_ops = &driver_ops;
	return 0;
}
#define MMAP mmap
#endif

unsigned long shmem_get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				      unsigned long pgoff, unsigned long flags)
{
#if SINCE(7, 0)
	return mm_get_unmapped_area(file, addr, len, pgoff, flags);
#elif SINCE(6, 10)
	return mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags);
#else
	return current->mm->get_unmapped_area(file, addr, len, pgoff, flags);
#endif
}

/* Not the function that shmem has: mremap() of several areas tells them apart by it. */
static unsigned long own_get_unmapped_area(struct file *file, unsigned long addr,
					    unsigned long len, unsigned long pgoff,
					    unsigned long flags)
{
	return shmem_get_unmapped_area(NULL, addr, len, pgoff, flags);
}

static const struct file_operations file_ops[INODE_KINDS] = {
	[INODE_SHMEM] = { .MMAP = shmem_mmap, .get_unmapped_area = shmem_get_unmapped_area },
	[INODE_ZERO] = { .MMAP = zero_mmap, .get_unmapped_area = own_get_unmapped_area },
	[INODE_DRIVER] = { .MMAP = driver_mmap, .get_unmapped_area = own_get_unmapped_area },
};

static struct inode *inode_new(enum inode_kind kind, unsigned long pages)
{
	struct shim_inode *in;
	struct address_space *mapping;
	struct inode *inode;

	if (shim_alloc_fails(GFP_KERNEL))
		return NULL;
	in = calloc(1, sizeof(*in));
	SHIM_CHECK(in);
	in->pages = calloc(pages ? pages : 1, sizeof(*in->pages));
	SHIM_CHECK(in->pages);
	in->page_count = pages;
	in->kind = kind;
	shim_alloc.live++;
	list_add(&in->all, &shim_inodes);
	inode = &in->shmem.vfs_inode;
	mapping = &inode->i_data;
	inode->i_mode = (kind == INODE_SHMEM ? S_IFREG : S_IFCHR) | 0600;
	inode->i_sb = &super;
	atomic_set(&inode->i_count, 1);
	inode->i_mapping = mapping;
	inode->i_size = pages << PAGE_SHIFT;
	mapping->host = inode;
	mapping->a_ops = &shmem_aops;
	xa_init_flags(&mapping->i_pages, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
	init_rwsem(&mapping->i_mmap_rwsem);
	mapping->i_mmap = RB_ROOT_CACHED;
	return inode;
}

static void inode_put(struct inode *inode)
{
	struct shim_inode *in = of_inode(inode);
	unsigned long i;

	if (!atomic_dec_and_test(&inode->i_count))
		return;
	if (!RB_EMPTY_ROOT(&inode->i_data.i_mmap.rb_root))
		kernel_complain("i_mmap", "an area maps a file that nobody holds any more");
	if (atomic_read(&inode->i_data.i_mmap_writable) > 0)
		kernel_complain("i_mmap_writable", "i_mmap_writable is %d without an area",
				atomic_read(&inode->i_data.i_mmap_writable));
	if (in->opens != in->closes)
		kernel_complain("vm_ops->close", "open was called %ld times, close %ld times",
				in->opens, in->closes);
	for (i = 0; i < in->page_count; i++)
		inode_drop_page(in, i);
	if (in->charged) {
		vm_unacct_memory(in->charged);
		shim_shmem_charged -= in->charged;
	}
	list_del(&in->all);
	shim_alloc.live--;
	free(in->pages);
	free(in);
}

static struct file *file_new(struct inode *inode, fmode_t mode)
{
	struct file *file;

	if (shim_alloc_fails(GFP_KERNEL))
		return NULL;
	file = calloc(1, sizeof(*file));
	SHIM_CHECK(file);
	shim_alloc.live++;
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	file->f_mode = mode;
	file->f_op = &file_ops[of_inode(inode)->kind];
	/* Constant to all but those who open files. */
	*(struct vfsmount **)&file->f_path.mnt = &mount;
	*(struct dentry **)&file->f_path.dentry = &dentry;
#if SINCE(6, 13)
	file_ref_init(&file->f_ref, 1);
#else
	atomic_long_set(&file->f_count, 1);
#endif
	return file;
}

#if SINCE(6, 13)
bool __file_ref_put(file_ref_t *ref, unsigned long count)
{
	if (count != FILE_REF_NOREF)
		kernel_complain("fput", "a file is put more often than it was taken");
	atomic_long_set(&ref->refcnt, FILE_REF_DEAD);
	return true;
}

static bool file_put(struct file *file)
{
	return file_ref_put(&file->f_ref);
}
#else
static bool file_put(struct file *file)
{
	if (atomic_long_read(&file->f_count) <= 0)
		kernel_complain("fput", "a file is put more often than it was taken");
	return atomic_long_dec_and_test(&file->f_count);
}
#endif

void fput(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (!file_put(file))
		return;
	shim_alloc.live--;
	free(file);
	inode_put(inode);
}

struct file *fget(unsigned int fd)
{
	return fd < SHIM_FILES && shim_files[fd] ? get_file(shim_files[fd]) : NULL;
}

/* The object of a shared anonymous mapping, which charges all of its memory at once. */
static struct file *shmem_new(unsigned long bytes, bool noreserve)
{
	long pages = bytes >> PAGE_SHIFT, charge = noreserve ? 0 : pages;
	struct inode *inode;
	struct file *file;

	if (charge && security_vm_enough_memory_mm(current->mm, charge))
		return ERR_PTR(-ENOMEM);
	inode = inode_new(INODE_SHMEM, pages);
	if (!inode) {
		vm_unacct_memory(charge);
		return ERR_PTR(-ENOMEM);
	}
	of_inode(inode)->charged = charge;
	shim_shmem_charged += charge;
	SHMEM_I(inode)->seals = F_SEAL_SEAL;
	file = file_new(inode, FMODE_READ | FMODE_WRITE);
	if (!file)
		inode_put(inode);
	return file ? file : ERR_PTR(-ENOMEM);
}

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct file *file = shmem_new(vma->vm_end - vma->vm_start, vma->vm_flags & VM_NORESERVE);

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vma->vm_file)
		fput(vma->vm_file);
	vma->vm_file = file;
	vma->vm_ops = ops_of(file_inode(file));
	return 0;
}

#if SINCE(7, 0)
int shmem_zero_setup_desc(struct vm_area_desc *desc)
{
	struct file *file = shmem_new(desc->end - desc->start,
				      vma_desc_test(desc, VMA_NORESERVE_BIT));

	if (IS_ERR(file))
		return PTR_ERR(file);
	desc->vm_file = file;
	desc->vm_ops = &shmem_anon_ops;
	return 0;
}
#endif

/* MADV_REMOVE: as shmem_fallocate() punches a hole; copies that processes have are left. */
int vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct shim_inode *in = of_inode(file_inode(file));
	unsigned long first = offset >> PAGE_SHIFT, last = (offset + len) >> PAGE_SHIFT, i;

	SHIM_CHECK(mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE));
	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (offset + len > super.s_maxbytes || offset + len < 0)
		return -EFBIG;
	unmap_mapping_range(file->f_mapping, offset, len, 0);
	for (i = first; i < last && i < in->page_count; i++)
		inode_drop_page(in, i);
	return 0;
}

/* The program's own, as far as MADV_PAGEOUT is concerned. */
#if SINCE(6, 3)
bool inode_owner_or_capable(struct mnt_idmap *idmap, const struct inode *inode)
#else
bool inode_owner_or_capable(struct user_namespace *ns, const struct inode *inode)
#endif
{
	return true;
}

struct backing_dev_info *inode_to_bdi(struct inode *inode)
{
	return inode->i_sb->s_bdi;
}

void shim_file_boot(void)
{
	super.s_bdi = &bdi;
	super.s_maxbytes = MAX_LFS_FILESIZE;
}

static void open_as(unsigned int fd, struct inode *inode, fmode_t mode)
{
	shim_files[fd] = file_new(inode, mode);
	SHIM_CHECK(shim_files[fd]);
}

void shim_files_open(void)
{
	struct inode *first = inode_new(INODE_SHMEM, SHIM_FILE_PAGES);

	SHIM_CHECK(first);
	atomic_add(2, &first->i_count);
	open_as(SHIM_FILE_MEM0, first, FMODE_READ | FMODE_WRITE);
	open_as(SHIM_FILE_MEM0B, first, FMODE_READ | FMODE_WRITE);
	open_as(SHIM_FILE_MEM0RO, first, FMODE_READ);
	open_as(SHIM_FILE_MEM1, inode_new(INODE_SHMEM, SHIM_FILE_PAGES), FMODE_READ | FMODE_WRITE);
	open_as(SHIM_FILE_ZERO, inode_new(INODE_ZERO, 0), FMODE_READ | FMODE_WRITE);
	open_as(SHIM_FILE_DEV, inode_new(INODE_DRIVER, SHIM_FILE_PAGES), FMODE_READ | FMODE_WRITE);
}

void shim_files_close(void)
{
	unsigned int fd;

	for (fd = 0; fd < SHIM_FILES; fd++) {
		if (shim_files[fd])
			fput(shim_files[fd]);
		shim_files[fd] = NULL;
	}
	if (!list_empty(&shim_inodes))
		kernel_complain("fput", "a file is still held after all processes have ended");
}

int shim_file_fd(unsigned int file)
{
	return file > 0 && file < SHIM_FILES ? (int)file : -1;
}
