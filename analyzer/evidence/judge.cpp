// Deciding inputs by teacher-forced runs; see judge.hpp.
#include "analyzer/evidence/judge.hpp"

#include <algorithm>

#include "constructions/tasks/lane_rows.hpp"
#include "formats/error.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"

namespace roundoff::analyzer {

std::vector<std::size_t> lengths(const Instance& instance) {
  std::vector<std::size_t> result;
  for (const Digits& operand : instance.operands) result.push_back(operand.size());
  return result;
}

Subject::Subject(const Model& model, const Policy& policy, const Task& task, Engine engine, Watch watch)
    : model_(model), policy_(policy), task_(task), engine_(engine), watch_(std::move(watch)) {}

std::shared_ptr<const Subject::Prepared> Subject::prepared(const Instance& instance) {
  const std::vector<std::size_t> key = lengths(instance);
  const std::lock_guard lock(mutex_);
  auto& entry = prepared_[key];
  if (entry) return entry;
  auto made = std::make_shared<Prepared>();
  made->shape = task_.shape(instance);
  made->program = record(model_, policy_, made->shape,
                         {.skip_zero_weights = true, .fold = engine_ != Engine::reference, .watch = watch_});
  if (engine_ == Engine::lanes) {
    Program optimised = optimise(made->program, {}, watch_).program;
    made->lanes = Lanes::supports(optimised);
    if (made->lanes) made->program = std::move(optimised);
  }
  entry = std::move(made);
  return entry;
}

namespace {

// Whether a record of every operation fits in memory: attention has some five a head and pair of positions.
// A replay is by all of them where it can be, so that it is a check of what lanes leave out.
bool records_whole(const Model& model, const SequenceShape& shape) {
  const double pairs = 0.5 * shape.positions() * shape.positions();
  double operations = 0;
  for (const Layer& layer : model.layers)
    if (layer.attention) operations += 5 * pairs * layer.attention->heads;
  return operations < 2e7;
}

}  // namespace

Subject::Replay Subject::replay(const Instance& instance) const {
  const SequenceShape shape = task_.shape(instance);
  const std::vector<Token> question = task_.question(instance);
  std::vector<Token> right = task_.answer(instance);
  Replay replay;
  try {
    const Program program =
        record(model_, policy_, shape, {.skip_zero_weights = true, .fold = !records_whole(model_, shape)});
    Reference reference(program);
    const Decoded decoded = decode(reference, program, question, task_.eos());
    std::vector<Token> answer = decoded.written;
    replay.right = answer == right;
    if (decoded.stopped) answer.pop_back();
    const bool unfinished = !decoded.stopped && task_.eos() < task_.vocabulary().size();
    replay.got = task_.text(answer) + (unfinished ? " without <eos>" : "");
  } catch (const Trap& trap) {
    replay.got = std::string("trap: ") + trap.what();
  }
  if (right.back() == task_.eos()) right.pop_back();
  replay.want = task_.text(right);
  return replay;
}

Judge::Engine& Judge::engine(const Instance& instance) {
  Engine& engine = engines_[lengths(instance)];
  if (engine.prepared || engine.traps) return engine;
  try {
    std::shared_ptr<const Subject::Prepared> prepared = subject_.prepared(instance);
    if (prepared->lanes) {
      engine.lanes = std::make_unique<Lanes>(prepared->program);
    } else {
      engine.reference = std::make_unique<Reference>(prepared->program);
    }
    engine.prepared = std::move(prepared);
  } catch (const Trap&) {
    engine.traps = true;  // on what no input changes
  }
  return engine;
}

void Judge::decide(std::span<const Instance> instances, std::span<std::uint8_t> failed) {
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> groups;
  for (std::size_t j = 0; j < instances.size(); ++j) groups[lengths(instances[j])].push_back(j);
  for (const auto& [key, members] : groups) {
    Engine& shared = engine(instances[members.front()]);
    if (shared.traps) {
      for (std::size_t j : members) failed[j] = 1;
      continue;
    }
    if (!shared.lanes) {
      for (std::size_t j : members) failed[j] = fails(shared, instances[j]) ? 1 : 0;
      continue;
    }
    make_room(shared);
    for (std::size_t at = 0; at < members.size(); at += batch_lanes) {
      const std::size_t count = std::min<std::size_t>(batch_lanes, members.size() - at);
      for (std::size_t lane = 0; lane < count; ++lane)
        subject_.task().fill_lane(instances[members[at + lane]], lane, batch_lanes, tokens_, expected_);
      run(shared, count);
      for (std::size_t lane = 0; lane < count; ++lane) failed[members[at + lane]] = bad_[lane];
    }
  }
}

void Judge::decide(const InputList& inputs, std::uint64_t first, std::size_t count,
                   std::span<std::uint8_t> failed) {
  if (inputs.fill) {
    Engine& shared = engine(inputs.at(first));
    if (shared.traps) {
      std::fill_n(failed.begin(), count, std::uint8_t{1});
      return;
    }
    if (shared.lanes) {
      make_room(shared);
      inputs.fill(first, count, tokens_, expected_);
      run(shared, count);
      std::copy_n(bad_.begin(), count, failed.begin());
      return;
    }
  }
  std::vector<Instance> instances;
  for (std::size_t j = 0; j < count; ++j) instances.push_back(inputs.at(first + j));
  decide(instances, failed);
}

void Judge::make_room(const Engine& engine) {
  const auto positions = static_cast<std::size_t>(engine.prepared->shape.positions());
  const auto outputs = static_cast<std::size_t>(engine.prepared->outputs());
  tokens_.resize(positions * batch_lanes);
  expected_.resize(outputs * batch_lanes);
  chosen_.resize(outputs * batch_lanes);
  bad_.resize(batch_lanes);
}

void Judge::run(Engine& engine, std::size_t count) {
  engine.lanes->run(tokens_, static_cast<int>(count), chosen_, bad_);
  const auto outputs = static_cast<std::size_t>(engine.prepared->outputs());
  for (std::size_t lane = 0; lane < count; ++lane) bad_[lane] = bad_[lane] != 0 ? 1 : 0;
  constructions::mark_differences(chosen_.data(), expected_.data(), outputs, batch_lanes, count, bad_.data());
}

bool Judge::fails(Engine& engine, const Instance& instance) {
  const Task& task = subject_.task();
  std::vector<Token> tokens = task.question(instance);
  const std::vector<Token> answer = task.answer(instance);
  if (!task.one_pass()) tokens.insert(tokens.end(), answer.begin(), answer.end() - 1);
  engine.reference->start(tokens);
  try {
    for (int o = 0; o < engine.prepared->outputs(); ++o) {
      engine.reference->advance(engine.prepared->shape.first_output + o);
      if (engine.reference->output(o) != answer[static_cast<std::size_t>(o)]) return true;
    }
  } catch (const Trap&) {
    return true;
  }
  return false;
}

}  // namespace roundoff::analyzer
