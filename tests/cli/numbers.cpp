// Numbers and formats by the command line: names, descriptions, the rules of standards, exact results. Each case is a
// fault that an outsider found, with the right value; ROUNDOFF=path runs them against another binary.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using roundoff::cli::test::run;
using Json = nlohmann::json;

namespace {

std::string first_line(const std::string& line) {
  const auto outcome = run(line);
  return outcome.out.substr(0, outcome.out.find('\n'));
}

std::string value_of(const std::string& line) {
  const std::string text = first_line(line);
  return text.substr(0, text.find('\t'));
}

Json json_of(const std::string& line) {
  const auto outcome = run(line);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  return Json::parse(outcome.out);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("eval --json: the decimal reads back, all digits, the exact result and its neighbours") {
  const Json sum = json_of("roundoff eval binary64 add 0.1 0.2 --json");
  CHECK(sum.at("decimal") == "0.30000000000000004");
  CHECK(sum.at("exact_decimal") == "0.3000000000000000444089209850062616169452667236328125");
  CHECK(sum.at("exact") == "10808639105689191/36028797018963968");
  CHECK(sum.at("below") == "0x1.3333333333333p-2");
  CHECK(sum.at("above") == "0x1.3333333333334p-2");
  CHECK(sum.at("flags") == "inexact");
  CHECK(json_of("roundoff eval binary64 round 123456789.125 --json").at("decimal") == "123456789.125");
  CHECK(json_of("roundoff eval binary32 round 1/3 --json").at("exact") == "1/3");
  CHECK(json_of("roundoff eval binary16 round 70000 --json").at("above") == "inf");
  CHECK(json_of("roundoff eval binary16 round 70000 --json").at("below") == "0x1.ffcp+15");
  CHECK(json_of("roundoff eval e4m3 round 500 --json").at("above").is_null());
  const std::string e = json_of("roundoff eval binary32 exp 1 --json").at("exact").get<std::string>();
  CHECK(contains(e, "[2.71828182845904523536028747135"));
  const Json exact = json_of("roundoff eval binary16 add 1 2 --json");
  CHECK(exact.at("below") == exact.at("above"));
  CHECK(exact.at("exact") == "3");
}

TEST_CASE("decimals are the number, or read back to it and to no other") {
  // At the end of the range, where all that is greater reads back as well.
  CHECK(json_of("roundoff eval e4m3 round 448 --json").at("decimal") == "448");
  CHECK(json_of("roundoff eval binary16 round 65504 --json").at("decimal") == "65504");
  CHECK(json_of("roundoff eval 'fixed(16,0)' round 65535 --json").at("decimal") == "65535");
  CHECK(json_of("roundoff eval e5m2 round 1e9 --json").at("decimal") == "57344");
  CHECK(json_of("roundoff eval binary64 round 0.1 --json").at("decimal") == "0.1");
  const std::string range = run("roundoff formats e4m3").out;
  CHECK(contains(range, "-0x1.cp+8 = -448 .. 0x1.cp+8 = 448"));
  CHECK(contains(run("roundoff formats 'fixed(16,0)'").out, "65535"));
  CHECK_FALSE(contains(run("roundoff formats 'fixed(16,0)'").out, "70000"));
  for (const char* format :
       {"e4m3", "e5m2", "fixed(3,2)", "e3m2", "posit(8,2)", "binary8p3", "twos(3,3)", "F(2,2)"}) {
    CAPTURE(format);
    const Json values =
        json_of("roundoff formats '" + std::string(format) + "' --values --json").at("values");
    std::string lines;
    for (const Json& value : values)
      lines += std::string(format) + " round " + value.at("value").get<std::string>() + "\\n";
    const Json shown = json_of("printf '" + lines + "' | roundoff eval --stdin --json").at("results");
    REQUIRE(shown.size() == values.size());
    lines.clear();
    for (const Json& each : shown)
      lines += std::string(format) + " round " + each.at("decimal").get<std::string>() + "\\n";
    const Json read = json_of("printf '" + lines + "' | roundoff eval --stdin --json").at("results");
    for (std::size_t i = 0; i < values.size(); ++i) {
      CHECK(read[i].at("value") == shown[i].at("value"));
      CHECK_FALSE(contains(read[i].at("flags").get<std::string>(), "overflow"));
    }
  }
}

TEST_CASE("explain writes numbers with the digits that tell them apart") {
  const roundoff::cli::test::Directory directory;
  directory.write("m.json",
                  R"json({"vocab":["0","1","+","=","<eos>"],"tok_emb":[[-1],[-1],[0],[1],[0]],"layers":[],
    "W_U":[[10],[10.000001],[0.5],[0.5],[0]],"format":"fixed(5,2)","task":{"name":"parity","k":2}})json");
  const auto outcome = directory.run("roundoff explain m.json '0+1='");
  CAPTURE(outcome.out);
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.out, "the weight 10.00000"));
  CHECK(contains(outcome.out, "becomes 10 in fixed(5,2)"));
  CHECK_FALSE(contains(outcome.out, "the weight 10 "));
  const Json culprit = Json::parse(directory.run("roundoff explain m.json '0+1=' --json").out).at("culprit");
  CHECK(culprit.at("exact").get<std::string>().starts_with("10.00000"));
}

