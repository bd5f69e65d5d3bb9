/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR MIT) */
/*
 * The tables of the AMDKFD native context: which KFD ioctls exist and what becomes
 * of each in a guest, the arrays they point to, the sizes of the wire structs.
 *
 * The guest's dispatch, the host's allow-list, the documentation's table, the
 * kselftests' coverage and the fuzzer's dictionary are made from them: define the
 * row macros that are wanted, then include this file, as often as needed. How a row
 * is carried on the wire is virtio_gpu_amdkfd.h; how it is carried out is the guest
 * driver (virtgpu_kfd_ioctl.c) and the host's backends.
 *
 * To add an ioctl: one row VIRTKFD_IOCTL, one row VIRTKFD_ARRAY for each array it
 * points to, and a handler in the guest if it is local or translated.
 */

#ifndef VIRTKFD_IOCTL
#define VIRTKFD_IOCTL(nr, name, size, class, err)
#endif
#ifndef VIRTKFD_ARRAY
#define VIRTKFD_ARRAY(name, args, pointer, count, bits, most, dir)
#endif
#ifndef VIRTKFD_STRUCT
#define VIRTKFD_STRUCT(name, size)
#endif

/*
 * VIRTKFD_IOCTL(number, name, bytes of the argument struct, class, errno)
 *
 * AMDKFD_IOC_<name> of <linux/kfd_ioctl.h> has that number and size; the numbers have
 * no gap. User space may pass a shorter or longer struct: both sides zero-extend and
 * truncate, as amdkfd does. The classes:
 *
 * LOCAL      - the guest kernel answers, nothing travels.
 * FORWARDED  - the arguments travel as they are, with their arrays.
 * TRANSLATED - travels after the guest kernel has put handles and guest pages in
 *              the place of what belongs to the guest (descriptors, user memory).
 * REFUSED    - the guest kernel answers with the row's errno: what an amdkfd
 *              without the feature, or without such an object, returns.
 */
VIRTKFD_IOCTL(0x01, GET_VERSION, 8, LOCAL, 0)
VIRTKFD_IOCTL(0x02, CREATE_QUEUE, 96, TRANSLATED, 0)
VIRTKFD_IOCTL(0x03, DESTROY_QUEUE, 8, TRANSLATED, 0)
VIRTKFD_IOCTL(0x04, SET_MEMORY_POLICY, 32, FORWARDED, 0)
VIRTKFD_IOCTL(0x05, GET_CLOCK_COUNTERS, 40, TRANSLATED, 0)
VIRTKFD_IOCTL(0x06, GET_PROCESS_APERTURES, 400, FORWARDED, 0)
VIRTKFD_IOCTL(0x07, UPDATE_QUEUE, 24, FORWARDED, 0)
VIRTKFD_IOCTL(0x08, CREATE_EVENT, 32, TRANSLATED, 0)
VIRTKFD_IOCTL(0x09, DESTROY_EVENT, 8, TRANSLATED, 0)
VIRTKFD_IOCTL(0x0a, SET_EVENT, 8, LOCAL, 0)
VIRTKFD_IOCTL(0x0b, RESET_EVENT, 8, LOCAL, 0)
VIRTKFD_IOCTL(0x0c, WAIT_EVENTS, 24, LOCAL, 0)
VIRTKFD_IOCTL(0x0d, DBG_REGISTER_DEPRECATED, 8, REFUSED, EPERM)
VIRTKFD_IOCTL(0x0e, DBG_UNREGISTER_DEPRECATED, 8, REFUSED, EPERM)
VIRTKFD_IOCTL(0x0f, DBG_ADDRESS_WATCH_DEPRECATED, 16, REFUSED, EPERM)
VIRTKFD_IOCTL(0x10, DBG_WAVE_CONTROL_DEPRECATED, 16, REFUSED, EPERM)
VIRTKFD_IOCTL(0x11, SET_SCRATCH_BACKING_VA, 16, FORWARDED, 0)
VIRTKFD_IOCTL(0x12, GET_TILE_CONFIG, 40, FORWARDED, 0)
VIRTKFD_IOCTL(0x13, SET_TRAP_HANDLER, 24, FORWARDED, 0)
VIRTKFD_IOCTL(0x14, GET_PROCESS_APERTURES_NEW, 16, FORWARDED, 0)
VIRTKFD_IOCTL(0x15, ACQUIRE_VM, 8, TRANSLATED, 0)
VIRTKFD_IOCTL(0x16, ALLOC_MEMORY_OF_GPU, 40, TRANSLATED, 0)
VIRTKFD_IOCTL(0x17, FREE_MEMORY_OF_GPU, 8, TRANSLATED, 0)
VIRTKFD_IOCTL(0x18, MAP_MEMORY_TO_GPU, 24, FORWARDED, 0)
VIRTKFD_IOCTL(0x19, UNMAP_MEMORY_FROM_GPU, 24, FORWARDED, 0)
VIRTKFD_IOCTL(0x1a, SET_CU_MASK, 16, FORWARDED, 0)
VIRTKFD_IOCTL(0x1b, GET_QUEUE_WAVE_STATE, 24, TRANSLATED, 0)
VIRTKFD_IOCTL(0x1c, GET_DMABUF_INFO, 32, LOCAL, 0)
VIRTKFD_IOCTL(0x1d, IMPORT_DMABUF, 24, TRANSLATED, 0)
VIRTKFD_IOCTL(0x1e, ALLOC_QUEUE_GWS, 16, FORWARDED, 0)
VIRTKFD_IOCTL(0x1f, SMI_EVENTS, 8, LOCAL, 0)
VIRTKFD_IOCTL(0x20, SVM, 24, REFUSED, EPERM)
VIRTKFD_IOCTL(0x21, SET_XNACK_MODE, 4, FORWARDED, 0)
VIRTKFD_IOCTL(0x22, CRIU_OP, 56, REFUSED, EINVAL)
VIRTKFD_IOCTL(0x23, AVAILABLE_MEMORY, 16, FORWARDED, 0)
VIRTKFD_IOCTL(0x24, EXPORT_DMABUF, 16, TRANSLATED, 0)
VIRTKFD_IOCTL(0x25, RUNTIME_ENABLE, 16, LOCAL, 0)
VIRTKFD_IOCTL(0x26, DBG_TRAP, 32, REFUSED, EOPNOTSUPP)
VIRTKFD_IOCTL(0x27, CREATE_PROCESS, 0, LOCAL, 0)
VIRTKFD_IOCTL(0x28, PROFILER, 16, LOCAL, 0)

