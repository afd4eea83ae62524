// The residual stream as named registers: a construction asks for registers and lays down weights between
// them by name. Registers get dimensions in the order they are asked for; that order is part of the model
// (sums run in index order).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "constructions/names.hpp"
#include "sim/model/model.hpp"

namespace roundoff::constructions {

/// A register is one dimension of the residual stream.
struct Register {
  int dimension = -1;
};

class Stream {
 public:
  Register add(std::string name);
  std::vector<Register> add(const std::string& name, int count);  ///< name[0] ... name[count-1]
  int width() const { return static_cast<int>(names_.size()); }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

}  // namespace roundoff::constructions
