/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the symbol table of the file that is executed. The program is not position-independent: the
 * values of symbols are addresses.
 */
#include "harness/kernel/symbol.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void find(const unsigned char *file, unsigned long address, char *name, size_t size)
{
	const Elf64_Ehdr *header = (const void *)file;
	const Elf64_Shdr *sections = (const void *)(file + header->e_shoff);
	size_t i, k;

	for (i = 0; i < header->e_shnum; i++) {
		const Elf64_Sym *symbols = (const void *)(file + sections[i].sh_offset);
		const char *names;

		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		names = (const char *)file + sections[sections[i].sh_link].sh_offset;
		for (k = 0; k < sections[i].sh_size / sizeof(*symbols); k++)
			if (ELF64_ST_TYPE(symbols[k].st_info) == STT_FUNC &&
			    address - symbols[k].st_value < symbols[k].st_size)
				snprintf(name, size, "%s", names + symbols[k].st_name);
	}
}

void symbol_at(unsigned long address, char *name, size_t size)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *file;

	name[0] = '\0';
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0) {
		file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (file != MAP_FAILED) {
			find(file, address, name, size);
			munmap(file, (size_t)st.st_size);
		}
	}
	close(fd);
}
