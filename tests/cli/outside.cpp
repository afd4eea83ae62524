// What people from outside brought: files of theirs, sizes of theirs, paths that are no files, names that are no
// text. The layer around the numbers must say no, or do what it was told.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "tests/cli/binary.hpp"

using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;
using Json = nlohmann::json;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

/// A file error is exit code 3 and one line with the file's name.
void refused(const Outcome& outcome, const std::string& file, const std::string& part = "") {
  CAPTURE(outcome.err);
  CHECK(outcome.code == 3);
  CHECK(outcome.out.empty());
  CHECK(says(outcome.err, file));
  CHECK(says(outcome.err, part));
}

/// A safetensors file of F32 with entries from a short cycle, and other buffers that no architecture reads.
std::string tensors(const std::map<std::string, std::vector<std::size_t>>& shapes) {
  Json header = Json::object();
  std::string data;
  std::uint32_t state = 1;
  for (const auto& [name, shape] : shapes) {
    std::size_t count = 1;
    for (const std::size_t size : shape) count *= size;
    const std::size_t begin = data.size();
    for (std::size_t i = 0; i < count; ++i) {
      state = state * 1664525 + 1013904223;
      const float value = static_cast<float>(state >> 24) / 256 - 0.5F;
      data.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + text + data;
}

void llama(const Directory& directory, const std::string& folder, Json config) {
  std::filesystem::create_directory(directory.file(folder));
  config.update({{"model_type", "llama"},
                 {"vocab_size", 5},
                 {"hidden_size", 4},
                 {"num_hidden_layers", 1},
                 {"num_attention_heads", 1},
                 {"intermediate_size", 3},
                 {"rms_norm_eps", 1e-5}});
  directory.write(folder + "/config.json", config.dump());
  const std::string at = "model.layers.0.";
  directory.write(folder + "/model.safetensors",
                  tensors({{"model.embed_tokens.weight", {5, 4}},
                           {"model.norm.weight", {4}},
                           {"lm_head.weight", {5, 4}},
                           {at + "input_layernorm.weight", {4}},
                           {at + "post_attention_layernorm.weight", {4}},
                           {at + "self_attn.q_proj.weight", {4, 4}},
                           {at + "self_attn.k_proj.weight", {4, 4}},
                           {at + "self_attn.v_proj.weight", {4, 4}},
                           {at + "self_attn.o_proj.weight", {4, 4}},
                           {at + "mlp.gate_proj.weight", {3, 4}},
                           {at + "mlp.up_proj.weight", {3, 4}},
                           {at + "mlp.down_proj.weight", {4, 3}}}));
}

}  // namespace

TEST_CASE("analyze answers for a model file as for a construction, refuted candidates and all") {
  const Directory directory;
  for (const char* form : {"", " --json", " --csv"})
    for (const char* quantity : {"int", "bits"}) {
      const Outcome outcome = directory.run(std::string("roundoff analyze adder.json --minimize ") + quantity +
                                            " --quiet" + form);
      CAPTURE(outcome.err);
      CHECK(outcome.code == 0);
      CHECK(says(outcome.out, "fixed(2,0)"));
      if (std::string(form) == "") CHECK(says(outcome.out, "replay n=1: roundoff run adder.json"));
    }
  const Outcome floats =
      directory.run("roundoff analyze adder.json --format 'float(5,8)' --minimize exponent --quiet --json");
  CHECK(floats.code == 0);
  // The replay line of the answer is a command that shows the failure.
  const Outcome replayed = directory.run(
      "eval \"$(roundoff analyze adder.json --minimize int --quiet | sed -n 's/^replay n=1: //p')\"");
  CHECK(replayed.code == 1);
  CHECK(says(replayed.out, "wrong: right is"));
}

TEST_CASE("an exported parity wraps its accumulators in every format that a search tries") {
  const Directory directory;
  const Outcome outcome = directory.run(
      "roundoff export parity --k 3 -o parity.json --quiet > /dev/null && roundoff analyze parity.json --minimize int "
      "--quiet --json");
  CHECK(outcome.code == 0);
  CHECK(Json::parse(outcome.out)["minima"][0]["value"].is_number());
}

TEST_CASE("the vocabulary of a model file is read by name") {
  const Directory directory;
  REQUIRE(directory.run("roundoff export add-hinge --n 2 -o model.json").code == 0);
  Json model = Json::parse(directory.read("model.json"));
  const auto verify = [&](const Json& changed) {
    directory.write("changed.json", changed.dump());
    return directory.run("roundoff verify changed.json --quiet");
  };
  CHECK(verify(model).code == 0);
  Json renamed = model;
  std::swap(renamed["vocab"][0], renamed["vocab"][1]);  // what the model calls 1 is 0
  CHECK(verify(renamed).code == 1);
  renamed = model;
  std::swap(renamed["vocab"][0], renamed["vocab"][3]);
  for (const char* table : {"tok_emb", "W_U"}) std::swap(renamed[table][0], renamed[table][3]);
  const Outcome reordered = verify(renamed);  // the same model in another order
  CHECK(reordered.code == 0);
  CHECK(says(reordered.out, "16 inputs"));
  renamed = model;
  for (Json& name : renamed["vocab"]) name = "0";
  refused(verify(renamed), "changed.json", "twice");
  renamed = model;
  renamed["vocab"][3] = "equals";
  refused(verify(renamed), "changed.json", "lacks the token \"=\"");
}

TEST_CASE("a model file's size stands") {
  const Directory directory;
  REQUIRE(directory.run("roundoff export add-hinge --n 4 -o four.json").code == 0);
  for (const char* line : {"roundoff run four.json '01+11='", "roundoff explain four.json '01+11='",
                           "roundoff verify four.json --n 2", "roundoff verify four.json --p 3"}) {
    const Outcome outcome = directory.run(line);
    CAPTURE(line);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(says(outcome.err, "four.json is made for"));
  }
  CHECK(directory.run("roundoff verify four.json --n 4 --quiet").code == 0);
  const Outcome rope =
      directory.run("roundoff run " ROUNDOFF_SOURCE "/examples/rope_adder/rope_adder.json '123+456='");
  CHECK(rope.code == 2);
  CHECK(says(rope.err, "10"));
}

TEST_CASE("integers are read whole, or not at all") {
  const Directory directory;
  REQUIRE(directory.run("roundoff export add-hinge --n 2 -o model.json").code == 0);
  Json model = Json::parse(directory.read("model.json"));
  for (const Json& n : {Json(4294967298), Json(-1), Json(2.5), Json("2"), Json(18446744073709551615ULL)}) {
    model["task"]["n"] = n;
    directory.write("wide.json", model.dump());
    refused(directory.run("roundoff verify wide.json --quiet"), "wide.json", "task.n");
  }
  for (const char* n : {"[1000000000000]", "1000000000000", "[-1]", "-1", "[4294967298]"}) {
    directory.write("page.toml", std::string("[[sweep]]\nconstructions = [\"add-hinge\"]\nn = ") + n + "\n");
    refused(directory.run("roundoff sweep page.toml --store s.sqlite --quiet"), "page.toml", "whole number");
  }
}

TEST_CASE("sizes in the files of checkpoints are read whole, or not at all") {
  const Directory directory;
  int count = 0;
  for (const std::string field : {"num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads"})
    for (const Json& number :
         {Json(4294967297), Json(-1), Json(1.5), Json("1"), Json(18446744073709551615ULL)}) {
      const std::string folder = field + std::to_string(count++);
      llama(directory, folder, {});
      Json config = Json::parse(directory.read(folder + "/config.json"));
      config[field] = number;
      directory.write(folder + "/config.json", config.dump());
      refused(directory.run("roundoff forward " + folder + "/ 1,2"), folder, field);
    }
  llama(directory, "shape", {});
  std::string bytes = directory.read("shape/model.safetensors");
  const std::size_t at = bytes.find("\"shape\":[5,4]");
  REQUIRE(at != std::string::npos);
  for (const char* shape : {"[-5,4] ", "[5.,4] ", "[\"5\"] ", "[1e9] "}) {
    bytes.replace(at + 8, 6, std::string(shape).substr(0, 6));
    directory.write("shape/model.safetensors", bytes);
    refused(directory.run("roundoff forward shape/ 1,2"), "shape");
  }
}

TEST_CASE("numbers in the rows of a store are read whole, or the row is left out by name") {
  const Directory directory;
  const std::string store = directory.file("s.sqlite");
  int number = 0;
  for (const char* change :
       {"$.size.n', 4294967298", "$.size.n', 2.5", "$.size.p', -1", "$.settings.D', 4294967297",
        "$.method.count', -5", "$.semantics', 4294967298"}) {
    CAPTURE(change);
    std::filesystem::remove(store);
    REQUIRE(directory
                .run("roundoff verify add-hinge --n 2 --method sample --count 5 --store s.sqlite --quiet > "
                     "/dev/null")
                .code == 0);
    execute(store, std::string("UPDATE verdicts SET question = json_set(question, '") + change + ")");
    const Outcome listed = directory.run("roundoff store list s.sqlite --json");
    CAPTURE(listed.out);
    CHECK(listed.code == 0);
    CHECK(says(listed.err, "left out"));
    CHECK(Json::parse(listed.out)["verdicts"].empty());
    ++number;
  }
  CHECK(number == 6);
}

TEST_CASE("pages of TOML that are none are errors of the file") {
  const Directory directory;
  for (const char* text : {"[`ask]\n", "[[`ask]]\n", "`a = 1\n", "a.`b = 1\n", "[", "[[", "a = ", "\"a", "[a", "\xff\xfe", "a = {`b = 1}\n"}) {
    CAPTURE(text);
    directory.write("t.toml", text);
    refused(directory.run("roundoff tasks t.toml --n 2"), "t.toml");
    refused(directory.run("roundoff verify add-hinge --n 2 --policy t.toml"), "t.toml");
    refused(directory.run("roundoff sweep t.toml --dry-run"), "t.toml");
  }
  directory.write("cases.toml", "[task]\nkind = \"cases\"\nvocabulary = [\"a\"]\nfile = \"none.txt\"\n");
  refused(directory.run("roundoff tasks cases.toml --n 1"), "cases.toml", "none.txt");
  const Outcome page = directory.run("roundoff table1 --task parity --work 1e4 --page . --json --quiet");
  refused(page, "");
}

TEST_CASE("parameters of tasks are read whole, or not at all") {
  const Directory directory;
  const std::string task =
      "[task]\nname = \"plus\"\nkind = \"expression\"\nbase = \"p\"\noperands = { count = 1, digits = \"n\", "
      "separator = \"+\", end = \"=\" }\nanswer = \"x1 + m\"\nanswer_digits = \"n + 9\"\n"
      "[parameters]\nm = ";
  directory.write("t.toml", task + "4294967298\n");
  refused(directory.run("roundoff tasks t.toml --n 2"), "t.toml", "");
  directory.write("t.toml", task + "5\n");
  CHECK(directory.run("roundoff tasks t.toml:m=1 --n 2").code == 0);
  for (const char* m : {"4294967298", "-99999999999", "1.5", "x", ""})
    CHECK(directory.run(std::string("roundoff tasks t.toml:m=") + m + " --n 2").code != 0);
}

TEST_CASE("cases that do not fit their task file name both files") {
  const Directory directory;
  directory.write("cases.toml",
                  "[task]\nkind = \"cases\"\nvocabulary = [\"b\", \"<eos>\"]\nfile = \"cases.txt\"\n");
  directory.write("cases.txt", "a\ta\n");
  const Outcome outcome = directory.run("roundoff tasks cases.toml --n 1");
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("cases.toml") != std::string::npos);
  CHECK(outcome.err.find("cases.txt:1") != std::string::npos);
}

