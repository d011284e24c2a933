// Why a run failed: a closed set, because its words become the label `reason`.
//
//   Reason reason = Reason::assertion;
//   to_string(reason)                                  "assertion"
#pragma once

#include <iterator>
#include <optional>
#include <string_view>

namespace finwatch::workflow {

enum class Reason : unsigned char {
  // What a flow file may name in `reason:` and `as:`.
  assertion,       // the answer was not what was expected
  status,          // nor was its status
  authentication,  // the login or session was refused
  permission,      // the login was good, and may not do this
  throttled,       // too many requests or attempts
  lock,            // a record or a table is locked by another
  data,            // master data is wrong: a closed period, an unknown account
  unavailable,     // the application says that it cannot serve
  timeout,         // late
  // What only a run finds.
  dns,
  connect,
  tls,
  cleanup,   // what was created could not be removed
  overrun,   // the run before had not ended
  internal,  // our mistake, or a flow's: a variable that was not set
};

inline constexpr std::string_view kReasonNames[] = {"assertion", "status", "authentication", "permission", "throttled",
                                                    "lock",      "data",   "unavailable",    "timeout",    "dns",
                                                    "connect",   "tls",    "cleanup",        "overrun",    "internal"};
static_assert(std::size(kReasonNames) == static_cast<std::size_t>(Reason::internal) + 1);
inline constexpr std::size_t kReasonsInFiles = static_cast<std::size_t>(Reason::timeout) + 1;

constexpr std::string_view to_string(Reason reason) { return kReasonNames[static_cast<unsigned char>(reason)]; }

/// Of a word in a flow file; nothing for any other.
constexpr std::optional<Reason> reason_in_file(std::string_view word) {
  for (std::size_t i = 0; i < kReasonsInFiles; ++i)
    if (kReasonNames[i] == word) return static_cast<Reason>(i);
  return std::nullopt;
}

}  // namespace finwatch::workflow
