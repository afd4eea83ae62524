// Every construction as a file and back: the same model on every bit, in both formats.
#include <doctest/doctest.h>

#include "constructions/construction.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/files/model_file.hpp"

using namespace roundoff::constructions;

TEST_CASE("every construction is the same bits after a trip through safetensors and through JSON") {
  for (const Construction& construction : all_constructions()) {
    int trips = 0;
    for (const int n : {1, 2, 3}) {
      for (const int p : {2, 10}) {
        TaskSize size{.p = p, .n = n, .k = 3};
        CAPTURE(std::string(construction.name));
        CAPTURE(n);
        CAPTURE(p);
        const bool bits = !find_task(construction.task).uses('n');
        if (bits && p != 2) continue;
        const auto task = make_task(construction.task, size);
        const Format format = FormatFamily(construction.family).at(task->bindings());
        const Policy policy = policy_for(construction, format);
        const Settings settings = complete(construction, size, {});
        if (!construction.refuses(size, policy, settings).empty()) continue;
        ModelFile file;
        file.model = build(construction, *task, policy, settings);
        if (shape(file.model).parameters > 50000) continue;  // the same code, in a second
        file.policy.set("format", notation(format));
        const ModelFile again = read_safetensors(write_safetensors(file), "safetensors");
        CHECK(again == file);
        CHECK(fingerprint(again.model) == fingerprint(file.model));
        CHECK(read_model(write_model(file), "json") == file);
        ++trips;
      }
    }
    CHECK(trips >= 1);
  }
}
