# SPDX-License-Identifier: GPL-2.0 OR MIT
# What can be made here. What is built goes to O=, downloads and builds that are kept
# to ${XDG_CACHE_HOME:-~/.cache}/virtkfd.

O ?= build
.DEFAULT_GOAL := help
include tools/vm/bases
linux := $(strip $(LINUX_SERIES))

help:
	@echo 'make demo               build all, boot a guest, show its rocminfo'
	@echo 'make check              all tests; SUITES="20-docs 30-series" for some, see tools/check'
	@echo 'make modules KDIR=DIR   virtio-gpu.ko for your own $(linux) kernel; DIR is its build directory,'
	@echo '                        KSRC=DIR its source, if not Debian'"'"'s of the series'
	@echo 'make modules_install    install it (KDIR= as above, INSTALL_MOD_PATH= as usual)'
	@echo 'make check-host         those of them that run Debian'"'"'s amdgpu on the model of a GPU'
	@echo 'make check-chain        those that run a guest with KVM in such a host'
	@echo 'make check-rocm         those that run programs of ROCm, in a guest, on a host and in its guest'
	@echo 'make series             mail-ready patches in O=$(O)/series/{guest,host,qemu}'
	@echo 'make series-check       apply, build and check them'
	@echo 'make stress             copies and kills for STRESS_SECONDS=600 on a debug kernel'
	@echo 'make stress-host        the kselftests on a host with its series and a debug kernel'
	@echo 'make bench              what operations cost in a guest; OPS="aql-barrier" for some'
	@echo 'make bench-chain        the same natively on such a host and in a guest of it; ROUNDS=5 by turns'
	@echo 'make bench-gpu          how fast the software GPU executes instructions; OPS="valu_f32_fma" for some'
	@echo 'make docs-table         bring the tables of the documentation up to date: ioctls, kfdtest as its'
	@echo '                        last run in make check was, and the last make bench-chain'
	@echo 'make clean              remove O=$(O)'

demo:
	tools/vm/demo

check:
	@tools/check/run $(SUITES)

check-host:
	@tools/check/run $(notdir $(wildcard tools/check/8?-*))

check-rocm:
	@tools/check/run $(sort $(notdir $(wildcard $(addprefix tools/check/??-,*rocm* *compute *libraries clpeak))))

check-chain:
	@tools/check/run $(notdir $(wildcard tools/check/9?-*))

series:
	tools/series/compose guest $(O)/series/guest
	tools/series/compose host $(O)/series/host
	tools/series/compose qemu $(O)/series/qemu

stress stress-host:
	@tools/check/run $@

bench:
	@tools/bench/run $(OPS)

bench-chain:
	@tools/bench/chain $(ROUNDS)

bench-gpu:
	@tools/bench/gpu $(OPS)

series-check:
	@tools/check/run 30-series

docs-table:
	tools/series/docs-table --write
	tools/check/kfdtest-table --write
	tools/bench/chain-table --write

# A kernel's O= is another one
MAKEOVERRIDES := $(filter-out O=%,$(MAKEOVERRIDES))

modules modules_install: module-source := $(abspath $(O))/module
modules modules_install: module-make = $(MAKE) -C $(KDIR) M=$(module-source)

modules: need-kdir
	tools/vm/prepare-module-source $(module-source) $(KSRC)
	$(module-make) modules

modules_install: need-kdir
	@test -f $(module-source)/drivers/gpu/drm/virtio/virtio-gpu.ko || \
		{ echo 'error: not built yet: make modules KDIR=$(KDIR)' >&2; exit 1; }
	$(module-make) modules_install

need-kdir:
	@test -n '$(KDIR)' || { echo 'error: KDIR=<build directory of the kernel> is missing,' \
		'for the running one /lib/modules/$$(uname -r)/build' >&2; exit 1; }
	@test -f '$(KDIR)/Makefile' || \
		{ echo 'error: KDIR=$(KDIR) is no build directory of a kernel' >&2; exit 1; }
	@v=$$($(MAKE) -s --no-print-directory -C $(KDIR) kernelversion) && case $$v in \
	$(linux) | $(linux)[.-]*) ;; \
	*) echo "error: KDIR=$(KDIR) is Linux $$v, but the driver is for $(linux)" >&2; exit 1 ;; \
	esac

clean:
	rm -rf $(O)

.PHONY: help demo check check-host check-chain check-rocm stress stress-host
.PHONY: bench bench-chain bench-gpu series series-check
.PHONY: docs-table modules modules_install need-kdir clean
