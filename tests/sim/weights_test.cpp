// Weights that stay in a file are the weights: views of every element type, either way round and in parts, packed for
// every kind of format, quantised or not, against a matrix of its own entries.
#include "sim/tensors/weights.hpp"

#include <cstring>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "sim/files/tensors.hpp"

namespace roundoff::sim {
namespace {

constexpr int rows = 37, columns = 21;

/// A file with one tensor of random finite elements; its data starts at an odd byte.
std::shared_ptr<const TensorFile> file_of(std::string_view type, std::size_t size) {
  const std::size_t bytes = size * rows * columns;
  std::string header = fmt::format(
      R"({{"x":{{"dtype":"U8","shape":[1,1],"data_offsets":[0,1]}},"w":{{"dtype":"{}","shape":[{},{}],"data_offsets":[1,{}]}}}})",
      type, rows, columns, bytes + 1);
  std::string all(8, '\0');
  for (int b = 0; b < 8; ++b)
    all[static_cast<std::size_t>(b)] = static_cast<char>(header.size() >> (8 * b) & 0xff);
  all += header + '\1';
  for (std::uint64_t i = 0; i < bytes; ++i) {
    auto byte = static_cast<unsigned char>(formats::random_bits(7, size, i));
    // The leading byte of an element: a small exponent of either sign.
    if (i % size == size - 1)
      byte = static_cast<unsigned char>((byte & 0x80) | (size == 1 ? byte & 0x5f : 0x3c));
    if (i % 97 < size) byte = 0;
    all += static_cast<char>(byte);
  }
  return std::make_shared<const TensorFile>(std::make_shared<const Bytes>(std::move(all)), "w");
}

Matrix own_entries(const Matrix& matrix) {
  Matrix made(matrix.rows(), matrix.columns());
  for (int r = 0; r < matrix.rows(); ++r)
    for (int c = 0; c < matrix.columns(); ++c) made.set(r, c, matrix.at(r, c));
  return made;
}

std::vector<Value> unpacked(const StoredMatrix& stored, bool transposed) {
  const Number& number = stored.number();
  const int first = 3, count = stored.rows() - 5;
  Array room(static_cast<std::size_t>(count * stored.columns()) * number.size());
  if (transposed)
    stored.unpack_transposed(first, count, number, room.data());
  else
    stored.unpack(first, count, number, room.data());
  std::vector<Value> values;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count * stored.columns()); ++i)
    values.push_back(number.load(room.data() + i * number.size()));
  return values;
}

}  // namespace

TEST_CASE("weights in files are the weights, for every element type and format") {
  Workers workers(2);
  int mapped = 0;
  for (const auto& [type, size] : {std::pair<const char*, std::size_t>{"F64", 8},
                                   {"F32", 4},
                                   {"F16", 2},
                                   {"BF16", 2},
                                   {"F8_E4M3", 1},
                                   {"F8_E5M2", 1},
                                   {"I8", 1},
                                   {"U8", 1}}) {
    const auto file = file_of(type, size);
    const Tensor* tensor = nullptr;
    for (const Tensor& each : file->tensors())
      if (each.name == "w") tensor = &each;
    REQUIRE(tensor != nullptr);
    for (const bool transposed : {false, true})
      for (const bool part : {false, true}) {
        Matrix view = matrix_of(file, *tensor, transposed);
        if (part) view = view.part(4, 15);
        const Matrix own = own_entries(view);
        CHECK(view == own);
        CHECK(view.nonzeros() == own.nonzeros());
        for (const char* text : {"bfloat16", "binary16", "binary32", "binary64", "e4m3", "e5m2", "fixed(6,6)",
                                 "posit(8,2)", "float(8,24):sr(3)", "binary128", "ufixed(4,4)"})
          for (const char* quantiser_text : {"", "int4/8", "nvfp4", "mxfp4", "nf4"}) {
            CAPTURE(std::string(type));
            CAPTURE(std::string(text));
            CAPTURE(std::string(quantiser_text));
            const Number number(parse_format(text), best_isa());
            std::optional<Quantiser> quantiser;
            if (quantiser_text[0] != '\0') quantiser = parse_quantiser(quantiser_text);
            const WeightPlace place = [](int r, int c) { return static_cast<std::uint64_t>(r * 1000 + c); };
            const StoredMatrix from_view(view, number, quantiser, place, workers),
                from_own(own, number, quantiser, place, workers);
            mapped += from_view.owned() == 0 ? 1 : 0;
            REQUIRE(unpacked(from_view, false) == unpacked(from_own, false));
            REQUIRE(unpacked(from_view, true) == unpacked(from_own, true));
          }
      }
  }
  // F64, F32, F16, BF16, F8_E4M3 and F8_E5M2 under their own formats.
  CHECK(mapped == 6 * 4);
}

TEST_CASE("a matrix that is written to leaves its file") {
  const auto file = file_of("F32", 4);
  const Tensor* tensor = nullptr;
  for (const Tensor& each : file->tensors())
    if (each.name == "w") tensor = &each;
  const Matrix view = matrix_of(file, *tensor, true);
  Matrix changed = view;
  changed.set(1, 2, Value::integer(5));
  CHECK(changed.at(1, 2) == Value::integer(5));
  CHECK(view.at(1, 2) != Value::integer(5));
  CHECK(changed.at(2, 1) == view.at(2, 1));
  CHECK(!(changed == view));
}

TEST_CASE("NaN and infinity in files are refused by name") {
  std::string all(8, '\0');
  const std::string header = R"({"w":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}})";
  all[0] = static_cast<char>(header.size());
  all += header + std::string("\x80\x3f\x80\x7f", 4);
  const auto file = std::make_shared<const TensorFile>(std::make_shared<const Bytes>(std::move(all)), "w");
  CHECK_THROWS_WITH_AS(matrix_of(file, file->tensors()[0], false),
                       doctest::Contains("has the weight inf in the tensor w"), FileError);
}

}  // namespace roundoff::sim
