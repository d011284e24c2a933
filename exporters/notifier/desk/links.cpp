// Where an incident's pages lead to: the runbook, and the panels that show more.
#include "core/json.h"
#include "notifier/desk/pages.h"
#include "notifier/engine/compose.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kRunbook{"处置手册", "Runbook"};
constexpr Phrase kPanels{"相关面板", "Related panels"};

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
  const auto filled = [&](const std::string& pattern) {
    return fill_link(pattern, incident, {instance, target}, view.language() == Language::chinese ? "zh" : "en");
  };
  std::string runbook = web_link(incident.runbook, view.say(kRunbook));
  if (runbook.empty()) runbook = web_link(filled(setup.runbooks), view.say(kRunbook));
  const std::string panels = web_link(filled(setup.panels), view.say(kPanels));
  if (runbook.empty() && panels.empty()) return {};
  return "<p class=\"who\">" + runbook + " " + panels + "</p>\n";
}

}  // namespace finwatch::notifier
