// The kernels of float containers, compiled once per instruction set.
#include "formats/lanes/float_kernels.hpp"

// The order of these matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/lanes/float32_kernels.cpp"
#include "formats/lanes/targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "formats/lanes/float_reductions-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

void fill_f32(LaneKernels& kernels, Context& context) {
  fill_float<float>(kernels, context);
#if HWY_TARGET <= HWY_AVX2
  fill_reductions<float>(kernels, context);
#endif
}

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace roundoff::formats::lanes {

void fill_f32(LaneKernels& kernels, LaneKernels::Context& context) {
  context.f32 = float_facts_f32(context.format);
  ROUNDOFF_BY_ISA(context.isa, fill_f32(kernels, context));
}

}  // namespace roundoff::formats::lanes
#endif  // HWY_ONCE
