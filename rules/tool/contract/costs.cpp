// What an hour, a message and a month of operation cost.
#include "core/text.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

constexpr double kMost = 1e9;  // of any price

std::optional<double> read_price(MapReader& reader, std::string_view key) {
  if (!reader.has(key)) return std::nullopt;
  return reader.number(key, 0, 0, kMost);
}

Result<MonthlyCost> read_monthly(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Status name = ok();
  MonthlyCost cost{.name = required_words(reader, "name", name), .amount = reader.number("amount", 0, 0, kMost)};
  if (!reader.has("amount")) reader.fail("amount", path + ".amount: must be given");
  if (Status status = reader.finish(); !status) return status.error();
  if (!name) return name.error();
  return cost;
}

Status read_downtime(const Tree& value, const Contract& contract, Costs& costs) {
  MapReader reader(value, "costs.hour_of_downtime");
  std::vector<std::string_view> measured;
  for (const Service& service : contract.services)
    if (service.availability) measured.push_back(service.id);
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    const std::string& id = value.keys[i];
    if (Status known = check_known(value.key_where[i], "costs.hour_of_downtime", "service with an availability", id, measured);
        !known)
      return known;
    costs.hour_of_downtime[id] = reader.number(id, 0, 0, kMost);
  }
  return reader.finish();
}

}  // namespace

Status read_costs(const Tree& value, Contract& contract) {
  MapReader reader(value, "costs");
  Costs costs;
  costs.currency = reader.required_text("currency");
  if (costs.currency.size() > 12)
    reader.fail("currency",
                "costs.currency: expected a short word such as CNY or 元, found '" + valid_utf8(costs.currency) + "'");
  costs.hour_of_work = read_price(reader, "hour_of_work");
  costs.sms = read_price(reader, "sms");
  costs.voice = read_price(reader, "voice");
  const Tree* downtime = reader.map("hour_of_downtime");
  const Tree* monthly = reader.list("monthly");
  if (Status status = reader.finish(); !status) return status;
  if (downtime != nullptr)
    if (Status status = read_downtime(*downtime, contract, costs); !status) return status;
  if (Status status = read_each(monthly, "costs.monthly", costs.monthly, read_monthly); !status) return status;
  contract.costs = std::move(costs);
  return ok();
}

}  // namespace finwatch::rules
