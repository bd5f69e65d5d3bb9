// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Log lines; those that a guest can provoke are limited in rate. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define LOG_BURST	50
#define LOG_PER_SECOND	5

static bool log_allowed(struct virtkfd_vm *vm, unsigned int *dropped)
{
	struct timespec now;
	bool allowed;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&vm->log_lock);
	if (!vm->log_time || now.tv_sec - vm->log_time >= LOG_BURST) {
		vm->log_tokens = LOG_BURST;
	} else {
		vm->log_tokens += (now.tv_sec - vm->log_time) * LOG_PER_SECOND;
		vm->log_tokens = MIN(vm->log_tokens, LOG_BURST);
	}
	vm->log_time = now.tv_sec;
	allowed = vm->log_tokens;
	*dropped = 0;
	if (allowed) {
		vm->log_tokens--;
		*dropped = vm->log_dropped;
		vm->log_dropped = 0;
	} else {
		vm->log_dropped++;
	}
	pthread_mutex_unlock(&vm->log_lock);
	return allowed;
}

void vk_log_backend(void *opaque, enum virtkfd_log_level level, const char *line)
{
	struct virtkfd_vm *vm = opaque;

	vk_log(vm, level, "%s", line);
}

/**
 * vk_log() - one line to the VMM's log
 * @vm: VM
 * @level: warnings are limited in rate, since a guest can provoke them
 * @fmt: printf format, no newline
 */
void vk_log(struct virtkfd_vm *vm, enum virtkfd_log_level level, const char *fmt, ...)
{
	unsigned int dropped = 0;
	char line[256];
	va_list ap;

	if (!vm->ops->log)
		return;
	if (level == VIRTKFD_LOG_WARNING && !log_allowed(vm, &dropped))
		return;
	if (dropped) {
		snprintf(line, sizeof(line), "virtkfd: %u more warnings not shown", dropped);
		vm->ops->log(vm->opaque, level, line);
	}
	va_start(ap, fmt);
	strcpy(line, "virtkfd: ");
	vsnprintf(line + strlen(line), sizeof(line) - strlen(line), fmt, ap);
	va_end(ap);
	vm->ops->log(vm->opaque, level, line);
}

/* Name of a negative errno, without the locale's prose. */
const char *vk_errname(int err)
{
	const char *name = strerrorname_np(-err);

	return name ? name : "unknown error";
}
