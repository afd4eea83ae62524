// roundoff forward: a model file or a checkpoint over given tokens, without a task: logits, the choice at every
// position, and what each site did to the numbers. Runs at once on the tensor tape, prompts together.
#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/policy_options.hpp"
#include "cli/options/token_blocks.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/task_json.hpp"
#include "cli/views/tensor_view.hpp"
#include "cli/views/trace.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/files/model_file.hpp"
#include "sim/files/write_file.hpp"
#include "sim/model/weights.hpp"
#include "sim/tensors/run.hpp"

namespace roundoff::cli {
namespace {

struct ForwardArguments {
  std::string model, tokens, out, logits = "all";
  TokenOptions files;
  PolicyOptions policy;
  InsideOptions inside;
};

void declare_forward(Arguments& arguments, ForwardArguments& options) {
  arguments.positional("MODEL", options.model,
                       "A model file, or a folder with config.json and model.safetensors", true);
  arguments.positional("TOKENS", options.tokens, "Token numbers, with commas: 12,7,0,3", false);
  declare_tokens(arguments, options.files);
  arguments.choice("--logits", options.logits, {"all", "last", "none"},
                   "Which positions' logits the documents hold (all)");
  arguments.text(
      "--out", options.out, "FILE",
      "A JSON line a prompt, as soon as it is done; asked again, what stands there already is kept");
  declare_policy(arguments, options.policy);
  declare_inside(arguments, options.inside);
}

/// What a prompt led to.
struct Prompt {
  std::vector<Token> next;
  std::vector<double> chosen;  ///< the logit of the choice
  Json logits = Json::array();
};

Json prompt_json(const std::vector<Token>& tokens, const Prompt& prompt, const ForwardArguments& options) {
  Json json = {{"tokens", tokens}, {"next", prompt.next}};
  if (options.logits != "none") json["logits"] = prompt.logits;
  return json;
}

std::string prompt_text(const std::vector<Token>& tokens, const Prompt& prompt) {
  std::string text;
  for (std::size_t i = 0; i < prompt.next.size(); ++i) {
    const double logit = prompt.chosen[i];
    text += fmt::format(
        "position {}: token {}, next {} with logit {}\n", i, tokens[i], prompt.next[i],
        logit - logit == 0 ? fmt::format("{:.9g}", logit) : number_json(logit).get<std::string>());
  }
  return text;
}

/// The file of --out: a line that says what is asked, then a line a prompt.
class AnswerFile {
 public:
  AnswerFile(const std::string& path, const Json& question, const std::vector<std::vector<Token>>& prompts)
      : path_(path) {
    if (path.empty()) return;
    std::ifstream before(path);
    std::string line, kept;
    if (before && std::getline(before, line)) {
      if (line != question.dump())
        throw UsageError(fmt::format("{} holds the answers to another question; give another file", path));
      kept = line + '\n';
      // A last line that was cut off is asked again.
      while (std::getline(before, line) && !before.eof()) {
        const Json json = Json::parse(line, nullptr, false);
        if (json.is_discarded() || done_ == prompts.size() || json["tokens"] != Json(prompts[done_])) break;
        kept += line + '\n';
        ++done_;
      }
    } else {
      kept = question.dump() + '\n';
    }
    before.close();
    write_file(path, kept);
    file_.open(path, std::ios::app);
  }
  std::size_t done() const { return done_; }
  bool open() const { return file_.is_open(); }
  void add(const Json& json) {
    file_ << json.dump() << '\n';
    file_.flush();
    if (!file_) throw FileError(path_ + " cannot be written to its end; is the disk full?");
  }

