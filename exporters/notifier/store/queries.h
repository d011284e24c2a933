// What the page and the tools ask of the journal, as SQL.
//
//   database.query(select_incidents({.open = true, .search = "erp"}, database.dialect()), rows);
#pragma once

#include <string>

#include "notifier/store/database.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

/// No answer has more rows, whatever was asked for.
inline constexpr int kMostAnswered = 10'000;
/// As a number of rows: never negative, never above kMostAnswered.
std::string limit_of(int most);

std::string select_incidents(const IncidentQuery& query, Dialect dialect);
std::string select_deliveries(const DeliveryQuery& query);

}  // namespace finwatch::notifier
