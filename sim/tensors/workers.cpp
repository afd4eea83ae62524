#include "sim/tensors/workers.hpp"

#include <algorithm>

namespace roundoff::sim {

namespace {

thread_local int own_number = 0;
thread_local bool at_work = false;

}  // namespace

int Workers::self() { return own_number; }

Workers::Workers(int threads) {
  const int wanted =
      threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (int i = 1; i < wanted; ++i) threads_.emplace_back([this, i] { serve(i); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  started_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::each(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (threads_.empty() || count < 2 || at_work) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::unique_lock lock(mutex_);
  work_ = &work, count_ = count, next_ = 0, failure_ = nullptr;
  running_ = threads_.size() + 1;
  ++round_;
  lock.unlock();
  started_.notify_all();
  take();
  lock.lock();
  ended_.wait(lock, [this] { return running_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
}

void Workers::serve(int number) {
  own_number = number;
  std::size_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      started_.wait(lock, [&] { return leaving_ || round_ != seen; });
      if (leaving_) return;
      seen = round_;
    }
    take();
  }
}

void Workers::take() {
  at_work = true;
  std::unique_lock lock(mutex_);
  while (next_ < count_) {
    const std::size_t i = next_++;
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*work_)(i);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && (!failure_ || i < failed_at_)) failure_ = failure, failed_at_ = i;
  }
  at_work = false;
  if (--running_ == 0) ended_.notify_all();
}

}  // namespace roundoff::sim
