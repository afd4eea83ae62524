// The options that say how a model is run, the same in every command that runs one: --format, --role,
// --quantise, --policy FILE, --stack NAME, and an option for every other field of the policy's table.
#pragma once

#include <string>

#include "cli/names.hpp"
#include "cli/options/arguments.hpp"
#include "constructions/construction.hpp"
#include "sim/files/model_file.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::cli {

struct PolicyOptions {
  std::string stack, file;
  PolicyLayer words;  ///< of the other options

  bool empty() const { return stack.empty() && file.empty() && words.empty(); }
  /// The stack, under the file, under the words: field by field the last one that speaks has its way.
  PolicyLayer layer() const;
};

/// `taken`: an option that means something else in this command, so that only files and stacks say that field.
void declare_policy(Arguments& arguments, PolicyOptions& options, std::string_view taken = "");

/// The construction's own policy in its own format, or that which the layer says, and the layer over it.
Policy construction_policy(const PolicyLayer& layer, const Construction& construction,
                           const Bindings& bindings);

/// Of a model file: the layer over what the file says. A layer that says `format` puts it in the place of all
/// of the file's formats. `standard` is the format of a file that names none; UsageError where that is "", too.
/// Where neither says what NaN does, `nan` decides.
Policy file_policy(const PolicyLayer& layer, const ModelFile& file, const std::string& path,
                   const Bindings& bindings, const std::string& standard = "", NanRule nan = NanRule::trap);

}  // namespace roundoff::cli