TEST_CASE("a path that is no regular file is exit code 3, at once") {
  const Directory directory;
  const Outcome made = directory.run("mkdir folder folder.json folder.sqlite && mkfifo pipe pipe.json");
  REQUIRE(made.code == 0);
  for (const char* path : {"folder", "pipe", "/dev/zero", "no-such.toml"})
    for (const char* command : {"verify add-hinge --n 2 --policy", "sweep", "analyze add-hinge --n 2 --policy",
                                "export add-hinge --n 2 -o out.json --policy"}) {
      const std::string store = std::string(command) == "sweep" ? " --store s.sqlite" : "";
      CAPTURE(command);
      refused(directory.run("timeout 20 \"$binary\" " + std::string(command) + " " + path + store), path);
    }
  for (const char* path : {"folder.json", "pipe.json", "/dev/zero"})
    refused(directory.run(std::string("timeout 20 \"$binary\" verify ") + path), path);
  for (const char* path : {"folder.sqlite", "pipe", "/dev/zero"}) {
    refused(directory.run(std::string("timeout 20 \"$binary\" verify add-hinge --n 2 --store ") + path), path);
    refused(directory.run(std::string("timeout 20 \"$binary\" store list ") + path), path);
    refused(directory.run(std::string("timeout 20 \"$binary\" report ") + path + " -o page"), path);
  }
}

