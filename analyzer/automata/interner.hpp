// Things by number, in the order in which they were first seen.
#pragma once

#include <unordered_map>
#include <vector>

#include "analyzer/names.hpp"
#include "formats/value.hpp"
#include "sim/program/flat_table.hpp"

namespace roundoff::analyzer::automata {

inline std::size_t hash_of(int number) { return static_cast<std::size_t>(number); }
inline std::size_t hash_of(const Value& value) { return formats::hash_value(value); }
template <class Thing>
std::size_t hash_of(const std::vector<Thing>& list) {
  std::uint64_t hash = list.size();
  for (const Thing& each : list) hash = mixed(hash, hash_of(each));
  return hash;
}

template <class Thing>
class Interner {
 public:
  int number(const Thing& thing) {
    const auto [found, fresh] = numbers_.try_emplace(thing, size());
    if (fresh) things_.push_back(&found->first);
    return found->second;
  }
  const Thing& operator[](int number) const { return *things_[static_cast<std::size_t>(number)]; }
  int size() const { return static_cast<int>(things_.size()); }

 private:
  struct Hash {
    std::size_t operator()(const Thing& thing) const { return hash_of(thing); }
  };
  std::unordered_map<Thing, int, Hash> numbers_;
  std::vector<const Thing*> things_;  // the map's keys stay where they are
};

}  // namespace roundoff::analyzer::automata
