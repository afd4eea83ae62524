// A made-up language, so that experiments need no corpus: random words by syllables, Zipf's frequencies, and for every word
// eight that follow it half of the time. Sentences are short, and some of their parts stand in brackets.
#include <array>

#include "training/data/data.hpp"

#include "formats/random.hpp"

namespace roundoff::training {

namespace {

class Draws {
 public:
  explicit Draws(std::uint64_t stream) : stream_(stream) {}
  std::uint64_t below(std::uint64_t bound) { return random_bits(0x6772616d6d6172, stream_, next_++) % bound; }

 private:
  std::uint64_t stream_, next_ = 0;
};

constexpr std::size_t words = 600, followers = 8;

}  // namespace

std::string grammar_text(std::size_t count) {
  Draws make(1), write(2);
  constexpr std::string_view consonants = "bcdfghjklmnpqrstvwxz", vowels = "aeiouy";
  std::vector<std::string> lexicon(words);
  std::vector<std::uint64_t> weight(words);
  std::vector<std::array<std::size_t, followers>> follow(words);
  std::uint64_t all = 0;
  for (std::size_t w = 0; w < words; ++w) {
    for (std::uint64_t syllables = 1 + make.below(3); syllables > 0; --syllables) {
      lexicon[w] += consonants[make.below(consonants.size())];
      lexicon[w] += vowels[make.below(vowels.size())];
      if (make.below(3) == 0) lexicon[w] += consonants[make.below(consonants.size())];
    }
    weight[w] = (1ULL << 20) / (w + 3);
    all += weight[w];
  }
  const auto draw_word = [&](Draws& draws) {
    std::uint64_t at = draws.below(all);
    std::size_t w = 0;
    while (at >= weight[w]) at -= weight[w++];
    return w;
  };
  for (auto& list : follow)
    for (std::size_t& w : list) w = draw_word(make);
  std::string text;
  while (text.size() < count) {
    std::size_t w = draw_word(write);
    std::uint64_t open = 0;
    for (std::uint64_t length = 4 + write.below(9); length > 0; --length) {
      if (write.below(12) == 0 && open < 2) {
        text += '(';
        ++open;
      }
      text += lexicon[w];
      if (open > 0 && write.below(4) == 0) {
        text += ')';
        --open;
      }
      if (length > 1) text += ' ';
      w = write.below(2) == 0 ? draw_word(write) : follow[w][write.below(followers)];
    }
    for (; open > 0; --open) text += ')';
    text += write.below(6) == 0 ? ".\n" : ". ";
  }
  text.resize(count);
  return text;
}

}  // namespace roundoff::training
