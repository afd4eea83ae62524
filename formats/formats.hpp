// The public header of this floor: what a number is. Formats from their notation, exact values, one definition of every
// rounded operation, quantisers of vectors, and lane kernels that do the same on arrays.
#pragma once

#include "formats/blocks/blocks.hpp"
#include "formats/error.hpp"
#include "formats/format.hpp"
#include "formats/lanes/lanes.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/family.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "formats/value.hpp"