TEST_CASE("forward goes on through NaN, and says where it was first met") {
  const Directory directory;
  directory.write("nan.json",
                  R"({"name":"n","format":"binary16","vocab":["a","b"],"tok_emb":[[60000,60000],[1,1]],"layers":[],)"
                  R"("W_U":[[1,1],[60000,-60000]]})");
  const Outcome text = directory.run("roundoff forward nan.json 1,0,1 --stats --trace trace.jsonl");
  CAPTURE(text.out);
  CAPTURE(text.err);
  CHECK(text.code == 0);
  CHECK(says(text.out, "position 1: token 0, next 1 with logit nan"));
  CHECK(says(text.out, "meets NaN (first: logits at position 1, index 1"));
  CHECK(says(text.out, "at the limit"));
  CHECK(says(directory.read("trace.jsonl"), "nan"));
  const Outcome trapped = directory.run("roundoff forward nan.json 1,0,1 --nan trap --json");
  CHECK(trapped.code == 1);
  const Json document = Json::parse(trapped.out);
  CHECK(document["next"].size() == 1);
  CHECK(says(document["trap"].get<std::string>(), "position 1"));
  // A norm that overflows makes all logits 0, and says so.
  directory.write("norm.json",
                  R"({"name":"n","format":"binary16","vocab":["a","b"],"tok_emb":[[3000,3000],[1,1]],"layers":[],)"
                  R"("norm_final":{"kind":"rmsnorm"},"W_U":[[1,2],[2,1]]})");
  const Outcome norm = directory.run("roundoff forward norm.json 0");
  CHECK(norm.code == 0);
  CHECK(says(norm.out, "overflows (first: norm_final (before its last step) at position 0: 3000 * 3000, term 1 of 2)"));
  const Json events = Json::parse(directory.run("roundoff forward norm.json 0 --json").out)["mishaps"];
  CHECK(events["overflow"]["site"] == "norm_final");
  CHECK(events["infinity"]["pos"] == 0);
}

