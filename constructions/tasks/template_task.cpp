#include "constructions/tasks/template_task.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "constructions/tasks/arithmetic_task.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::constructions {
namespace {

using Json = nlohmann::json;
constexpr Token no_token = 0xffffffff;

/// One piece: a token, or the digits of a source.
struct Piece {
  static constexpr int answer = -1;
  Token token = no_token;  ///< where it is a token
  int source = 0;          ///< an operand from 0, or the answer
  bool reversed = false;
  std::size_t length = 0;  ///< padded to this; 0: as long as it is
};

class TemplateTask final : public Task {
 public:
  TemplateTask(std::unique_ptr<Task> inner, const Json& layout)
      : Task(inner->size(), {}), inner_(std::move(inner)), layout_(layout.dump()) {
    arithmetic_ = dynamic_cast<const ArithmeticTask*>(inner_.get());
    if (arithmetic_ == nullptr)
      throw UsageError(fmt::format("task.template: {} has no operands to lay out", inner_->name()));
    if (size_.c != 1) throw UsageError("task.template: tokens are single digits; leave c out");
    const std::vector<std::string> plain(vocabulary_.begin(), vocabulary_.begin() + base_);
    vocabulary_ = strings(layout, "vocab");
    const std::vector<std::string> names = layout.contains("digits") ? strings(layout, "digits") : plain;
    if (static_cast<int>(names.size()) != base_)
      throw UsageError(fmt::format("task.template: \"digits\" names {} tokens, but base {} has {} digits",
                                   names.size(), size_.p, base_));
    for (const std::string& name : names) digits_.push_back(token(name));
    pad_ = layout.contains("pad") ? token(text_of(layout["pad"], "pad")) : digits_[0];
    stop_ = layout.contains("stop") ? token(text_of(layout["stop"], "stop")) : no_token;
    for (const std::string& piece : strings(layout, "prompt")) prompt_.push_back(parse_piece(piece));
    for (const std::string& piece : strings(layout, "answer")) answer_.push_back(parse_piece(piece));
    if (prompt_.empty()) throw UsageError("task.template: \"prompt\" has no pieces");
    const auto writes = [](const Piece& piece) { return piece.source == Piece::answer; };
    if (std::any_of(prompt_.begin(), prompt_.end(), writes))
      throw UsageError("task.template: the prompt may not hold {answer}");
    if (std::none_of(answer_.begin(), answer_.end(), writes))
      throw UsageError("task.template: \"answer\" must hold {answer}");
    for (const auto& [field, value] : layout.items()) {
      constexpr std::string_view known[] = {"prompt", "answer", "stop", "pad", "digits", "vocab"};
      if (std::find(std::begin(known), std::end(known), field) == std::end(known))
        throw UsageError(
            fmt::format("task.template: unknown field \"{}\"{}", field, did_you_mean(field, known)));
    }
  }

  std::string_view name() const override { return inner_->name(); }
  std::string spec() const override { return inner_->spec(); }
  std::string digest() const override { return inner_->digest(); }
  bool one_shape() const override { return inner_->one_shape(); }
  bool admits(const Instance& instance) const override { return inner_->admits(instance); }
  using Task::text;
  std::string text(const Instance& instance) const override { return inner_->text(instance); }
  std::string layout() const override { return layout_; }
  Token eos() const override { return stop_; }
  std::string_view joiner() const override { return inner_->joiner(); }
  double input_count() const override { return inner_->input_count(); }
  Instance instance(std::uint64_t j) const override { return inner_->instance(j); }
  Instance sample(std::uint64_t seed, std::uint64_t index) const override {
    return inner_->sample(seed, index);
  }
  std::vector<Instance> adversarial(std::size_t limit) const override { return inner_->adversarial(limit); }
  std::vector<Instance> leaderboard() const override { return inner_->leaderboard(); }
  bool on_leaderboard() const override { return inner_->on_leaderboard(); }
  int families() const override { return inner_->families(); }
  Instance parse(std::string_view text) const override { return inner_->parse(text); }

  int positions() const override {
    const Instance longest{std::vector<Digits>(static_cast<std::size_t>(arithmetic_->operands()),
                                               Digits(static_cast<std::size_t>(size_.n), 0))};
    const std::size_t answers = answer(longest).size();
    return static_cast<int>(question(longest).size() + answers) - 1;  // the last token is not read
  }

  std::vector<Token> question(const Instance& instance) const override { return laid_out(prompt_, instance); }

  Instance read(std::span<const Token> question, const Instance& lengths) const override {
    Instance instance = lengths;
    std::size_t at = 0;
    for (const Piece& piece : prompt_) {
      if (piece.token != no_token) {
        ++at;
        continue;
      }
      Digits& digits = instance.operands[static_cast<std::size_t>(piece.source)];
      const std::size_t written = std::max(piece.length, digits.size());
      for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::size_t place = piece.reversed ? digits.size() - 1 - i : written - digits.size() + i;
        const auto found = std::find(digits_.begin(), digits_.end(), question[at + place]);
        digits[i] = static_cast<std::uint8_t>(found - digits_.begin());
      }
      at += written;
    }
    return instance;
  }

  std::vector<Token> answer(const Instance& instance) const override {
    std::vector<Token> tokens = laid_out(answer_, instance);
    if (stop_ != no_token) tokens.push_back(stop_);
    return tokens;
  }

