#include "rules/tool/compile/mail.h"

namespace finwatch::rules {
namespace {

struct Phrases {
  std::string_view firing, resolved, service, severity, fault_class, since, until, labels, runbook, before_count, after_count;
};
constexpr Phrases kChinese{"触发", "恢复", "服务", "级别", "类别", "开始", "结束", "标签", "处置手册", "（共 ", " 条）"};
constexpr Phrases kEnglish{"firing", "resolved", "service", "severity", "class",   "since",
                           "until",  "labels",   "runbook", " (",       " alerts)"};

const Phrases& phrases(std::string_view language) { return language == "zh" ? kChinese : kEnglish; }
const std::string& in(const Words& words, std::string_view language) { return language == "zh" ? words.zh : words.en; }

// {{ if eq . "database" }}财务数据库{{ else }}{{ . }}{{ end }}
template <class All, class Id, class Name>
void names(std::string& out, const std::string& define, const All& all, Id id, Name name) {
  out.append("{{ define \"").append(define).append("\" }}");
  for (const auto& one : all)
    out.append(&one == &*all.begin() ? "{{ if eq . \"" : "{{ else if eq . \"")
        .append(id(one))
        .append("\" }}{{ `")
        .append(name(one))
        .append("` }}");
  out.append(all.empty() ? "{{ . }}{{ end }}\n" : "{{ else }}{{ . }}{{ end }}{{ end }}\n");
}

// A name in back quotes may hold anything but one.
std::string literal(std::string text) {
  for (char& c : text)
    if (c == '`') c = '\'';
  return text;
}

void all_names(std::string& out, const Contract& contract, const std::string& language) {
  const auto word = [&](const Words& words) { return literal(in(words, language)); };
  const auto key = [](const auto& one) { return one.first; };
  const auto value = [&](const auto& one) { return word(one.second.name); };
  names(out, "finwatch.severity." + language, contract.severities, key, value);
  names(out, "finwatch.class." + language, contract.classes, key, value);
  names(
      out, "finwatch.service." + language, contract.services, [](const Service& one) { return one.id; },
      [&](const Service& one) { return word(one.name); });
}

void alerts(std::string& out, std::string_view which, const std::string& language, const std::string& tail) {
  const Phrases& say = phrases(language);
  const bool firing = which == "Firing";
  const auto field = [&](std::string_view label, std::string_view name, std::string_view of) {
    out.append("{{ with .Labels.").append(label).append(" }}  ").append(name).append(": {{ template \"finwatch.");
    out.append(of).append(".").append(language).append("\" . }}\n{{ end }}");
  };
  out.append("{{ range .Alerts.").append(which).append(" }}[").append(firing ? say.firing : say.resolved);
  out.append("] {{ or .Annotations.summary").append(tail).append(" .Labels.alertname }}\n");
  out.append("{{ with .Annotations.description").append(tail).append(" }}  {{ . }}\n{{ end }}");
  field("service", say.service, "service");
  field("severity", say.severity, "severity");
  field("fault_class", say.fault_class, "class");
  out.append("  ").append(say.since).append(": {{ .StartsAt.Local.Format \"2006-01-02 15:04:05 -0700\" }}\n");
  if (!firing) out.append("  ").append(say.until).append(": {{ .EndsAt.Local.Format \"2006-01-02 15:04:05 -0700\" }}\n");
  out.append("{{ with .Annotations.runbook }}  ").append(say.runbook).append(": {{ . }}\n{{ end }}");
  out.append("  ")
      .append(say.labels)
      .append(": {{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}\n\n{{ end }}");
}

}  // namespace

File mail_template(const Contract& contract) {
  std::string out(kMade);
  for (const std::string& language : contract.languages) all_names(out, contract, language);
  const std::string& first = contract.languages.front();
  const Phrases& say = phrases(first);
  out.append("{{ define \"finwatch.subject\" }}[{{ if eq .Status \"firing\" }}").append(say.firing).append("{{ else }}");
  out.append(say.resolved).append("{{ end }}]{{ with .CommonLabels.severity }} {{ template \"finwatch.severity.").append(first);
  out.append("\" . }}{{ end }}{{ with .CommonLabels.service }} {{ template \"finwatch.service.").append(first);
  out.append("\" . }}{{ end }} {{ with index .Alerts 0 }}{{ or .Annotations.summary .Labels.alertname }}{{ end }}");
  out.append("{{ if gt (len .Alerts) 1 }}").append(say.before_count).append("{{ len .Alerts }}").append(say.after_count);
  out.append("{{ end }}{{ end }}\n{{ define \"finwatch.text\" }}");
  for (const std::string& language : contract.languages) {
    const std::string tail = language == first ? "" : "_" + language;
    alerts(out, "Firing", language, tail);
    alerts(out, "Resolved", language, tail);
  }
  out.append("{{ .ExternalURL }}\n{{ end }}\n");
  return {"templates/mail.tmpl", std::move(out)};
}

}  // namespace finwatch::rules
