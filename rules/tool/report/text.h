// Numbers as people read them, the same on every machine.
#pragma once

#include <string>
#include <string_view>

#include "rules/tool/report/document.h"

namespace finwatch::rules {

/// 12.30
std::string fixed(double value, int decimals);
/// "99.899%" for 0.8989…: never rounded up to a promise that was not kept.
std::string percent(double share, int decimals = 3);
/// The same without the sign.
std::string percent_number(double share, int decimals = 3);
/// "1,234,567.50"
std::string money(double amount);
/// "4 h 32 min", "4 小时 32 分"; "45 s" below a minute.
std::string length_text(double seconds, Language language);
/// "2026-11-03 14:05", by the clock of the organisation.
std::string moment_text(const Zone& zone, Moment moment);

/// & < > and quotes as entities.
std::string html_text(std::string_view text);

}  // namespace finwatch::rules
