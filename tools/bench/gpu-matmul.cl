/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * c = a * b, N x N, for make bench-gpu and make bench-chain: tiles of 64 x 64 in group memory, of which
 * each item of a workgroup of 16 x 16 has 4 x 4.
 */
#define N	1024
#define TILE	64
#define DEPTH	16

kernel __attribute__((reqd_work_group_size(16, 16, 1)))
void matmul(global const float *a, global const float *b, global float *c)
{
	local float as[DEPTH][TILE + 4], bs[DEPTH][TILE];
	uint x = __builtin_amdgcn_workitem_id_x(), y = __builtin_amdgcn_workitem_id_y();
	uint column = __builtin_amdgcn_workgroup_id_x() * TILE;
	uint row = __builtin_amdgcn_workgroup_id_y() * TILE;
	uint item = y * 16 + x;
	float sums[4][4] = { { 0 } };

	for (uint k = 0; k < N; k += DEPTH) {
		for (uint i = item; i < TILE * DEPTH; i += 256)
			as[i % DEPTH][i / DEPTH] = a[(row + i / DEPTH) * N + k + i % DEPTH];
		for (uint i = item; i < TILE * DEPTH; i += 256)
			bs[i / TILE][i % TILE] = b[(k + i / TILE) * N + column + i % TILE];
		__builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
		__builtin_amdgcn_s_barrier();
		__builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
		for (uint d = 0; d < DEPTH; d++) {
			float p[4], q[4];

			for (uint i = 0; i < 4; i++) {
				p[i] = as[d][y * 4 + i];
				q[i] = bs[d][x * 4 + i];
			}
			for (uint i = 0; i < 4; i++) {
				for (uint j = 0; j < 4; j++)
					sums[i][j] += p[i] * q[j];
			}
		}
		__builtin_amdgcn_s_barrier();
	}
	for (uint i = 0; i < 4; i++) {
		for (uint j = 0; j < 4; j++)
			c[(row + y * 4 + i) * N + column + x * 4 + j] = sums[i][j];
	}
}
