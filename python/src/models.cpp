// Models: loaded, built, held, saved, and looked into while they run.
#include "python/src/models.hpp"

#include "python/src/call.hpp"
#include "python/src/json.hpp"
#include "python/src/numbers.hpp"
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pybind11/numpy.h>
#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include "cli/options/subject.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::python {

std::string task_text(const Task& task) {
  cli::Json json = cli::as_json(task);
  json["name"] = task.spec();
  return json.dump();
}

namespace {

using Words = std::vector<std::string>;

/// Work without an answer of its own.
void call_quietly(const std::function<void()>& work) {
  call([&](cli::Listener&) { work(); }, py::none(), [](const auto&, const auto&, const auto&) {});
}

/// The words of a call, as the command `called` reads them; the first is the subject's name.
cli::SubjectOptions read_subject(const std::string& called, const Words& words) {
  cli::SubjectOptions options;
  cli::Arguments arguments(called, "");
  cli::declare_subject(arguments, options);
  if (!arguments.parse(words)) throw UsageError(called + ": there is no --help here");
  return options;
}

HeldModel construct(const Words& words) {
  HeldModel held;
  call_quietly([&] {
    cli::Subject subject = cli::resolve(read_subject("construction", words));
    held.file = std::make_shared<const ModelFile>(
        ModelFile{std::move(subject.model), layer_of(subject.policy), task_text(*subject.task)});
  });
  return held;
}

HeldModel load(const std::string& path) {
  HeldModel held;
  held.path = path;
  call_quietly([&] { held.file = std::make_shared<const ModelFile>(load_model(path)); });
  return held;
}

/// Every value of a run, in columns, in the order of computation.
struct Columns {
  std::vector<std::int32_t> layer, position, head, key, index;
  std::vector<std::string> site;
  std::vector<double> value;
  std::vector<std::string> tokens;
  std::string trap;

  void take(const Program& program, const Reference& reference) {
    for (NodeId node = 0; node < reference.done(); ++node) {
      const Site& s = program.sites[node];
      if (s.name == SiteName::none || s.inner) continue;
      const Value& number = reference.value(node);
      if (!is_double(number))
        throw UsageError(fmt::format("{}: {} is no float64; roundoff run --trace writes it exactly",
                                     describe(s), hex(number)));
      layer.push_back(s.layer);
      position.push_back(s.position);
      head.push_back(s.head);
      key.push_back(s.key);
      index.push_back(s.index);
      site.emplace_back(name(s.name));
      value.push_back(to_double(number));
    }
  }
};

void trace_input(const Words& words, const std::string& input, Columns& columns) {
  cli::SubjectOptions asked = read_subject("trace", words);
  cli::infer_size(asked, input);
  const cli::Subject subject = cli::resolve(asked);
  const Task& task = *subject.task;
  const Instance instance = cli::parse_input(subject, input);
  const std::vector<Token> question = task.question(instance);
  const Program program = record(subject.model, subject.policy, task.shape(instance), {.all_outputs = true});
  Reference reference(program);
  std::vector<Token> tokens = question;
  try {
    tokens = decode(reference, program, question, task.eos()).tokens;
  } catch (const Trap& trap) {
    columns.trap = trap.what();
  }
  for (const Token token : tokens) columns.tokens.push_back(task.vocabulary()[token]);
  columns.take(program, reference);
}

void trace_tokens(const std::string& path, const PolicyLayer& layer, const std::vector<Token>& tokens,
                  Columns& columns) {
  const ModelFile file = load_model(path);
  Bindings bindings;
  bindings.N = static_cast<int>(tokens.size());
  const Policy policy = cli::file_policy(layer, file, path, bindings, "binary32", NanRule::propagate);
  SequenceShape sequence;
  sequence.one_pass = true;
  sequence.vocabulary = static_cast<int>(file.model.vocabulary.size());
  for (const Token token : tokens) {
    if (token >= file.model.vocabulary.size())
      throw UsageError(
          fmt::format("trace: {} is no token: there are {}", token, file.model.vocabulary.size()));
    sequence.tokens.push_back({token});
    columns.tokens.push_back(file.model.vocabulary[token]);
  }
  if (tokens.empty()) throw UsageError("trace: there are no tokens");
  const Program program = record(file.model, policy, sequence, {.all_outputs = true});
  Reference reference(program);
  reference.start(tokens);
  try {
    reference.advance(static_cast<int>(tokens.size()) - 1);
  } catch (const Trap& trap) {
    columns.trap = trap.what();
  }
  columns.take(program, reference);
}

template <class T>
py::array_t<T> array_of(const std::vector<T>& list) {
  return py::array_t<T>(static_cast<py::ssize_t>(list.size()), list.data());
}

py::dict trace(const Words& words, const std::variant<std::string, std::vector<Token>>& input,
               const std::string& policy) {
  Columns columns;
  call_quietly([&] {
    if (const auto* text = std::get_if<std::string>(&input)) return trace_input(words, *text, columns);
    PolicyLayer layer;
    for (const auto& [key, word] : nlohmann::json::parse(policy).get<std::map<std::string, std::string>>())
      layer.set(key, word);
    trace_tokens(words.at(0), layer, std::get<std::vector<Token>>(input), columns);
  });
  py::dict made;
  made["layer"] = array_of(columns.layer);
  made["site"] = columns.site;
  made["pos"] = array_of(columns.position);
  made["head"] = array_of(columns.head);
  made["key"] = array_of(columns.key);
  made["index"] = array_of(columns.index);
  made["value"] = array_of(columns.value);
  made["tokens"] = columns.tokens;
  made["trap"] = columns.trap;
  return made;
}

py::dict shape_of(const HeldModel& held) {
  const Shape s = shape(held.file->model);
  py::dict made;
  made["d_model"] = s.d_model;
  made["heads"] = s.heads;
  made["d_k"] = s.d_k;
  made["d_v"] = s.d_v;
  made["d_ff"] = s.d_ff;
  made["layers"] = s.layers;
  made["width"] = s.width;
  made["parameters"] = s.parameters;
  made["nonzero"] = s.nonzero;
  made["position_table"] = s.position_table;
  return made;
}

}  // namespace

