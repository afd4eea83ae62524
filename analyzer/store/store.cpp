// SQLite behind store.hpp. Every statement is prepared where it is used: verdicts are few and slow,
// statements are not.
#include "analyzer/store/store.hpp"

#include <chrono>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>

#include "constructions/tasks/template_task.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/files/text_file.hpp"

namespace roundoff::analyzer {
namespace {

constexpr int application = 0x726e6f66;  // "rnof"
constexpr int schema_version = 1;

/// One prepared statement: bind in order, then step through rows.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& path, const char* sql) : database_(database), path_(path) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) fail();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& text) {
    if (sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT) != SQLITE_OK)
      fail();
    return *this;
  }
  Statement& bind(double number) {
    if (sqlite3_bind_double(statement_, ++bound_, number) != SQLITE_OK) fail();
    return *this;
  }
  Statement& bind(std::int64_t number) {
    if (sqlite3_bind_int64(statement_, ++bound_, number) != SQLITE_OK) fail();
    return *this;
  }
  /// Whether there is a row.
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
    return code == SQLITE_ROW;
  }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
                 : std::string();
  }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  bool null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  [[noreturn]] void fail() const {
    throw FileError(fmt::format("store {}: {}", path_, sqlite3_errmsg(database_)));
  }
  sqlite3* database_;
  const std::string& path_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

}  // namespace

struct Store::Database {
  sqlite3* handle = nullptr;
  std::string path, provenance;
  mutable std::recursive_mutex mutex;

  ~Database() { sqlite3_close(handle); }
  Statement prepare(const char* sql) const { return Statement(handle, path, sql); }
  void run(const char* sql) const {
    Statement statement(handle, path, sql);
    while (statement.step()) {
    }
  }
  std::int64_t number(const char* sql) const {
    Statement statement(handle, path, sql);
    return statement.step() ? statement.integer(0) : 0;
  }
};

