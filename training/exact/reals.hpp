// Reals that have no operation of their own, correctly rounded: the derivatives of activations, and an optimiser's
// coefficients. Each is an enclosure (formats/functions/enclosure.hpp), asked for more bits until its rounding is certain.
#pragma once

#include <functional>
#include <string>

#include "training/names.hpp"

#include "formats/functions/enclosure.hpp"
#include "sim/model/model.hpp"

namespace roundoff::training {

/// A real at any number of bits.
using RealAt = std::function<Enclosure(int bits)>;

/// The real, rounded once. It must be an exact dyadic number of at most 100 bits, or one whose enclosures get thin.
Value rounded_real(const RealAt& real, const Format& format, Draw draw = {});

/// The number that a decimal names, exactly: "0.9", "1e-8", "1/3".
RealAt decimal_real(const std::string& text);

/// f'(x), rounded once. 1 or 0 for identity and relu (0 at 0).
Value slope(Activation activation, const Value& x, const Format& format, Draw draw = {});

}  // namespace roundoff::training
