// Tasks (semantics.md, section 4): a vocabulary, sequences, right answers, adversarial families, and how many
// inputs there are; and what the analyzer must know of a task: its answers in exact integers, its bounds, how
// much effort a table puts into it. One file a task, and a line in registry.cpp; no other file names one.
// Digits are most significant first; a token is a group of c digits from the least significant end (the first
// group of an operand is padded with zeros).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "constructions/automata/automaton.hpp"
#include "constructions/names.hpp"
#include "constructions/tasks/specification.hpp"
#include "formats/notation/family.hpp"
#include "sim/program/program.hpp"

namespace roundoff::constructions {

/// The size of a task. What a task does not use is ignored by it.
struct TaskSize {
  int p = 2;  ///< base, >= 2
  int n = 4;  ///< digits per operand
  int k = 2;  ///< operands (IterADD); terms (MAJORITY, PARITY)
  int l = 0;  ///< low digits of a product; 0: 2n
  int c = 1;  ///< digits per token
  bool ragged = false;
  friend bool operator==(const TaskSize&, const TaskSize&) = default;
};

/// "p=2 n=8 k=3": what differs from the standard size, and always p and n.
std::string describe(const TaskSize& size);

/// One input of a task: operands as digit strings, most significant first, values 0..p-1.
using Digits = std::vector<std::uint8_t>;
struct Instance {
  std::vector<Digits> operands;
  friend bool operator==(const Instance&, const Instance&) = default;
};

/// A task on words whatever their length: what a finite automaton says of them.
struct WordTask {
  std::vector<Token> alphabet;  ///< by symbol of the automata
  /// The symbol behind the word, at which the answer is read; none: answers are read at every symbol.
  std::optional<Token> end;
  Automaton automaton;              ///< outputs are tokens
  std::optional<Automaton> inputs;  ///< 1 after the words that are inputs; absent: all words
};

class Task {
 public:
  virtual ~Task() = default;

  virtual std::string_view name() const = 0;  ///< add, iteradd, mul, ...: for tables
  /// What make_task reads to make this task again: the name, with parameters; or a file's path.
  virtual std::string spec() const { return std::string(name()); }
  /// Of what a task from outside is made of, so that a changed file is another question; "" for the registry's.
  virtual std::string digest() const { return ""; }
  const TaskSize& size() const { return size_; }
  virtual Bindings bindings() const;  ///< n, k, p, l, N for format families

  /// The digit tokens 0 .. p^c - 1 come first (token id = value), then the symbols; <eos> is the last.
  const std::vector<std::string>& vocabulary() const { return vocabulary_; }
  virtual Token eos() const { return static_cast<Token>(vocabulary_.size() - 1); }
  Token symbol(std::string_view text) const;
  int base() const { return base_; }  ///< p^c

  /// How a model from outside puts the task, as template_task reads it, or "" for the task's own sequences
  /// (whose end token is never missing; a template's eos() may be no token of the vocabulary).
  virtual std::string layout() const { return ""; }

  /// The symbol between operands in text: "+", "*".
  virtual std::string_view joiner() const = 0;
  /// N: positions that a model reads for operands of full length (question and answer, without <eos>).
  virtual int positions() const = 0;

  /// What a teacher-forced sequence of this instance's operand lengths looks like: question and answer,
  /// without <eos>.
  virtual SequenceShape shape(const Instance& instance) const;
  /// The whole question stands there before any answer is read, and no answer is fed back: `answer` has a token for
  /// every output position, and no <eos>.
  virtual bool one_pass() const { return false; }
  /// All inputs have operands of the same lengths, and so one shape.
  virtual bool one_shape() const { return !size_.ragged; }
  /// Operands stand in the sequence with the least significant digit first.
  virtual bool least_first() const { return false; }
  virtual std::vector<Token> question(const Instance& instance) const = 0;
  /// Answer tokens, <eos> included.
  virtual std::vector<Token> answer(const Instance& instance) const = 0;
  /// The instance whose question these tokens are, with operands as long as those of `lengths`.
  virtual Instance read(std::span<const Token> question, const Instance& lengths) const = 0;
  /// Whether operands of these lengths are an input: all of them are, unless a task says otherwise.
  virtual bool admits(const Instance&) const { return true; }

