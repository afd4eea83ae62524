// How many inputs a diagram sends where, exactly, and the first of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "analyzer/diagrams/manager.hpp"

namespace roundoff::analyzer::diagrams {

using Integer =
    boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;
using Chosen = std::function<bool(Id)>;

/// How much an assignment counts: the product over the levels of weights[level][value]. Empty: 1 each.
using Weights = std::vector<std::vector<Integer>>;

/// Assignments of all variables: the product of the arities.
Integer assignments(const Manager& manager);
/// Assignments that lead to a chosen terminal.
Integer count(const Manager& manager, Ref f, const Chosen& chosen, const Weights& weights = {});
/// The first assignment, in lexicographic order from the root, that leads to a chosen terminal and counts.
std::optional<std::vector<std::uint16_t>> first(const Manager& manager, Ref f, const Chosen& chosen,
                                                const Weights& weights = {});

/// numerator / denominator to the nearest double (exact integers in, one rounding out); denominator > 0.
double ratio(const Integer& numerator, const Integer& denominator);

}  // namespace roundoff::analyzer::diagrams
