// The flags that say what is known of metrics, for the commands that ask.
#pragma once

#include "rules/tool/command/command.h"
#include "rules/tool/coverage/coverage.h"

namespace finwatch::rules {

inline constexpr FlagSpec kCatalogueFlag{FlagKind::list, "catalogue", "",
                                         "What finwatch-host --catalogue and its like print: a file, a folder of them "
                                         "(*.json), or - for standard input. May be given again, and "
                                         "separated by commas."};
inline constexpr FlagSpec kMetricsFlag{
    FlagKind::list, "metrics", "",
    "A page of metrics of this machine: a file, a URL, or - for standard input. May be given again, and "
    "separated by commas."};
inline constexpr FlagSpec kPeersFlag{FlagKind::text, "peers", "rules/peers.yaml",
                                     "Metrics of established exporters: there on the condition that they run."};
inline constexpr FlagSpec kDeclaredFlag{FlagKind::text, "declared", "rules/declared",
                                        "Folder of the catalogues of programs that are still to come (*.yaml)."};
inline constexpr FlagSpec kLabelsFlag{FlagKind::list, "labels", "",
                                      "Labels beside job and instance that the scrape configuration or external_labels add."};

struct KnownMetrics {
  Metrics metrics;
  std::vector<Page> pages;
  LabelNames target_labels;
};

/// All that the flags above name.
Result<KnownMetrics> load_known_metrics(const Flags& flags);

/// The values of a list flag, those with commas in them taken apart.
std::vector<std::string> words_of(const Flags& flags, std::string_view name);

}  // namespace finwatch::rules
