// The one table of a policy's fields: what each is called, which words it takes, how it is read and written.
// Policy files, sweeps, model files, stores, replay lines and the command line all go through it, so that
// what one of them can say, all can; a new field is one more row.
//
// A key is a name, or a table's name and a role: "order", "formats.accumulators", "quantise.weights". As a
// document (TOML or JSON) a dot is a table; as options they are --order, --role accumulators=FORMAT, --quantise
// weights=QUANTISER. `format` is the format of every role that no "formats." names.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/notation/family.hpp"
#include "sim/model/policy.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

struct PolicyField {
  std::string key;
  std::string words;    ///< what it takes, for help: "first|last", "FORMAT"
  std::string summary;  ///< one line
  std::string (*get)(const Policy&, int role);
  /// UsageError that names what is wrong with the word, without the key. Formats are families.
  void (*set)(Policy&, int role, std::string_view word, const Bindings&);
  int role = -1;           ///< of "formats." and "quantise."
  bool is_format = false;  ///< a family: only bindings make it a format
  std::string usual{};     ///< a word that is left out of what is written; "": none

  std::string_view table() const;  ///< "formats" of "formats.weights", else ""
  std::string_view name() const;   ///< "weights" of "formats.weights", else the key
};

/// The word for no quantiser.
inline constexpr std::string_view no_quantiser = "none";

/// In the order in which they are laid: `format` comes before the roles.
std::span<const PolicyField> policy_fields();
/// UsageError with a "did you mean".
const PolicyField& policy_field(std::string_view key);
/// The keys of the outermost level of a document, in order: format, formats, quantise, softmax, ...
std::span<const std::string_view> policy_keys();
/// Whether a key of that level is a table by role. UsageError for a key that is none.
bool is_policy_table(std::string_view key);
/// The roles that a quantiser can stand before.
std::span<const std::string_view> quantised_roles();

/// Some fields of a policy, as words: what a file, a stack or a command line says. Words are checked when they
/// are set; formats may be families.
class PolicyLayer {
 public:
  using Words = std::map<std::string, std::string, std::less<>>;

  /// UsageError for a key or a word that is not known. "formats.all" is another name of "format".
  void set(std::string_view key, std::string_view word);
  /// "accumulators=fixed(16,8)" for the table "formats"; `option` is what errors call it.
  void set_role(std::string_view table, std::string_view assignment, std::string_view option);
  const std::string* find(std::string_view key) const;
  void erase(std::string_view key);
  void erase_formats();  ///< `format` and those of roles
  /// Takes in another layer's words; where both have a key, those of `over` stand.
  void lay(const PolicyLayer& over);
  bool empty() const { return words_.empty(); }
  bool names_a_format() const;  ///< `format`, or any role's
  bool names_all_formats() const;  ///< all roles but `rotary`, which is then that of weights
  /// (key, word) in the order of policy_fields().
  std::vector<std::pair<std::string, std::string>> entries() const;
  friend bool operator==(const PolicyLayer&, const PolicyLayer&) = default;

 private:
  Words words_;
};

/// `base` with the layer's fields in place of its own. A layer that says `dot` is fused and nothing of the order
/// means sequential sums, the only order that there is for it. UsageError, with the key, for a family that the
/// bindings do not make a format, and for fields that exclude each other.
Policy laid(Policy base, const PolicyLayer& layer, const Bindings& bindings);

/// All of a policy: `laid` over one without quantisers gives it again. `format` is that of weights; "formats."
/// names only the roles that differ from it, and "quantise." only quantisers that there are.
PolicyLayer layer_of(const Policy& policy);
/// What `policy` has to be told of beside `format`, that of weights, where that alone leads to `implied`.
PolicyLayer difference(const Policy& policy, const Policy& implied);

/// "fixed(8,8)", or "fixed(8,8) accumulators=fixed(16,8) quantise.weights=int4/32": formats and quantisers alone.
std::string notation(const Policy& policy);

/// The layer as the words of a command line: {"--format", "fixed(8,8)", "--role", "scores=binary16", "--dot",
/// "fused"}.
std::vector<std::string> options_of(const PolicyLayer& layer);
/// The option that says a field: "--role" of "formats.weights", "--order".
std::string option_of(const PolicyField& field);

}  // namespace roundoff::sim