TEST_CASE(
    "weights that a format cannot hold are named, and beside a document the note stands on standard error") {
  const Directory directory;
  directory.write("m.json",
                  R"({"name":"n","format":"e4m3","vocab":["a","b"],"tok_emb":[[500,1],[1,1]],"layers":[],)"
                  R"("W_U":[[1,1],[1,-1]]})");
  const Outcome text = directory.run("roundoff forward m.json 0,1");
  CAPTURE(text.out);
  CHECK(says(text.out, "note: tok_emb[0][0] = 500 is beyond e4m3, which makes 448 of it"));
  const Outcome document = directory.run("roundoff forward m.json 0,1 --json");
  CHECK(says(document.err, "note: tok_emb[0][0] = 500"));
  CHECK(says(Json::parse(document.out).value("overflowing_weight", ""), "tok_emb[0][0]"));
  CHECK(directory.run("roundoff forward m.json 0,1 --format binary16 --json").err.empty());
  const Outcome table = directory.run("roundoff forward m.json 0,1 --stats --csv");
  CHECK(table.out.starts_with("layer,site"));
  CHECK(says(table.err, "500"));
}

TEST_CASE("a run that saturates says so, once, with the first place") {
  const Outcome outcome =
      Directory().run("roundoff run add-hinge --p 2 --format 'fixed(4,0)' --round-weights '01111111+00000001='");
  CAPTURE(outcome.out);
  CHECK(says(outcome.out, "saturates (first: layer "));
}

