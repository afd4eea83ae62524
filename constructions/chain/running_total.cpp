// See running_total.hpp.
#include "constructions/chain/running_total.hpp"

namespace roundoff::constructions {

RunningTotal::RunningTotal(ModelBuilder& model, int p, int digits, int steps)
    : one(model.add("one")),
      place{model.add("x", p), model.add("added", p), {}, model.add("sum", p)},
      model_(model),
      digits_(digits),
      adds_(model, "adds", steps),
      writes_(model, "writes", steps),
      not_carrier_(model.add("not_carrier")),
      not_generate_(model.add("not_generate")),
      not_kill_(model.add("not_kill")),
      verdicts_(model, "verdict", digits - 1),  // least significant column first
      last_(
          model.add("last")),  // a second 1, which stands after the verdicts: the guard of a slot comes last
      slots_(model.add("slot", digits + 1)),
      digit_(model.add("digit", p)),
      carry_(model.add("carry")),
      more_(model.add("more")),
      end_(model.add("end")),
      zero_(model.add("zero", 2)) {
  place.b = place.x;
}

void RunningTotal::slot(int position, int number) {
  const auto at = static_cast<std::size_t>(position);
  if (slot_of_.size() <= at) slot_of_.resize(at + 1, -1);
  if (slot_of_[at] != number) model_.position(position, slots_[static_cast<std::size_t>(number)], 1);
  slot_of_[at] = number;
}

void RunningTotal::carrier(int position, int step, int column) {
  adds_.place(model_, position, step);
  slot(position, column);
  const auto at = static_cast<std::size_t>(position);
  if (carries_.size() <= at) carries_.resize(at + 1, false);
  carries_[at] = true;
}

void RunningTotal::output(int position, int step, int digit) {
  writes_.place(model_, position, step);
  slot(position, digit + 1);
}

void RunningTotal::zero_output(int position) {
  for (const Register reg : zero_) model_.position(position, reg, 1);
}

void RunningTotal::embed(const Task& task, const TotalsLayout& at) {
  for (int d = 0; d < task.base(); ++d)
    model_.token(static_cast<Token>(d), place.x[static_cast<std::size_t>(d)], 1);
  carries_.resize(static_cast<std::size_t>(at.positions()), false);
  for (int position = 0; position < at.positions(); ++position) {
    model_.position(position, one, 1);
    model_.position(position, last_, 1);
    if (!carries_[static_cast<std::size_t>(position)]) model_.position(position, not_carrier_, 1);
  }
  for (int line = 0; line < at.lines; ++line)
    model_.position(at.digit(line, 0), line + 1 < at.lines ? more_ : end_, 1);
}

// A slot is a one-hot number, so that any code of it is a linear map: bit d is the sum of the slots whose
// code has a one there.
std::vector<Form> RunningTotal::column_code(int slots_below) const {
  const int length = antichain_length(digits_);
  std::vector<Form> bits(static_cast<std::size_t>(length));
  for (int column = 0; column < digits_; ++column) {
    for (const int bit : antichain_ones(length, column))
      bits[static_cast<std::size_t>(bit)] += Form(slots_[static_cast<std::size_t>(column + slots_below)]);
  }
  return bits;
}

void RunningTotal::finish(LayerBuilder& layer, const Task& task, const Weight& max) {
  const int p = task.base(), columns = digits_ - 1;
  AddColumns::classify(layer, place, [&](int total) {
    std::vector<Register> registers;
    if (total < p) registers.push_back(not_generate_);
    if (total > p - 2) registers.push_back(not_kill_);
    return registers;
  });

  // Outputs fetch the sum of their column from its carrier. Carriers lay their verdict into their column's
  // register: MAX for generate, -MAX for kill.
  LayerBuilder& fetch = model_.layer();
  HeadBuilder& own = fetch.head();
  writes_.match(own, adds_, one, max);
  const std::vector<Form> query = column_code(1), key = column_code(0);
  for (std::size_t bit = 0; bit < query.size(); ++bit) own.score(query[bit], -max * one + max * key[bit]);
  own.score(-max * one, not_carrier_);
  for (std::size_t d = 0; d < digit_.size(); ++d) own.copy(place.sum[d], digit_[d]);
  for (int t = 0; t < columns; ++t) {
    const Form here = Form(slots_[static_cast<std::size_t>(t)]) - max * not_carrier_;
    fetch.unit(here - max * not_generate_, {{verdicts_.push(t), max}});
    fetch.unit(here - max * not_kill_, {{verdicts_.push(t), -max}});
  }

  // Outputs gather the verdicts of their step, each non-zero at one carrier only, and one flip-flop a digit
  // finds the carry into it.
  LayerBuilder& carries = model_.layer();
  HeadBuilder& gather = carries.head();
  writes_.match(gather, adds_, one, max);
  gather.score(-max * one, not_carrier_);
  for (int t = 0; t < columns; ++t) verdicts_.gather(gather, t);
  for (int i = 1; i <= columns; ++i) {
    const Form state = verdicts_.state(0, i, one, max);
    carries.unit(state - max * last_ + max * slots_[static_cast<std::size_t>(i + 1)], {{carry_, 1}});
  }

  // The digit moves up by one where a carry comes in. After a total, `=` or <eos>. Where the digit is always
  // 0, what the others hold is pressed down by MAX, and 0 pushed up by MAX twice.
  AddColumns::add_carry(model_.layer(), {{}, {}, {}, digit_}, carry_, max);
  for (std::size_t d = 0; d < digit_.size(); ++d) {
    const Form logit = digit_[d] - max * more_ - max * end_;
    model_.logit(static_cast<Token>(d),
                 d == 0 ? logit + max * zero_[0] + max * zero_[1] : logit - max * zero_[0]);
  }
  model_.logit(task.symbol("="), more_);
  model_.logit(task.eos(), end_);
}

std::string needs_running_total(const Policy& policy, int fewest, int digits) {
  const Weight max = largest(policy);
  return first_reason({needs_constant_attention(policy, fewest, digits), needs_stable_softmax(policy),
                       needs_flipflop(policy, uniform_copy(policy, max, fewest, digits),
                                      uniform_copy(policy, -max, fewest, digits))});
}

}  // namespace roundoff::constructions
