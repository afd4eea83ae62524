// Reference and lanes on the programs of constructions, as recorded: every intermediate value, on bits.
#include <doctest/doctest.h>

#include "constructions/construction.hpp"
#include "sim/lanes.hpp"
#include "sim/record.hpp"
#include "sim/reference.hpp"

using namespace roundoff;

TEST_CASE("lanes and the reference agree on every intermediate value of the adders") {
  for (const char* name : {"add-hinge", "add-dnf", "add-flipflop"})
    for (const char* text : {"fixed(8,0)", "fixed(7,1)", "F(0,4)"})
      for (const int p : {2, 3}) {
        const Construction& construction = find_construction(name);
        const auto task = make_task("add", {.p = p, .n = 2});
        const Policy policy = Policy::uniform(parse_format(text));
        const Settings settings = complete(construction, task->size(), {});
        if (!construction.refuses(task->size(), policy, settings).empty()) continue;
        const Model model = build(construction, *task, policy, settings);
        const Instance instance = task->instance(static_cast<std::uint64_t>(p * p + 1));
        const Program program = record(model, policy, task->shape(instance));
        std::vector<Token> tokens = task->question(instance);
        const std::vector<Token> answer = task->answer(instance);
        tokens.insert(tokens.end(), answer.begin(), answer.end() - 1);
        Reference reference(program);
        reference.start(tokens);
        reference.advance(program.shape.positions() - 1);
        LaneOptions options;
        options.keep_all = true;
        Lanes lanes(program, options);
        std::vector<Token> batch(tokens.size() * batch_lanes), chosen(program.outputs.size() * batch_lanes);
        std::vector<std::uint8_t> trapped(batch_lanes);
        for (std::size_t i = 0; i < tokens.size(); ++i) batch[i * batch_lanes] = tokens[i];
        lanes.run(batch, 1, chosen, trapped);
        std::size_t differ = 0;
        for (NodeId id = 0; id < program.nodes.size(); ++id) differ += reference.value(id) != lanes.value(id, 0);
        CAPTURE(name);
        CAPTURE(text);
        CHECK(differ == 0);
      }
}
