#include <algorithm>
#include <map>

#include "training/data/data.hpp"
#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/random.hpp"

namespace roundoff::training {

namespace {

/// Characters of UTF-8; a byte that belongs to none is one of its own.
std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    made.push_back(text.substr(i, length));
    i += length;
  }
  return made;
}

class TextData : public Data {
 public:
  TextData(const std::string& text, std::string name, std::size_t most, std::size_t context,
           std::uint64_t seed)
      : name_(std::move(name)), context_(context), seed_(seed) {
    const std::vector<std::string> all = characters(text);
    std::map<std::string, std::size_t> counts;
    for (const std::string& character : all) ++counts[character];
    std::vector<std::pair<std::size_t, std::string>> frequent;
    for (const auto& [character, count] : counts) frequent.emplace_back(count, character);
    std::sort(frequent.begin(), frequent.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    const bool others = most != 0 && frequent.size() > most;
    if (others) frequent.resize(most - 1);
    for (const auto& [count, character] : frequent) vocabulary_.push_back(character);
    std::sort(vocabulary_.begin(), vocabulary_.end());
    if (others) vocabulary_.push_back("<other>");
    std::map<std::string, Token> token;
    for (std::size_t t = 0; t < vocabulary_.size(); ++t) token[vocabulary_[t]] = static_cast<Token>(t);
    for (const std::string& character : all) {
      const auto found = token.find(character);
      tokens_.push_back(found == token.end() ? static_cast<Token>(vocabulary_.size() - 1) : found->second);
      digest_ = random_bits(digest_, tokens_.back(), tokens_.size());
    }
    train_ = tokens_.size() - tokens_.size() / 10;
    if (tokens_.size() / 10 <= context_ + 1)
      throw UsageError(fmt::format("{} has {} characters: too few, its last tenth must hold a context of {}",
                                   name_, tokens_.size(), context_));
  }
  const std::vector<std::string>& vocabulary() const override { return vocabulary_; }
  std::size_t positions() const override { return context_; }

  Batch batch(std::uint64_t step, std::size_t sequences) const override {
    Batch made;
    for (std::size_t b = 0; b < sequences; ++b)
      window(random_bits(seed_, step, b) % (train_ - context_), made);
    return made;
  }
  std::vector<std::string> held_out() const override { return {"text"}; }
  Batch held_out(std::size_t, std::size_t first, std::size_t count) const override {
    Batch made;
    const std::size_t windows = (tokens_.size() - train_ - 1) / context_;
    for (std::size_t b = first; b < std::min(windows, first + count); ++b)
      window(train_ + b * context_, made);
    return made;
  }
  std::string describe() const override {
    return fmt::format("text {:016x} of {} characters, {} of them different, context {}; seed {}", digest_,
                       tokens_.size(), vocabulary_.size(), context_, seed_);
  }

 private:
  void window(std::size_t first, Batch& to) const {
    std::vector<Token> tokens(tokens_.begin() + static_cast<std::ptrdiff_t>(first),
                              tokens_.begin() + static_cast<std::ptrdiff_t>(first + context_));
    std::vector<int> targets;
    for (std::size_t i = 0; i < context_; ++i) targets.push_back(static_cast<int>(tokens_[first + i + 1]));
    to.add(tokens, targets);
  }

  std::string name_;
  std::size_t context_, train_ = 0;
  std::uint64_t seed_, digest_ = 0;
  std::vector<std::string> vocabulary_;
  std::vector<Token> tokens_;
};

}  // namespace

std::unique_ptr<Data> text_data(const std::string& text, const std::string& name, std::size_t most,
                                std::size_t context, std::uint64_t seed) {
  return std::make_unique<TextData>(text, name, most, context, seed);
}

}  // namespace roundoff::training
