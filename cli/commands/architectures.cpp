// roundoff architectures: whose checkpoints load, and what they are made of.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "sim/hub/architecture.hpp"

namespace roundoff::cli {
namespace {

struct ArchitecturesArguments {};

void declare_architectures(Arguments&, ArchitecturesArguments&) {}

int run_architectures(const ArchitecturesArguments&, Session& session) {
  Table table{{{"name", "model_type", false},
               {"models", "models", false},
               {"gguf", "in GGUF", false},
               {"blocks", "blocks", false}},
              {}};
  Json list = Json::array();
  std::string text;
  for (const Architecture& one : architectures()) {
    const std::string gguf = fmt::format("{}", fmt::join(one.gguf, " "));
    table.rows.push_back({std::string(one.name), std::string(one.models), gguf, std::string(one.blocks)});
    list.push_back({{"name", one.name},
                    {"models", one.models},
                    {"blocks", one.blocks},
                    {"source", one.source},
                    {"gguf", one.gguf}});
    text += fmt::format("{}{}\n  {}\n  {}\n  source: {}\n", one.name,
                        gguf.empty() ? "" : fmt::format("  (in GGUF: {})", gguf), one.models, one.blocks,
                        one.source);
  }
  print(session, text, table, {{"architectures", list}});
  return exit_done;
}

}  // namespace

Command architectures_command() {
  return make_command<ArchitecturesArguments, declare_architectures, run_architectures>(
      "architectures", "Whose checkpoints load, and what they are made of",
      "A checkpoint is a folder with config.json and model.safetensors (or shards and their index; tensors "
      "of f64, "
      "f32, f16, bf16, f8, or GPTQ's and AWQ's integers of four bits), or a GGUF file.\n\n"
      "Examples:\n"
      "  roundoff architectures\n"
      "  roundoff forward examples/checkpoint/tiny 12,7,0,3\n");
}

}  // namespace roundoff::cli
