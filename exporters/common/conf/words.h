// The right word for a wrong one: what an operator probably meant; and what an id looks like.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace finwatch {

/// How many letters must be added, removed, changed or swapped with their neighbour to turn one word into the other.
std::size_t edit_distance(std::string_view one, std::string_view other);

/// The candidate nearest to `word`, at most three edits (and fewer than half its letters) away; empty when none is near.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);

/// "; did you mean 'port'?", or nothing when no candidate is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// Letters, digits, _, - and . after a letter, 64 at most: ids become label values and file names.
bool is_id(std::string_view text);

}  // namespace finwatch
