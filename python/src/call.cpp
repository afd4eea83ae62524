#include "python/src/call.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <nlohmann/json.hpp>
#include <pthread.h>

#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"

namespace roundoff::python {

namespace {

std::atomic<int> running{0};
std::atomic<bool> forked_within{false};

void after_fork() { forked_within = running > 0; }

/// What the work says, for the thread that waits for it.
class Heard final : public cli::Listener {
 public:
  struct Progress {
    std::string what;
    double done = 0, of = 0;
  };

  void answer(const std::string& text, const cli::Table& table,
              const nlohmann::ordered_json& document) override {
    const std::lock_guard lock(mutex_);
    text_ = text;
    table_ = table;
    document_ = document;
    answered_ = true;
  }
  void progress(const std::string& what, double done, double of) override {
    const std::lock_guard lock(mutex_);
    progress_ = Progress{what, done, of};
  }
  void note(const std::string& line) override {
    const std::lock_guard lock(mutex_);
    notes_.push_back(line);
  }
  bool interrupted() override { return stop_; }
  void stop() { stop_ = true; }

  void finish(std::exception_ptr error) {
    {
      const std::lock_guard lock(mutex_);
      error_ = std::move(error);
      finished_ = true;
    }
    changed_.notify_all();
  }
  /// False after a while in which it went on.
  bool wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return finished_; });
  }
  std::optional<Progress> take_progress() {
    const std::lock_guard lock(mutex_);
    return std::exchange(progress_, std::nullopt);
  }
  std::vector<std::string> take_notes() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
  }

  // Once it has finished:
  std::exception_ptr error() const { return error_; }
  bool answered() const { return answered_; }
  const std::string& text() const { return text_; }
  const cli::Table& table() const { return table_; }
  const nlohmann::ordered_json& document() const { return document_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool finished_ = false, answered_ = false;
  std::atomic<bool> stop_{false};
  std::exception_ptr error_;
  std::optional<Progress> progress_;
  std::vector<std::string> notes_;
  std::string text_;
  cli::Table table_;
  nlohmann::ordered_json document_;
};

void warn_of(const std::vector<std::string>& notes) {
  for (const std::string& note : notes)
    if (PyErr_WarnEx(PyExc_RuntimeWarning, ("roundoff: " + note).c_str(), 1) != 0)
      throw py::error_already_set();
}

}  // namespace

Running::Running() {
  static const int registered = pthread_atfork(nullptr, nullptr, after_fork);
  static_cast<void>(registered);
  if (forked_within)
    throw std::runtime_error(
        "this process was forked while another thread computed with roundoff; start processes by spawn or "
        "forkserver");
  ++running;
}
Running::~Running() { --running; }

void call(const std::function<void(cli::Listener&)>& work, const py::object& show,
          const std::function<void(const std::string&, const cli::Table&, const nlohmann::ordered_json&)>&
              answered) {
  using namespace std::chrono_literals;
  const Running here;
  Heard heard;
  std::optional<py::error_already_set> pending;
  std::thread worker([&] {
    std::exception_ptr error;
    try {
      work(heard);
    } catch (...) {
      error = std::current_exception();
    }
    heard.finish(std::move(error));
  });
  {
    const py::gil_scoped_release free;
    // Short work should not wait for a look around.
    for (auto patience = 2ms; !heard.wait(patience);
         patience = std::min<std::chrono::milliseconds>(2 * patience, 50ms)) {
      const py::gil_scoped_acquire locked;
      if (pending) continue;
      try {
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        warn_of(heard.take_notes());
        const auto at = heard.take_progress();
        if (at && !show.is_none()) show(at->what, at->done, at->of);
      } catch (py::error_already_set& error) {
        pending.emplace(std::move(error));
        heard.stop();
      }
    }
    worker.join();
  }
  if (pending) {
    if (!pending->matches(PyExc_KeyboardInterrupt) || !heard.error()) throw std::move(*pending);
    try {
      std::rethrow_exception(heard.error());
    } catch (const cli::Interrupted& interrupted) {  // it says how to go on
      PyErr_SetString(PyExc_KeyboardInterrupt, interrupted.what());
      throw py::error_already_set();
    } catch (...) {
      throw std::move(*pending);
    }
  }
  if (heard.error()) std::rethrow_exception(heard.error());
  warn_of(heard.take_notes());
  if (heard.answered()) answered(heard.text(), heard.table(), heard.document());
}

}  // namespace roundoff::python
