// The other half (planted_left.cpp).
#include <vector>

namespace roundoff::planted {

struct Step {
  double second;
  double third;
  char fourth;
};
enum class Answer { holds, unknown };

int right() {
  const std::vector<Step> steps{{1, 2, 'c'}};
  const Answer answer = Answer::unknown;
  return static_cast<int>(steps.size()) + static_cast<int>(answer);
}

}  // namespace roundoff::planted
