#include "workflow/value/answer.h"

#include <algorithm>
#include <cstdio>

#include "conf/words.h"
#include "core/text.h"
#include "workflow/value/html.h"

namespace finwatch::workflow {
namespace {

constexpr std::pair<std::string_view, Source::Kind> kKinds[] = {
    {"json", Source::Kind::json},     {"xpath", Source::Kind::xpath},           {"header", Source::Kind::header},
    {"cookie", Source::Kind::cookie}, {"html_field", Source::Kind::html_field}, {"html_meta", Source::Kind::html_meta},
    {"column", Source::Kind::column},
};

bool same_name(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return lower(a) == lower(b);
  });
}

std::vector<Value> headers_named(const Answer& answer, std::string_view name) {
  std::vector<Value> found;
  for (const auto& [its_name, value] : answer.headers)
    if (same_name(its_name, name)) found.push_back(Value::of_text(value));
  return found;
}

// The last one that sets it, as a browser would have it.
std::vector<Value> cookie_named(const Answer& answer, std::string_view name) {
  std::vector<Value> found;
  for (const auto& [its_name, value] : answer.headers) {
    if (!same_name(its_name, "set-cookie")) continue;
    const std::string_view pair = std::string_view(value).substr(0, value.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
    found = {Value::of_text(std::string(trim(pair.substr(equals + 1))))};
  }
  return found;
}

std::vector<Value> field(std::optional<std::string> value) {
  if (!value) return {};
  return {Value::of_text(std::move(*value))};
}

Value cell(const std::optional<std::string>& text) { return text ? Value::of_text(*text) : Value::of_null(); }

Result<Namespaces> read_namespaces(const Tree& map, const std::string& path) {
  Namespaces namespaces;
  MapReader reader(map, path);
  for (const std::string& prefix : map.keys) namespaces[prefix] = reader.required_text(prefix);
  if (const Status status = reader.finish(); !status) return status.error();
  return namespaces;
}

}  // namespace

const Result<Json>& Answer::json() const {
  if (!json_) json_ = Json::parse(body);
  return *json_;
}

const Result<Xml>& Answer::xml() const {
  if (!xml_) xml_ = Xml::parse(body);
  return *xml_;
}

const std::vector<std::string_view>& Source::keys() {
  static const std::vector<std::string_view> kKeys = [] {
    std::vector<std::string_view> keys;
    for (const auto& [key, kind] : kKinds) keys.push_back(key);
    keys.emplace_back("regex");
    return keys;
  }();
  return kKeys;
}

Source Source::of(Kind kind) {
  Source source;
  source.kind_ = kind;
  return source;
}

std::optional<Source> Source::read(MapReader& reader) {
  std::optional<Source> source;
  std::string_view first;
  for (const auto& [key, kind] : kKinds) {
    if (!reader.has(key)) continue;
    if (source) {
      reader.fail(key, reader.path_of(key) + ": given beside " + std::string(first) + "; a value is looked for in one place");
      continue;
    }
    source = of(kind);
    first = key;
    source->name_ = reader.required_text(key);
  }
  if (reader.has("regex")) {
    if (!source) source = of(Kind::body);
    source->regex_written_ = reader.required_text("regex");
    Result<Pattern> pattern = Pattern::compile(source->regex_written_);
    if (!pattern) {
      reader.fail("regex", reader.path_of("regex") + ": " + pattern.error().message);
    } else {
      const int groups = pattern->group_count();
      source->group_ = static_cast<int>(reader.integer("group", std::min(groups, 1), 0, groups));
      source->regex_ = std::move(*pattern);
    }
  }
  if (!source) return source;
  if (source->kind_ == Kind::json) {
    Result<JsonPath> path = JsonPath::compile(source->name_);
    if (path) {
      source->json_ = std::move(*path);
    } else {
      reader.fail("json", reader.path_of("json") + ": " + path.error().message);
    }
  }
  if (source->kind_ == Kind::xpath) {
    Namespaces namespaces;
    if (const Tree* map = reader.map("namespaces")) {
      Result<Namespaces> read = read_namespaces(*map, reader.path_of("namespaces"));
      if (!read) reader.fail("namespaces", reader.path_of("namespaces") + ": expected prefixes and their URIs as texts");
      namespaces = std::move(read).value_or({});
    }
    Result<XPath> path = XPath::compile(source->name_, std::move(namespaces));
    if (path) {
      source->xpath_ = std::move(*path);
    } else {
      reader.fail("xpath", reader.path_of("xpath") + ": " + path.error().message);
    }
  }
  if (source->kind_ == Kind::column) {
    source->every_row_ = reader.text("row") == "all";
    if (!source->every_row_) source->row_ = reader.integer("row", 0, 0, 1'000'000);
  }
  return source;
}

