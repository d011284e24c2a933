// Where an incident's pages lead to: the runbook, and the panels that show more.
#include "core/json.h"
#include "notifier/desk/pages.h"
#include "web/query.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kRunbook{"处置手册", "Runbook"};
constexpr Phrase kPanels{"相关面板", "Related panels"};

std::string put_in(std::string text, std::string_view name, std::string_view value) {
  const std::string mark = "{" + std::string(name) + "}";
  const std::string safe = percent_encode(value);
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + safe.size()))
    text.replace(at, mark.size(), safe);
  return text;
}

std::string fill(const View& view, std::string text, const Incident& incident, std::string_view instance,
                 std::string_view target) {
  text = put_in(std::move(text), "alert", incident.alertname);
  text = put_in(std::move(text), "lang", view.language() == Language::chinese ? "zh" : "en");
  text = put_in(std::move(text), "service", incident.service);
  text = put_in(std::move(text), "instance", instance);
  return put_in(std::move(text), "target", target);
}

std::string label_of(const std::vector<AlertRecord>& alerts, std::string_view name) {
  for (const AlertRecord& alert : alerts) {
    const Result<Json> labels = Json::parse(alert.labels);
    if (!labels) continue;
    if (const auto value = labels->root().find(name)) return std::string(value->text());
  }
  return {};
}

}  // namespace

// Whatever an alert says, a link leads to a web page and nowhere else.
std::string web_link(std::string_view url, std::string_view words) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return {};
  return "<a" + attribute("href", url) + " rel=\"noreferrer noopener\" target=\"_blank\">" + std::string(words) + "</a>";
}

std::string incident_links(const View& view, const Incident& incident, const std::vector<AlertRecord>& alerts) {
  const LinkSetup& setup = view.setup->links;
  const std::string instance = label_of(alerts, "instance"), target = label_of(alerts, "target");
  std::string runbook = web_link(incident.runbook, view.say(kRunbook));
  if (runbook.empty()) runbook = web_link(fill(view, setup.runbooks, incident, instance, target), view.say(kRunbook));
  const std::string panels = web_link(fill(view, setup.panels, incident, instance, target), view.say(kPanels));
  if (runbook.empty() && panels.empty()) return {};
  return "<p class=\"who\">" + runbook + " " + panels + "</p>\n";
}

}  // namespace finwatch::notifier
