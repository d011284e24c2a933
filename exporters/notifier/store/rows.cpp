#include "notifier/store/rows.h"

#include "core/json.h"
#include "core/json_text.h"

namespace finwatch::notifier {

std::string spans_text(const std::vector<Span>& spans) {
  JsonMembers list('[');
  for (const Span& span : spans) list.add(JsonMembers('[').add(sql_time(span.from)).add(sql_time(span.to)).end());
  return list.end();
}

bool read_spans(std::string_view text, std::vector<Span>& spans) {
  const Result<Json> json = Json::parse(text);
  if (!json || json->root().kind() != JsonRef::Kind::list) return false;
  for (auto pair = json->root().first(); pair; pair = pair->next()) {
    if (pair->kind() != JsonRef::Kind::list || pair->size() != 2) return false;
    const auto from = to_number<std::int64_t>(pair->at(0)->text());
    const auto to = to_number<std::int64_t>(pair->at(1)->text());
    if (!from || !to) return false;
    spans.push_back({from_nanoseconds(*from), from_nanoseconds(*to)});
  }
  return true;
}

std::string word_list_text(const std::vector<std::string>& words) {
  JsonMembers list('[');
  for (const std::string& word : words) list.add(json_text(word));
  return list.end();
}

bool read_word_list(std::string_view text, std::vector<std::string>& words) {
  const Result<Json> json = Json::parse(text);
  if (!json || json->root().kind() != JsonRef::Kind::list) return false;
  for (auto word = json->root().first(); word; word = word->next()) words.emplace_back(word->text());
  return true;
}

}  // namespace finwatch::notifier
