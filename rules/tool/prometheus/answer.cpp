#include "rules/tool/prometheus/answer.h"

#include <limits>

#include "core/json.h"
#include "core/text.h"

namespace finwatch::rules {
namespace {

Error unlike(std::string_view what) { return {Errc::malformed, "not an answer of Prometheus: " + std::string(what)}; }

// Values come as texts, because JSON has no infinity.
std::optional<double> parse_value(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  return to_number<double>(text);
}

// [1764000000.123, "0.5"]
std::optional<Point> read_point(const JsonRef& pair) {
  const auto at = pair.at(0), value = pair.at(1);
  if (pair.size() != 2 || at->kind() != JsonRef::Kind::number || value->kind() != JsonRef::Kind::text) return std::nullopt;
  const auto time = to_number<double>(at->text());
  const auto number = parse_value(value->text());
  if (!time || !number) return std::nullopt;
  return Point{*time, *number};
}

Labels read_labels(const JsonRef& element) {
  Labels labels;
  if (const auto metric = element.find("metric"))
    for (auto one = metric->first(); one; one = one->next()) labels.emplace(one->key(), one->text());
  return labels;
}

Status read_vector(const JsonRef& result, Answer& answer) {
  for (auto one = result.first(); one; one = one->next()) {
    const auto value = one->find("value");
    const auto point = value ? read_point(*value) : std::nullopt;
    if (!point) return unlike("an element of its vector has no value [time, \"number\"]");
    answer.samples.push_back({read_labels(*one), point->value});
  }
  return ok();
}

Status read_matrix(const JsonRef& result, Answer& answer) {
  for (auto one = result.first(); one; one = one->next()) {
    const auto values = one->find("values");
    if (!values || values->kind() != JsonRef::Kind::list) return unlike("a series of its matrix has no values");
    Series series{read_labels(*one), {}};
    series.points.reserve(values->size());
    for (auto pair = values->first(); pair; pair = pair->next()) {
      const auto point = read_point(*pair);
      if (!point) return unlike("a value of a series is not [time, \"number\"]");
      series.points.push_back(*point);
    }
    answer.series.push_back(std::move(series));
  }
  return ok();
}

std::string error_of(const JsonRef& root) {
  const auto kind = root.find("errorType"), text = root.find("error");
  if (!text) return {};
  return (kind ? std::string(kind->text()) + ": " : std::string()) + std::string(text->text());
}

}  // namespace

Result<Answer> read_answer(std::string_view body) {
  const Result<Json> json = Json::parse(body);
  if (!json) return json.error();
  const JsonRef root = json->root();
  const auto status = root.find("status");
  if (!status) return unlike("it has no status");
  if (status->text() != "success") return {Errc::config, "Prometheus says: " + error_of(root)};
  const auto data = root.find("data");
  const auto type = data ? data->find("resultType") : std::nullopt;
  const auto result = data ? data->find("result") : std::nullopt;
  if (!type || !result || result->kind() != JsonRef::Kind::list) return unlike("it has no data with a result");
  Answer answer;
  for (const char* said : {"warnings", "infos"})
    if (const auto list = root.find(said))
      for (auto one = list->first(); one; one = one->next()) answer.warnings.emplace_back(one->text());
  Status read = ok();
  if (type->text() == "vector") {
    read = read_vector(*result, answer);
  } else if (type->text() == "matrix") {
    read = read_matrix(*result, answer);
  } else if (type->text() == "scalar") {
    const auto point = read_point(*result);
    if (!point) return unlike("its scalar is not [time, \"number\"]");
    answer.samples.push_back({{}, point->value});
  } else {
    return unlike("a result of the type '" + std::string(type->text()) + "'");
  }
  if (!read) return read.error();
  return answer;
}

std::string prometheus_error(std::string_view body) {
  const Result<Json> json = Json::parse(body);
  return json ? error_of(json->root()) : std::string();
}

}  // namespace finwatch::rules
