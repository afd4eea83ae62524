// The gadgets' weights; what each does and when it is exact is said in gadgets.hpp.
#include "constructions/gadgets/gadgets.hpp"

#include <algorithm>
#include <cstdint>

#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

// --- Positions in logarithmic precision ---

PointCode::PointCode(int count, int dimensions) : count_(count), dimensions_(dimensions), base_(1) {
  const auto reaches = [&](int base) {
    std::int64_t product = 1;
    for (int d = 0; d < dimensions_ && product < count_; ++d) product *= base;
    return product >= count_;
  };
  while (!reaches(base_)) ++base_;
}

std::vector<int> PointCode::coordinates(int number) const {
  std::vector<int> coordinates;
  for (int d = 0; d < dimensions_; ++d) {
    coordinates.push_back(number % base_ - base_ / 2);
    number /= base_;
  }
  return coordinates;
}

int PointCode::largest_square() const {
  int largest = 0;
  for (int number = 0; number < count_; ++number) {
    int square = 0;
    for (const int x : coordinates(number)) square += x * x;
    largest = std::max(largest, square);
  }
  return largest;
}

Point PointCode::add(ModelBuilder& model, const std::string& name) const {
  Point point;
  point.coordinates = model.add(name, dimensions_);
  point.square = model.add(name + "^2");
  return point;
}

void PointCode::place(ModelBuilder& model, int position, const Point& point, int number) const {
  const std::vector<int> coordinates = this->coordinates(number);
  int square = 0;
  for (int d = 0; d < dimensions_; ++d) {
    const int x = coordinates[static_cast<std::size_t>(d)];
    model.position(position, point.coordinates[static_cast<std::size_t>(d)], x);
    square += x * x;
  }
  model.position(position, point.square, square);
}

void match(HeadBuilder& head, const Point& query, const Point& key, Register one, const Weight& m) {
  const auto products = [&] {
    for (std::size_t d = 0; d < query.coordinates.size(); ++d) {
      head.score(m * query.coordinates[d], key.coordinates[d]);
    }
  };
  head.score(-m * query.square, one);
  products();
  head.score(-m * one, key.square);
  products();
}

void cliff(HeadBuilder& head, const Form& x, const Form& y, const Form& z, Register one, const Weight& slope,
           int slices, const Weight& max) {
  for (int slice = 0; slice < slices; ++slice) {
    head.score(slope * x, one);
    head.score(slope * y, -z);
  }
  head.score(max * one, one);
  head.score(-max * one, one);
}

void copy(HeadBuilder& head, const Point& from, const Point& to) {
  for (std::size_t d = 0; d < from.coordinates.size(); ++d) head.copy(from.coordinates[d], to.coordinates[d]);
  head.copy(from.square, to.square);
}

// --- Positions in constant precision ---

namespace {

/// C(m, r), at most `cap`.
std::int64_t binomial(int m, int r, std::int64_t cap) {
  std::int64_t value = 1;
  for (int i = 1; i <= r; ++i) value = std::min(cap, value * (m - r + i) / i);
  return value;
}

constexpr std::int64_t many = std::int64_t{1} << 40;

}  // namespace

int antichain_length(int count) {
  int length = 1;
  while (binomial(length, length / 2, many) < count) ++length;
  return length;
}

// The number's combination in lexicographic order, by the combinatorial number system.
std::vector<int> antichain_ones(int length, int number) {
  std::vector<int> ones;
  std::int64_t rest = number;
  int left = length / 2;
  for (int place = 0; place < length && left > 0; ++place) {
    const std::int64_t with =
        binomial(length - place - 1, left - 1, many);  // codes that have a one at `place`
    if (rest < with) {
      ones.push_back(place);
      --left;
    } else {
      rest -= with;
    }
  }
  return ones;
}

AntichainCode::AntichainCode(ModelBuilder& model, const std::string& name, int count)
    : ExactCode(model.add(name, antichain_length(count))) {}

void AntichainCode::place(ModelBuilder& model, int position, int number) const {
  for (const int one : antichain_ones(static_cast<int>(registers_.size()), number)) {
    model.position(position, registers_[static_cast<std::size_t>(one)], 1);
  }
}

void AntichainCode::match(HeadBuilder& head, const ExactCode& key, Register one, const Weight& max) const {
  for (std::size_t d = 0; d < registers_.size(); ++d) {
    head.score(registers_[d], -max * one + max * key.registers()[d]);
  }
}

BinaryCode::BinaryCode(ModelBuilder& model, const std::string& name, int count)
    : ExactCode(model.add(name, ceil_log(2, static_cast<std::uint64_t>(count)))) {}

void BinaryCode::place(ModelBuilder& model, int position, int number) const {
  for (std::size_t bit = 0; bit < registers_.size(); ++bit) {
    if ((number >> bit & 1) != 0) model.position(position, registers_[bit], 1);
  }
}

void BinaryCode::match(HeadBuilder& head, const ExactCode& key, Register one, const Weight& max) const {
  match_prefix(head, dynamic_cast<const BinaryCode&>(key), 0, one, max);
}

void BinaryCode::match_prefix(HeadBuilder& head, const BinaryCode& key, int lowest, Register one,
                              const Weight& max) const {
  for (std::size_t bit = static_cast<std::size_t>(lowest); bit < registers_.size(); ++bit) {
    head.score(registers_[bit], -max * one + max * key.registers_[bit]);
    head.score(one - Form(registers_[bit]), -max * key.registers_[bit]);
  }
}

}  // namespace roundoff::constructions
