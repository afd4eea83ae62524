// Gadgets: the small circuits that constructions are made of, each with the condition under which it is
// exact.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "constructions/stream/builder.hpp"
#include "constructions/stream/scales.hpp"

namespace roundoff::constructions {

// --- Positions in logarithmic precision ---

/// A point in the stream: D coordinates and the square of its length.
struct Point {
  std::vector<Register> coordinates;
  Register square;
};

/// Codes the numbers 0 .. count-1 as points with D integer coordinates, each centred in its range: the digits
/// in base r = ceil(count^(1/D)), less floor(r/2). Distinct numbers have points at squared distance at
/// least 1.
class PointCode {
 public:
  PointCode(int count, int dimensions);
  int dimensions() const { return dimensions_; }
  int base() const { return base_; }
  /// The greatest square of a code.
  int largest_square() const;
  std::vector<int> coordinates(int number) const;

  Point add(ModelBuilder& model, const std::string& name) const;
  /// Lays the code of `number` into the embedding of a position. A square above MAX saturates when it is
  /// loaded.
  void place(ModelBuilder& model, int position, const Point& point, int number) const;

 private:
  int count_, dimensions_, base_;
};

/// Exact match: the score is -M |q-k|^2, as the terms -M|q|^2, +M q.k, -M|k|^2, +M q.k. For the match every
/// partial sum lies within [-M|q|^2, 0] and the score is 0; for any other key it is at most -M (or saturates
/// far below), so that the match alone has weight 1 and the copy is exact. 2D + 2 dimensions.
void match(HeadBuilder& head, const Point& query, const Point& key, Register one, const Weight& m);

/// min(0, slices * slope * (x - y z)) for integers with x, y from the query and z from the key, x and y z
/// within [-Y, Y], by saturation: `slices` times + slope x, - slope y z (the slope at the query), then + MAX,
/// - MAX. With a = slope and MAX at least a Y:
/// - x >= y z gives 0 exactly: a slice begins with s >= 0, and ends with s + a (x - y z) >= 0, or, cut at the
///   top before the subtraction, with MAX - a y z >= 0, or cut at the top after it;
/// - x < y z gives at most max(-a slices, -MAX + a Y): a slice takes a or more away, or is cut at the bottom
///   on its way.
/// 2 slices + 2 dimensions. Needs saturation and sequential sums.
void cliff(HeadBuilder& head, const Form& x, const Form& y, const Form& z, Register one, const Weight& slope,
           int slices, const Weight& max);

/// Copies a whole point: D + 1 value dimensions.
void copy(HeadBuilder& head, const Point& from, const Point& to);

// --- Positions in constant precision ---

/// The numbers 0 .. count-1 in registers that hold 0 or 1, so that two positions can be compared with all
/// terms of the score of one sign: 0 for equal numbers, at most -MAX for different ones, whatever the order
/// of the sum.
class ExactCode {
 public:
  virtual ~ExactCode() = default;
  const std::vector<Register>& registers() const { return registers_; }
  /// Lays the code of `number` into the embedding of a position.
  virtual void place(ModelBuilder& model, int position, int number) const = 0;
  /// Appends the comparison of the query's number with the key's to a score. Both codes have been made for
  /// the same count.
  virtual void match(HeadBuilder& head, const ExactCode& key, Register one, const Weight& max) const = 0;

 protected:
  explicit ExactCode(std::vector<Register> registers) : registers_(std::move(registers)) {}
  std::vector<Register> registers_;
};

/// Codes with the same number of ones (an antichain: no code's ones lie within another's), of the least
/// length a with C(a, a/2) >= count, about lg(count) + lg(lg(count))/2. A mismatch is a one of the query that
/// the key lacks: a registers, a dimensions.
class AntichainCode final : public ExactCode {
 public:
  AntichainCode(ModelBuilder& model, const std::string& name, int count);
  void place(ModelBuilder& model, int position, int number) const override;
  void match(HeadBuilder& head, const ExactCode& key, Register one, const Weight& max) const override;
};
int antichain_length(int count);
/// The ones of the number's code, of that length.
std::vector<int> antichain_ones(int length, int number);

/// Binary numbers, bit 0 first. A mismatch of a bit is a 1 against a 0 or a 0 against a 1, two dimensions a
/// bit, so that prefixes can be compared too: m = ceil(lg count) registers, 2m dimensions.
class BinaryCode final : public ExactCode {
 public:
  BinaryCode(ModelBuilder& model, const std::string& name, int count);
  void place(ModelBuilder& model, int position, int number) const override;
  void match(HeadBuilder& head, const ExactCode& key, Register one, const Weight& max) const override;
  /// Compares the bits `lowest` and above only: do both numbers lie in the same aligned block of 2^lowest?
  void match_prefix(HeadBuilder& head, const BinaryCode& key, int lowest, Register one,
                    const Weight& max) const;
};

}  // namespace roundoff::constructions
