#include "workflow/value/extract.h"

#include "core/text.h"

namespace finwatch::workflow {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

// Values found together become one list; texts and numbers stay what they are.
Value list_of(const std::vector<Value>& values) {
  std::string text = "[";
  for (const Value& value : values) {
    if (text.size() > 1) text += ',';
    if (value.kind == Value::Kind::text) {
      text += '"' + escaped(valid_utf8(value.text), Escape::json) + '"';
    } else {
      value.write_json(text);
    }
  }
  return Value::of_json(text + "]").value_or(Value{});
}

Result<Extraction> read_one(const std::string& name, const Tree& tree, const std::string& path, Scope& scope) {
  MapReader reader(tree, path);
  Extraction extraction;
  extraction.name = name;
  std::optional<Source> source = Source::read(reader);
  if (!source)
    reader.fail(tree, path + ": expected one of json, xpath, header, cookie, html_field, html_meta, column or regex");
  extraction.source = source.value_or(Source::of(Source::Kind::body));
  extraction.all = reader.boolean("all", false);
  extraction.secret = reader.boolean("secret", false);
  const Tree* fallback = reader.child("default");
  if (!Scope::is_name(name)) reader.fail(tree, path + ": expected a name of letters, digits and _");
  if (const Status status = reader.finish(); !status) return status.error();
  if (fallback != nullptr) {
    Result<Template> compiled = Template::compile_json(*fallback, scope);
    if (!compiled) return compiled.error();
    extraction.fallback = std::move(*compiled);
  }
  return extraction;
}

Status extract_one(const Extraction& extraction, const Answer& answer, Variables& variables) {
  Result<std::vector<Value>> found = extraction.source.find(answer);
  if (found && !found->empty()) {
    Value value = extraction.all ? list_of(*found) : std::move(found->front());
    value.secret = extraction.secret;
    variables.set(extraction.place, std::move(value));
    return ok();
  }
  variables.unset(extraction.place);  // not what an earlier round found
  if (extraction.fallback) {
    Result<Value> value = extraction.fallback->json_value(variables);
    if (!value) return value.error();
    value->secret = value->secret || extraction.secret;
    variables.set(extraction.place, std::move(*value));
    return ok();
  }
  std::string message = "extract " + extraction.name + ": " + extraction.source.describe();
  message += found ? " found nothing" : ": " + found.error().message;
  return {Errc::malformed, std::move(message)};
}

}  // namespace

Result<std::vector<Setting>> read_settings(const Tree& map, const std::string& path, Scope& scope) {
  std::vector<Setting> settings;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    const std::string& name = map.keys[i];
    if (!Scope::is_name(name))
      return {Errc::config, map.key_where[i].text() + ": " + path + "." + name + ": expected a name of letters, digits and _"};
    Result<Template> value = Template::compile_json(map.items[i], scope);
    if (!value) return value.error();
    settings.push_back({name, scope.add(name), std::move(*value)});
  }
  return settings;
}

Status set(const std::vector<Setting>& settings, Variables& variables) {
  for (const Setting& setting : settings) {
    Result<Value> value = setting.value.json_value(variables);
    if (!value) return value.error();
    variables.set(setting.place, std::move(*value));
  }
  return ok();
}

Result<std::vector<Extraction>> read_extractions(const Tree& map, const std::string& path, Scope& scope) {
  std::vector<Extraction> extractions;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    Result<Extraction> extraction = read_one(map.keys[i], map.items[i], path + "." + map.keys[i], scope);
    if (!extraction) return extraction.error();
    extractions.push_back(std::move(*extraction));
  }
  // Only now: they are all found in the same answer, and none of them can use another.
  for (Extraction& extraction : extractions) extraction.place = scope.add(extraction.name);
  return extractions;
}

Status extract(const std::vector<Extraction>& extractions, const Answer& answer, Variables& variables) {
  std::optional<Error> first;
  const Extraction* broken = nullptr;
  for (const Extraction& extraction : extractions) {
    Status status = extract_one(extraction, answer, variables);
    if (status || first) continue;
    first = status.error();
    broken = &extraction;
  }
  if (!first) return ok();
  const Masker& masker = variables.masker();
  return {first->code, masker.mask(first->message) + what_was_there(broken->source, answer, masker)};
}

std::string what_was_there(const Source& source, const Answer& answer, const Masker& masker) {
  std::vector<std::string> names;
  switch (source.kind()) {
    case Source::Kind::header:
      for (const auto& [name, value] : answer.headers) names.push_back(name);
      return "; there are the headers: " + masker.excerpt(joined(names));
    case Source::Kind::cookie:
      for (const auto& [name, value] : answer.headers)
        if (name.size() == 10 && (name[0] == 'S' || name[0] == 's')) names.push_back(value.substr(0, value.find('=')));
      return "; there are the cookies: " + masker.excerpt(joined(names));
    case Source::Kind::column:
      if (!answer.rows) return {};
      return "; there are " + std::to_string(answer.rows->cells.size()) +
             " rows of: " + masker.excerpt(joined(answer.rows->columns));
    case Source::Kind::certificate_days: return "; the step saw no certificate";
    default: return answer.body.empty() ? "; the body is empty" : "; the body begins: " + masker.excerpt(answer.body);
  }
}

}  // namespace finwatch::workflow
