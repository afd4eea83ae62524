// Building models from Python: the builder that constructions are written with (constructions/stream/), and tasks, which
// say a model's vocabulary and positions.
#include "constructions/stream/builder.hpp"

#include "python/src/models.hpp"
#include "python/src/numbers.hpp"
#include <fmt/format.h>
#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include "constructions/adopted.hpp"
#include "constructions/stream/scales.hpp"
#include "formats/error.hpp"

namespace roundoff::python {
namespace {

Weight weight_of(const py::handle& number) { return {exact_value(number)}; }

/// A register, a form, or a number (the bias alone).
Form form_of(const py::handle& object) {
  if (py::isinstance<Form>(object)) return object.cast<Form>();
  if (py::isinstance<Register>(object)) return object.cast<Register>();
  return constant(weight_of(object));
}

/// A register, or registers with the weights that a value is written with.
std::vector<Target> targets_of(const py::object& to) {
  if (py::isinstance<Register>(to)) return {{to.cast<Register>(), 1}};
  if (!py::isinstance<py::dict>(to))
    throw py::type_error("a value goes to a register, or to {register: weight, ...}");
  std::vector<Target> targets;
  for (const auto& [reg, weight] : py::reinterpret_borrow<py::dict>(to))
    targets.push_back({reg.cast<Register>(), weight_of(weight)});
  return targets;
}

/// A token by its number or its text.
Token token_of(const std::vector<std::string>& vocabulary, const std::variant<int, std::string>& token) {
  if (const auto* number = std::get_if<int>(&token)) {
    if (*number < 0 || static_cast<std::size_t>(*number) >= vocabulary.size())
      throw UsageError(
          fmt::format("there is no token {}: the vocabulary has {}", *number, vocabulary.size()));
    return static_cast<Token>(*number);
  }
  const auto found = std::find(vocabulary.begin(), vocabulary.end(), std::get<std::string>(token));
  if (found == vocabulary.end())
    throw UsageError(fmt::format("there is no token '{}': the vocabulary is {}", std::get<std::string>(token),
                                 fmt::join(vocabulary, " ")));
  return static_cast<Token>(found - vocabulary.begin());
}

/// The builder, and the task whose vocabulary it reads.
struct HeldBuilder {
  HeldTask task;
  ModelBuilder builder;
  explicit HeldBuilder(HeldTask of) : task(std::move(of)), builder(*task.task) {}
};

void require_position(const HeldBuilder& held, int position) {
  const int positions = held.task.task->positions();
  if (position < 0 || position >= positions)
    throw UsageError(fmt::format("there is no position {}: the task has {}", position, positions));
}

HeldModel finish(const HeldBuilder& held, const std::string& name,
                 const std::map<std::string, std::string>& policy) {
  ModelFile file;
  file.model = held.builder.finish();
  file.model.name = name;
  validate(file.model);
  for (const auto& [key, word] : policy) file.policy.set(key, word);
  file.task = task_text(*held.task.task);
  return {std::make_shared<const ModelFile>(std::move(file)), ""};
}

void bind_forms(py::module_& module) {
  py::class_<Register> reg(module, "Register",
                           "A dimension of the residual stream. With numbers it makes forms: 2 * a - b + 1.");
  py::class_<Form> form(module, "Form", "A sum of registers with weights, and a bias.");
  reg.def_readonly("dimension", &Register::dimension, "Its number in the stream.");
  reg.def("__hash__", [](const Register& r) { return r.dimension; });
  reg.def("__repr__", [](const Register& r) { return fmt::format("Register({})", r.dimension); });
  // == of registers is that of dictionary keys
  reg.def("__eq__", [](const Register& a, const py::object& b) {
    return py::isinstance<Register>(b) && b.cast<Register>().dimension == a.dimension;
  });
  const auto arithmetic = [](auto& made, auto own) {
    made.def("__add__", [own](const py::object& a, const py::object& b) { return own(a) + form_of(b); });
    made.def("__radd__", [own](const py::object& a, const py::object& b) { return own(a) + form_of(b); });
    made.def("__sub__", [own](const py::object& a, const py::object& b) { return own(a) - form_of(b); });
    made.def("__rsub__", [own](const py::object& a, const py::object& b) { return form_of(b) - own(a); });
    made.def("__mul__", [own](const py::object& a, const py::object& b) { return weight_of(b) * own(a); });
    made.def("__rmul__", [own](const py::object& a, const py::object& b) { return weight_of(b) * own(a); });
    made.def("__neg__", [own](const py::object& a) { return -own(a); });
  };
  const auto own = [](const py::object& object) { return form_of(object); };
  arithmetic(reg, own);
  arithmetic(form, own);
  form.def_property_readonly(
      "bias", [](const Form& f) { return number(f.bias()); }, "What it is where every register is 0.");
  form.def_property_readonly(
      "terms",
      [](const Form& f) {
        py::list terms;
        for (const Form::Term& term : f.terms()) terms.append(py::make_tuple(term.reg, number(term.weight)));
        return terms;
      },
      "(register, weight), as they were written.");
}

void bind_builder_classes(py::module_& module) {
  py::class_<HeadBuilder> head(module, "Head", "An attention head as it is laid down.");
  head.def(
      "score",
      [](HeadBuilder& h, const py::object& query, const py::object& key) -> HeadBuilder& {
        return h.score(form_of(query), form_of(key));
      },
      py::arg("query"), py::arg("key"), py::return_value_policy::reference,
      "The next dimension of the score: plus query times key, each form rounded before they meet.");
  head.def(
      "copy",
      [](HeadBuilder& h, const py::object& value, const py::object& to) -> HeadBuilder& {
        return h.copy(form_of(value), targets_of(to));
      },
      py::arg("value"), py::arg("to"), py::return_value_policy::reference,
      "The attended average of `value`, added to a register, or to {register: weight, ...}.");

  py::class_<LayerBuilder> layer(module, "Layer", "A layer as it is laid down.");
  layer.def(
      "head", [](LayerBuilder& l) -> HeadBuilder& { return l.head(); },
      py::return_value_policy::reference_internal, "A new head.");
  layer.def(
      "unit",
      [](LayerBuilder& l, const py::object& before, const py::object& to) {
        return l.unit(form_of(before), targets_of(to));
      },
      py::arg("before"), py::arg("to"),
      "A feed-forward unit: relu(before), added to a register, or to {register: weight, ...}; its number.");
  layer.def(
      "constant",
      [](LayerBuilder& l, Register reg, const py::object& weight) { l.constant(reg, weight_of(weight)); },
      py::arg("register"), py::arg("weight"), "What the feed-forward block adds to a register in any case.");

  py::class_<HeldBuilder> builder(module, "ModelBuilder", "The builder behind roundoff.ModelBuilder.");
  builder.def(py::init<HeldTask>(), py::arg("task"));
  builder.def(
      "add", [](HeldBuilder& b, const std::string& name) { return b.builder.add(name); }, py::arg("name"));
  builder.def(
      "add_many",
      [](HeldBuilder& b, const std::string& name, int count) {
        if (count < 0) throw UsageError(fmt::format("{} registers cannot be", count));
        return b.builder.add(name, count);
      },
      py::arg("name"), py::arg("count"));
  builder.def(
      "token",
      [](HeldBuilder& b, const std::variant<int, std::string>& token, Register reg,
         const py::object& weight) {
        b.builder.token(token_of(b.task.task->vocabulary(), token), reg, weight_of(weight));
      },
      py::arg("token"), py::arg("register"), py::arg("weight"));
  builder.def(
      "position",
      [](HeldBuilder& b, int position, Register reg, const py::object& weight) {
        require_position(b, position);
        b.builder.position(position, reg, weight_of(weight));
      },
      py::arg("position"), py::arg("register"), py::arg("weight"));
  builder.def(
      "layer", [](HeldBuilder& b) -> LayerBuilder& { return b.builder.layer(); },
      py::return_value_policy::reference_internal);
  builder.def(
      "logit",
      [](HeldBuilder& b, const std::variant<int, std::string>& token, const py::object& form) {
        b.builder.logit(token_of(b.task.task->vocabulary(), token), form_of(form));
      },
      py::arg("token"), py::arg("form"));
  builder.def("finish", finish, py::arg("name"), py::arg("policy"));
}

// ---- tasks ----

TaskSize size_of(int p, int n, int k, int l, int c, bool ragged) { return {p, n, k, l, c, ragged}; }

py::object count_of(double count) {
  if (count < 9007199254740992.0) return py::int_(static_cast<std::int64_t>(count));
  return py::float_(count);
}

void bind_tasks(py::module_& module) {
  py::class_<HeldTask> task(module, "Task", "The task behind roundoff.Task.");
  const auto property = [&](const char* called, auto get) { task.def_property_readonly(called, get); };
  property("name", [](const HeldTask& t) { return t.task->name(); });
  property("spec", [](const HeldTask& t) { return t.task->spec(); });
  property("p", [](const HeldTask& t) { return t.task->size().p; });
  property("n", [](const HeldTask& t) { return t.task->size().n; });
  property("k", [](const HeldTask& t) { return t.task->size().k; });
  property("l", [](const HeldTask& t) { return t.task->size().l; });
  property("c", [](const HeldTask& t) { return t.task->size().c; });
  property("ragged", [](const HeldTask& t) { return t.task->size().ragged; });
  property("vocabulary", [](const HeldTask& t) { return t.task->vocabulary(); });
  property("eos", [](const HeldTask& t) { return t.task->eos(); });
  property("positions", [](const HeldTask& t) { return t.task->positions(); });
  property("inputs", [](const HeldTask& t) { return count_of(t.task->input_count()); });
  task.def(
      "answer",
      [](const HeldTask& t, const std::string& text) {
        std::vector<Token> answer = t.task->answer(t.task->parse(text));
        if (!answer.empty() && answer.back() == t.task->eos()) answer.pop_back();
        return t.task->text(std::span<const Token>(answer));
      },
      py::arg("input"));
  task.def(
      "tokens",
      [](const HeldTask& t, const std::string& text) { return t.task->question(t.task->parse(text)); },
      py::arg("input"));
  task.def(
      "input",
      [](const HeldTask& t, std::uint64_t j) {
        if (!(static_cast<double>(j) < t.task->input_count()))
          throw py::index_error("there is no input " + std::to_string(j));
        return t.task->text(t.task->instance(j));
      },
      py::arg("j"));
  task.def(
      "sample",
      [](const HeldTask& t, std::uint64_t seed, std::uint64_t index) {
        return t.task->text(t.task->sample(seed, index));
      },
      py::arg("seed"), py::arg("index"));
  task.def(
      "adversarial",
      [](const HeldTask& t, std::size_t limit) {
        std::vector<std::string> list;
        for (const Instance& instance : t.task->adversarial(limit)) list.push_back(t.task->text(instance));
        return list;
      },
      py::arg("limit"));
  module.def(
      "make_task",
      [](const std::string& spec, int p, int n, int k, int l, int c, bool ragged) {
        return HeldTask{make_task(spec, size_of(p, n, k, l, c, ragged))};
      },
      py::arg("spec"), py::arg("p"), py::arg("n"), py::arg("k"), py::arg("l"), py::arg("c"),
      py::arg("ragged"));
}

// ---- constructions ----

void bind_constructions(py::module_& module) {
  py::class_<Policy> policy(module, "Policy",
                            "How a model is to be run: policy[\"softmax\"] is the format of a role.");
  const auto role_format = [](const Policy& p, const std::string& role) {
    std::vector<std::string_view> names;
    for (int r = 0; r < role_count; ++r) {
      names.push_back(sim::name(static_cast<Role>(r)));
      if (names.back() == role) return p[static_cast<Role>(r)];
    }
    throw py::key_error(fmt::format("there is no role '{}'; there are {}", role, fmt::join(names, ", ")));
  };
  policy.def("__getitem__", role_format, py::arg("role"));
  policy.def_property_readonly(
      "format", [](const Policy& p) { return p[Role::weights]; }, "The format of weights.");
  policy.def_property_readonly(
      "largest", [](const Policy& p) { return number(largest(p).value); },
      "The largest magnitude of the format that sums are rounded to.");
  policy.def_property_readonly(
      "words",
      [](const Policy& p) {
        py::dict made;
        for (const auto& [key, word] : layer_of(p).entries()) made[py::str(key)] = word;
        return made;
      },
      "All of it, as a policy file says it.");

  // What Python raises in `build` and `refuses` goes on as it is, but for UsageError, which the floors know.
  const auto within = [](const std::function<py::object()>& work) {
    try {
      return work();
    } catch (py::error_already_set& error) {
      if (error.matches(py::module_::import("roundoff._core").attr("UsageError")))
        throw UsageError(py::str(error.value()).cast<std::string>());
      throw;
    }
  };
  module.def(
      "adopt",
      [within](const std::string& name, const std::string& task, const std::string& family,
               const std::string& summary, const std::string& order, bool logarithmic,
               const std::map<std::string, std::array<py::function, 3>>& knobs, const py::function& build,
               const py::object& refuses) {
        AdoptedConstruction made;
        made.name = name;
        made.task = task;
        made.family = family;
        made.summary = summary;
        made.regime = logarithmic ? Regime::logarithmic : Regime::constant;
        made.own.order = parse_order(order);
        // Functions of Python are let go of under the lock, whoever drops the last copy.
        const auto shared = [](const py::object& function) {
          return std::shared_ptr<py::object>(new py::object(function), [](const py::object* held) {
            const py::gil_scoped_acquire locked;
            delete held;
          });
        };
        const auto arguments = [task](const TaskSize& size, const Policy& policy_here,
                                      const Settings& settings) {
          py::dict given;
          for (const auto& [knob, value] : settings) given[py::str(knob)] = value;
          return py::make_tuple(HeldTask{make_task(task, size)}, policy_here, given);
        };
        for (const auto& [knob, functions] : knobs) {
          std::array<std::function<int(const TaskSize&)>, 3> of_size;
          for (std::size_t i = 0; i < 3; ++i)
            of_size[i] = [held = shared(functions[i]), task, within](const TaskSize& size) {
              const py::gil_scoped_acquire locked;
              return within([&] { return (*held)(HeldTask{make_task(task, size)}); }).cast<int>();
            };
          made.knobs.push_back({knob, of_size[0], of_size[1], of_size[2]});
        }
        made.build = [held = shared(build), arguments, within](
                         const Task& task_here, const Policy& policy_here, const Settings& settings) {
          const py::gil_scoped_acquire locked;
          const py::tuple given = arguments(task_here.size(), policy_here, settings);
          const py::object model = within([&] { return (*held)(*given); });
          return model.cast<HeldModel>().file->model;
        };
        made.refuses = [held = shared(refuses), arguments, within](const TaskSize& size,
                                                                   const Policy& policy_here,
                                                                   const Settings& settings) -> std::string {
          const py::gil_scoped_acquire locked;
          if (held->is_none()) return "";
          const py::object reason = within([&] { return (*held)(*arguments(size, policy_here, settings)); });
          return reason.is_none() ? "" : reason.cast<std::string>();
        };
        adopt(std::move(made));
      },
      py::arg("name"), py::arg("task"), py::arg("family"), py::arg("summary"), py::arg("order"),
      py::arg("logarithmic"), py::arg("knobs"), py::arg("build"), py::arg("refuses"));
}

}  // namespace

void bind_builder(py::module_& module) {
  bind_forms(module);
  bind_tasks(module);
  bind_builder_classes(module);
  bind_constructions(module);
}

}  // namespace roundoff::python
