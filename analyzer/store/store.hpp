// The store: verdicts that outlive the process, in one SQLite file. A verdict is kept under the hash of its
// whole question (question.hpp); asking again is a look-up. Every verdict is its own transaction in a
// write-ahead log, so that kill -9 at any time loses at most the question in flight (an enumeration loses
// seconds: its checkpoint is kept too), and several processes may share a file. What depends on the machine
// or the clock is kept beside the verdict, never inside it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/store/question.hpp"

namespace roundoff::analyzer {

class Store {
 public:
  struct Entry {
    std::string key;
    std::string question, answer;  ///< canonical text (question.hpp)
    double seconds = 0;            ///< what it took, where it was computed
    std::string provenance;        ///< which build computed it
  };

  /// Opens or makes the file. FileError when it cannot be opened or is not a store of this version.
  explicit Store(const std::string& path, std::string provenance = "");
  ~Store();
  Store(Store&&) noexcept;

  std::optional<Result> find(const Question& question) const;
  /// Keeps a decided verdict, and forgets its checkpoint; what is unknown or was interrupted is not kept. Of
  /// two answers to one question the stronger stays (evidence.hpp). FileError (a contradiction) when they
  /// cannot both be true.
  void put(const Question& question, const Result& result, double seconds);

  /// What `ask` does with a question that this store cannot answer: nothing, once it is frozen. Tables are
  /// made again from a store's verdicts alone that way.
  void freeze() { frozen_ = true; }
  void thaw() { frozen_ = false; }
  bool frozen() const { return frozen_; }

  /// What the store was filled for, as text of whoever fills it (table1.hpp), so that a report shows it
  /// again.
  void keep_plan(const std::string& plan);
  std::vector<std::string> plans() const;  ///< in alphabetical order

  std::optional<Checkpoint> checkpoint(const Question& question) const;
  void keep(const Question& question, const Checkpoint& checkpoint);

  /// Models that no construction builds (pruned ones, files), by fingerprint, as model JSON, so that recheck
  /// can run them.
  void keep_model(const Model& model);
  std::optional<Model> model(const std::string& fingerprint) const;

  /// What other searches found (least widths, split by split), as text under keys of theirs.
  std::optional<std::string> finding(const std::string& key) const;
  void keep_finding(const std::string& key, const std::string& text);

  /// Told, in one line, of a row that cannot be read, and is left out.
  using Warn = std::function<void(const std::string&)>;
  struct Row {
    Entry entry;
    Question question;
    Result result;
  };
  /// The verdicts that can be read, whose key starts with `prefix`. A key that is not its question's is told
  /// too, and left out.
  std::vector<Row> rows(const std::string& prefix, const Warn& warn) const;

  /// All verdicts by key.
  std::vector<Entry> list() const;
  /// The verdicts whose key starts with `prefix`.
  std::vector<Entry> show(const std::string& prefix) const;
  /// Question and answer of every verdict by key, a line each: the bytes by which two stores are compared.
  std::string dump() const;

  /// Enumerations that were cut off: key, and inputs decided.
  std::vector<std::pair<std::string, Checkpoint>> unfinished() const;

  struct Merged {
    int added = 0, known = 0;
  };
  /// Takes over what another store knows, the stronger of two answers. FileError that names the questions
  /// (key, construction, size, format) and both verdicts when the two contradict each other; then nothing is
  /// taken over. Merging in any order gives the same dump.
  /// What the other store has that cannot be read is left out, and what this one has gives way.
  Merged merge(const Store& other, const Warn& warn = {});

 private:
  struct Database;
  std::unique_ptr<Database> database_;
  bool frozen_ = false;
};

/// The answer from the store, or by verification, which is then kept; an answer for which some limit was too
/// small is asked again where more of it is granted now. Enumerations go on from their checkpoint. `store` may be null. A frozen store that does not know gives `unknown`.
Result ask(Store* store, const Question& question, const Model& model, const Task& task,
           const VerifyOptions& options);

struct Recheck {
  enum Outcome : std::uint8_t {
    same,         ///< on bits
    stronger,     ///< the new answer says more
    weaker,       ///< it says less: the machine or the budget did not suffice
    agrees,       ///< decided in another way, without contradiction
    contradicts,  ///< both cannot be true
    lost,         ///< the question cannot be asked again
  } outcome = lost;
  std::string key;
  Question question;  ///< as stored
  /// Asked under this version of the semantics and of the families, where it was kept under another one: then
  /// a difference is news, not a mistake.
  bool anew = false;
  std::string was, is;  ///< the answers as text; `is` says why where the question is lost
};
/// Builds each model again, verifies it again, and compares the answers; a key that is not its question's makes
/// it lost. What cannot be read is told to `warn`. `each` sees every outcome as it
/// comes. `prefix` selects keys. A proof gets the limits of `options`, and the steps of its question.
std::vector<Recheck> recheck(const Store& store, const std::string& prefix, const VerifyOptions& options,
                             const std::function<void(const Recheck&)>& each = {},
                             const Store::Warn& warn = {});

}  // namespace roundoff::analyzer
