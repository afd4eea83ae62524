// A page has no store: --store is refused, and every question is asked anew (in the place of analyzer/store/store.cpp).
#include "analyzer/evidence/verify.hpp"
#include "analyzer/store/store.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {

struct Store::Database {};

Store::Store(const std::string&, std::string) {
  throw UsageError("--store: in the page nothing is kept; leave it out, or run this in a terminal");
}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;
void Store::keep_model(const Model&) {}

Result ask(Store*, const Question& question, const Model& model, const Task& task, const VerifyOptions& options) {
  return verify(model, question.policy, task, options);
}

}  // namespace roundoff::analyzer
