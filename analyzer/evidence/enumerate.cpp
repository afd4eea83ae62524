// Chunks are claimed in order and merged in order: `reached` only ever speaks of a contiguous prefix, so that
// it is a checkpoint at any time, and no answer depends on which thread was faster.
#include "analyzer/evidence/enumerate.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace roundoff::analyzer {
namespace {

struct Chunk {
  std::uint64_t count = 0, failing = 0;
  std::optional<std::uint64_t> first_failing;
};

class Enumeration {
 public:
  Enumeration(Subject& subject, const InputList& inputs, const VerifyOptions& options, bool resumable)
      : subject_(subject), inputs_(inputs), options_(options), resumable_(resumable) {
    if (resumable) reached_ = options.resume;
    next_ = reached_.done;
  }

  Enumerated run() {
    if (!(options_.first_only && reached_.first_failing)) {
      const int wanted =
          options_.threads > 0 ? options_.threads : static_cast<int>(std::thread::hardware_concurrency());
      const std::uint64_t chunks =
          (inputs_.total - std::min(inputs_.total, next_.load()) + chunk_size - 1) / chunk_size;
      const auto threads = static_cast<std::size_t>(std::min<std::uint64_t>(
          static_cast<std::uint64_t>(std::max(1, wanted)), std::max<std::uint64_t>(1, chunks)));
      std::vector<std::thread> others;
      for (std::size_t t = 1; t < threads; ++t) others.emplace_back([this] { work(); });
      work();
      for (std::thread& thread : others) thread.join();
      if (failure_) std::rethrow_exception(failure_);
    }
    return {reached_, interrupted_};
  }

 private:
  static constexpr std::uint64_t chunk_size = batch_lanes;

  void work() {
    try {
      Judge judge(subject_);
      std::vector<std::uint8_t> failed;
      while (!stop_) {
        const std::uint64_t first = next_.fetch_add(chunk_size);
        if (first >= inputs_.total) return;
        const std::uint64_t count = std::min(chunk_size, inputs_.total - first);
        failed.assign(count, 0);
        judge.decide(inputs_, first, count, failed);
        Chunk chunk{count, 0, std::nullopt};
        for (std::uint64_t j = 0; j < count; ++j) {
          if (!failed[j]) continue;
          ++chunk.failing;
          if (!chunk.first_failing) chunk.first_failing = first + j;
        }
        merge(first, chunk);
      }
    } catch (const Stopped&) {
      const std::lock_guard lock(mutex_);
      interrupted_ = true;
      stop_ = true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stop_ = true;
    }
  }

  void merge(std::uint64_t first, const Chunk& chunk) {
    const std::lock_guard lock(mutex_);
    finished_[first] = chunk;
    bool moved = false;
    for (auto it = finished_.find(reached_.done); it != finished_.end() && !done();
         it = finished_.find(reached_.done)) {
      const Chunk next = it->second;
      finished_.erase(it);
      moved = true;
      if (!reached_.first_failing) reached_.first_failing = next.first_failing;
      if (options_.first_only && reached_.first_failing) {
        reached_.done = *reached_.first_failing + 1;
        reached_.failing = 1;
      } else {
        reached_.done += next.count;
        reached_.failing += next.failing;
      }
    }
    if (done()) stop_ = true;
    if (!moved) return;
    if (options_.progress)
      options_.progress(
          {static_cast<double>(reached_.done), static_cast<double>(inputs_.total), inputs_.what});
    if (resumable_ && options_.checkpoint) options_.checkpoint(reached_);
    if (!done() && options_.interrupted && options_.interrupted()) {
      interrupted_ = true;
      stop_ = true;
    }
  }

  bool done() const {
    return reached_.done >= inputs_.total || (options_.first_only && reached_.first_failing.has_value());
  }

  Subject& subject_;
  const InputList& inputs_;
  const VerifyOptions& options_;
  bool resumable_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::map<std::uint64_t, Chunk> finished_;  ///< by first input, not yet contiguous
  Checkpoint reached_;
  bool interrupted_ = false;
  std::exception_ptr failure_;
};

}  // namespace

Enumerated enumerate(Subject& subject, const InputList& inputs, const VerifyOptions& options,
                     bool resumable) {
  return Enumeration(subject, inputs, options, resumable).run();
}

}  // namespace roundoff::analyzer
