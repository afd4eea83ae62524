// What there is to train on. A batch is a function of the seed and the step alone, so that an interrupted training goes on
// with what it would have seen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "training/model/batch.hpp"

#include "constructions/tasks/task.hpp"

namespace roundoff::training {

class Data {
 public:
  virtual ~Data() = default;
  virtual const std::vector<std::string>& vocabulary() const = 0;
  /// Of the longest sequence.
  virtual std::size_t positions() const = 0;
  virtual Batch batch(std::uint64_t step, std::size_t sequences) const = 0;

  /// Parts of what is never trained on: "n=4" of a task, "text" of a text.
  virtual std::vector<std::string> held_out() const = 0;
  /// Sequences first .. first + count - 1 of a part, or as many as there are.
  virtual Batch held_out(std::size_t part, std::size_t first, std::size_t count) const = 0;
  /// Sequences have one right answer each, which all of their targets are.
  virtual bool has_answers() const { return false; }
  /// All that decides what batches hold.
  virtual std::string describe() const = 0;
};

/// A task at sizes that a step draws one of: sequences of question and answer, targets where the answer is read. Held out
/// are draws of another stream, which at small sizes repeat what was trained on.
std::unique_ptr<Data> task_data(std::vector<std::unique_ptr<Task>> sizes, std::uint64_t seed);

/// Windows of `context` characters; the last tenth is held out. The vocabulary is the characters (of UTF-8) that occur, in
/// order, or the `most` - 1 most frequent ones and a last one that stands for all others. UsageError for a text too short.
std::unique_ptr<Data> text_data(const std::string& text, const std::string& name, std::size_t most,
                                std::size_t context, std::uint64_t seed);

/// `count` characters of a made-up language: a lexicon of 600 words with Zipf's frequencies, each with words that like to
/// follow it, in sentences with brackets. It is always the same one.
std::string grammar_text(std::size_t count);

}  // namespace roundoff::training
