// One half of a pair that one_definition.cmake must find: the same names as in planted_right.cpp, other layouts.
#include <vector>

namespace roundoff::planted {

struct Step {
  int first;
  double second;
};
enum class Answer { holds, refuted };

int left() {
  const std::vector<Step> steps{{1, 2}};
  const Answer answer = Answer::refuted;
  return static_cast<int>(steps.size()) + static_cast<int>(answer);
}

}  // namespace roundoff::planted
