// The store: what goes in comes out on bytes, crashes and neighbours lose nothing, contradictions are named.
#include "analyzer/store/store.hpp"

#include <csignal>
#include <fstream>

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/error.hpp"
#include "tests/analyzer/subjects.hpp"
#include "tests/scratch.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::test;

namespace {

/// A question that no model stands behind, numbered.
Question numbered(int i) {
  Question question;
  question.model = "0123456789abcdef0123456789abcdef";
  question.construction = "add-hinge";
  question.settings = {{"window", i}};
  question.task = "add";
  question.policy = Policy::uniform(parse_format("fixed(4,1):rnz"));
  question.policy.order = parse_order("blocked:4");
  question.options = by(Method::sample);
  return question;
}

Result refuted() {
  Result result;
  result.verdict = Verdict::refuted;
  result.method = Method::exhaustive;
  result.covered = 77;
  result.of = 1e40;
  result.failing = 3;
  result.failing_fraction = 0.1;
  result.counterexample = Counterexample{{{{0, 1}, {1, 9}}}, "01+19=", "019", "020"};
  result.failing_exactly = "3";
  result.of_exactly = "1" + std::string(40, '0');
  result.cut = diagrams::Cut::columns;
  result.obstacle = {Reason::time, 0.5};
  return result;
}

Result held() {
  Result result;
  result.verdict = Verdict::holds;
  result.method = Method::exhaustive;
  result.covered = result.of = 1e40;
  return result;
}

/// No failure among samples, since a proof was not given more than so many seconds.
Result sampled(double seconds) {
  Result result = held();
  result.method = Method::sample;
  result.listed = 4096;
  result.samples = 100;
  result.covered = 4196;
  result.obstacle = {Reason::time, seconds};
  return result;
}

int exit_code(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("questions and answers read back to the same text") {
  const Question question = numbered(5);
  CHECK(text(question_from(text(question))) == text(question));
  CHECK(key(question_from(text(question))) == key(question));
  Question mixed = question;
  mixed.policy.formats[static_cast<std::size_t>(Role::softmax)] = parse_format("bfloat16:rtz");
  CHECK(text(question_from(text(mixed))) == text(mixed));
  CHECK(question_from(text(mixed)).policy == mixed.policy);
  CHECK(text(result_from(text(refuted()))) == text(refuted()));
  CHECK(result_from(text(refuted())).counterexample->instance == refuted().counterexample->instance);
}

TEST_CASE("the key depends on all that the answer depends on, and on nothing else") {
  const Question question = numbered(1);
  Question other = question;
  other.options.threads = 7;
  other.options.reference = true;
  other.options.exhaustive_limit = 5;  // samples do not ask it
  CHECK(key(other) == key(question));
  const auto differs = [&](const auto& change) {
    Question changed = question;
    change(changed);
    return key(changed) != key(question);
  };
  CHECK(differs([](Question& q) { q.options.seed = 2; }));
  CHECK(differs([](Question& q) { q.options.count = 2; }));
  CHECK(differs([](Question& q) { q.options.first_only = false; }));
  CHECK(differs([](Question& q) { q.options.method = Method::adversarial; }));
  CHECK(differs([](Question& q) { q.semantics = 1; }));
  CHECK(differs([](Question& q) { q.size.n = 5; }));
  CHECK(differs([](Question& q) { q.size.ragged = true; }));
  CHECK(differs([](Question& q) { q.model[0] = 'f'; }));
  CHECK(differs([](Question& q) { q.policy.softmax = Softmax::plain; }));
  CHECK(differs([](Question& q) { q.policy.dot = DotMode::fused; }));
  CHECK(differs([](Question& q) { q.policy.formats[3] = parse_format("fixed(4,1)"); }));
}

TEST_CASE("the families' version is part of the key where a verdict rests on them") {
  for (const Method method : {Method::automatic, Method::adversarial, Method::certify, Method::exhaustive,
                              Method::sample, Method::adderboard}) {
    Question question = numbered(1);
    question.options.method = method;
    const std::string before = key(question);
    question.families = 7;
    const bool rests =
        method == Method::automatic || method == Method::adversarial || method == Method::certify;
    CHECK((key(question) != before) == rests);
    CHECK(text(question_from(text(question))) == text(question));
  }
}

TEST_CASE("what is put is found, also after opening the file again") {
  const roundoff::test::Scratch scratch;
  {
    Store store(scratch.path("a.sqlite"), "build 1");
    CHECK_FALSE(store.find(numbered(1)));
    store.put(numbered(1), refuted(), 1.5);
    store.put(numbered(2), held(), 0.5);
  }
  Store store(scratch.path("a.sqlite"));
  REQUIRE(store.find(numbered(1)));
  CHECK(text(*store.find(numbered(1))) == text(refuted()));
  CHECK(store.list().size() == 2);
  REQUIRE(store.show(key(numbered(1)).substr(0, 12)).size() == 1);
  CHECK(store.show(key(numbered(1)))[0].provenance == "build 1");
  CHECK(store.show(key(numbered(1)))[0].seconds == 1.5);
}

TEST_CASE("an undecided answer is not kept, a checkpoint is, until the verdict") {
  const roundoff::test::Scratch scratch;
  Store store(scratch.path("a.sqlite"));
  store.put(numbered(1), Result{}, 1);
  Result cut = refuted();  // while all failures were counted
  cut.interrupted = true;
  store.put(numbered(1), cut, 1);
  CHECK(store.list().empty());
  store.keep(numbered(1), {1000, 2, 17});
  store.keep(numbered(1), {2048, 3, 17});
  CHECK(store.checkpoint(numbered(1)) == Checkpoint{2048, 3, 17});
  store.put(numbered(1), refuted(), 1);
  CHECK_FALSE(store.checkpoint(numbered(1)));
}

TEST_CASE("contradictions are errors that name the question") {
  const roundoff::test::Scratch scratch;
  Store store(scratch.path("a.sqlite"));
  store.put(numbered(1), held(), 1);
  CHECK_THROWS_WITH_AS(store.put(numbered(1), refuted(), 1), doctest::Contains(key(numbered(1)).c_str()),
                       FileError);
  CHECK(text(*store.find(numbered(1))) == text(held()));

  Store other(scratch.path("b.sqlite"));
  other.put(numbered(1), refuted(), 1);
  other.put(numbered(2), held(), 1);
  CHECK_THROWS_WITH_AS(store.merge(other), doctest::Contains(key(numbered(1)).c_str()), FileError);
  CHECK_FALSE(store.find(numbered(2)));
}

TEST_CASE("stores merge to the same dump in either order, the stronger answer staying") {
  const roundoff::test::Scratch scratch;
  Result certified = held();
  certified.method = Method::certify;
  certified.verdict = Verdict::certified;
  const auto fill = [&](Store& a, Store& b) {
    a.put(numbered(1), sampled(1), 1);
    a.put(numbered(2), refuted(), 1);
    b.put(numbered(1), certified, 1);
    b.put(numbered(3), held(), 1);
  };
  Store a(scratch.path("a")), b(scratch.path("b")), c(scratch.path("c")), d(scratch.path("d"));
  fill(a, b);
  fill(c, d);
  CHECK(a.merge(b).added == 2);
  d.merge(c);
  CHECK(a.dump() == d.dump());
  CHECK(a.find(numbered(1))->verdict == Verdict::certified);
  CHECK(a.list().size() == 3);
  CHECK(a.merge(b).added == 0);
}

TEST_CASE("killed at any time, a store keeps what was put") {
  const roundoff::test::Scratch scratch;
  for (int round = 0; round < 4; ++round) {
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    const pid_t child = fork();
    if (child == 0) {
      Store store(scratch.path("a.sqlite"));
      for (int i = 0;; ++i) {
        store.put(numbered(1000 * round + i), held(), 1);
        const char byte = 1;
        if (write(pipes[1], &byte, 1) != 1) _exit(1);
      }
    }
    char byte;
    int seen = 0;
    while (seen < 20 + 7 * round && read(pipes[0], &byte, 1) == 1) ++seen;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipes[0]);
    close(pipes[1]);
    Store store(scratch.path("a.sqlite"));
    for (int i = 0; i < seen; ++i) CHECK(store.find(numbered(1000 * round + i)).has_value());
  }
}

TEST_CASE("two processes on one store lose nothing") {
  const roundoff::test::Scratch scratch;
  std::vector<pid_t> children;
  for (int process = 0; process < 3; ++process) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        Store store(scratch.path("a.sqlite"));
        // The processes share every third question.
        for (int i = 0; i < 60; ++i) store.put(numbered(i % 3 == 0 ? i : 100 * (process + 1) + i), held(), 1);
        _exit(0);
      } catch (const std::exception&) {
        _exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) CHECK(exit_code(child) == 0);
  CHECK(Store(scratch.path("a.sqlite")).list().size() == 20 + 3 * 40);
}

