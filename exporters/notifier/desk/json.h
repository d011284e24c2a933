// What the REST interface says, as JSON. openapi.cpp describes every member; a test holds one beside the other.
#pragma once

#include <string>

#include "notifier/desk/figures.h"
#include "notifier/desk/reading.h"
#include "notifier/store/store.h"

namespace finwatch::notifier {

/// Without the closing brace's members `alert_list`, `timeline`, `deliveries`.
std::string incident_json(const Sheet& sheet);
struct Details {
  std::vector<AlertRecord> alerts;
  std::vector<TimelineEntry> timeline;
  std::vector<Delivery> deliveries;
};
std::string incident_json(const Sheet& sheet, const Details& details);
std::string delivery_json(const Delivery& delivery);
std::string on_call_json(const Contract& contract, WallTime at);
std::string figures_json(const MonthFigures& figures);

}  // namespace finwatch::notifier