  // Digits vary, all else stands still; the answer's leading digit is bounded by the greatest answer's.
  SequenceShape shape(const Instance& instance) const override {
    SequenceShape shape;
    shape.vocabulary = static_cast<int>(vocabulary_.size());
    const auto append = [&](const Piece& piece) {
      if (piece.token != no_token) {
        shape.tokens.push_back({piece.token});
        return;
      }
      const bool answers = piece.source == Piece::answer;
      const std::size_t own = answers ? static_cast<std::size_t>(arithmetic_->answer_digits())
                                      : instance.operands[static_cast<std::size_t>(piece.source)].size();
      std::vector<std::vector<Token>> tokens(piece.length > own ? piece.length - own : 0, {pad_});
      for (std::size_t i = 0; i < own; ++i)
        tokens.push_back(digits_up_to(answers && i == 0 ? arithmetic_->greatest().front() : base_ - 1));
      if (piece.reversed) std::reverse(tokens.begin(), tokens.end());
      shape.tokens.insert(shape.tokens.end(), tokens.begin(), tokens.end());
    };
    for (const Piece& piece : prompt_) append(piece);
    shape.first_output = static_cast<int>(shape.tokens.size()) - 1;
    for (const Piece& piece : answer_) append(piece);
    if (stop_ == no_token) shape.tokens.pop_back();  // the last token is written, and not read
    return shape;
  }

 private:
  static std::string text_of(const Json& json, std::string_view field) {
    if (!json.is_string()) throw UsageError(fmt::format("task.template: \"{}\" must be a string", field));
    return json.get<std::string>();
  }

  static std::vector<std::string> strings(const Json& layout, const std::string& field) {
    if (!layout.is_object() || !layout.contains(field) || !layout[field].is_array())
      throw UsageError(fmt::format("task.template: \"{}\" must be an array of strings", field));
    std::vector<std::string> result;
    for (const Json& entry : layout[field]) result.push_back(text_of(entry, field));
    return result;
  }

  Token token(const std::string& text) const {
    const auto found = std::find(vocabulary_.begin(), vocabulary_.end(), text);
    if (found == vocabulary_.end())
      throw UsageError(fmt::format(
          "task.template: the model's vocabulary has no token \"{}\"{}", text,
          did_you_mean(text, std::vector<std::string_view>(vocabulary_.begin(), vocabulary_.end()))));
    return static_cast<Token>(found - vocabulary_.begin());
  }

  Piece parse_piece(const std::string& text) const {
    Piece piece;
    if (text.size() < 3 || text.front() != '{' || text.back() != '}') {
      piece.token = token(text);
      return piece;
    }
    const auto wrong = [&] {
      return UsageError(fmt::format(
          "task.template: the piece {} is not {{1}} to {{{}}} or {{answer}}, then :reversed, then :LENGTH",
          text, arithmetic_->operands()));
    };
    const auto number = [&](std::string_view part) {
      int value = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
      if (error != std::errc{} || end != part.data() + part.size() || value < 1 || value > 65536)
        throw wrong();
      return value;
    };
    std::string_view rest = std::string_view(text).substr(1, text.size() - 2);
    bool first = true;
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find(':'));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      if (first) {
        piece.source = part == "answer" ? Piece::answer : number(part) - 1;
        if (piece.source >= arithmetic_->operands()) throw wrong();
      } else if (part == "reversed") {
        piece.reversed = true;
      } else {
        piece.length = static_cast<std::size_t>(number(part));
      }
      first = false;
    }
    const int longest = piece.source == Piece::answer ? arithmetic_->answer_digits() : size_.n;
    if (piece.length != 0 && piece.length < static_cast<std::size_t>(longest))
      throw UsageError(fmt::format("task.template: the piece {} has no room for {} digits", text, longest));
    return piece;
  }

  std::vector<Token> digits_up_to(int greatest) const {
    std::vector<Token> tokens(digits_.begin(), digits_.begin() + greatest + 1);
    std::sort(tokens.begin(), tokens.end());
    return tokens;
  }

  std::vector<Token> laid_out(const std::vector<Piece>& pieces, const Instance& instance) const {
    std::vector<Token> tokens;
    for (const Piece& piece : pieces) {
      if (piece.token != no_token) {
        tokens.push_back(piece.token);
        continue;
      }
      const Digits digits = piece.source == Piece::answer
                                ? arithmetic_->result(instance)
                                : instance.operands[static_cast<std::size_t>(piece.source)];
      const auto begin = static_cast<std::ptrdiff_t>(tokens.size());
      if (piece.length > digits.size()) tokens.insert(tokens.end(), piece.length - digits.size(), pad_);
      for (const std::uint8_t digit : digits) tokens.push_back(digits_[digit]);
      if (piece.reversed) std::reverse(tokens.begin() + begin, tokens.end());
    }
    return tokens;
  }

  std::unique_ptr<Task> inner_;
  const ArithmeticTask* arithmetic_ = nullptr;
  std::string layout_;
  std::vector<Token> digits_;  ///< by value
  Token pad_ = 0, stop_ = no_token;
  std::vector<Piece> prompt_, answer_;
};

Json parsed(std::string_view text) {
  try {
    Json json = Json::parse(text);
    if (!json.is_object()) throw UsageError("task.template must be an object");
    return json;
  } catch (const Json::exception&) {
    throw UsageError("task.template is not JSON");
  }
}

}  // namespace

std::unique_ptr<Task> template_task(std::string_view name, const TaskSize& size, std::string_view layout) {
  const Json json = parsed(layout);
  if (json.size() == 1 && json.contains("vocab"))
    return renamed_task(make_task(name, size), json["vocab"].get<std::vector<std::string>>());
  return std::make_unique<TemplateTask>(make_task(name, size), json);
}

std::string complete_layout(std::string_view template_json, std::span<const std::string> vocabulary) {
  Json layout = parsed(template_json);
  layout["vocab"] = vocabulary;
  return layout.dump();
}

}  // namespace roundoff::constructions