TEST_CASE("exact results beyond every exponent are enclosed, and runs that meet them have statistics") {
  const std::pair<const char*, const char*> enclosed[] = {{"exp -1e300", "[0, 0x1p-"},
                                                          {"exp 1e300", ", inf]"},
                                                          {"sigmoid -1e300", "[0, 0x1p-"},
                                                          {"silu -1e300", "[-0x1p-"},
                                                          {"exp -1e5", "[3.56294956530937312"}};
  for (const auto& [question, part] : enclosed) {
    CAPTURE(question);
    CHECK(contains(
        json_of("roundoff eval binary64 " + std::string(question) + " --json").at("exact").get<std::string>(),
        part));
  }
  const auto stats =
      run("roundoff run add-dnf 11+11= --n 2 --quantise weights=mxfp4 --stack ieee-binary32 --stats");
  CAPTURE(stats.err);
  CHECK(stats.code == 1);
  CHECK(contains(stats.out, "integer bits"));
}

TEST_CASE("eval softmax shows flags") {
  const Json weights = json_of("roundoff eval binary16 softmax 1 2 -3 --json");
  REQUIRE(weights.at("results").size() == 3);
  CHECK(contains(weights.at("results")[0].at("flags").get<std::string>(), "inexact"));
  CHECK(contains(first_line("roundoff eval binary16 softmax 1 2 -30"), "inexact"));
  CHECK(contains(first_line("roundoff eval binary32 softmax 0 0"), "\t-"));
}

TEST_CASE("on a terminal eval shows the exact result, the neighbours, the error and absorbed addends") {
  const auto terminal = [](const std::string& line) {
    return run("script -qec \"$binary " + line + "\" /dev/null < /dev/null").out;
  };
  const std::string shown = terminal("eval e4m3 add 400 100");
  CHECK(contains(shown, "exact"));
  CHECK(contains(shown, "480"));  // the operands are rounded to 384 and 96 first
  const std::string third = terminal("eval binary16 div 1 3");
  CHECK(contains(third, "0.33333333333333333333..."));
  CHECK(contains(third, "below"));
  CHECK(contains(third, "above"));
  CHECK(contains(third, "ulp"));
  const std::string sum = terminal("eval binary16 sum 2048 1 1 4");
  CHECK(contains(sum, "absorbed"));
  const Json steps = json_of("roundoff eval binary16 sum 2048 1 1 4 --json");
  REQUIRE(steps.at("partial_sums").size() == 3);
  CHECK(steps.at("partial_sums")[0].at("absorbed") == true);
  CHECK(steps.at("partial_sums")[2].at("absorbed") == false);
  CHECK(steps.at("exact") == "2054");
  const auto line = run("roundoff eval binary16 div 1 3 --explain");
  CHECK(line.code == 0);
  CHECK(contains(line.out, "|---"));
  CHECK(contains(line.out, "*"));
}