TEST_CASE("a checkpoint's config is understood, or refused") {
  const Directory directory;
  llama(directory, "old", {{"rope_theta", 100.0}});
  llama(directory, "new", {{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 100.0}}}});
  llama(directory, "plain", {});
  const auto logits = [&](const std::string& folder) {
    const Outcome outcome = directory.run("roundoff forward " + folder + "/ 1,2,3 --json");
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    return Json::parse(outcome.out)["logits"];
  };
  CHECK(logits("new") == logits("old"));
  CHECK(logits("new") != logits("plain"));
  int number = 0;
  for (const Json& config : std::vector<Json>{{{"final_logit_softcapping", 30.0}},
                                              {{"attn_logit_softcapping", 50.0}},
                                              {{"logit_scale", 0.0625}},
                                              {{"residual_multiplier", 0.22}},
                                              {{"rope_parameters", {{"rope_type", "longrope"}, {"factor", 4.0}}}},
                                              {{"rope_theta", 10.0}, {"rope_parameters", {{"rope_theta", 20.0}}}},
                                              {{"layer_types", {"sliding_attention"}}}}) {
    const std::string folder = "c" + std::to_string(number++);
    llama(directory, folder, config);
    CAPTURE(config.dump());
    refused(directory.run("roundoff forward " + folder + "/ 1,2,3"), folder, config.begin().key().substr(0, 4));
  }
  llama(directory, "names", {{"torch_dtype", "float32"}, {"use_cache", true}, {"bos_token_id", 1}, {"odd", nullptr}});
  CHECK(logits("names") == logits("plain"));
}

TEST_CASE("a text that a checkpoint's tokenizer cannot encode names both") {
  const Directory directory;
  llama(directory, "plain", {});
  directory.write("plain/tokenizer.json", R"({"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}})");
  directory.write("text.txt", "abc");
  const Outcome outcome = directory.run("roundoff forward plain --text text.txt");
  refused(outcome, "text.txt", "the tokenizer of plain");
  CHECK(says(outcome.err, "no token for 'abc'"));
}

TEST_CASE("GPT-2's files from the hub load, with their buffer of four dimensions") {
  const Directory directory;
  std::filesystem::create_directory(directory.file("gpt2"));
  directory.write("gpt2/config.json",
                  R"({"model_type":"gpt2","vocab_size":3,"n_embd":2,"n_layer":1,"n_head":1,"n_positions":4,"n_ctx":4})");
  directory.write("gpt2/model.safetensors",
                  tensors({{"wte.weight", {3, 2}},
                           {"wpe.weight", {4, 2}},
                           {"ln_f.weight", {2}},
                           {"ln_f.bias", {2}},
                           {"h.0.attn.bias", {1, 1, 4, 4}},
                           {"h.0.attn.c_attn.weight", {2, 6}},
                           {"h.0.attn.c_attn.bias", {6}},
                           {"h.0.attn.c_proj.weight", {2, 2}},
                           {"h.0.attn.c_proj.bias", {2}},
                           {"h.0.ln_1.weight", {2}},
                           {"h.0.ln_1.bias", {2}},
                           {"h.0.ln_2.weight", {2}},
                           {"h.0.ln_2.bias", {2}},
                           {"h.0.mlp.c_fc.weight", {2, 8}},
                           {"h.0.mlp.c_fc.bias", {8}},
                           {"h.0.mlp.c_proj.weight", {8, 2}},
                           {"h.0.mlp.c_proj.bias", {2}}}));
  const Outcome outcome = directory.run("roundoff forward gpt2/ 0,1,2 --json");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
}

