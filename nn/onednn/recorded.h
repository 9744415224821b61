// The kernels that programs run, as they are called from Go: vg_call_… calls the kernel of that name, or records the call where the
// thread records, see recording.h. Included with VG_RECORDED(name, types of the arguments…) defined.
VG_RECORDED(bn_stats, const float *, vg_layout, float *, float *)
VG_RECORDED(bn_stats_bf16, const uint16_t *, vg_layout, float *, float *)
VG_RECORDED(bn_forward, const float *, vg_layout, vg_norm, float *)
VG_RECORDED(bn_forward_bf16, const uint16_t *, vg_layout, vg_norm, uint16_t *)
VG_RECORDED(bn_backward_sums, const float *, const float *, vg_layout, vg_norm, float *, float *)
VG_RECORDED(bn_backward_sums_bf16, const uint16_t *, const uint16_t *, vg_layout, vg_norm, float *, float *)
VG_RECORDED(bn_backward, const float *, const float *, vg_layout, vg_norm, const float *, const float *, float *)
VG_RECORDED(bn_backward_bf16, const uint16_t *, const uint16_t *, vg_layout, vg_norm, const float *, const float *, uint16_t *)
VG_RECORDED(channel_sum, const float *, vg_layout, float *)
VG_RECORDED(channel_sum_bf16, const uint16_t *, vg_layout, float *)
VG_RECORDED(channel_binary, int, const float *, vg_layout, const float *, int, float *)
VG_RECORDED(bias_act, const float *, vg_layout, const float *, int, double, float *)

VG_RECORDED(unary, int, double, const float *, float *, int64_t)
VG_RECORDED(unary_grad, int, double, const float *, const float *, float *, int64_t)
VG_RECORDED(slope_bf16, int, double, const uint16_t *, const uint16_t *, uint16_t *, int64_t)
VG_RECORDED(binary, int, const float *, const float *, float *, int64_t)
VG_RECORDED(fill, float *, double, int64_t)
VG_RECORDED(to_bf16, const float *, int64_t, uint16_t *)
VG_RECORDED(from_bf16, const uint16_t *, int64_t, float *)

VG_RECORDED(binary_chain, int, vg_axes, vg_chain, float *)
VG_RECORDED(broadcast, int, vg_axes, vg_axes, const float *, float *)
VG_RECORDED(copy_strided, int, vg_axes, vg_axes, const float *, vg_axes, float *)
VG_RECORDED(sum, int, vg_axes, vg_axes, const float *, float *)
VG_RECORDED(vector_product, const float *, int64_t, int64_t, int, const float *, float *)
VG_RECORDED(softmax, const float *, int64_t, int64_t, int64_t, int, float *)

VG_RECORDED(pool_forward, int, vg_pool, const float *, float *)
VG_RECORDED(pool_average_grad, vg_pool, const float *, float *)
VG_RECORDED(maxpool_scatter, vg_pool, const float *, const float *, float *)
VG_RECORDED(maxpool_gather, vg_pool, const float *, const float *, float *)
VG_RECORDED(upsample, int64_t, vg_size3, vg_size3, int64_t, const float *, float *)

VG_RECORDED(narrow_forward, const float *, vg_norm, const float *, const float *, vg_narrow, float *)
VG_RECORDED(narrow_backward_data, const float *, const float *, vg_narrow, float *)
VG_RECORDED(narrow_backward_weights, const float *, vg_norm, const float *, vg_narrow, double *, float *)

VG_RECORDED(space_to_depth, const float *, vg_fold, float *)
VG_RECORDED(depth_to_space, const float *, vg_fold, float *)
VG_RECORDED(gather_rows, const float *, int64_t, int64_t, const int32_t *, float *)
VG_RECORDED(scatter_rows, const float *, int64_t, int64_t, const int32_t *, float *)

VG_RECORDED(block_weights, const float *, int64_t, int64_t, int64_t, int, float *)
VG_RECORDED(block_weights_bf16, const float *, int64_t, int64_t, int64_t, int, uint16_t *)
VG_RECORDED(outer_products, const float *, const float *, vg_outer, int64_t, void *, float *)
VG_RECORDED(outer_products_avx2, const float *, const float *, vg_outer, int64_t, void *, float *)
VG_RECORDED(outer_products_bf16, const uint16_t *, const uint16_t *, vg_outer, int64_t, void *, float *)
VG_RECORDED(position_products, const float *, const float *, const float *, vg_position, const int32_t *, const vg_meeting *, int, double,
	int64_t, void *, float *)
VG_RECORDED(position_products_avx2, const float *, const float *, const float *, vg_position, const int32_t *, const vg_meeting *, int, double,
	int64_t, void *, float *)
VG_RECORDED(position_products_bf16, const uint16_t *, const uint16_t *, const float *, vg_position, const int32_t *, const vg_meeting *, int,
	double, int64_t, void *, uint16_t *)

VG_RECORDED(winograd_weights, const float *, int64_t, int64_t, int64_t, int64_t, float *)
VG_RECORDED(winograd_weights_avx2, const float *, int64_t, int64_t, int64_t, int64_t, float *)
VG_RECORDED(winograd_products, const float *, const float *, const float *, vg_winograd, const int32_t *, const vg_meeting *, int, double,
	int64_t, void *, float *, vg_statistics)
VG_RECORDED(winograd_products_avx2, const float *, const float *, const float *, vg_winograd, const int32_t *, const vg_meeting *, int, double,
	int64_t, void *, float *, vg_statistics)
VG_RECORDED(winograd_outer_products, const float *, const float *, vg_winograd_outer, int64_t, void *, float *)
VG_RECORDED(winograd_outer_products_avx2, const float *, const float *, vg_winograd_outer, int64_t, void *, float *)
