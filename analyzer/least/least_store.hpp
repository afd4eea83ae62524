// What is known of one split, kept in a store: a search that was cut off goes on where it was.
#pragma once

#include "analyzer/least/least.hpp"
#include "analyzer/store/store.hpp"

namespace roundoff::analyzer {

/// The key of a split of a task in a format, under this version of the semantics.
std::string split_key(const Task& task, const WidthSplit& split, const Format& format);

/// As text; an answer that ran out of time is not kept.
void keep_split(Store& store, const Task& task, const Format& format, const SplitAnswer& answer);
/// Nothing where the store does not know, or has what cannot be read. A model is verified again.
std::optional<SplitAnswer> known_split(const Store& store, const Task& task, const WidthSplit& split,
                                       const Format& format);

}  // namespace roundoff::analyzer
