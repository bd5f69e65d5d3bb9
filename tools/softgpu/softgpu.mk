# SPDX-License-Identifier: GPL-2.0 OR MIT
# The software GPU's objects, and how they are made, for all who build it: $(softgpu) below $(SOFTGPU),
# which several builds may share, one at a time. In $(SOFTGPU)/san are those with the sanitizers of
# memory and behaviour, in $(SOFTGPU)/tsan with that of races.

softgpu_mk := $(lastword $(MAKEFILE_LIST))
softgpu_dir := $(dir $(abspath $(softgpu_mk)))
isa_dir := $(softgpu_dir)isa/
# Of the programs for development and of nothing else
isa_commands := $(addprefix $(isa_dir),words.c object.c object_launch.c run_object.c \
	bench_object.c)
softgpu := $(patsubst $(softgpu_dir)%.c,%.o,$(wildcard $(softgpu_dir)*.c) \
	$(filter-out $(isa_commands),$(wildcard $(isa_dir)*.c)))
# They may become part of a shared library.
softgpu_flags := -std=gnu11 -Wall -Wextra -Werror -pthread -MMD -MP -fPIC -fvisibility=hidden \
	-I$(softgpu_dir)
sanitize_san := -fsanitize=address,undefined -fno-sanitize-recover=all
sanitize_tsan := -fsanitize=thread -Wno-tsan

# Floating point as it is written, and loops that are made vector code
isa_fp := -fno-math-errno -ffp-contract=off -fno-trapping-math -fno-strict-aliasing
$(SOFTGPU)/isa/%.o: isa := -O3 $(isa_fp)
$(SOFTGPU)/san/isa/%.o $(SOFTGPU)/tsan/isa/%.o: isa := $(isa_fp)
$(SOFTGPU)/san/%.o: sanitize := $(sanitize_san)
$(SOFTGPU)/tsan/%.o: sanitize := $(sanitize_tsan)

define softgpu_objects
$(SOFTGPU)/$(1)%.o: $(softgpu_dir)%.c $(softgpu_mk)
	@mkdir -p $$(@D)
	$$(CC) $$(softgpu_flags) $$(CFLAGS) $$(isa) $$(sanitize) -c -o $$@ $$<
endef
$(foreach variant,san/ tsan/,$(eval $(call softgpu_objects,$(variant))))
$(eval $(call softgpu_objects))

-include $(foreach variant,. san tsan,$(wildcard $(addprefix $(SOFTGPU)/$(variant)/,*.d isa/*.d)))
