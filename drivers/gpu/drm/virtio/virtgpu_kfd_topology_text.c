// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KFD's topology in sysfs: the text of the GPU nodes.
 *
 * What lives here: taking the host's answer apart, checking it, reading and replacing
 * properties. What does not: asking the host and sysfs itself, virtgpu_kfd_topology.c; the
 * text of the CPU nodes, virtgpu_kfd_topology_cpu.c.
 */

#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/virtio_gpu_amdkfd.h>

#include "virtgpu_kfd_topology.h"

static bool line_ok(const char *line, size_t len, bool property)
{
	size_t i, name;

	for (i = 0; i < len; i++)
		if (line[i] < ' ' || line[i] > '~')
			return false;

	if (!property)
		return true;

	for (name = 0; name < len && line[name] != ' '; name++)
		if (!islower(line[name]) && !isdigit(line[name]) && line[name] != '_')
			return false;

	return name && name + 1 < len;
}

static bool text_ok(const char *text, size_t len, bool properties)
{
	const char *end;

	if (!len || len > VIRTGPU_KFD_TOPOLOGY_TEXT_MAX || text[len - 1] != '\n')
		return false;

	/* A name is one line. */
	if (!properties && memchr(text, '\n', len) != text + len - 1)
		return false;

	for (; len; len -= end + 1 - text, text = end + 1) {
		end = memchr(text, '\n', len);
		if (!line_ok(text, end - text, properties))
			return false;
	}
	return true;
}

/**
 * virtgpu_kfd_topology_parse() - check the files of a GPU node
 * @data: what follows &struct virtkfd_rsp_topology; the result points into it
 * @len: its bytes
 * @num: number of files the host announced
 *
 * Accepts exactly one name and one list of properties, and the banks and caches that these
 * announce, counted up from 0. Files of an unknown kind are left out.
 *
 * Return: the files, for kvfree(); ERR_PTR(-EIO) if the text is not acceptable,
 * ERR_PTR(-ENOMEM).
 */
struct virtgpu_kfd_topology_files *virtgpu_kfd_topology_parse(const void *data, size_t len, u32 num)
{
	u32 count[VIRTKFD_TOPOLOGY_CACHE + 1] = {};
	struct virtgpu_kfd_topology_files *files;
	size_t pos = 0, properties = 0;
	u64 banks, caches;
	u32 i;

	if (num > VIRTGPU_KFD_TOPOLOGY_FILES_MAX)
		return ERR_PTR(-EIO);

	files = kvzalloc(struct_size(files, file, num), GFP_KERNEL);
	if (!files)
		return ERR_PTR(-ENOMEM);
	files->num = num;

	for (i = 0, num = 0; i < files->num; i++) {
		struct virtkfd_topology_file head;
		const char *text;

		if (pos > len || len - pos < sizeof(head))
			goto bad;
		memcpy(&head, data + pos, sizeof(head));
		pos += sizeof(head);
		if (head.len > len - pos)
			goto bad;
		text = data + pos;
		pos = ALIGN(pos + head.len, 8);

		if (head.kind < VIRTKFD_TOPOLOGY_NAME || head.kind > VIRTKFD_TOPOLOGY_CACHE)
			continue;
		if (!text_ok(text, head.len, head.kind != VIRTKFD_TOPOLOGY_NAME))
			goto bad;
		if (head.index != count[head.kind])
			goto bad;
		count[head.kind]++;
		if (head.kind == VIRTKFD_TOPOLOGY_PROPERTIES)
			properties = num;

		files->file[num].kind = head.kind;
		files->file[num].len = head.len;
		files->file[num].text = text;
		num++;
	}

	if (count[VIRTKFD_TOPOLOGY_NAME] != 1 || count[VIRTKFD_TOPOLOGY_PROPERTIES] != 1)
		goto bad;

	if (!virtgpu_kfd_topology_get(files->file[properties].text, files->file[properties].len,
				      "mem_banks_count", &banks) ||
	    !virtgpu_kfd_topology_get(files->file[properties].text, files->file[properties].len,
				      "caches_count", &caches) ||
	    count[VIRTKFD_TOPOLOGY_MEM_BANK] != banks || count[VIRTKFD_TOPOLOGY_CACHE] != caches)
		goto bad;

	files->num = num;
	return files;

bad:
	kvfree(files);
	return ERR_PTR(-EIO);
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_topology_parse);

static size_t match_line(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && !memcmp(line, name, n) && line[n] == ' ' ? n + 1 : 0;
}

/**
 * virtgpu_kfd_topology_get() - value of a property
 * @text: checked text of a file "properties"
 * @len: its bytes
 * @name: of the property
 * @value: set to its value
 *
 * Return: whether the property is there and is a decimal number.
 */
bool virtgpu_kfd_topology_get(const char *text, size_t len, const char *name, u64 *value)
{
	char number[24];
	const char *end;
	size_t at;

	for (; len; len -= end + 1 - text, text = end + 1) {
		end = memchr(text, '\n', len);
		at = match_line(text, end - text, name);
		if (!at)
			continue;
		if (end - text - at >= sizeof(number))
			return false;
		memcpy(number, text + at, end - text - at);
		number[end - text - at] = '\0';
		return !kstrtou64(number, 10, value);
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_topology_get);

/**
 * virtgpu_kfd_topology_override() - replace the values of some properties
 * @text: checked text of a file "properties"
 * @len: its bytes
 * @values: properties to replace; those that @text does not have are appended
 * @num: their number, at most 32
 * @out_len: set to the bytes of the result
 *
 * Return: the new text for kfree(), NULL if out of memory or if it got too long.
 */
char *virtgpu_kfd_topology_override(const char *text, size_t len,
				    const struct virtgpu_kfd_topology_value *values,
				    unsigned int num, size_t *out_len)
{
	size_t pos = 0, size = VIRTGPU_KFD_TOPOLOGY_TEXT_MAX + 1;
	unsigned int i;
	const char *end;
	u32 done = 0;
	char *out;

	out = kmalloc(size, GFP_KERNEL);
	if (!out)
		return NULL;

	for (; len && pos < size; len -= end + 1 - text, text = end + 1) {
		end = memchr(text, '\n', len);
		for (i = 0; i < num; i++)
			if (match_line(text, end - text, values[i].name))
				break;
		if (i == num) {
			pos += snprintf(out + pos, size - pos, "%.*s\n", (int)(end - text), text);
		} else if (!(done & BIT(i))) {
			pos += snprintf(out + pos, size - pos, "%s %llu\n", values[i].name,
					values[i].value);
			done |= BIT(i);
		}
	}
	for (i = 0; i < num && pos < size; i++)
		if (!(done & BIT(i)))
			pos += snprintf(out + pos, size - pos, "%s %llu\n", values[i].name,
					values[i].value);

	if (pos >= size) {
		kfree(out);
		return NULL;
	}
	*out_len = pos;
	return out;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_topology_override);
