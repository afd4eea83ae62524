// Too large is said soon, Control-C is noticed at the first try, and the bits that a float can count to are found
// in seconds.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

TEST_CASE("what does not fit in memory is refused before it fills it") {
  const Directory directory;
  // 80 MB stand for a machine that is too small.
  const Outcome outcome = directory.run(
      "export ROUNDOFF_MEMORY=0.08; timeout 120 \"$binary\" verify mul-n2 --p 10 --n 80 --method sample "
      "--count 1 "
      "--quiet");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find("ROUNDOFF_MEMORY") != std::string::npos);
  CHECK(directory.run("export ROUNDOFF_MEMORY=lots; roundoff formats e4m3").code == 2);
}

TEST_CASE("a thousand digits are answered, or refused, in bounded memory") {
  const Directory directory;
  const Outcome outcome = directory.run(
      "ulimit -v 9000000; timeout 300 \"$binary\" verify add-hinge --p 10 --n 1000 --method sample --count 1 "
      "--quiet --json");
  CAPTURE(outcome.err);
  CHECK((outcome.code == 0 || outcome.code == 2));
}

TEST_CASE("one Control-C ends the program, whatever it does") {
  const Directory directory;
  for (const char* line : {
           "verify add-hinge --p 10 --n 600 --method sample --count 1 --quiet",
           "verify iteradd-log --p 10 --n 64 --k 16 --method certify --quiet",
           "analyze add-dnf --p 10 --minimize width --n 24 --quiet",
       }) {
    CAPTURE(line);
    const Outcome outcome = directory.run("\"$binary\" " + std::string(line) +
                                          " & pid=$!; sleep 2; kill -INT $pid; began=$(date +%s); wait $pid; "
                                          "code=$?; ended=$(date +%s); echo $((ended - began)); exit $code");
    CHECK(outcome.code == 4);
    const std::string last = outcome.out.substr(outcome.out.find_last_of('\n', outcome.out.size() - 2) + 1);
    CHECK(std::stoi(last) <= 10);
  }
  const Outcome reading = directory.run(
      "mkfifo never; (sleep 60 > never) & writer=$!; \"$binary\" eval --stdin < never & pid=$!; sleep 1; "
      "kill -INT $pid; wait $pid; code=$?; kill $writer; exit $code");
  CHECK(reading.code == 4);
}

TEST_CASE("bfloat16 counts 511 bits and not 512, and this is known in seconds") {
  const Directory directory;
  const Outcome holds = directory.run(
      "timeout 120 \"$binary\" verify majority --k 511 --format bfloat16 --method adversarial --json "
      "--quiet");
  CAPTURE(holds.err);
  CHECK(holds.code == 0);
  const Outcome fails = directory.run(
      "timeout 120 \"$binary\" verify majority --k 512 --format bfloat16 --round-weights --method "
      "adversarial --json "
      "--quiet");
  CAPTURE(fails.err);
  CHECK(fails.code == 1);
}

TEST_CASE("the same without a word on how: what no certificate can take is sampled, in seconds") {
  const Directory directory;
  const Outcome holds = directory.run(
      "timeout 120 \"$binary\" verify majority --k 511 --format bfloat16 --count 1000 --json --quiet");
  CAPTURE(holds.err);
  CHECK(holds.code == 0);
  const json answer = json::parse(holds.out, nullptr, false);
  CHECK((answer.value("verdict", "") == "certified" || answer.contains("reason")));  // or memory, or time
  const Outcome fails =
      directory.run("timeout 120 \"$binary\" verify majority --k 512 --format bfloat16 --json --quiet");
  CAPTURE(fails.err);
  CHECK(fails.code == 1);
  CHECK(json::parse(fails.out, nullptr, false).value("verdict", "") == "refuted");
}