Result<std::vector<Value>> Source::look(const Answer& answer) const {
  std::vector<Value> found;
  switch (kind_) {
    case Kind::body: return std::vector<Value>{Value::of_text(answer.body)};
    case Kind::json: {
      const Result<Json>& json = answer.json();
      if (!json) return Error{Errc::malformed, "the body is " + json.error().message};
      std::vector<JsonRef> places;
      json_->select(json->root(), places);
      for (const JsonRef place : places) found.push_back(Value::of(place));
      return found;
    }
    case Kind::xpath: {
      const Result<Xml>& xml = answer.xml();
      if (!xml) return Error{Errc::malformed, "the body is " + xml.error().message};
      return xpath_->select(*xml);
    }
    case Kind::header: return headers_named(answer, name_);
    case Kind::cookie: return cookie_named(answer, name_);
    case Kind::html_field: return field(workflow::html_field(answer.body, name_));
    case Kind::html_meta: return field(workflow::html_meta(answer.body, name_));
    case Kind::column: {
      if (!answer.rows) return Error{Errc::malformed, "the answer has no rows"};
      const auto column = std::find(answer.rows->columns.begin(), answer.rows->columns.end(), name_);
      if (column == answer.rows->columns.end()) {
        const std::vector<std::string_view> known(answer.rows->columns.begin(), answer.rows->columns.end());
        return Error{Errc::malformed, "the rows have no column '" + name_ + "'" + did_you_mean(name_, known)};
      }
      const auto index = static_cast<std::size_t>(column - answer.rows->columns.begin());
      for (std::size_t row = 0; row < answer.rows->cells.size(); ++row)
        if ((every_row_ || row == static_cast<std::size_t>(row_)) && index < answer.rows->cells[row].size())
          found.push_back(cell(answer.rows->cells[row][index]));
      return found;
    }
    case Kind::status: return std::vector<Value>{Value::of_number(answer.status)};
    case Kind::time: {
      const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(answer.time).count();
      std::string text = std::to_string(micros);
      if (text.size() < 7) text.insert(0, 7 - text.size(), '0');
      return std::vector<Value>{Value::of_number(text.insert(text.size() - 6, 1, '.'))};
    }
    case Kind::size: return std::vector<Value>{Value::of_number(static_cast<long long>(answer.body.size()))};
    case Kind::rows:
      if (!answer.rows) return Error{Errc::malformed, "the answer has no rows"};
      return std::vector<Value>{Value::of_number(static_cast<long long>(answer.rows->cells.size()))};
    case Kind::certificate_days: {
      if (!answer.certificate_days) return found;
      char text[64];
      std::snprintf(text, sizeof text, "%.2f", *answer.certificate_days);
      return std::vector<Value>{Value::of_number(text)};
    }
  }
  return found;
}

Result<std::vector<Value>> Source::find(const Answer& answer) const {
  std::vector<Value> matched;
  if (kind_ == Kind::body && regex_) {  // no copy of a body for its own sake
    if (const auto group = regex_->group(answer.body, group_)) matched.push_back(Value::of_text(std::string(*group)));
    return matched;
  }
  Result<std::vector<Value>> found = look(answer);
  if (!found || !regex_) return found;
  for (const Value& value : *found)
    if (const auto group = regex_->group(value.text, group_)) matched.push_back(Value::of_text(std::string(*group)));
  return matched;
}

bool Source::finds_many() const { return every_row_ || kind_ == Kind::header || (json_ && json_->finds_many()); }

std::string Source::describe() const {
  std::string text;
  switch (kind_) {
    case Kind::body: text = "the body"; break;
    case Kind::status: text = "the status"; break;
    case Kind::time: text = "the time in seconds"; break;
    case Kind::size: text = "the size in bytes"; break;
    case Kind::rows: text = "the number of rows"; break;
    case Kind::certificate_days: text = "the days left of the certificate"; break;
    default:
      for (const auto& [key, kind] : kKinds)
        if (kind == kind_) text = std::string(key) + " " + name_;
  }
  if (kind_ == Kind::column && !every_row_) text += " in row " + std::to_string(row_);
  if (regex_) text = (kind_ == Kind::body ? "" : text + ", ") + "regex " + regex_written_;
  return text;
}

}  // namespace finwatch::workflow
