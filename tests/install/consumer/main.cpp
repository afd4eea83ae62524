// Rounds an array in a format, runs a construction on one input, and verifies it on all: what a client does first.
#include <iostream>
#include <vector>

#include <roundoff/analyzer/analyzer.hpp>

int main() {
  using namespace roundoff;
  const formats::Format format = formats::parse_format("e4m3");
  const auto kernels = formats::LaneKernels::make(format, formats::LaneKernels::containers(format).front(),
                                                  formats::best_isa());
  bool right = kernels != nullptr;
  std::vector<std::string> rounded;
  for (const char* text : {"0.3", "1000", "-1/3"})
    rounded.push_back(formats::hex(formats::parse_number(text, format).value));
  right = right && rounded == std::vector<std::string>{"0x1.4p-2", "0x1.cp+8", "-0x1.6p-2"};

  const constructions::Construction& construction = constructions::find_construction("add-hinge");
  constructions::TaskSize size;
  size.p = 2;
  size.n = 4;
  const auto task = constructions::make_task("add", size);
  const formats::Format fixed = formats::parse_format("fixed(6,0)");
  const sim::Policy policy = constructions::policy_for(construction, fixed);
  const sim::Model model =
      constructions::build(construction, *task, policy, constructions::complete(construction, size, {}));
  const analyzer::Result result = analyzer::verify(model, policy, *task);
  right = right && analyzer::passes(result.verdict) && result.covered == 256;
  std::cout << (right ? "right" : "wrong") << '\n';
  return right ? 0 : 1;
}
