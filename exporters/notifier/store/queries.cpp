#include "notifier/store/queries.h"

#include <algorithm>

#include "core/text.h"
#include "notifier/store/rows.h"

namespace finwatch::notifier {
namespace {

/// Conditions that must all hold.
class Where {
 public:
  Where& add(const std::string& condition) {
    text_.append(text_.empty() ? " WHERE " : " AND ").append(condition);
    return *this;
  }
  Where& equals(std::string_view column, std::string_view value) {
    return value.empty() ? *this : add(std::string(column) + " = " + sql_text(value));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Whether a column holds the text; letters of ASCII in any case, every other sign as it is.
std::string holds(std::string_view column, const std::string& lower, Dialect dialect) {
  const std::string name(column);
  return dialect == Dialect::sqlite ? "instr(lower(" + name + "), " + lower + ") > 0"
                                    : "strpos(lower(" + name + " COLLATE \"C\"), " + lower + ") > 0";
}

std::string matches(std::string_view search, Dialect dialect) {
  const std::string lower = sql_text(lower_case(search));
  std::string any;
  for (const std::string_view column : {"title_zh", "title_en", "key", "alertname"})
    any.append(any.empty() ? "(" : " OR ").append(holds(column, lower, dialect));
  if (const auto id = incident_id(search)) any += " OR id = " + std::to_string(*id);
  return any + ")";
}

}  // namespace

std::string limit_of(int most) { return std::to_string(std::clamp(most, 0, kMostAnswered)); }

std::string select_incidents(const IncidentQuery& query, Dialect dialect) {
  Where where;
  if (query.open) where.add(*query.open ? "state <> 'closed'" : "state = 'closed'");
  where.equals("service", query.service).equals("fault_class", query.fault_class).equals("severity", query.severity);
  if (query.began_from) where.add("began >= " + sql_time(*query.began_from));
  if (query.began_to) where.add("began < " + sql_time(*query.began_to));
  if (query.before > 0) where.add("id < " + std::to_string(query.before));
  if (const std::string_view search = trim(query.search); !search.empty()) where.add(matches(search, dialect));
  return "SELECT " + columns_of<Incident>() + " FROM incidents" + where.text() + " ORDER BY id DESC LIMIT " +
         limit_of(query.most);
}

std::string select_deliveries(const DeliveryQuery& query) {
  Where where;
  if (query.incident != 0) where.add("incident = " + std::to_string(query.incident));
  if (query.state) where.equals("state", to_string(*query.state));
  if (query.channel) where.equals("channel", to_string(*query.channel));
  if (query.before > 0) where.add("id < " + std::to_string(query.before));
  return "SELECT " + columns_of<Delivery>() + " FROM deliveries" + where.text() + " ORDER BY id DESC LIMIT " +
         limit_of(query.most);
}

}  // namespace finwatch::notifier
