// The tape that does the operations of the blocks at once (sim/blocks/tape.hpp), with the bits of the recorded
// program: at many positions of many sequences, which are its *lanes*. Weights are arrays in as few bytes as their
// format needs, keys and values are kept by sequence, nothing is recorded. Memory is the weights, the cache and
// what one pass of lanes holds.
//
// Sums run in the order of semantics.md for every lane; which lanes run together changes no bit (a test says so).
// Matrix products take rows as lanes or tokens as lanes, whichever fills vectors better; scores take keys as lanes.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "sim/blocks/tape.hpp"
#include "sim/tensors/reduce.hpp"
#include "sim/tensors/statistics.hpp"
#include "sim/tensors/weights.hpp"

namespace roundoff::sim {

/// Consecutive positions of a sequence. Keys and values of sequences that run one after the other may have the same
/// slot.
struct Feed {
  int sequence = 0, first = 0;
  std::vector<Token> tokens;
  int slot = -1;  ///< -1: the number of the sequence
};

class Tensors {
 public:
  /// A vector of numbers at every lane.
  struct Entries {
    enum Shape : std::uint8_t {
      uniform,  ///< [count], the same in every lane
      lanes,    ///< [count][lanes]
      keys,     ///< a row of visible keys for every lane
    } shape = uniform;
    int count = 0;  ///< of entries, of uniform and lanes
    std::uint8_t format = 0;
    std::shared_ptr<Array> array;
    std::size_t offset = 0;               ///< of the first element, in bytes
    std::shared_ptr<const Entries> more;  ///< behind the keys: one entry more, of every lane
    const std::byte* data() const { return array->data() + offset; }
    std::byte* data() { return array->data() + offset; }
  };
  struct Map {
    StoredMatrix weight;
    std::optional<Entries> bias;
  };
  /// Keys and values of one attention, by slot: keys as [group][d_k][capacity], values as
  /// [group][capacity][d_v], in elements of `number`.
  struct Memory {
    int groups = 0, d_k = 0, d_v = 0;
    const Number* number = nullptr;
    struct Kept {
      std::size_t capacity = 0;
      Array keys, values;
    };
    std::vector<Kept> slots;
  };
  using Embedding = const StoredMatrix*;
  using Choice = std::vector<Token>;  ///< by lane

  Tensors(const Policy& policy, int threads, Isa isa);

  const Policy& policy() const { return policy_; }
  Workers& workers() { return workers_; }

  /// From now on operations are of these lanes, in this order; sequences never hold more than `capacity`. Under
  /// `mask = none` a feed is a whole sequence.
  void stand_at(const std::vector<Feed>& feeds, int capacity);
  void enter_layer(int layer) { layer_ = layer; }
  std::size_t lanes() const { return positions_.size(); }

  Statistics statistics() const;
  /// What was counted since `kept` was taken is forgotten.
  void forget_since(const std::vector<Statistics>& kept);
  std::vector<Statistics> kept_statistics() const;
  /// Told of every number that a trace of the recorded program has, from any thread.
  std::function<void(const Site&, const Value&)> trace;
  /// The numbers of a vector that has one entry or more a lane, entry by entry: double (r, lane) at r * lanes +
  /// lane.
  void to_doubles(const Entries& x, double* out) const;

  std::uint8_t format_of(Role role) const { return role_format_[static_cast<std::size_t>(role)]; }
  std::uint8_t format(const Format& format);
  bool same_format(Role a, Role b) const { return format_of(a) == format_of(b); }

  Entries constant(const Value& value, Role role) { return constants({value}, role); }
  Entries constants(const std::vector<Value>& values, Role role);
  Entries member(const Value& value, std::uint8_t format);

  Entries binary(Op op, const Entries& a, const Entries& b, std::uint8_t format, const Place& where);
  Entries binary(Op op, const Entries& a, const Entries& b, Role role, const Place& where) {
    return binary(op, a, b, format_of(role), where);
  }
  Entries unary(Function function, const Entries& x, Role role, const Place& where);
  Entries round(const Entries& x, std::uint8_t format, const Place& where);
  Entries convert(const Entries& x, Role from, Role to, const Place& where) {
    return same_format(from, to) ? x : round(x, format_of(to), where);
  }
  Entries quotient(const Entries& e, const Entries& z, Role role, bool /*positive*/, const Place& where) {
    return binary(Op::div, e, z, role, where);
  }

  Entries max(const Entries& x, std::uint8_t format, const Place& where);
  Entries sum(const Entries& x, Role role, const Place& where);
  Entries dot(const Entries& x, const Entries& y, Role role, const Place& where);
  Entries running_max(const Entries& x, bool forward, Role role, const Place& where);
  Choice arg_max(const Entries& x, const Place& where);

  Entries slice(const Entries& x, int first, int count, int stride = 1) const;
  Entries interleave(const Entries& x, const Entries& y) const;
  Entries join(const std::vector<Entries>& parts);

  Map prepare(const Linear& map, bool in_layer = true);
  Entries apply(Map& map, const Entries& x, Role role, SiteName name, bool inner = false);