  /// How many inputs there are (as a real number when it does not fit): p^(2n), ...
  virtual double input_count() const = 0;
  /// The j-th input, 0 <= j < input_count(), when that is below 2^63.
  virtual Instance instance(std::uint64_t j) const = 0;
  /// Draw number `index` of the stream `seed`: a uniform input, own bounded draws.
  virtual Instance sample(std::uint64_t seed, std::uint64_t index) const = 0;
  /// Inputs for lanes, many at once: the teacher-forced tokens of inputs first .. first+count-1 go to
  /// tokens[position * stride + lane], and the right choices to expected[output * stride + lane]. The inputs
  /// must have one shape. The same tokens as `question` and `answer` of `instance(j)`, which is what this
  /// does unless a task knows better.
  virtual void fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<LaneToken> tokens,
                    std::span<LaneToken> expected) const;
  /// Likewise draws first .. first+count-1 of the stream `seed`.
  virtual void fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count, std::size_t stride,
                            std::span<LaneToken> tokens, std::span<LaneToken> expected) const;
  /// One input into its lane.
  void fill_lane(const Instance& instance, std::size_t lane, std::size_t stride, std::span<LaneToken> tokens,
                 std::span<LaneToken> expected) const;

  /// The version of the families below: it rises with every change of them, and is part of what a verdict
  /// that rests on them is kept under.
  virtual int families() const { return 1; }
  /// Extreme and adversarial inputs (semantics.md, section 4), without repetition, at most about `limit`.
  virtual std::vector<Instance> adversarial(std::size_t limit) const = 0;

  /// The right answer's tokens, <eos> left out, in exact integers: functions of the digit tokens of each
  /// operand (least significant first). Independent of `answer` (a test compares the two); empty where there is
  /// no such description, and then nothing is certified.
  virtual std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const;
  /// Likewise: 1 where the task admits the operands, else 0; nothing where it admits all.
  virtual std::optional<Term> admitted(Integers&, std::span<const Number>) const { return std::nullopt; }

  /// The same question about words of every length; nothing where the task is no automaton.
  virtual std::optional<WordTask> words() const { return std::nullopt; }
  /// The instance that is this word, of any length.
  virtual Instance instance_of(std::span<const int> /*word*/) const { return {}; }

  /// Bits that two parties must exchange to know the first answer token, when one holds the earlier half of the
  /// question and the other the rest; 0 where none is known.
  virtual double communication_bits() const { return 0; }

  /// lg of the number of answers that the first operand can lead to while the others stay fixed; 0 where none is
  /// known.
  virtual double operand_bits() const { return 0; }

  /// The inputs of a public leaderboard's protocol for this task, in its order. UsageError where there is none.
  virtual std::vector<Instance> leaderboard() const;
  virtual bool on_leaderboard() const { return false; }  ///< whether there is one at this size

  /// "0123+0456=" (with or without "=" and blanks) into an instance. UsageError naming the digit, length or
  /// symbol.
  virtual Instance parse(std::string_view text) const = 0;
  /// The question as text, digits above 9 as a..z (p <= 36), else decimal numbers separated by dots.
  virtual std::string text(const Instance& instance) const;
  /// A token sequence as text.
  virtual std::string text(std::span<const Token> tokens) const;

 protected:
  Task(const TaskSize& size, std::vector<std::string> symbols);
  TaskSize size_;
  int base_;
  std::vector<std::string> vocabulary_;
};

/// Throws UsageError for a size that no task has; `make_task` asks it first.
void check_size(const TaskSize& size);

/// The two regimes of precision that the theorems speak of.
enum class Regime : std::uint8_t { constant, logarithmic };

/// What a paper's table of widths says of a task.
struct PaperClaim {
  Regime regime;
  std::string_view width;    ///< "O(n^2)", "superpolynomial"
  std::string_view theorem;  ///< "theorem 4.1"
};

/// How much of a table's work a task's series get: factors of the limits on the rounded operations of a pass.
struct TableEffort {
  double all = 1;
  double constant = 1;  ///< in constant precision
  double scanned = 1;   ///< where every format is tried
  /// Models with more rounded operations a pass are not asked for a certificate in the quick form.
  double longest_proof = 1e300;
  bool coarse = false;  ///< small models, that reach far: sizes grow by factors of 4/3 and more
};

/// What is chosen of a task beside its size, as "dyck1:depth=3" says it.
using Parameters = std::map<std::string, std::string, std::less<>>;
struct Parameter {
  std::string_view name, standard, summary;
};

/// A task of the registry: what does not depend on its size.
struct TaskEntry {
  std::string_view name;     ///< add
  std::string_view form;     ///< of a question: "a+b="
  std::string_view summary;  ///< the answer, in one line
  /// UsageError for a size or a parameter that makes no sense. The parameters are complete.
  std::function<std::unique_ptr<Task>(const TaskSize& size, const Parameters& parameters)> make;
  std::string_view sizes;  ///< the letters of TaskSize that it uses, besides p: "n", "nk", "nl", ""
  std::vector<std::string_view> families;  ///< its adversarial inputs, a line each
  std::vector<TaskSize> standard;          ///< small sizes, with at most a few thousand inputs, for tests
  std::vector<Parameter> parameters = {};
  std::string_view row = {};            ///< its name in the paper's table
  std::vector<PaperClaim> claims = {};  ///< the cells of that row
  TableEffort effort = {};
  bool base = true;  ///< whether p is a size of it, too

  bool uses(char letter) const { return letter == 'p' ? base : sizes.find(letter) != std::string_view::npos; }
};
std::span<const TaskEntry> tasks();
/// Of "NAME" or "NAME:key=value,...". UsageError with a "did you mean" for an unknown name.
const TaskEntry& find_task(std::string_view spec);
/// UsageError likewise, and for an unknown parameter.
std::unique_ptr<Task> make_task(std::string_view spec, const TaskSize& size);

}  // namespace roundoff::constructions
