#include "notifier/desk/api.h"

#include <algorithm>

#include "core/instant.h"
#include "core/json_text.h"
#include "notifier/desk/json.h"
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostIncidents = 100;
constexpr int kMostDeliveries = 200;
constexpr int kMostDetails = 1000;

constexpr Phrase kBadTime{"at 应形如 2026-11-27T21:52:00Z", "at looks like 2026-11-27T21:52:00Z"};

template <class Found>
std::string next_before(const Found& found, int most) {
  return found.size() == static_cast<std::size_t>(most) ? std::to_string(found.back().id) : "null";
}

}  // namespace

Result<WebAnswer> incidents_api(View& view) {
  const Result<IncidentQuery> query = incident_query(view, kMostIncidents);
  if (!query) return query.error();
  Result<std::vector<Incident>> found = view.store->incidents(*query);
  if (!found) return found.error();
  const std::string next = next_before(*found, query->most);
  JsonMembers list('[');
  for (const Sheet& sheet : sheets_of(view.contract(), std::move(*found), view.now)) list.add(incident_json(sheet));
  return json_answer(view, JsonMembers('{').add("incidents", list.end()).add("next_before", next).end());
}

Result<WebAnswer> incident_api(View& view) {
  Result<Incident> incident = named_incident(view, view.visit.query("id"));
  if (!incident) return incident.error();
  const std::int64_t id = incident->id;
  Result<std::vector<AlertRecord>> alerts = view.store->alerts(id, kMostDetails);
  if (!alerts) return alerts.error();
  Result<std::vector<TimelineEntry>> timeline = view.store->timeline(id, kMostDetails);
  if (!timeline) return timeline.error();
  std::sort(timeline->begin(), timeline->end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  Result<std::vector<Delivery>> deliveries =
      view.store->deliveries({.incident = id, .state = {}, .channel = {}, .most = kMostDetails});
  if (!deliveries) return deliveries.error();
  const Details details{std::move(*alerts), std::move(*timeline), std::move(*deliveries)};
  const std::string json = incident_json(sheet_of(view.contract(), std::move(*incident), view.now), details);
  return json_answer(view, JsonMembers('{').add("incident", json).end());
}

Result<WebAnswer> on_call_api(View& view) {
  std::optional<WallTime> at = view.now;
  if (const std::string_view asked = view.visit.query("at"); !asked.empty()) at = parse_instant(asked);
  if (!at) return Error{Errc::malformed, std::string(view.say(kBadTime))};
  return json_answer(view, on_call_json(view.contract(), *at));
}

Result<WebAnswer> deliveries_api(View& view) {
  const Result<DeliveryQuery> query = delivery_query(view, kMostDeliveries);
  if (!query) return query.error();
  const Result<std::vector<Delivery>> found = view.store->deliveries(*query);
  if (!found) return found.error();
  JsonMembers list('[');
  for (const Delivery& delivery : *found) list.add(delivery_json(delivery));
  return json_answer(view,
                     JsonMembers('{').add("deliveries", list.end()).add("next_before", next_before(*found, query->most)).end());
}

Result<WebAnswer> figures_api(View& view) {
  const Result<Month> month = named_month(view);
  if (!month) return month.error();
  const Result<MonthFigures> figures = month_figures(*view.store, view.contract(), *month, view.now);
  if (!figures) return figures.error();
  return json_answer(view, figures_json(*figures));
}

Result<WebAnswer> openapi_api(View& view) { return json_answer(view, std::string(openapi_document())); }

}  // namespace finwatch::notifier
