// The one entry that the page calls: a command line in, what the program prints and its exit code out. The page shows no
// number that the command beside it does not give, since it is that command that was run.
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"

namespace {

/// Standard input and output are strings for the time of a command.
class Redirected {
 public:
  explicit Redirected(const std::string& input)
      : in_(input), before_in_(std::cin.rdbuf(in_.rdbuf())), before_out_(std::cout.rdbuf(out_.rdbuf())),
        before_err_(std::cerr.rdbuf(err_.rdbuf())) {
    std::cin.clear();
    std::cout.clear();
    std::cerr.clear();
  }
  ~Redirected() {
    std::cin.rdbuf(before_in_);
    std::cout.rdbuf(before_out_);
    std::cerr.rdbuf(before_err_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

 private:
  std::istringstream in_;
  std::ostringstream out_, err_;
  std::streambuf *before_in_, *before_out_, *before_err_;
};

}  // namespace

/// `question` is {"words": ["eval", "e4m3", ...], "input": "..."?}, both in UTF-8; the answer {"code", "out", "err"} stands until
/// the next call.
extern "C" const char* roundoff_run(const char* question) {
  static std::string answer;
  const nlohmann::json asked = nlohmann::json::parse(question);
  const auto words = asked.at("words").get<std::vector<std::string>>();
  std::vector<const char*> argv = {"roundoff"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  const Redirected redirected(asked.value("input", ""));
  const int code = roundoff::cli::main_program(static_cast<int>(argv.size()), argv.data());
  answer = nlohmann::json{{"code", code}, {"out", redirected.out()}, {"err", redirected.err()}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  return answer.c_str();
}
