// The instruction sets that kernels are compiled for: Highway's names for those of Isa. Included before
// Highway.
#pragma once

// Beyond plain C++ (Highway's SCALAR, our Isa::scalar) a machine without SSE4 gets nothing.
#define HWY_DISABLED_TARGETS (HWY_SSSE3)
// Its 128-bit emulation is miscompiled by g++ 12.2; one lane at a time, on every compiler.
#define HWY_BROKEN_EMU128 1
