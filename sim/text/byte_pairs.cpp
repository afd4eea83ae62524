#include "sim/text/byte_pairs.hpp"

#include <queue>
#include <tuple>

namespace roundoff::sim {

void BytePairs::add(Token left, Token right, Token joined) {
  merges_.try_emplace(key(left, right), Merge{static_cast<std::uint32_t>(merges_.size()), joined});
}

std::vector<Token> BytePairs::join(const std::vector<Token>& symbols) const {
  struct Symbol {
    Token token;
    int before, next;  // -1: none
  };
  const auto n = static_cast<int>(symbols.size());
  std::vector<Symbol> list;
  for (int i = 0; i < n; ++i)
    list.push_back({symbols[static_cast<std::size_t>(i)], i - 1, i + 1 < n ? i + 1 : -1});
  // (rank, place, pair): what was pushed for a pair that is no longer there is passed over.
  using Candidate = std::tuple<std::uint32_t, int, std::uint64_t>;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  std::vector<bool> gone(list.size());
  const auto offer = [&](int i) {
    if (i < 0) return;
    const Symbol& left = list[static_cast<std::size_t>(i)];
    if (left.next < 0) return;
    const std::uint64_t pair = key(left.token, list[static_cast<std::size_t>(left.next)].token);
    if (const auto found = merges_.find(pair); found != merges_.end())
      queue.emplace(found->second.rank, i, pair);
  };
  for (int i = 0; i < n; ++i) offer(i);
  while (!queue.empty()) {
    const auto [rank, i, pair] = queue.top();
    queue.pop();
    const auto at = static_cast<std::size_t>(i);
    Symbol& left = list[at];
    if (gone[at] || left.next < 0) continue;
    const auto after = static_cast<std::size_t>(left.next);
    if (key(left.token, list[after].token) != pair) continue;
    left.token = merges_.at(pair).joined;
    gone[after] = true;
    left.next = list[after].next;
    if (left.next >= 0) list[static_cast<std::size_t>(left.next)].before = i;
    offer(left.before);
    offer(i);
  }
  std::vector<Token> made;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (!gone[i]) made.push_back(list[i].token);
  return made;
}

}  // namespace roundoff::sim
