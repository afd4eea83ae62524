#include "training/checkpoint.hpp"

#include <bit>
#include <cstring>

#include <nlohmann/json.hpp>

#include "formats/error.hpp"
#include "sim/files/tensors.hpp"

namespace roundoff::training {

namespace {
constexpr std::string_view key = "roundoff-training";

void put(std::string& out, std::uint64_t bits) {
  for (std::size_t byte = 0; byte < sizeof bits; ++byte)
    out.push_back(static_cast<char>(bits >> (8 * byte) & 0xff));
}
}  // namespace

std::string write_checkpoint(const Checkpoint& checkpoint) {
  const Json facts = {{"training", checkpoint.training},
                      {"step", checkpoint.progress.step},
                      {"taken", checkpoint.snapshot.taken},
                      {"skipped", checkpoint.progress.skipped},
                      {"ended", checkpoint.progress.ended}};
  Json header = {{"__metadata__", {{key, facts.dump()}}}};
  std::string data;
  for (const auto& [name, numbers] : {std::pair{"master", &checkpoint.snapshot.master},
                                      {"first", &checkpoint.snapshot.first},
                                      {"second", &checkpoint.snapshot.second},
                                      {"losses", &checkpoint.progress.losses},
                                      {"lost", &checkpoint.progress.lost}}) {
    const std::size_t begin = data.size();
    for (const double number : *numbers) put(data, std::bit_cast<std::uint64_t>(number));
    header[name] = {{"dtype", "F64"}, {"shape", {numbers->size()}}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  std::string out;
  put(out, text.size());
  return out + text + data;
}

Checkpoint read_checkpoint(std::string_view bytes, const std::string& source) {
  const TensorFile file(bytes, source);
  Checkpoint made;
  const std::string name(key);
  if (!file.metadata().is_object() || !file.metadata().contains(name))
    file.fail("is no checkpoint of a training; name another `out`, or remove it");
  try {
    const Json facts = Json::parse(file.metadata()[name].get<std::string>());
    made.training = facts.at("training");
    made.progress.step = facts.at("step");
    made.progress.skipped = facts.at("skipped");
    made.progress.ended = facts.at("ended");
    made.snapshot.taken = facts.at("taken");
  } catch (const nlohmann::json::exception& error) {
    file.fail(std::string("is damaged: ") + error.what());
  }
  for (const sim::Tensor& tensor : file.tensors()) {
    std::vector<double>* const to = tensor.name == "master"   ? &made.snapshot.master
                                    : tensor.name == "first"  ? &made.snapshot.first
                                    : tensor.name == "second" ? &made.snapshot.second
                                    : tensor.name == "losses" ? &made.progress.losses
                                    : tensor.name == "lost"   ? &made.progress.lost
                                                              : nullptr;
    if (to == nullptr || tensor.dtype != "F64")
      file.fail("is damaged: it has an unknown tensor " + tensor.name);
    to->resize((tensor.end - tensor.begin) / sizeof(double));
    const char* data = file.data(tensor);
    for (std::size_t i = 0; i < to->size(); ++i) {  // little-endian; infinities are among the averages
      std::uint64_t bits = 0;
      for (std::size_t byte = 0; byte < sizeof bits; ++byte)
        bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(data[i * 8 + byte])) << (8 * byte);
      (*to)[i] = std::bit_cast<double>(bits);
    }
  }
  return made;
}

}  // namespace roundoff::training