TEST_CASE("a file that is no store is refused by name") {
  const roundoff::test::Scratch scratch;
  std::ofstream(scratch.path("text"))
      << "not a database, but long enough to be read as one, and then refused by name\n";
  CHECK_THROWS_WITH_AS(Store(scratch.path("text")), doctest::Contains("text"), FileError);
  sqlite3* foreign = nullptr;
  sqlite3_open(scratch.path("foreign").c_str(), &foreign);
  sqlite3_exec(foreign, "CREATE TABLE t (x)", nullptr, nullptr, nullptr);
  sqlite3_close(foreign);
  CHECK_THROWS_WITH_AS(Store(scratch.path("foreign")), doctest::Contains("not made by roundoff"), FileError);
  CHECK_THROWS_AS(Store("/nonexistent/directory/store.sqlite"), FileError);
}

TEST_CASE("asking again is a look-up, and recheck confirms every verdict") {
  const roundoff::test::Scratch scratch;
  Store store(scratch.path("a.sqlite"));
  const VerifyOptions options = by(Method::exhaustive);
  const Example right = example("add-hinge", {.p = 2, .n = 3});
  const Example wrong = example("add-dnf", {.p = 2, .n = 4}, "", {{"window", 2}});
  for (const Example* each : {&right, &wrong}) {
    const Result first = ask(&store, each->question(options), each->model, *each->task, options);
    CHECK(text(first) == text(each->verify(options)));
    VerifyOptions forbidden = options;
    forbidden.progress = [](const Progress&) { FAIL("asked again, it was computed again"); };
    CHECK(text(ask(&store, each->question(options), each->model, *each->task, forbidden)) == text(first));
  }
  for (const Recheck& outcome : recheck(store, "", {})) CHECK(outcome.outcome == Recheck::same);

  // A verdict that is not the model's is found out.
  Store forged(scratch.path("forged"));
  forged.put(wrong.question(options), held(), 1);
  const std::vector<Recheck> outcomes = recheck(forged, "", {});
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].outcome == Recheck::contradicts);
  CHECK(outcomes[0].is.find("refuted") != std::string::npos);
}