TEST_CASE("control characters from files and words are shown, not sent to the terminal") {
  const Directory directory;
  REQUIRE(directory.run("roundoff export add-hinge --n 1 -o model.json").code == 0);
  Json model = Json::parse(directory.read("model.json"));
  model["name"] = "\x1b[31mred\x07 \xc2\x9b gr\xc3\xbcn";
  directory.write("red.json", model.dump());
  const Outcome verdict = directory.run("roundoff verify red.json --quiet");
  CHECK(verdict.code == 0);
  CHECK(!says(verdict.out, "\x1b"));
  CHECK(!says(verdict.out, "\x07"));
  CHECK(!says(verdict.out, "\xc2\x9b"));
  CHECK(says(verdict.out, "\\x1b[31mred\\x07"));
  CHECK(says(verdict.out, "gr\xc3\xbcn"));
  for (const char* line : {"roundoff verify \"$(printf 'add\\033[31m')\"", "roundoff \"$(printf 'x\\033')\"",
                           "roundoff eval \"$(printf 'fi\\033xed(1,0)')\" add 1 1"}) {
    const Outcome outcome = directory.run(line);
    CHECK(outcome.code == 2);
    CHECK(!says(outcome.err, "\x1b"));
  }
  // A line feed in a word would be a second line.
  for (const char* line :
       {"roundoff run add-hinge \"$(printf '0\\n1=')\"", "roundoff verify \"$(printf 'a\\nb.json')\"",
        "roundoff forward m.json \"$(printf '1\\r,2')\""}) {
    const Outcome outcome = directory.run(line);
    CAPTURE(outcome.err);
    CHECK(outcome.err.find('\n') == outcome.err.size() - 1);
    CHECK(!says(outcome.err, "\r"));
  }
  const Outcome accents = directory.run("roundoff verify 'verk\xc3\xbcrzt\xe2\x82\xac'");
  CHECK(says(accents.err, "verk\xc3\xbcrzt\xe2\x82\xac"));
}

TEST_CASE("a model document that cannot mean one thing is refused, fast, and says what it is") {
  const Directory directory;
  const auto refuse = [&](const std::string& text, const std::string& part) {
    directory.write("m.json", text);
    refused(directory.run("timeout 10 \"$binary\" verify m.json --quiet"), "m.json", part);
  };
  const std::string start = R"({"vocab":["0","1"],"tok_emb":[[1],[2]],"layers":[],"W_U":[[1],[1]])";
  refuse(start + R"(,"name":"a","name":"b"})", "\"name\" is there twice");
  refuse(start + R"(,"b_U":[9007199254740993,0]})", "9007199254740993");
  refuse(start + R"(,"b_U":[123456789012345678901234567890,0]})", "as a string");
  std::string many = start;
  for (int i = 0; i < 100000; ++i) many += ",\"key" + std::to_string(i) + "\":0";
  refuse(many + "}", "unknown field");
  refuse("GGUF\x03", "GGUF");
  refuse(std::string("PK\x03\x04", 4), "zip");
  refuse("", "empty");
  refuse(start + R"(,"task":{"name":"add","n":2,"form":"?"}})", "form");
  refuse(start + R"x(,"task":{"name":"add","n":2},"format":"fixd(1,0)"})x", "fixd");
  refuse(start + R"x(,"task":{"name":"addition","n":2},"format":"fixed(1,0)"})x", "addition");
}