 private:
  std::string path_;
  std::ofstream file_;
  std::size_t done_ = 0;
};

int run_forward(const ForwardArguments& options, Session& session) {
  options.inside.check(session);
  ModelFile file = load_model(options.model);
  const auto prompts = read_prompts(options.tokens, options.files, file.model, options.model);
  std::size_t longest = 0;
  for (const std::vector<Token>& prompt : prompts) longest = std::max(longest, prompt.size());
  Bindings bindings;
  bindings.N = static_cast<int>(longest);
  file.model = written_out(file.model, prompts);
  const Policy policy =
      file_policy(options.policy.layer(), file, options.model, bindings, "binary32", NanRule::propagate);
  if (!options.inside.trace.empty() && prompts.size() > 1)
    throw UsageError("forward: --trace is of one prompt; give its tokens by themselves");
  Json question;
  if (!options.out.empty())
    question = {{"schema", schema("forward-lines")},
                {"model", file_digest(options.model)},
                {"format", notation(policy)},
                {"logits", options.logits}};
  AnswerFile lines(options.out, question, prompts);
  ProgressLine progress(session);
  TensorRun run(file.model, policy, tensor_options(options.files, session, progress));
  std::vector<std::string> names;
  std::optional<TraceFile> trace;
  if (!options.inside.trace.empty()) {
    for (const Token token : prompts[0]) names.push_back(file.model.vocabulary[token]);
    trace.emplace(options.inside.trace, file.model, names, file.model.vocabulary);
    run.trace([&](const Site& site, const Value& value) { trace->add(site, value); });
  }
  const bool logits = options.logits != "none" && (session.json || lines.open());
  std::vector<Prompt> answers(prompts.size());
  std::string trap;
  try {
    run.run_blocks(prompts, lines.done(), [&](const Outlook& outlook) {
      const auto number = static_cast<std::size_t>(outlook.sequence);
      Prompt& answer = answers[number];
      answer.next.push_back(outlook.next);
      answer.chosen.push_back(outlook.logits[outlook.next]);
      const bool last = answer.next.size() == prompts[number].size();
      if (logits && (options.logits == "all" || last)) {
        Json row = Json::array();
        for (const double logit : outlook.logits) row.push_back(number_json(logit));
        answer.logits.push_back(std::move(row));
      }
      if (!last || !lines.open()) return;
      lines.add(prompt_json(prompts[number], answer, options));
      answer = {};
    });
  } catch (const Trap& error) {
    trap = error.what();
  } catch (const Stopped&) {
    throw Interrupted(options.out.empty()
                          ? "forward: interrupted; nothing is kept of it (--out FILE keeps what is done)"
                          : "forward: interrupted; ask again to go on");
  }
  if (trace) trace->finish();

  const bool many = prompts.size() > 1;
  std::string text = fmt::format("{} in {}\n", file.model.name, notation(policy));
  Json document = Json::object();
  Table table{{{"prompt", "prompt", true},
               {"position", "position", true},
               {"token", "token", true},
               {"next", "next", true},
               {"logit", "logit", true}},
              {}};
  if (lines.open()) {
    text +=
        fmt::format("{} of {} prompts are in {}, {} of them from before\n",
                    trap.empty() ? prompts.size() : lines.done(), prompts.size(), options.out, lines.done());
    document["out"] = options.out, document["prompts"] = prompts.size(),
    document["from_before"] = lines.done();
  } else {
    for (std::size_t p = 0; p < prompts.size(); ++p) {
      if (many) text += fmt::format("prompt {}\n", p);
      text += prompt_text(prompts[p], answers[p]);
      for (std::size_t i = 0; i < answers[p].next.size(); ++i)
        table.rows.push_back({std::to_string(p), std::to_string(i), std::to_string(prompts[p][i]),
                              std::to_string(answers[p].next[i]), decimal(Value::of(answers[p].chosen[i]))});
      if (many)
        document["prompts"].push_back(prompt_json(prompts[p], answers[p], options));
      else
        document.update(prompt_json(prompts[p], answers[p], options));
    }
  }
  const Statistics statistics = run.statistics();
  if (!trap.empty()) text += "trap: " + trap + '\n', document["trap"] = trap;
  const std::string weight = overflowing_weight(file.model, policy), note = mishaps_text(statistics, many, weight);
  text += note;
  document["name"] = file.model.name, document["format"] = notation(policy);
  document["policy"] = as_json(policy);
  if (!weight.empty()) document["overflowing_weight"] = weight;
  add_sources(document, options.policy);
  if (options.files.block) document["block"] = *options.files.block;
  document["outside_the_theorem"] = outside_the_theorem(policy);
  document["mishaps"] = mishaps_json(statistics);
  if (options.inside.stats) {
    table = as_table(statistics);
    text += '\n' + as_text(table);
    document["sites"] = as_json(statistics);
  }
  print_beside(options.inside, session, text, note, table, document);
  return trap.empty() ? exit_done : exit_refuted;
}

}  // namespace

Command forward_command() {
  return make_command<ForwardArguments, declare_forward, run_forward>(
      "forward", "Run a model file or a checkpoint over given tokens: logits, choices, figures by site",
      "A folder with config.json and model.safetensors (or shards and their index) of GPT-2 or Llama "
      "architecture is a "
      "model, too. The format is binary32 unless the file or --format says otherwise. Prompts of a file run "
      "together; no "
      "bit depends on that, nor on --threads.\n\n"
      "Examples:\n"
      "  roundoff forward examples/checkpoint/tiny 12,7,0,3 --json\n"
      "  roundoff forward examples/checkpoint/tiny 12,7,0,3 --policy examples/checkpoint/int4.toml --stats\n"
      "  roundoff forward examples/checkpoint/tiny --tokens examples/checkpoint/tiny.tokens --format "
      "bfloat16 --out answers.jsonl\n");
}

}  // namespace roundoff::cli
