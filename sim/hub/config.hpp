// What a checkpoint's config.json says. Whatever stands in it must have been asked for, or be on the list of keys that
// change no result: what nobody asked for may change results.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sim/files/model_json.hpp"
#include "sim/model/model.hpp"

namespace roundoff::sim {

class Config {
 public:
  /// FileError led by `source` for what is no object; so are all errors here. The JSON must outlive it.
  Config(const Json& json, std::string source);

  [[noreturn]] void fail(const std::string& what) const;
  /// Is there, and not null. Whoever asks knows the key.
  bool has(std::string_view field) const;
  /// Is there, null or not.
  bool given(std::string_view field) const;
  const Json& operator[](const std::string& field) const { return json_[field]; }

  int count(const std::string& field, std::optional<int> absent = {}) const;
  double real(const std::string& field, std::optional<double> absent = {}) const;
  Value number(const std::string& field, double absent) const { return Value::of(real(field, absent)); }
  bool flag(const std::string& field, bool absent) const;
  std::string text(const std::string& field, const std::string& absent) const;
  Activation activation(const std::string& field, const std::string& absent) const;
  /// Options that change the computation and are not built here must be absent, null or false.
  void refuse(std::initializer_list<const char*> fields) const;
  /// Everything has been asked for, or changes no result.
  void done() const;

 private:
  const Json& json_;
  std::string source_;
  mutable std::set<std::string, std::less<>> asked_;
};

}  // namespace roundoff::sim