void bind_models(py::module_& module) {
  py::class_<HeldModel> model(module, "Model", "The model behind roundoff.Model.");
  model.def(
      "__eq__", [](const HeldModel& a, const HeldModel& b) { return *a.file == *b.file; }, py::is_operator());
  model.def("__hash__", [](const HeldModel& m) { return py::hash(py::str(fingerprint(m.file->model))); });
  model.def_property_readonly("name", [](const HeldModel& m) { return m.file->model.name; });
  model.def_property_readonly("path", [](const HeldModel& m) { return m.path; });
  model.def_property_readonly("vocabulary", [](const HeldModel& m) { return m.file->model.vocabulary; });
  model.def_property_readonly("registers", [](const HeldModel& m) { return m.file->model.registers; });
  model.def_property_readonly("fingerprint", [](const HeldModel& m) { return fingerprint(m.file->model); });
  model.def_property_readonly("shape", shape_of);
  model.def_property_readonly("policy", [](const HeldModel& m) {
    py::dict made;
    for (const auto& [key, word] : m.file->policy.entries()) made[py::str(key)] = word;
    return made;
  });
  model.def_property_readonly("task", [](const HeldModel& m) -> py::object {
    return m.file->task.empty() ? py::none() : to_python(nlohmann::ordered_json::parse(m.file->task));
  });
  model.def("json", [](const HeldModel& m) { return write_model(*m.file); });
  model.def("safetensors", [](const HeldModel& m) { return py::bytes(write_safetensors(*m.file)); });
  model.def(
      "save", [](const HeldModel& m, const std::string& path) { save_model(*m.file, path); }, py::arg("path"),
      py::call_guard<py::gil_scoped_release>());
  module.def("load", load, py::arg("path"));
  module.def(
      "read_model",
      [](const std::string& json, const std::string& source) {
        return HeldModel{std::make_shared<const ModelFile>(read_model(json, source)), ""};
      },
      py::arg("json"), py::arg("source"));
  module.def("construct", construct, py::arg("words"));
  module.def("trace", trace, py::arg("words"), py::arg("input"), py::arg("policy"));
}

}  // namespace roundoff::python
