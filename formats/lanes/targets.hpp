// The instruction sets that kernels are compiled for: Highway's names for those of Isa. Included before
// Highway.
#pragma once

// Beyond plain C++ (Highway's SCALAR, our Isa::scalar) a machine without SSE4 gets nothing.
#define HWY_DISABLED_TARGETS (HWY_SSSE3)
// Its 128-bit emulation is miscompiled by g++ 12.2; one lane at a time, on every compiler.
#define HWY_BROKEN_EMU128 1

/// A call in the namespace of an instruction set: ROUNDOFF_BY_ISA(isa, fill_f32(kernels, context)). For WebAssembly
/// there is plain C++ alone.
#ifdef __wasm__
#define ROUNDOFF_BY_ISA(isa, call) \
  static_cast<void>(isa);          \
  N_SCALAR::call
#else
#define ROUNDOFF_BY_ISA(isa, call) \
  switch (isa) {                   \
    case Isa::scalar:              \
      N_SCALAR::call;              \
      break;                       \
    case Isa::sse4:                \
      N_SSE4::call;                \
      break;                       \
    case Isa::avx2:                \
      N_AVX2::call;                \
      break;                       \
    case Isa::avx512:              \
      N_AVX3::call;                \
      break;                       \
  }
#endif