/*
 * VIRTKFD_ARRAY(name, argument struct, pointer field, count field, bits an element,
 *               most elements, direction)
 *
 * The arrays that rows which travel point to, in the order of the wire. Where elements are
 * smaller than a byte the array has whole bytes. IN: to the
 * host; a count above the most is refused with -EINVAL. OUT: from the host; the
 * count asked for is capped, the count returned is the number that is valid.
 */
VIRTKFD_ARRAY(GET_TILE_CONFIG, kfd_ioctl_get_tile_config_args,
	      tile_config_ptr, num_tile_configs, 32, 256, OUT)
VIRTKFD_ARRAY(GET_TILE_CONFIG, kfd_ioctl_get_tile_config_args,
	      macro_tile_config_ptr, num_macro_tile_configs, 32, 256, OUT)
VIRTKFD_ARRAY(GET_PROCESS_APERTURES_NEW, kfd_ioctl_get_process_apertures_new_args,
	      kfd_process_device_apertures_ptr, num_of_nodes, 448, 128, OUT)
VIRTKFD_ARRAY(MAP_MEMORY_TO_GPU, kfd_ioctl_map_memory_to_gpu_args,
	      device_ids_array_ptr, n_devices, 32, 1024, IN)
VIRTKFD_ARRAY(UNMAP_MEMORY_FROM_GPU, kfd_ioctl_unmap_memory_from_gpu_args,
	      device_ids_array_ptr, n_devices, 32, 1024, IN)
VIRTKFD_ARRAY(SET_CU_MASK, kfd_ioctl_set_cu_mask_args, cu_mask_ptr, num_cu_mask, 1, 1024, IN)

/* VIRTKFD_STRUCT(name, bytes): the structs of virtio_gpu_amdkfd.h, to be asserted. */
VIRTKFD_STRUCT(virtkfd_capset, 48)
VIRTKFD_STRUCT(virtkfd_ccmd, 24)
VIRTKFD_STRUCT(virtkfd_rsp, 16)
VIRTKFD_STRUCT(virtkfd_ccmd_init, 40)
VIRTKFD_STRUCT(virtkfd_ccmd_topology, 32)
VIRTKFD_STRUCT(virtkfd_topology_file, 8)
VIRTKFD_STRUCT(virtkfd_rsp_topology, 32)
VIRTKFD_STRUCT(virtkfd_ccmd_render_info, 56)
VIRTKFD_STRUCT(virtkfd_rsp_render_info, 24)
VIRTKFD_STRUCT(virtkfd_ccmd_ioctl, 40)
VIRTKFD_STRUCT(virtkfd_rsp_ioctl, 24)
VIRTKFD_STRUCT(virtkfd_ccmd_event_poll, 32)
VIRTKFD_STRUCT(virtkfd_event, 48)
VIRTKFD_STRUCT(virtkfd_rsp_event_poll, 24)
VIRTKFD_STRUCT(virtkfd_ccmd_render_va, 64)

#undef VIRTKFD_IOCTL
#undef VIRTKFD_ARRAY
#undef VIRTKFD_STRUCT
