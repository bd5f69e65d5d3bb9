// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Backend "kfd": the host's own /dev/kfd. Not there yet; it refuses to open and says so,
 * which "auto" takes as the sign to use the software GPU.
 */
#include <errno.h>
#include <unistd.h>

#include "backend.h"

static int kfd_open(const struct virtkfd_backend_params *params, struct virtkfd_backend **be)
{
	(void)be;
	params->log(params->opaque, VIRTKFD_LOG_INFO,
		    access("/dev/kfd", R_OK | W_OK) ?
		    "no usable /dev/kfd backend in this build: there is no /dev/kfd either" :
		    "no usable /dev/kfd backend in this build: /dev/kfd is left alone");
	return -ENODEV;
}

const struct virtkfd_backend_ops virtkfd_backend_kfd = {
	.name = "kfd",
	.open = kfd_open,
};
