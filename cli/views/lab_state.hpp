// The page lab/ at an input of a construction: what `roundoff lab STATE` opens.
#pragma once

#include <string>
#include <string_view>

#include "cli/names.hpp"
#include "cli/options/subject.hpp"

namespace roundoff::cli {

/// "transformer?name=add-hinge&p=10&input=000%2B000%3D&format=fixed(5,0)"; "" for what the page cannot be asked: model files,
/// several digits a token, operands of unequal length, a policy of more than one format.
std::string lab_state(const Subject& subject, std::string_view input);
/// A byte as an address may hold it behind the #, or %20.
std::string address_text(std::string_view text, std::string_view as_they_are);

}  // namespace roundoff::cli
