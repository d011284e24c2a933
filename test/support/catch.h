// Catch2 v2 (Debian 12) and v3 (Debian 13) behind one include.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

namespace Catch::Matchers {
inline StringContainsMatcher Contains(const std::string& text) { return ContainsSubstring(text); }  // its name in v2
}  // namespace Catch::Matchers
#else
#include <catch2/catch.hpp>
#endif
