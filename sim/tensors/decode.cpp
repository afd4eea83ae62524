#include "sim/tensors/decode.hpp"

#include "formats/error.hpp"

namespace roundoff::sim {

std::vector<std::vector<Token>> decode(TensorRun& run, const std::vector<std::vector<Token>>& prompts,
                                       const DecodeOptions& options) {
  std::vector<std::vector<Token>> written(prompts.size());
  std::vector<Token> next(prompts.size());
  std::vector<Feed> feeds;
  for (std::size_t p = 0; p < prompts.size(); ++p) {
    if (prompts[p].empty()) throw UsageError("a prompt is empty");
    feeds.push_back({.sequence = static_cast<int>(p), .tokens = prompts[p]});
  }
  const auto told = [&](const Outlook& outlook) {
    next[static_cast<std::size_t>(outlook.sequence)] = outlook.next;
  };
  const std::size_t positions = run.positions();
  for (std::size_t step = 0; step < options.most; ++step) {
    run.run(feeds, told);
    std::vector<Feed> going_on;
    for (const Feed& feed : feeds) {
      const auto p = static_cast<std::size_t>(feed.sequence);
      written[p].push_back(next[p]);
      const int end = feed.first + static_cast<int>(feed.tokens.size());
      if (static_cast<std::size_t>(end) >= positions || (options.last && options.last(next[p]))) continue;
      going_on.push_back({.sequence = feed.sequence, .first = end, .tokens = {next[p]}});
    }
    if (options.watch) options.watch(step + 1);
    if (going_on.empty()) break;
    feeds = std::move(going_on);
  }
  return written;
}

}  // namespace roundoff::sim