TEST_CASE("posits, P3109, OCP: the standards' own rules") {
  for (const char* op : {"reciprocal 0", "rsqrt 0", "log 0", "div 1 0", "div -1 0", "round inf"}) {
    CAPTURE(op);
    CHECK(value_of("roundoff eval 'posit(16,2)' " + std::string(op)) == "nan");
  }
  for (const char* op : {"reciprocal 0", "rsqrt 0", "div 1 0", "div inf 0"}) {
    CAPTURE(op);
    CHECK(value_of("roundoff eval binary8p3 " + std::string(op)) == "nan");
  }
  const std::pair<const char*, const char*> values[] = {
      {"binary8p3 log 0", "-inf"},
      {"binary8p3:satfinite log 0", "-0x1.8p+15"},
      {"binary8p1 round 6", "0x1p+2"},
      {"binary8p1 round 3", "0x1p+2"},
      {"binary8p3:rod round 1e9", "inf"},
      {"binary8p3:sat round 1e9", "0x1.8p+15"},
      {"binary8p3:sat round inf", "inf"},
      {"binary8p3:satfinite round inf", "0x1.8p+15"},
      {"binary8p3sf round 1e9", "0x1.cp+15"},
      {"binary8p3ue round -1", "nan"},
      {"binary8p3ue:sat round -1", "0x0p+0"},
      {"binary6p3 round 1", "0x1p+0"},
      {"e5m2 round inf", "0x1.cp+15"},
      {"e5m2 round 1e9", "0x1.cp+15"},
      {"e5m2:sat round inf", "inf"},
      {"e5m2:inf round 1e9", "inf"},
      {"e4m3 round inf", "0x1.cp+8"},
      {"e4m3b11fnuz round 100", "0x1.ep+4"},
      {"e3m0 round 3.1", "0x1p+2"},
      {"binary32:ftz round 0x1p-130", "0x0p+0"},
      {"binary32:daz mul 0x1p-130 0x1p+30", "0x0p+0"},
  };
  for (const auto& [question, want] : values) {
    CAPTURE(question);
    CHECK(value_of("roundoff eval " + std::string(question)) == want);
  }
  for (const char* operand : {"0", "-1", "-0"}) {
    const auto outcome = run("roundoff eval e8m0 round " + std::string(operand));
    CHECK(outcome.code != 0);
    CHECK(contains(outcome.err, "positive powers of two"));
  }
  CHECK(contains(first_line("roundoff eval binary32 round 0x1.ffffffp-127"), "underflow"));
  CHECK_FALSE(
      contains(first_line("roundoff eval binary32:tininess_after round 0x1.ffffffp-127"), "underflow"));
  CHECK(run("roundoff eval 'binary8p3:sra(1,8)' round 1.1").code == 0);
}

