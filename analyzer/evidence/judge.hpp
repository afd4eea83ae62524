// The judge decides inputs: right or wrong, one bit each, by teacher-forced runs of one model under one
// policy. It groups inputs by sequence shape (ragged operands have one program a shape), runs batches in
// lanes, and falls back to the reference interpreter where lanes do not support the program. A Subject is
// shared between threads, a Judge is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "analyzer/names.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"
#include "sim/program/program.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::analyzer {

/// What is being verified. The model and task must outlive it.
class Subject {
 public:
  enum class Engine : std::uint8_t {
    lanes,      ///< batches of inputs, after all passes; the reference interpreter where they cannot
    recorded,   ///< the reference interpreter on what is recorded: ready soon, slow
    reference,  ///< likewise with every operation of the semantics
  };
  /// `watch` is told how far programs are, by one thread at a time.
  Subject(const Model& model, const Policy& policy, const Task& task, Engine engine, Watch watch = {});

  const Task& task() const { return task_; }

  struct Prepared {
    SequenceShape shape;
    Program program;  ///< optimised for lanes, or as recorded for the reference
    bool lanes = false;
    int outputs() const { return shape.positions() - shape.first_output; }
  };
  /// The program of this instance's shape, recorded and optimised on first use. Safe from several threads.
  std::shared_ptr<const Prepared> prepared(const Instance& instance);

  /// Greedy decoding by the reference interpreter: the answer as text, "trap: ..." where the run stops.
  struct Replay {
    bool right = false;
    std::string got, want;
  };
  Replay replay(const Instance& instance) const;

 private:
  const Model& model_;
  const Policy& policy_;
  const Task& task_;
  Engine engine_;
  Watch watch_;
  std::mutex mutex_;
  std::map<std::vector<std::size_t>, std::shared_ptr<const Prepared>> prepared_;
};

/// Lengths of the operands: inputs with equal lengths share a sequence shape.
std::vector<std::size_t> lengths(const Instance& instance);

/// Inputs by number. `at` and `fill` may be called from several threads.
struct InputList {
  std::uint64_t total = 0;
  std::function<Instance(std::uint64_t)> at;
  /// Where all inputs have one shape: many at once as lanes take them (Task::fill); may be empty.
  std::function<void(std::uint64_t first, std::size_t count, std::span<LaneToken> tokens,
                     std::span<LaneToken> expected)>
      fill;
  std::string what;  ///< for progress: "exhaustive", "samples"
};

class Judge {
 public:
  explicit Judge(Subject& subject) : subject_(subject) {}

  /// failed[j] becomes 1 where the model is wrong (or traps) on instances[j], else 0.
  void decide(std::span<const Instance> instances, std::span<std::uint8_t> failed);
  /// Likewise on inputs first .. first+count-1 of a list, at most `batch_lanes` of them.
  void decide(const InputList& inputs, std::uint64_t first, std::size_t count,
              std::span<std::uint8_t> failed);

 private:
  struct Engine {
    bool traps = false;  ///< on every input, since the model traps on constants: there is no program
    std::shared_ptr<const Subject::Prepared> prepared;
    std::unique_ptr<Lanes> lanes;
    std::unique_ptr<Reference> reference;
  };
  Engine& engine(const Instance& instance);
  void make_room(const Engine& engine);
  /// Runs what stands in tokens_ and compares with expected_: bad_[lane] is 0 where all tokens are right.
  void run(Engine& engine, std::size_t count);
  bool fails(Engine& engine, const Instance& instance);

  Subject& subject_;
  std::map<std::vector<std::size_t>, Engine> engines_;
  std::vector<LaneToken> tokens_, expected_, chosen_;
  std::vector<std::uint8_t> bad_;
};

}  // namespace roundoff::analyzer
