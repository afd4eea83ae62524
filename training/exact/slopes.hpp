// Derivatives of an activation over arrays: what has been asked for before is remembered, since activations in few bits
// take few values and a derivative costs an enclosure (reals.hpp).
#pragma once

#include <mutex>
#include <unordered_map>

#include "training/exact/kept.hpp"
#include "training/exact/reals.hpp"

namespace roundoff::training {

class Slopes {
 public:
  Slopes(Activation activation, const Kept& argument, const Kept& result)
      : activation_(activation), argument_(&argument), result_(&result) {}
  /// f'(x) for `count` elements; `place` numbers them for random bits.
  void operator()(const std::byte* x, std::byte* out, std::size_t count, const PlaceAt& place) const;

 private:
  Activation activation_;
  const Kept *argument_, *result_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<Value, Value> known_;
};

}  // namespace roundoff::training
