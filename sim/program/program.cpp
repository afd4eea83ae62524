// Names, printing and consistency of programs.
#include "sim/program/program.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "formats/notation/text.hpp"

namespace roundoff::sim {

std::string_view name(Op op) {
  constexpr std::string_view names[] = {"constant", "embed", "round", "add", "sub", "mul",   "div",
                                        "fma",      "max",   "unary", "sum", "dot", "table", "arg_max"};
  return names[static_cast<std::size_t>(op)];
}

std::string_view name(SiteName site) {
  constexpr std::string_view names[] = {"none",     "emb",        "q",      "k",      "v",        "score",
                                        "exp",      "z",          "weight", "head",   "attn",     "mid",
                                        "pre",      "act",        "ffn",    "out",    "logits",   "next",
                                        "gate",     "norm_attn",  "norm_q", "norm_k", "norm_mid", "norm_ffn",
                                        "norm_out", "norm_final", "rope_q", "rope_k", "proj", "norm_of_attn", "norm_of_ffn"};
  return names[static_cast<std::size_t>(site)];
}

std::string describe(const Site& site) {
  if (site.name == SiteName::none) return "a constant";
  std::string text = site.layer >= 0 ? fmt::format("layer {}, {}", site.layer + 1, name(site.name))
                                     : std::string(name(site.name));
  if (site.inner) text += " (before its last step)";
  if (site.position >= 0) text += fmt::format(" at position {}", site.position);
  if (site.head >= 0) text += fmt::format(", head {}", site.head);
  if (site.key >= 0) text += fmt::format(", key {}", site.key);
  if (site.index >= 0) text += fmt::format(", index {}", site.index);
  return text;
}

void validate(const Program& program) {
  const auto fail = [&](NodeId id, const char* what) {
    throw std::logic_error(fmt::format("program node {}: {}", id, what));
  };
  if (program.sites.size() != program.nodes.size())
    throw std::logic_error("program: sites and nodes differ in number");
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const Node& node = program.nodes[id];
    const auto earlier = [&](NodeId other) {
      if (other >= id) fail(id, "uses a node that is not before it");
    };
    const auto earlier_list = [&](std::uint32_t offset) {
      if (node.c == 0) fail(id, "has an empty operand list");
      if (std::uint64_t{offset} + node.c > program.operands.size()) fail(id, "operand list out of range");
      for (NodeId other : program.list(offset, node.c)) earlier(other);
    };
    if (node.op != Op::arg_max && node.format >= program.formats.size()) fail(id, "format out of range");
    switch (node.op) {
      case Op::constant:
        if (node.a >= program.constants.size()) fail(id, "constant out of range");
        break;
      case Op::embed:
        if (node.a >= program.shape.tokens.size() || node.b >= program.tables.size())
          fail(id, "embedding out of range");
        break;
      case Op::table:
        if (node.b >= program.maps.size()) fail(id, "map out of range");
        earlier(node.a);
        break;
      case Op::round:
      case Op::unary:
        earlier(node.a);
        break;
      case Op::add:
      case Op::sub:
      case Op::mul:
      case Op::div:
        earlier(node.a), earlier(node.b);
        break;
      case Op::fma:
        earlier(node.a), earlier(node.b), earlier(node.c);
        break;
      case Op::dot:
        earlier_list(node.b);
        [[fallthrough]];
      case Op::sum:
        if (node.reduction >= program.reductions.size()) fail(id, "reduction out of range");
        [[fallthrough]];
      case Op::max:
      case Op::arg_max:
        earlier_list(node.a);
        break;
    }
  }
  for (NodeId output : program.outputs)
    if (output >= program.nodes.size()) throw std::logic_error("program: an output is not a node");
}

std::string print(const Program& program) {
  std::string text;
  const auto list = [&](std::uint32_t offset, std::uint32_t count) {
    std::string items;
    for (NodeId id : program.list(offset, count)) items += fmt::format("{}%{}", items.empty() ? "" : " ", id);
    return items;
  };
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const Node& node = program.nodes[id];
    text += fmt::format("%{} = {}", id, node.op == Op::unary ? name(node.function) : name(node.op));
    switch (node.op) {
      case Op::constant:
        text += fmt::format(" {}", hex(program.constants[node.a]));
        break;
      case Op::embed:
        text += fmt::format(" position {} table {}", node.a, node.b);
        break;
      case Op::table:
        text += fmt::format(" %{} map {}", node.a, node.b);
        break;
      case Op::round:
      case Op::unary:
        text += fmt::format(" %{}", node.a);
        break;
      case Op::add:
      case Op::sub:
      case Op::mul:
      case Op::div:
        text += fmt::format(" %{} %{}", node.a, node.b);
        break;
      case Op::fma:
        text += fmt::format(" %{} %{} %{}", node.a, node.b, node.c);
        break;
      case Op::dot:
        text += fmt::format(" [{}] [{}]", list(node.a, node.c), list(node.b, node.c));
        break;
      case Op::max:
      case Op::sum:
      case Op::arg_max:
        text += fmt::format(" [{}]", list(node.a, node.c));
        break;
    }
    text += fmt::format("  ; {}\n", describe(program.sites[id]));
  }
  return text;
}

}  // namespace roundoff::sim
