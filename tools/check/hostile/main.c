// SPDX-License-Identifier: GPL-2.0 OR MIT
/* hostile cases [FROM] | fuzz SEED SECONDS: then leaves a device that was reset. */
#include <stdlib.h>
#include <string.h>

#include "virtio.h"

int main(int argc, char **argv)
{
	int failed = 0;

	device_open();
	if (argc > 3 && !strcmp(argv[1], "fuzz"))
		fuzz(strtoull(argv[2], NULL, 0), atoi(argv[3]));
	else
		failed = cases(argc > 2 ? atoi(argv[2]) : 0);
	device_init();
	if (!device_ok()) {
		printf("# the device does not come back\n");
		failed++;
	}
	device_status(0);
	return failed > 0;
}
