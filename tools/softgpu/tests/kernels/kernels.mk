# SPDX-License-Identifier: GPL-2.0 OR MIT
# Kernels for each target without and with optimization, and the host's program of the same

CLANG ?= clang-19
kernels_dir := $(dir $(lastword $(MAKEFILE_LIST)))
kernels_cl := $(wildcard $(kernels_dir)*.cl)
kernels_flags := -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter \
	-ffp-contract=off -fwrapv

# $(1): file, $(2): target, $(3): level
define kernel_object
kernels: $(O)/kernels/$(1).$(2).$(3)
$(O)/kernels/$(1).$(2).$(3): $(kernels_dir)$(1).cl $(kernels_dir)kernel.h $(kernels_dir)kernels.mk
	@mkdir -p $$(@D)
	$$(CLANG) -x cl -cl-std=CL2.0 --target=amdgcn-amd-amdhsa -nogpulib -mcpu=$(2) -$(3) \
		-cl-fp32-correctly-rounded-divide-sqrt $$(kernels_flags) -o $$@ $$<
endef
$(foreach target,gfx942 gfx906,$(foreach level,O0 O2,$(foreach file,\
	$(patsubst $(kernels_dir)%.cl,%,$(kernels_cl)),\
	$(eval $(call kernel_object,$(file),$(target),$(level))))))

kernels: $(O)/kernels/host $(O)/isa-run

$(O)/kernels/host: $(kernels_cl) $(wildcard $(kernels_dir)*.[ch]) $(kernels_dir)kernels.mk
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 -g $(kernels_flags) -fno-strict-aliasing -fexcess-precision=16 \
		-rdynamic -o $@ -x c $(kernels_cl) $(kernels_dir)host.c -x none -lm

.PHONY: kernels
