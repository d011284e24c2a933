#include "conf/rota.h"

#include <algorithm>

#include "conf/words.h"
#include "core/files.h"
#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // what a spreadsheet puts before a CSV
constexpr std::size_t kMostBytes = std::size_t{1} << 20;     // thirty years of days are a third of it

std::string place(const Position& where) { return *where.file + ":" + std::to_string(where.line) + ": "; }

Error wrong(const Position& where, const std::string& message) { return {Errc::config, place(where) + message}; }

Result<Rota::Line> read_line(std::string_view line, const Position& where, std::chrono::minutes hand_over) {
  FieldReader fields(line, ',');
  const std::string_view from = trim(fields.next());
  const std::string person(trim(fields.next()));
  if (line.find(',') == std::string_view::npos || !trim(fields.rest()).empty())
    return wrong(where, "expected 'from,person' such as 2026-11-23,zhang.wei, found '" + valid_utf8(line) + "'");
  std::optional<LocalTime> time = parse_local_time(from);
  if (const auto day = parse_day(from)) time = *day + hand_over;
  if (!time)
    return wrong(where, "expected a day such as 2026-11-23, or a day and a time such as 2026-11-23 18:00, found '" +
                            valid_utf8(from) + "'");
  if (!person.empty() && !is_id(person)) return wrong(where, "expected the id of a person, found '" + valid_utf8(person) + "'");
  return Rota::Line{*time, person, where};
}

}  // namespace

std::optional<std::string> Rota::on_duty(LocalTime at) const {
  const auto later = std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.from > at; });
  if (later == lines_.begin() || std::prev(later)->person.empty()) return std::nullopt;
  return std::prev(later)->person;
}

std::optional<LocalTime> Rota::next_change(LocalTime at) const {
  const std::optional<std::string> now = on_duty(at);
  for (const Line& line : lines_)
    if (line.from > at && line.person != now.value_or("")) return line.from;
  return std::nullopt;
}

std::vector<Rota::Gap> Rota::gaps(LocalTime from, LocalTime to) const {
  std::vector<Gap> found;
  for (LocalTime at = from; at < to;) {
    const LocalTime end = std::min(next_change(at).value_or(to), to);
    if (!on_duty(at)) found.push_back({at, end});
    at = end;
  }
  return found;
}

Result<Rota> read_rota(std::string_view text, const std::string& file_name, std::chrono::minutes hand_over) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Position where(file_name, 0, 1);
  std::vector<Rota::Line> lines;
  bool heading = false;
  for (LineReader reader(text); const auto written = reader.next();) {
    ++where.line;
    const std::string_view line = trim(*written);
    if (line.empty() || line.starts_with('#')) continue;
    if (!heading) {
      if (line != "from,person") return wrong(where, "expected the heading 'from,person', found '" + valid_utf8(line) + "'");
      heading = true;
      continue;
    }
    Result<Rota::Line> read = read_line(line, where, hand_over);
    if (!read) return read.error();
    if (!lines.empty() && read->from <= lines.back().from) return wrong(where, "not later than the line before it");
    lines.push_back(std::move(*read));
  }
  if (lines.empty()) return wrong(where, "nobody is on duty: expected lines such as 2026-11-23,zhang.wei below 'from,person'");
  return Rota(std::move(lines));
}

Result<Rota> load_rota(const std::string& path, std::chrono::minutes hand_over) {
  const Result<std::string> text = read_file(path, kMostBytes);
  if (!text) return Error{text.error().code, "cannot read the rota " + path + ": " + text.error().message};
  return read_rota(*text, path, hand_over);
}

}  // namespace finwatch
