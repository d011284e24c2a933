#include "workflow/when/almanac.h"

#include <algorithm>
#include <array>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kMostParts = 500;  // of a window, with all that it names

Error at(const Tree& tree, const std::string& message) { return {Errc::config, tree.where.text() + ": " + message}; }

// The scalars of a key that takes one or a list of them, each with its place.
std::vector<const Tree*> scalars(MapReader& reader, std::string_view key) {
  reader.texts(key);  // says what is wrong with their kind
  std::vector<const Tree*> all;
  const Tree* value = reader.child(key);
  if (value != nullptr && value->kind == Tree::Kind::scalar) all.push_back(value);
  if (value == nullptr || value->kind != Tree::Kind::list) return all;
  for (const Tree& item : value->items) all.push_back(&item);
  return all;
}

std::size_t count(const std::vector<WindowPart>& parts) {
  std::size_t all = parts.size();
  for (const WindowPart& part : parts) all += count(part.except);
  return all;
}

void read_months(MapReader& reader, const std::string& path, WindowPart& part) {
  for (const Tree* value : scalars(reader, "months"))
    for (FieldReader words(value->scalar, ','); !words.done();) {
      const std::string_view word = trim(words.next());
      auto month = parse_month(word);
      if (!month) month = to_number<unsigned>(word);
      if (month && *month >= 1 && *month <= 12)
        part.months |= 1U << *month;
      else
        reader.fail(*value, path + ".months: expected months such as Mar, Jun or 12, found \"" + valid_utf8(word) + "\"");
    }
}

void read_days(MapReader& reader, const std::string& path, WindowPart& part) {
  for (const Tree* value : scalars(reader, "days"))
    if (Status status = part.days.add(value->scalar); !status) reader.fail(*value, path + ".days: " + status.error().message);
}

std::optional<std::chrono::minutes> read_time(MapReader& reader, const std::string& path, std::string_view key) {
  const std::string text = reader.text(key);
  if (text.empty()) return std::nullopt;
  const auto time = parse_time_of_day(text);
  if (!time)
    reader.fail(key, path + "." + std::string(key) + ": expected a time of day such as \"14:00\", found \"" + text + "\"");
  return time;
}

// One stretch between two date-times.
void read_once(MapReader& reader, const std::string& path, WindowPart& part) {
  const auto from = parse_local_time(reader.text("from"));
  const auto to = parse_local_time(reader.text("to"));
  for (const std::string_view key : {"from", "to"})
    if (!(key == "from" ? from : to))
      reader.fail(key, path + "." + std::string(key) +
                           ": expected a date and time such as 2026-12-31 18:00, as at the window's other end");
  for (const std::string_view key : {"days", "months"})
    if (reader.has(key)) reader.fail(key, path + "." + std::string(key) + ": the window has dates at its ends already");
  if (!from || !to) return;
  if (*to <= *from) reader.fail("to", path + ".to: the window ends before it begins");
  part.once = {*from, *to};
}

void read_daily(MapReader& reader, const std::string& path, WindowPart& part) {
  read_days(reader, path, part);
  read_months(reader, path, part);
  part.from = read_time(reader, path, "from").value_or(part.from);
  part.to = read_time(reader, path, "to").value_or(part.to);
  if (part.from == part.to) reader.fail("to", path + ".to: the window ends when it begins; leave out both for the whole day");
  if (part.from == std::chrono::days{1}) reader.fail("from", path + ".from: a day ends at 24:00; write 00:00 of the next day");
  if (part.to == std::chrono::minutes::zero()) part.to = std::chrono::days{1};
}

Result<WindowPart> read_part(const Tree& tree, const std::string& path, const Almanac& almanac) {
  MapReader reader(tree, path);
  WindowPart part;
  part.zone = read_zone(reader, almanac.zone);
  const bool dated = parse_local_time(reader.text("from")) || parse_local_time(reader.text("to"));
  if (dated)
    read_once(reader, path, part);
  else
    read_daily(reader, path, part);
  if (const Tree* except = reader.child("except")) {
    const Result<Windows> windows = read_windows(*except, path + ".except", almanac);
    if (!windows) return windows.error();
    part.except = windows->parts();
  }
  if (Status status = reader.finish(); !status) return status.error();
  return part;
}

