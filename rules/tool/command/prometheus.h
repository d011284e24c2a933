// The flags of the commands that ask Prometheus.
#pragma once

#include "conf/flags.h"
#include "rules/tool/prometheus/client.h"

namespace finwatch::rules {

inline constexpr FlagSpec kUrlFlag{FlagKind::text, "prometheus.url", "http://127.0.0.1:9090",
                                   "Prometheus, with the path in front of its API if it has one."};
inline constexpr FlagSpec kUserFlag{FlagKind::text, "prometheus.user", "", "Who asks, where Prometheus wants to know."};
inline constexpr FlagSpec kPasswordFlag{FlagKind::text, "prometheus.password-file", "", "The file with that user's password."};
inline constexpr FlagSpec kBearerFlag{FlagKind::text, "prometheus.bearer-file", "",
                                      "The file with a token, in place of a user."};
inline constexpr FlagSpec kCaFlag{FlagKind::text, "prometheus.ca-file", "",
                                  "Certificates (PEM) of those who may sign that of Prometheus; the system's when not given."};

/// config for flags that contradict each other, and for a file that cannot be read. Asks nothing yet.
Result<HttpPrometheus> open_prometheus(const Flags& flags, std::chrono::milliseconds timeout);

}  // namespace finwatch::rules
