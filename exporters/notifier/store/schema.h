// The journal's tables, and how those of an older finwatch-notifier become ours.
//
//   if (Status status = upgrade(*database); !status) return status;          // made, or brought up to date, in one transaction
//   if (Status status = check_version(*database); !status) return status;    // who only reads changes nothing
//
// A table is never changed here afterwards: a new version is one more Migration at the end of the list.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "notifier/store/database.h"

namespace finwatch::notifier {

/// From the version before it. `$sequence` is a number that the engine gives, and never gives again.
struct Migration {
  std::string_view both;        // what both engines understand
  std::string_view sqlite;      // after it
  std::string_view postgresql;  // after it
};

std::span<const Migration> migrations();

/// config when the tables are of a newer version, or are not ours.
Status upgrade(Database& database, std::span<const Migration> steps = migrations());
/// no_data when there are no tables yet; config when they are of another version.
Status check_version(Database& database, std::span<const Migration> steps = migrations());

}  // namespace finwatch::notifier
