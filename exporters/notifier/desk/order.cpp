#include "notifier/desk/deeds.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kWrongType{"Content-Type 必须是 application/json", "Content-Type must be application/json"};

}  // namespace

std::string Order::text(std::string_view name) const {
  const auto value = json_.root().find(name);
  return value ? std::string(value->text()) : std::string();
}

std::optional<Order> read_order(const Deed& deed) {
  const View view = deed.view();
  // A form of somebody else's page can send anything but this type.
  if (view.visit.content_type != "application/json") {
    deed.refuse(400, view.say(kWrongType));
    return std::nullopt;
  }
  Result<Json> json = Json::parse(view.visit.body);
  if (json) return Order(std::move(*json));
  deed.refuse(400, json.error().message);
  return std::nullopt;
}

}  // namespace finwatch::notifier