TEST_CASE("block formats are described and evaluated") {
  const Json tiny = json_of("roundoff eval nvfp4 quantise 0x1p-8 --json");
  CHECK(tiny.at("values")[0] != "0x0p+0");
  const Json large = json_of("roundoff eval nvfp4 quantise 3000 --json");
  CHECK(large.at("values")[0].get<std::string>().starts_with("0x1.77"));
  for (const auto& [rule, scale] : std::vector<std::pair<std::string, std::string>>{
           {"", "0x1p+0"}, {":ceil", "0x1p+1"}, {":rceil", "0x1p+1"}, {":even", "0x1p+1"}}) {
    CAPTURE(rule);
    CHECK(json_of("roundoff eval mxfp4" + rule + " quantise 7.5 --json").at("blocks")[0].at("scale") ==
          scale);
  }
  CHECK(contains(run("roundoff eval mxfp4 quantise 7.5 -1 0.25").out, "scale\t0x1p+0\t#x7f"));
  for (const char* name : {"mxfp8_e4m3", "mxint8", "nvfp4", "int4/32", "uint4/32", "q4_0", "q4_1", "q5_0",
                           "q8_0", "q4_K", "q6_K"}) {
    CAPTURE(name);
    const auto outcome = run("roundoff formats " + std::string(name));
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.out, "bits a number"));
  }
  CHECK(contains(run("roundoff formats").out, "mxfp4"));
  CHECK(contains(run("roundoff eval mxfp4 round 1").err, "quantises vectors"));
}

TEST_CASE("formats: names that people use, and facts") {
  const std::pair<const char*, const char*> names[] = {
      {"float16", "binary16"},  {"fp16", "binary16"},      {"half", "binary16"},
      {"bf16", "bfloat16"},     {"fp32", "binary32"},      {"FP64", "binary64"},
      {"uint8", "ufixed(8,0)"}, {"int16", "twos(15,0)"},   {"Q8.8", "twos(7,8)"},
      {"posit8", "posit(8,2)"}, {"float8_e4m3fn", "e4m3"}, {"float8_e8m0fnu", "e8m0"}};
  for (const auto& [name, format] : names) {
    CAPTURE(name);
    CHECK(first_line("roundoff formats " + std::string(name)) == format);
  }
  const Json half = json_of("roundoff formats binary16 --json");
  CHECK(half.at("min_normal") == "0x1p-14");
  CHECK(half.at("max_subnormal") == "0x1.ff8p-15");
  CHECK(half.at("epsilon") == "0x1p-10");
  CHECK(half.at("exponent_min") == -14);
  CHECK(half.at("exponent_max") == 15);
  CHECK(half.at("bias") == 15);
  CHECK(half.at("numbers") == "63487");
  CHECK(half.at("codes") == "65536");
  CHECK(half.at("nan_codes") == "#x7c01..#x7fff #xfc01..#xffff");
  CHECK(json_of("roundoff formats e4m3 --json").at("nan_codes") == "#x7f #xff");
  CHECK(json_of("roundoff formats binary8p3 --json").at("numbers") == "253");
  const auto table = run("roundoff formats e4m3 e5m2 binary8p3");
  CHECK(table.code == 0);
  CHECK(contains(table.out, "binary8p3"));
  CHECK(contains(table.out, "448"));
  CHECK(contains(run("roundoff formats e2m1 --values").out, "#x7\t0x1.8p+2\t6"));
}

TEST_CASE("eval --stdin: comments, codes of other formats, JSON, CSV") {
  const std::string lines =
      "printf '# a comment\\nbinary32 round #binary64:x3ff8000000000000 # and one more\\nbinary16 add 1 "
      "1\\n' | ";
  CHECK(run(lines + "roundoff eval --stdin").out == "\n0x1.8p+0\t#x3fc00000\t-\n0x1p+1\t#x4000\t-\n");
  const Json json = json_of(lines + "roundoff eval --stdin --json");
  REQUIRE(json.at("results").size() == 2);
  CHECK(json.at("results")[1].at("value") == "0x1p+1");
  CHECK(json.at("results")[1].at("line") == 3);
  const auto csv = run(lines + "roundoff eval --stdin --csv");
  CHECK(csv.out.starts_with("line,format,op,value,code,flags,decimal,error\n2,binary32,round,0x1.8p+0,"));
  CHECK(value_of("roundoff eval binary32 round '#binary32:x3f8ccccd'") == "0x1.19999ap+0");
  CHECK(value_of("roundoff eval binary16 round '#binary32:x3f8ccccd'") == "0x1.198p+0");
}
