# SPDX-License-Identifier: GPL-2.0 OR MIT
# What is built of isa/, and how, for all who build it.

isa_dir := $(dir $(lastword $(MAKEFILE_LIST)))isa/
# Of the programs for development and of nothing else
isa_commands := $(addprefix $(isa_dir),words.c object.c object_launch.c run_object.c \
	bench_object.c)
isa_sources := $(filter-out $(isa_commands),$(wildcard $(isa_dir)*.c))
# Floating point as it is written, and loops that are made vector code
isa_fp := -fno-math-errno -ffp-contract=off -fno-trapping-math -fno-strict-aliasing