  Embedding embedding(const Matrix& table);
  Entries embed(Embedding table, const Place& where);
  Entries position_row(const Matrix& table);
  template <class Of>
  Entries by_position(const Rotary& rotary, int set, int count, const Of& of) {
    return turns(rotary, set, count, of);
  }
  template <class Of>
  Entries by_key(const Of& of, Role role) {
    return of_keys(of, role);
  }

  /// From now on keys at `window` positions or more before a lane's are out of its sight (0: none is).
  void look_back(int window);
  /// Whether the mask shows any lane any key. A lane that sees none gets zeros from `mix`.
  bool sees_any() const { return all_keys_ > 0; }
  Memory memory(int groups, int d_k, int d_v);
  void keep_key(Memory& memory, int group, const Entries& key);
  void keep_value(Memory& memory, int group, const Entries& value);
  Entries scores(const Memory& memory, int group, const Entries& query, Role role, const Place& where);
  Entries mix(const Memory& memory, int group, const Entries& weights, Role role, const Place& where);

  template <class Work>
  void each(int count, const Work& work) {
    run_each(static_cast<std::size_t>(count), [&](std::size_t i) { work(static_cast<int>(i)); });
  }

 private:
  struct Lane {
    int sequence = 0, slot = 0, position = 0;
    std::size_t shown = 0;  ///< by the mask: keys of positions 0 .. shown - 1
    std::size_t begin = 0;  ///< the first key that it sees
    std::size_t keys = 0;   ///< that it sees: those of positions begin .. shown - 1
    std::size_t first = 0;  ///< of its row among the keys of all lanes
  };
  /// What a thread has of its own.
  struct Own {
    Statistics statistics;
    ReduceRoom room;
    Array left, right;
    std::vector<std::uint8_t> trapped;
  };
  /// The operation that made an element, by definition. It may throw Trap.
  using Explain = std::function<Cause(std::size_t element)>;

  const Number& number(std::uint8_t format) const { return *numbers_[format]; }
  Own& own() { return *own_[static_cast<std::size_t>(Workers::self())]; }
  std::size_t size(Entries::Shape shape, int count) const;
  Entries room(Entries::Shape shape, int count, std::uint8_t format) const;
  /// The elements of x as a vector of this shape; a copy in `room` where x is no such vector.
  const std::byte* expanded(const Entries& x, Entries::Shape shape, int count, Array& room) const;
  /// x at every lane.
  Entries spread(const Entries& x) const;
  /// x as elements of `as`, entry after entry, lanes of an entry together; a view where it is that already.
  Entries as_elements(const Entries& x, std::uint8_t as) const;
  /// [lane][entry], elements of x.
  Array by_lane(const Entries& x) const;

  Site site(const Place& where, Entries::Shape shape, std::size_t element) const;
  DrawAt draws(Op op, const Place& where, Entries::Shape shape, std::uint8_t format) const;
  /// Throws for trapped elements; counts and traces the others.
  void note(const Entries& made, const Place& where, const std::vector<std::uint8_t>& trapped,
            const Explain& explain);
  std::vector<std::uint8_t>& traps(std::size_t count);
  Entries from_accumulators(const Entries& x, Role role, const Place& where) {
    return convert(x, Role::accumulators, role, where);
  }
  Entries sum_of_keys(const Entries& x, Role role, const Place& where);
  Entries turns(const Rotary& rotary, int set, int count, const std::function<Value(int, int)>& of);
  Entries of_keys(const std::function<Value(int, int)>& of, Role role);
  void run_each(std::size_t count, const std::function<void(std::size_t)>& work);
  Cause dot_cause(const std::vector<Value>& x, const std::vector<Value>& y, const Format& format) const;

  const Policy policy_;
  Isa isa_;
  Workers workers_;
  static constexpr std::size_t most_formats = 64;
  std::array<std::unique_ptr<Number>, most_formats> numbers_;
  std::uint8_t number_count_ = 0;
  std::mutex formats_;
  std::array<std::uint8_t, role_count> role_format_{};
  std::unique_ptr<Number> wide_;  ///< of wide(G)
  std::optional<Reducer> dots_;   ///< in `accumulators`
  std::vector<Reducer> sums_;     ///< by role
  std::optional<Quantiser> weight_quantiser_;
  std::uint64_t matrices_ = 0;

  std::vector<Lane> positions_;
  std::vector<Feed> feeds_;
  std::vector<Token> tokens_;
  std::size_t all_keys_ = 0, capacity_ = 0;
  int window_ = 0;
  int layer_ = -1;

  std::deque<std::pair<const Matrix*, StoredMatrix>> tables_;  ///< of embeddings
  struct Turns {
    const Rotary* rotary;
    int set;
    std::vector<Array> positions;  ///< by position; empty where not asked for yet
  };
  std::deque<Turns> turns_;
  std::mutex turns_mutex_;
  std::vector<std::unique_ptr<Own>> own_;
};

}  // namespace roundoff::sim