Status read_period(MapReader& parent, const std::string& path, PeriodRule& rule) {
  constexpr std::array<std::string_view, 3> kLengths = {"month", "quarter", "year"};
  constexpr std::array<int, 3> kMonths = {1, 3, 12};
  const Tree* value = parent.child("period");
  if (value == nullptr) return ok();
  std::string length = value->scalar;
  if (value->kind != Tree::Kind::scalar) {
    MapReader reader(*value, path + ".period");
    length = reader.text("length", "month");
    rule.first_day = static_cast<unsigned>(reader.integer("first_day", 1, 1, 28));
    if (Status status = reader.finish(); !status) return status;
  }
  const auto found = std::find(kLengths.begin(), kLengths.end(), length);
  if (found == kLengths.end())
    return at(*value, path + ".period: expected month, quarter or year, found \"" + valid_utf8(length) + "\"" +
                          did_you_mean(length, kLengths));
  rule.length = kMonths[static_cast<std::size_t>(found - kLengths.begin())];
  return ok();
}

Status read_holidays(MapReader& reader, const std::string& path, Almanac& almanac) {
  auto calendar = std::make_shared<FinanceCalendar>();
  for (const Tree* value : scalars(reader, "holidays")) {
    Status status = calendar->load(value->where.beside(value->scalar));
    if (!status && status.error().code == Errc::config) return status;  // it names its own place
    if (!status) return at(*value, path + ".holidays: " + status.error().message);
  }
  almanac.calendar = std::move(calendar);
  return ok();
}

}  // namespace

Zone read_zone(MapReader& reader, const Zone& fallback) {
  const std::string name = reader.text("time_zone");
  if (name.empty()) return fallback;
  const Result<Zone> zone = Zone::find(name);
  if (!zone) reader.fail("time_zone", reader.path_of("time_zone") + ": " + zone.error().message);
  return zone.value_or(fallback);
}

Result<Windows> read_windows(const Tree& tree, const std::string& path, const Almanac& almanac) {
  std::vector<WindowPart> parts;
  if (tree.kind == Tree::Kind::scalar) {
    const auto named = almanac.windows.find(tree.scalar);
    if (named != almanac.windows.end()) return named->second;
    std::vector<std::string_view> names;
    for (const auto& [name, windows] : almanac.windows) names.push_back(name);
    return at(tree, path + ": no window is named '" + valid_utf8(tree.shown()) + "'" + did_you_mean(tree.shown(), names) +
                        (names.empty() ? "; name it in calendar.windows first" : ""));
  }
  if (tree.kind == Tree::Kind::map) {
    Result<WindowPart> part = read_part(tree, path, almanac);
    if (!part) return part.error();
    parts.push_back(std::move(*part));
  } else if (tree.kind == Tree::Kind::list) {
    for (std::size_t i = 0; i < tree.items.size(); ++i) {
      if (tree.items[i].kind == Tree::Kind::list) return at(tree.items[i], path + ": a list in a list of windows");
      const Result<Windows> some = read_windows(tree.items[i], path + "[" + std::to_string(i + 1) + "]", almanac);
      if (!some) return some.error();
      parts.insert(parts.end(), some->parts().begin(), some->parts().end());
      if (parts.size() > kMostParts) break;
    }
  } else {
    return at(tree, path + ": expected a window such as {days: Mon-Fri, from: \"09:00\", to: \"17:00\"}");
  }
  if (count(parts) > kMostParts)
    return at(tree, path + ": more than 500 parts, named windows counted as often as they are named");
  return Windows(std::move(parts), almanac.calendar);
}

Result<Almanac> read_almanac(const Tree* section, const std::string& path) {
  Almanac almanac;
  if (section == nullptr) return almanac;
  MapReader reader(*section, path);
  almanac.zone = read_zone(reader, almanac.zone);
  if (Status status = read_period(reader, path, almanac.period); !status) return status.error();
  if (Status status = read_holidays(reader, path, almanac); !status) return status.error();
  const Tree* windows = reader.map("windows");
  for (std::size_t i = 0; windows != nullptr && i < windows->keys.size(); ++i) {
    const std::string& name = windows->keys[i];
    Result<Windows> read = read_windows(windows->items[i], path + ".windows." + name, almanac);
    if (!read) return read.error();
    almanac.windows.emplace(name, std::move(*read));
  }
  if (Status status = reader.finish(); !status) return status.error();
  return almanac;
}

}  // namespace finwatch::workflow
