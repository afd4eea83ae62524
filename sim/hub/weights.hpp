// The tensors of a checkpoint by name, from whatever container they stand in. Matrices stay there, as views.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/model/model.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

/// A tensor somewhere in a file.
class HubTensor {
 public:
  HubTensor() = default;
  virtual ~HubTensor() = default;
  HubTensor(const HubTensor&) = delete;
  HubTensor& operator=(const HubTensor&) = delete;

  virtual std::vector<std::uint64_t> dimensions() const = 0;  ///< the last one contiguous
  /// Element `index`, row by row: a finite number, or a FileError.
  virtual double element(std::uint64_t index) const = 0;
  /// Of two dimensions, as it is or transposed. FileError for infinity and NaN.
  virtual Matrix matrix(bool transposed) const = 0;
  /// Elements are integers of at most 32 bits.
  virtual bool whole() const = 0;
  [[noreturn]] virtual void fail(const std::string& what) const = 0;
};

/// In what a container differs from the files that the architecture's own tools write.
struct Dialect {
  bool rotary_interleaved =
      false;  ///< rows of W_Q and W_K stand so that pairs are neighbours (llama.cpp, for llama)
  bool norms_added = false;  ///< norms' weights are 1 + w already (llama.cpp, for gemma)
  bool rows_out = false;     ///< GPT-2's matrices are [out x in] (llama.cpp)
  bool heads_together =
      false;  ///< GPT-NeoX's queries, keys and values stand one behind the other (llama.cpp)
};

/// How weights of four bits are packed: `weight` is missing, and qweight, qzeros, scales stand for it.
enum class Packed : std::uint8_t { none, gptq, gptq_v2, awq };

class HubWeights {
 public:
  using Tensors = std::map<std::string, std::shared_ptr<const HubTensor>, std::less<>>;
  explicit HubWeights(Tensors tensors, Dialect dialect = {});

  const Dialect& dialect() const { return dialect_; }
  void packed(Packed how, int group) { packed_ = how, group_ = group; }

  /// Names that start so are known without it as well.
  void strip(std::string_view prefix);
  bool has(std::string_view name) const { return by_name_.contains(name); }
  bool has_map(const std::string& name) const { return has(name + ".weight") || has(name + ".qweight"); }
  /// FileError where it is missing (with a "did you mean") or of another shape.
  Matrix matrix(const std::string& name, int rows, int columns, bool transposed = false);
  Vector vector(const std::string& name, int size);
  std::optional<Vector> optional_vector(const std::string& name, int size);
  /// name.weight [out x in], whole or of packed integers, and name.bias where there is one.
  Linear linear(const std::string& name, int out, int in, bool transposed = false);
  /// Not asked for, and no harm.
  void skip(const std::string& name) { used_.insert(name); }
  /// Every tensor must have been asked for, but buffers, whose names end so.
  void done(std::initializer_list<std::string_view> buffers) const;

 private:
  const HubTensor& need(const std::string& name, const std::vector<std::uint64_t>& wanted);
  Matrix packed_matrix(const std::string& name, int rows, int columns);

  Tensors by_name_;
  Dialect dialect_;
  Packed packed_ = Packed::none;
  int group_ = 0;
  std::set<std::string, std::less<>> used_;
};

/// Rows [first, first + count) of a map.
Linear part(const Linear& whole, int first, int count);
/// Of a map whose rows are `blocks` times (`parts` times `size` rows): part `which` of every block.
Linear gathered(const Linear& whole, int blocks, int parts, int which, int size);

/// The matrix [out x in] of packed integers of four bits (packed.cpp).
struct PackedParts {
  std::shared_ptr<const HubTensor> integers, zeros, scales, groups;  ///< `groups` may be null
  Packed how = Packed::none;
  int rows = 0, columns = 0, group = 0;
};
Matrix unpacked(const PackedParts& parts);

}  // namespace roundoff::sim
