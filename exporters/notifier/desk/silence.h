// A silence at Alertmanager for the alerts of one incident: the labels that all of its firing alerts share, and no more.
//
//   Result<std::string> json = silence_json(alerts, {.number = "INC-42", .creator = "zhang.wei", …});
//   Result<std::string> id = post_silence(setup.alertmanager, *json);        // blocks, ten seconds at most
#pragma once

#include <string>
#include <vector>

#include "notifier/incident/incident.h"
#include "notifier/setup.h"

namespace finwatch::notifier {

struct SilenceWish {
  std::string number, creator, comment;
  WallTime from, to;
};

/// The body for POST /api/v2/silences. no_data when nothing fires; config when the alerts share no alertname: such a silence would
/// hush more than this incident.
Result<std::string> silence_json(const std::vector<AlertRecord>& alerts, const SilenceWish& wish);
/// Alertmanager's id of the silence.
Result<std::string> post_silence(const AlertmanagerSetup& setup, const std::string& json);
/// "90m", "2h", "1d"; from one minute to 30 days.
std::optional<std::chrono::seconds> silence_length(std::string_view text);

}  // namespace finwatch::notifier
