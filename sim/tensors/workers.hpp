// Threads that share independent work. What work writes must not depend on who does it: results are the same for
// every number of threads. Work inside of work is done by the thread that meets it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "sim/names.hpp"

namespace roundoff::sim {

class Workers {
 public:
  /// 0: as many as there are processors.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int count() const { return static_cast<int>(threads_.size()) + 1; }
  /// The number of the thread that asks, from 0: an index of what each thread has of its own.
  static int self();

  /// work(i) for every i below count, each once. Where some throw, the exception of the least i is thrown on
  /// when all have ended.
  void each(std::size_t count, const std::function<void(std::size_t)>& work);

 private:
  void serve(int number);
  void take();

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable started_, ended_;
  const std::function<void(std::size_t)>* work_ = nullptr;
  std::size_t count_ = 0, next_ = 0, running_ = 0, round_ = 0;
  bool leaving_ = false;
  std::exception_ptr failure_;
  std::size_t failed_at_ = 0;
};

}  // namespace roundoff::sim