namespace {

/// done, failing, first_failing from this column on.
Checkpoint checkpoint_at(const Statement& row, int column) {
  Checkpoint checkpoint{static_cast<std::uint64_t>(row.integer(column)),
                        static_cast<std::uint64_t>(row.integer(column + 1)),
                        {}};
  if (!row.null(column + 2)) checkpoint.first_failing = static_cast<std::uint64_t>(row.integer(column + 2));
  return checkpoint;
}

/// "0f3a... (add-hinge n=8 k=2 in fixed(5,0): holds there, refuted here)".
std::string contradiction(const std::string& key, const Question& asked, const Result& ours,
                          const Result& theirs) {
  return fmt::format("{} ({} p={} n={} k={} in {}: {} here, {} there)", key,
                     asked.construction.empty() ? "model " + asked.model.substr(0, 8) : asked.construction,
                     asked.size.p, asked.size.n, asked.size.k, format_of(asked), name(ours.verdict),
                     name(theirs.verdict));
}

/// An answer, or nothing where the text is none.
std::optional<Result> readable(const std::string& answer) {
  try {
    return result_from(answer);
  } catch (const FileError&) {
    return std::nullopt;
  }
}

/// Rolls back unless committed.
template <typename Database>
class Transaction {
 public:
  explicit Transaction(const Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  ~Transaction() {
    if (!committed_) sqlite3_exec(database_.handle, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    database_.run("COMMIT");
    committed_ = true;
  }

 private:
  const Database& database_;
  bool committed_ = false;
};

}  // namespace

Store::Store(const std::string& path, std::string provenance) : database_(std::make_unique<Database>()) {
  Database& database = *database_;
  database.path = path;
  database.provenance = std::move(provenance);
  refuse_no_file(path);
  if (sqlite3_open(path.c_str(), &database.handle) != SQLITE_OK)
    throw FileError(fmt::format("store {}: {}", path, sqlite3_errmsg(database.handle)));
  sqlite3_busy_timeout(database.handle, 60000);
  database.number("PRAGMA application_id");  // a file that is no database says so here
  // Looked at and laid out in one transaction, so that of several processes that open a new file one makes
  // it.
  Transaction transaction(database);
  const std::int64_t found = database.number("PRAGMA application_id");
  const bool fresh = found == 0 && database.number("SELECT count(*) FROM sqlite_master") == 0;
  if (found != application && !fresh)
    throw FileError(
        fmt::format("store {}: this SQLite file was not made by roundoff; name another file", path));
  if (!fresh && database.number("PRAGMA user_version") != schema_version)
    throw FileError(fmt::format(
        "store {}: it has another layout than this version reads; use the version that made it", path));
  database.run(
      "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, question TEXT NOT NULL, answer TEXT NOT "
      "NULL,"
      " seconds REAL NOT NULL, provenance TEXT NOT NULL) WITHOUT ROWID");
  database.run(
      "CREATE TABLE IF NOT EXISTS checkpoints (key TEXT PRIMARY KEY, done INTEGER NOT NULL,"
      " failing INTEGER NOT NULL, first_failing INTEGER) WITHOUT ROWID");
  database.run(
      "CREATE TABLE IF NOT EXISTS models (fingerprint TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID");
  database.run("CREATE TABLE IF NOT EXISTS plans (plan TEXT PRIMARY KEY) WITHOUT ROWID");
  database.run("CREATE TABLE IF NOT EXISTS findings (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID");
  database.run(fmt::format("PRAGMA application_id = {}", application).c_str());
  database.run(fmt::format("PRAGMA user_version = {}", schema_version).c_str());
  transaction.commit();
  // Changing the journal's mode does not wait for other processes, so it is asked again while they are busy;
  // the store is as safe, only slower, in the mode that it has.
  for (int attempt = 0; attempt < 200; ++attempt) {
    try {
      database.run("PRAGMA journal_mode = WAL");
      break;
    } catch (const FileError&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  database.run("PRAGMA synchronous = NORMAL");
}

Store::~Store() = default;
Store::Store(Store&&) noexcept = default;

std::optional<Result> Store::find(const Question& question) const {
  const std::lock_guard lock(database_->mutex);
  Statement statement = database_->prepare("SELECT question, answer FROM verdicts WHERE key = ?");
  statement.bind(key(question));
  if (!statement.step() || statement.text(0) != text(question)) return std::nullopt;
  return readable(statement.text(1));  // where it cannot be read it is asked again, and replaced
}

void Store::put(const Question& question, const Result& result, double seconds) {
  if (result.verdict == Verdict::unknown || result.interrupted) return;
  const std::lock_guard lock(database_->mutex);
  const std::string name = key(question), answer = text(result);
  Transaction transaction(*database_);
  bool keep = true;
  {
    Statement known = database_->prepare("SELECT answer FROM verdicts WHERE key = ?");
    known.bind(name);
    if (known.step()) {
      const std::optional<Result> before = readable(known.text(0));
      if (before && contradict(*before, result)) {
        throw FileError(fmt::format("store {}: contradiction at {}: it has {}, and now it is {}",
                                    database_->path, name, known.text(0), answer));
      }
      keep = !before || text(stronger(*before, result)) != known.text(0);
    }
  }
  if (keep) {
    database_->prepare("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)")
        .bind(name)
        .bind(text(question))
        .bind(answer)
        .bind(seconds)
        .bind(database_->provenance)
        .step();
  }
  database_->prepare("DELETE FROM checkpoints WHERE key = ?").bind(name).step();
  transaction.commit();
}

std::optional<Checkpoint> Store::checkpoint(const Question& question) const {
  const std::lock_guard lock(database_->mutex);
  Statement statement =
      database_->prepare("SELECT done, failing, first_failing FROM checkpoints WHERE key = ?");
  statement.bind(key(question));
  if (!statement.step()) return std::nullopt;
  return checkpoint_at(statement, 0);
}

void Store::keep(const Question& question, const Checkpoint& checkpoint) {
  const std::lock_guard lock(database_->mutex);
  Statement statement = database_->prepare(checkpoint.first_failing
                                               ? "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)"
                                               : "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, NULL)");
  statement.bind(key(question))
      .bind(static_cast<std::int64_t>(checkpoint.done))
      .bind(static_cast<std::int64_t>(checkpoint.failing));
  if (checkpoint.first_failing) statement.bind(static_cast<std::int64_t>(*checkpoint.first_failing));
  statement.step();
}

std::optional<std::string> Store::finding(const std::string& key) const {
  const std::lock_guard lock(database_->mutex);
  Statement statement = database_->prepare("SELECT text FROM findings WHERE key = ?");
  statement.bind(key);
  if (!statement.step()) return std::nullopt;
  return statement.text(0);
}

void Store::keep_finding(const std::string& key, const std::string& text) {
  const std::lock_guard lock(database_->mutex);
  database_->prepare("INSERT OR REPLACE INTO findings VALUES (?, ?)").bind(key).bind(text).step();
}

void Store::keep_model(const Model& model) {
  ModelFile file;
  file.model = model;
  const std::lock_guard lock(database_->mutex);
  database_->prepare("INSERT OR IGNORE INTO models VALUES (?, ?)")
      .bind(fingerprint(model))
      .bind(write_model(file))
      .step();
}

std::optional<Model> Store::model(const std::string& fingerprint) const {
  const std::lock_guard lock(database_->mutex);
  Statement statement = database_->prepare("SELECT json FROM models WHERE fingerprint = ?");
  statement.bind(fingerprint);
  if (!statement.step()) return std::nullopt;
  return read_model(statement.text(0), database_->path).model;
}

void Store::keep_plan(const std::string& plan) {
  const std::lock_guard lock(database_->mutex);
  database_->prepare("INSERT OR IGNORE INTO plans VALUES (?)").bind(plan).step();
}

std::vector<std::string> Store::plans() const {
  const std::lock_guard lock(database_->mutex);
  Statement statement = database_->prepare("SELECT plan FROM plans ORDER BY plan");
  std::vector<std::string> result;
  while (statement.step()) result.push_back(statement.text(0));
  return result;
}

std::vector<std::pair<std::string, Checkpoint>> Store::unfinished() const {
  const std::lock_guard lock(database_->mutex);
  Statement statement =
      database_->prepare("SELECT key, done, failing, first_failing FROM checkpoints ORDER BY key");
  std::vector<std::pair<std::string, Checkpoint>> result;
  while (statement.step()) result.emplace_back(statement.text(0), checkpoint_at(statement, 1));
  return result;
}

std::vector<Store::Entry> Store::list() const { return show(""); }

std::vector<Store::Entry> Store::show(const std::string& prefix) const {
  const std::lock_guard lock(database_->mutex);
  Statement statement = database_->prepare(
      "SELECT key, question, answer, seconds, provenance FROM verdicts WHERE substr(key, 1, length(?1)) = ?1 "
      "ORDER BY key");
  statement.bind(prefix);
  std::vector<Entry> entries;
  while (statement.step())
    entries.push_back(
        {statement.text(0), statement.text(1), statement.text(2), statement.real(3), statement.text(4)});
  return entries;
}

std::vector<Store::Row> Store::rows(const std::string& prefix, const Warn& warn) const {
  std::vector<Row> result;
  for (Entry& entry : show(prefix)) {
    const auto leave_out = [&](const std::string& why) {
      if (warn) warn(fmt::format("store {}: row {} is left out: {}", database_->path, entry.key, why));
    };
    try {
      Row row{{}, question_from(entry.question), result_from(entry.answer)};
      if (digest(entry.question) != entry.key) {
        leave_out(fmt::format("its question has the key {}", digest(entry.question)));
        continue;
      }
      row.entry = std::move(entry);
      result.push_back(std::move(row));
    } catch (const FileError& error) {
      leave_out(error.what());
    }
  }
  return result;
}

std::string Store::dump() const {
  std::string lines;
  for (const Entry& entry : list()) lines += entry.key + '\t' + entry.question + '\t' + entry.answer + '\n';
  return lines;
}

Store::Merged Store::merge(const Store& other, const Warn& warn) {
  const std::vector<Row> theirs = other.rows("", warn);
  const std::lock_guard lock(database_->mutex);
  Transaction transaction(*database_);
  Merged merged;
  std::string contradictions;
  for (const auto& [entry, question, result] : theirs) {
    Statement known = database_->prepare("SELECT question, answer FROM verdicts WHERE key = ?");
    known.bind(entry.key);
    const bool there = known.step();
    if (const std::optional<Result> ours = there ? readable(known.text(1)) : std::nullopt) {
      if (known.text(0) == entry.question && contradict(*ours, result)) {
        contradictions +=
            (contradictions.empty() ? " " : ", ") + contradiction(entry.key, question, *ours, result);
        continue;
      }
      if (known.text(0) == entry.question && text(stronger(*ours, result)) == known.text(1)) {
        ++merged.known;
        continue;
      }
    }
    ++merged.added;
    database_->prepare("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)")
        .bind(entry.key)
        .bind(entry.question)
        .bind(entry.answer)
        .bind(entry.seconds)
        .bind(entry.provenance)
        .step();
    database_->prepare("DELETE FROM checkpoints WHERE key = ?").bind(entry.key).step();
  }
  if (!contradictions.empty()) {
    throw FileError(fmt::format("{} contradicts {} at{}; recheck both, nothing was merged",
                                other.database_->path, database_->path, contradictions));
  }
  {
    const std::lock_guard other_lock(other.database_->mutex);
    Statement models = other.database_->prepare("SELECT fingerprint, json FROM models ORDER BY fingerprint");
    while (models.step())
      database_->prepare("INSERT OR IGNORE INTO models VALUES (?, ?)")
          .bind(models.text(0))
          .bind(models.text(1))
          .step();
    Statement findings = other.database_->prepare("SELECT key, text FROM findings ORDER BY key");
    while (findings.step())
      database_->prepare("INSERT OR IGNORE INTO findings VALUES (?, ?)")
          .bind(findings.text(0))
          .bind(findings.text(1))
          .step();
  }
  for (const std::string& plan : other.plans()) keep_plan(plan);
  transaction.commit();
  return merged;
}

Result ask(Store* store, const Question& question, const Model& model, const Task& task,
           const VerifyOptions& options) {
  if (!store) return verify(model, question.policy, task, options);
  std::optional<Result> known = store->find(question);
  if (known && (store->frozen() || !grants_more(options.limits, known->obstacle))) return *std::move(known);
  if (store->frozen()) {
    Result unknown;
    unknown.obstacle = {Reason::not_stored};
    unknown.of = task.input_count();
    return unknown;
  }
  using Clock = std::chrono::steady_clock;
  VerifyOptions resumed = options;
  if (const std::optional<Checkpoint> checkpoint = store->checkpoint(question)) resumed.resume = *checkpoint;
  const Clock::time_point start = Clock::now();
  Clock::time_point kept = start;
  Checkpoint latest = resumed.resume;
  resumed.checkpoint = [&](const Checkpoint& checkpoint) {
    latest = checkpoint;
    if (Clock::now() - kept < std::chrono::seconds(2)) return;
    kept = Clock::now();
    store->keep(question, checkpoint);
  };
  Result result = verify(model, question.policy, task, resumed);
  if (result.interrupted && latest.done > 0) store->keep(question, latest);
  if (question.construction.empty()) store->keep_model(model);
  store->put(question, result, std::chrono::duration<double>(Clock::now() - start).count());
  return known && !result.interrupted ? stronger(*known, result) : result;
}

namespace {

/// An older version kept fewer figures: what it did keep is compared.
bool same(const Result& was, const Result& is) {
  const auto input = [](const Result& result) {
    return result.counterexample ? result.counterexample->input : std::string();
  };
  return was.verdict == is.verdict && was.method == is.method && was.covered == is.covered &&
         was.of == is.of && was.failing == is.failing && was.failing_fraction == is.failing_fraction &&
         input(was) == input(is);
}

Recheck::Outcome compare(const Result& was, const Result& is, bool anew) {
  if (anew ? same(was, is) : text(was) == text(is)) return Recheck::same;
  if (contradict(was, is)) return Recheck::contradicts;
  const std::partial_ordering order = strength(was, is);
  return order == std::partial_ordering::less      ? Recheck::stronger
         : order == std::partial_ordering::greater ? Recheck::weaker
                                                   : Recheck::agrees;
}

/// The model of a stored question, built again; says why where it cannot be.
std::optional<Model> rebuild(const Store& store, const Question& question, const Task& task,
                             std::string& why) {
  std::optional<Model> model;
  if (question.construction.empty()) {
    model = store.model(question.model);
    if (!model) why = "the store does not hold the model";
    return model;
  }
  try {
    model = build(find_construction(question.construction), task, question.policy, question.settings);
  } catch (const UsageError& error) {
    why = error.what();
    return std::nullopt;
  }
  if (fingerprint(*model) == question.model) return model;
  why = fmt::format("'{}' now builds another model, {}", question.construction, fingerprint(*model));
  return std::nullopt;
}

}  // namespace

std::vector<Recheck> recheck(const Store& store, const std::string& prefix, const VerifyOptions& options,
                             const std::function<void(const Recheck&)>& each, const Store::Warn& warn) {
  std::vector<Recheck> outcomes;
  for (const Store::Entry& entry : store.show(prefix)) {
    if (options.interrupted && options.interrupted()) break;
    Recheck outcome;
    outcome.key = entry.key;
    outcome.was = entry.answer;
    Result before;
    try {
      outcome.question = question_from(entry.question);
      before = result_from(entry.answer);
    } catch (const FileError& error) {
      if (warn) warn(fmt::format("row {} is left out: {}", entry.key, error.what()));
      continue;
    }
    const Question& question = outcome.question;
    if (const std::string right = digest(entry.question); right != entry.key) {
      outcome.is = fmt::format("its question has the key {}", right);
      if (each) each(outcome);
      outcomes.push_back(std::move(outcome));
      continue;
    }
    std::unique_ptr<Task> task;
    std::optional<Model> model;
    try {
      task = question.layout.empty() ? make_task(question.task, question.size)
                                     : template_task(question.task, question.size, question.layout);
      model = rebuild(store, question, *task, outcome.is);
    } catch (const UsageError& error) {
      outcome.is = error.what();
    } catch (const FileError& error) {  // the task's file is gone, or names a program
      outcome.is = error.what();
    }
    if (model) {
      VerifyOptions again = question.options;
      const double steps = again.limits.steps;
      if (again.limits.seconds > 0) again.limits = options.limits;
      again.limits.steps = steps;
      again.threads = options.threads;
      again.reference = options.reference;
      again.interrupted = options.interrupted;
      again.progress = options.progress;
      const Result result = verify(*model, question.policy, *task, again);
      if (result.interrupted) break;
      outcome.is = text(result);
      Question now = question;
      now.semantics = semantics_version;
      now.families = task->families();
      outcome.anew = text(now) != text(question);
      outcome.outcome = compare(before, result, outcome.anew);
    }
    if (each) each(outcome);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace roundoff::analyzer
