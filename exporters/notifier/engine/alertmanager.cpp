#include "notifier/engine/alertmanager.h"

#include "core/json.h"
#include "http/http.h"

namespace finwatch::notifier {

Result<std::set<std::string>> alerts_that_fire(const AlertmanagerSetup& setup) {
  const Result<HttpReply> reply =
      http({.url = setup.url + "/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true",
            .accept = "application/json",
            .user = setup.user,
            .password = setup.password,
            .ca_file = setup.ca_file});
  if (!reply) return reply.error();
  if (reply->status != 200) return {Errc::unavailable, "Alertmanager answers with status " + std::to_string(reply->status)};
  const Result<Json> json = Json::parse(reply->body);
  if (!json) return json.error();
  if (json->root().kind() != JsonRef::Kind::list) return {Errc::malformed, "expected a list of alerts from Alertmanager"};
  std::set<std::string> fingerprints;
  for (auto alert = json->root().first(); alert; alert = alert->next())
    if (const auto fingerprint = alert->find("fingerprint")) fingerprints.emplace(fingerprint->text());
  return fingerprints;
}

}  // namespace finwatch::notifier
