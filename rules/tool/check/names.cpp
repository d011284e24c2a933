// Names that stand twice, recordings that nobody reads, and those that are read before there is anything in them.
#include <algorithm>
#include <set>

#include "rules/tool/check/subject.h"

namespace finwatch::rules {
namespace {

using std::chrono::milliseconds;

// How long a sample stays visible to one who asks for the newest.
constexpr milliseconds kLookBack = minutes{5};

bool is_word(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_well_formed(std::string_view name) {
  const std::size_t first = name.find(':'), second = name.find(':', first + 1);
  return second != std::string_view::npos && is_word(name.substr(0, first)) &&
         is_word(name.substr(first + 1, second - first - 1)) && is_word(name.substr(second + 1));
}

std::string file_stem(const Position& where) {
  const std::string path = where.file ? *where.file : "";
  const std::size_t slash = path.rfind('/'), dot = path.rfind('.');
  const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(begin, dot == std::string::npos || dot < begin ? dot : dot - begin);
}

void check_areas(const Subject& subject, Problems& problems) {
  std::set<std::string_view> areas, alerts, recordings;
  for (const Area& area : subject.areas) {
    if (!areas.insert(area.id).second) problems.error(area.where, "a second area '" + area.id + "'. Name it otherwise");
    if (const std::string stem = file_stem(area.where); stem != area.id)
      problems.error(area.where, "area: the area '" + area.id + "' stands in a file named '" + stem +
                                     "': what is made of it bears the area's name. Rename one of them");
    for (const Recording& recording : area.recordings) {
      if (!recordings.insert(recording.name).second)
        problems.error(recording.where,
                       "a second recording '" + recording.name + "': their series would be mixed. Name it otherwise");
      if (!is_well_formed(recording.name))
        problems.error(recording.where,
                       "'" + recording.name +
                           "': expected level:metric:operations, three words of letters, digits and _, such as "
                           "instance:node_cpu_busy:ratio_rate5m");
    }
    for (const Alert& alert : area.alerts)
      if (!alerts.insert(alert.id).second) problems.error(alert.where, "a second alert '" + alert.id + "'. Name it otherwise");
  }
}

// In one group the recordings are worked out first, at the same moment: what they give is always there.
bool same_group(const CheckedRule& reader, const CheckedRule& read) {
  return reader.area == read.area && reader.speed() == read.speed();
}

void check_read(const CheckedRule& reader, const Selected& selected, const CheckedRule& read, Problems& problems) {
  const milliseconds pace = interval_of(read.speed());
  const std::string what = reader.name() + " reads " + read.name() + ", which is worked out every " + shown_length(pace) + ", ";
  if (selected.range > milliseconds{} && selected.range < pace)
    problems.error(reader.where(),
                   what + "over " + shown_length(selected.range) +
                       " only: most of the time there is nothing in them. Make the window longer, or the recording faster");
  if (selected.range == milliseconds{} && !selected.in_subquery && pace >= kLookBack && !same_group(reader, read))
    problems.error(reader.where(), what + "by its newest sample, which Prometheus forgets after " + shown_length(kLookBack) +
                                       ": read it with last_over_time(" + read.name() + "[" + shown_length(2 * pace) +
                                       "]), or make the recording faster");
}

}  // namespace

void check_names(const Subject& subject, Problems& problems) {
  check_areas(subject, problems);
  std::set<std::string_view> read;
  for (const CheckedRule& rule : subject.rules)
    for (const Selected& selected : rule.analysis.selected) {
      const auto recording = subject.recordings.find(selected.name);
      if (recording == subject.recordings.end() || recording->second == &rule) continue;
      read.insert(recording->first);
      check_read(rule, selected, *recording->second, problems);
    }
  for (const auto& [name, rule] : subject.recordings)
    if (!read.contains(name))
      problems.warning(rule->recording->where,
                       "no alert and no recording reads '" + name + "'. Take it away, unless a panel or a report does");
}

}  // namespace finwatch::rules
