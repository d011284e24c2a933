// What a request asks for, as the store understands it.
#include <algorithm>

#include "core/text.h"
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostAsked = 1000;
constexpr std::size_t kMostSearch = 600;  // bytes: 200 characters of Chinese

constexpr Phrase kBadState{"state 只能是 open、closed 或 all", "state is open, closed or all"};
constexpr Phrase kBadLimit{"limit 应为 1 到 1000 的整数", "limit is a number from 1 to 1000"};
constexpr Phrase kBadBefore{"before 应为事件编号", "before is the number of an incident or a delivery"};
constexpr Phrase kBadDelivery{"state 只能是 queued、sending、delivered、failed 或 dropped",
                              "state is queued, sending, delivered, failed or dropped"};
constexpr Phrase kBadChannel{"没有这个通道", "there is no such channel"};
constexpr Phrase kNoIncident{"没有这个事件（可能已归档）", "there is no such incident; it may have been archived"};
constexpr Phrase kBadMonth{"month 应形如 2026-11", "month looks like 2026-11"};

Error wrong(const View& view, const Phrase& phrase) { return {Errc::malformed, std::string(view.say(phrase))}; }

Result<int> limit(const View& view, int most) {
  const std::string_view text = view.visit.query("limit");
  if (text.empty()) return most;
  const auto number = to_number<int>(text);
  if (!number || *number < 1 || *number > kMostAsked) return wrong(view, kBadLimit);
  return *number;
}

}  // namespace

Result<IncidentQuery> incident_query(const View& view, int most) {
  IncidentQuery query;
  const std::string_view state = view.visit.query("state");
  if (!state.empty() && state != "open" && state != "closed" && state != "all") return wrong(view, kBadState);
  if (state != "all") query.open = state != "closed";
  query.service = clean_text(view.visit.query("service"));
  query.fault_class = clean_text(view.visit.query("class"));
  query.severity = clean_text(view.visit.query("severity"));
  query.search = clean_text(view.visit.query("search").substr(0, kMostSearch));
  const Result<int> asked = limit(view, most);
  if (!asked) return asked.error();
  query.most = *asked;
  if (const std::string_view before = view.visit.query("before"); !before.empty()) {
    const auto id = incident_id(before);
    if (!id) return wrong(view, kBadBefore);
    query.before = *id;
  }
  return query;
}

Result<DeliveryQuery> delivery_query(const View& view, int most) {
  DeliveryQuery query;
  const auto state = view.visit.query("state");
  if (!state.empty() && state != "all") {
    const auto found = std::find(kDeliveryStateNames.begin(), kDeliveryStateNames.end(), state);
    if (found == kDeliveryStateNames.end()) return wrong(view, kBadDelivery);
    query.state = static_cast<DeliveryState>(found - kDeliveryStateNames.begin());
  }
  if (const auto channel = view.visit.query("channel"); !channel.empty()) {
    const auto found = std::find(kChannelNames.begin(), kChannelNames.end(), channel);
    if (found == kChannelNames.end()) return wrong(view, kBadChannel);
    query.channel = static_cast<ChannelKind>(found - kChannelNames.begin());
  }
  if (const auto incident = view.visit.query("incident"); !incident.empty()) {
    const auto id = incident_id(incident);
    if (!id) return wrong(view, kBadNumber);
    query.incident = *id;
  }
  if (const auto before = view.visit.query("before"); !before.empty()) {
    const auto id = to_number<std::int64_t>(before);
    if (!id || *id <= 0) return wrong(view, kBadBefore);
    query.before = *id;
  }
  const Result<int> asked = limit(view, most);
  if (!asked) return asked.error();
  query.most = *asked;
  return query;
}

Result<Incident> named_incident(const View& view, std::string_view name) {
  const auto id = incident_id(name);
  if (!id) return wrong(view, kBadNumber);
  Result<std::optional<Incident>> found = view.store->incident(*id);
  if (!found) return found.error();
  if (!*found) return Error{Errc::no_data, std::string(view.say(kNoIncident))};
  return std::move(**found);
}

Result<Month> named_month(const View& view) {
  const std::string_view text = view.visit.query("month");
  if (text.empty()) return month_of(day_of(view.contract().zone.local(view.now)));
  const auto month = parse_year_month(text);
  if (!month) return wrong(view, kBadMonth);
  return *month;
}

}  // namespace finwatch::notifier
