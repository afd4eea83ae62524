// Teacher forcing for tests: does a model write every answer? Runs batches in lanes (or by definition where
// lanes do not support the program), grouped by the shape of the sequence.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "constructions/tasks/task.hpp"
#include "formats/error.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::constructions {

struct Outcome {
  std::size_t inputs = 0, failures = 0;
  std::string first;  ///< the first failing input, as text
};

inline std::vector<Instance> all_inputs(const Task& task) {
  std::vector<Instance> inputs;
  const auto count = static_cast<std::uint64_t>(task.input_count());
  for (std::uint64_t j = 0; j < count; ++j) inputs.push_back(task.instance(j));
  return inputs;
}

/// The adversarial families and `samples` uniform inputs.
inline std::vector<Instance> hard_inputs(const Task& task, std::size_t adversarial, std::uint64_t samples) {
  std::vector<Instance> inputs = task.adversarial(adversarial);
  for (std::uint64_t j = 0; j < samples; ++j) inputs.push_back(task.sample(1, j));
  return inputs;
}

inline void run_batches(const Model& model, const Policy& policy, const Task& task,
                        const std::vector<Instance>& inputs, Outcome& outcome) {
  const Program program = record(model, policy, task.shape(inputs.front()));
  const auto positions = static_cast<std::size_t>(program.shape.positions());
  const std::size_t outputs = program.outputs.size();
  const auto stride = static_cast<std::size_t>(batch_lanes);
  std::vector<LaneToken> tokens(positions * stride), wanted(outputs * stride), chosen(outputs * stride);
  std::vector<std::uint8_t> trapped(stride);
  const Rewritten fast = optimise(program);
  std::optional<Lanes> lanes;
  if (Lanes::supports(fast.program)) lanes.emplace(fast.program);
  Reference reference(program);
  for (std::size_t first = 0; first < inputs.size(); first += stride) {
    const std::size_t count = std::min(stride, inputs.size() - first);
    for (std::size_t lane = 0; lane < count; ++lane) {
      task.fill_lane(inputs[first + lane], lane, stride, tokens, wanted);
    }
    std::fill(trapped.begin(), trapped.end(), std::uint8_t{0});
    if (lanes) {
      lanes->run(tokens, static_cast<int>(count), chosen, trapped);
    } else {
      for (std::size_t lane = 0; lane < count; ++lane) {
        std::vector<Token> sequence;
        for (std::size_t i = 0; i < positions; ++i) sequence.push_back(tokens[i * stride + lane]);
        try {
          reference.start(sequence);
          reference.advance(static_cast<int>(positions) - 1);
          for (std::size_t o = 0; o < outputs; ++o) {
            chosen[o * stride + lane] = static_cast<LaneToken>(reference.output(static_cast<int>(o)));
          }
        } catch (const Trap&) {
          trapped[lane] = 1;
        }
      }
    }
    for (std::size_t lane = 0; lane < count; ++lane) {
      bool right = trapped[lane] == 0;
      for (std::size_t o = 0; o < outputs; ++o) {
        right = right && chosen[o * stride + lane] == wanted[o * stride + lane];
      }
      ++outcome.inputs;
      if (!right && outcome.failures++ == 0) outcome.first = task.text(inputs[first + lane]);
    }
  }
}

inline Outcome solve(const Model& model, const Policy& policy, const Task& task,
                     const std::vector<Instance>& inputs) {
  std::map<std::vector<std::size_t>, std::vector<Instance>> by_shape;
  for (const Instance& input : inputs) {
    std::vector<std::size_t> lengths;
    for (const Digits& operand : input.operands) lengths.push_back(operand.size());
    by_shape[lengths].push_back(input);
  }
  Outcome outcome;
  for (const auto& [lengths, group] : by_shape) run_batches(model, policy, task, group, outcome);
  return outcome;
}

}  // namespace roundoff::constructions
