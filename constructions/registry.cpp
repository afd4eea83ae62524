// The list of constructions. One line adds one; help, docs and tests iterate over it.
#include "constructions/construction.hpp"

namespace roundoff::constructions {

Construction add_hinge();
Construction add_match();
Construction add_dnf();
Construction add_flipflop();
Construction add_dyadic();
Construction add_lookahead();
Construction add_ragged();
Construction add_hinge4();
Construction add_slim();
Construction add_slim2d();
Construction add_ruler();
Construction iteradd_log();
Construction iteradd_slim();
Construction iteradd_counters();
Construction mul_n2();
Construction mul_n();
Construction mul_nl();
Construction iteradd_const();
Construction iteradd_exact();
Construction mul_const();
Construction majority();
Construction parity();
Construction cot_iteradd();
Construction cot_mul();

std::span<const Construction> all_constructions() {
  static const std::vector<Construction> list = {
      add_hinge(),      //
      add_match(),      //
      add_dnf(),        //
      add_flipflop(),   //
      add_dyadic(),     //
      add_lookahead(),  //
      add_ragged(),     //
      add_hinge4(),     //
      add_slim(),       //
      add_slim2d(),     //
      add_ruler(),      //
      iteradd_log(),    //
      iteradd_slim(),   //
      iteradd_counters(),
      mul_n2(),         //
      mul_n(),          //
      mul_nl(),         //
      iteradd_const(),  //
      iteradd_exact(),  //
      mul_const(),      //
      majority(),       //
      parity(),         //
      cot_iteradd(),    //
      cot_mul(),        //
  };
  return list;
}

}  // namespace roundoff::constructions
