// A contract, a catalogue and their pages in which nothing is wrong, for tests that break one thing.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "conf/yaml.h"
#include "core/files.h"
#include "rules/tool/check/check.h"
#include "support/catch.h"
#include "support/changed.h"

namespace finwatch::test {

inline constexpr std::string_view kContract = R"(version: 1
organisation: {name: {zh: 财务部, en: Finance}}
calendar:
  business_hours: {days: [mon, tue, wed, thu, fri], from: "08:00", to: "20:00"}
  close_window: {days_of_month: ["26-31"], weight: 5}
  maintenance:
    most_per_month: 8h
    planned:
      - {id: M1, services: [erp], from: 2026-12-05T20:00, to: 2026-12-06T02:00}
classes:
  ordinary: {name: {zh: 一般, en: Ordinary}, answer: 30m, solve: 4h}
severities:
  light: {name: {zh: 轻微, en: Light}, policy: by_mail}
  severe: {name: {zh: 严重, en: Severe}, policy: at_once}
policies:
  by_mail:
    - {after: 0s, tell: on_call, by: [email]}
    - {after: 24m, unless: acknowledged, tell: manager, by: [sms]}
  at_once:
    - {after: 0s, tell: on_call, by: [sms]}
    - {after: 5m, unless: acknowledged, tell: manager, by: [sms]}
people:
  a: {name: {zh: 甲, en: A}, email: a@example.com, phone: "13800000001"}
  b: {name: {zh: 乙, en: B}, email: b@example.com, phone: "13800000002"}
duties:
  on_call: {name: {zh: 值班, en: On call}, rota: rota.csv, hand_over: "09:00"}
  manager: {name: {zh: 经理, en: Manager}, people: [b]}
services:
  - {id: erp, name: {zh: 凭证, en: Vouchers}, class: ordinary, measured_by: {flow: f}, availability: {objective: 99.9}}
channels:
  email: {smarthost: "127.0.0.1:25", from: f@example.com, fallback: manager}
  sms: {provider: aliyun, key_id_file: /k, key_secret_file: /s, sign_name: 财务部, template: T, variables: [id, service, severity, time]}
)";
inline constexpr std::string_view kRota = "from,person\n2026-11-23,a\n2027-06-01,b\n";
inline constexpr std::string_view kArea = R"yaml(area: erp
name: {zh: 系统, en: System}
recordings:
  - {record: "flow:failures:increase30m", expr: "increase(finwatch_flow_failures_total[30m])"}
alerts:
  - id: ErpSlow
    title: {zh: "{{ $labels.flow }} 慢", en: "{{ $labels.flow }} is slow"}
    text: {zh: "用了 {{ $value }} 秒", en: "It took {{ $value }} s"}
    expr: finwatch_flow_last_duration_seconds > 9
    for: 5m
    severity: light
    class: ordinary
    firing: [{series: {a: "1"}, at: 10m}]
    silent: [{series: {a: "0"}, at: 10m}]
  - id: ErpDown
    title: {zh: 断, en: Down}
    text: {zh: 断, en: Down}
    expr: finwatch_flow_success == 0 and flow:failures:increase30m > 1.5
    severity: severe
    class: ordinary
    firing: [{series: {a: "1"}, at: 10m}]
    silent: [{series: {a: "0"}, at: 10m}]
)yaml";

/// A folder of its own with all of it; gone with the object.
class CheckFolder {
 public:
  CheckFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "finwatch-check-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    for (const std::string id : {"ErpSlow", "ErpDown"}) {
      write(id + ".md", page(id, {"What it means", "Who is hit", "First diagnosis", "How to solve", "How to verify",
                                  "How to close", "If it lasts"}));
      write(id + ".zh-CN.md", page(id, {"含义", "影响范围", "初步诊断", "处理", "验证", "关闭", "持续不恢复时"}));
    }
    write("rota.csv", std::string(kRota));
  }
  CheckFolder(const CheckFolder&) = delete;
  CheckFolder& operator=(const CheckFolder&) = delete;
  ~CheckFolder() {
    std::error_code failed;
    std::filesystem::remove_all(folder_, failed);
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    FILE* file = std::fopen(path(name).c_str(), "w");
    REQUIRE(file != nullptr);
    REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
    REQUIRE(std::fclose(file) == 0);
  }
  void remove(const std::string& name) const { REQUIRE(std::filesystem::remove(path(name))); }

  static std::string page(const std::string& id, const std::vector<std::string>& sections) {
    std::string text = "# " + id + ": a heading\n";
    for (const std::string& section : sections) text += "\n## " + section + "\nSomething.\n";
    return text;
  }

  /// "sla.yaml:11:13: error: … [promises]", without the folder.
  std::vector<std::string> check(const std::string& contract_text, const std::string& area_text,
                                 std::string_view now = "2026-12-01 10:00") const {
    const Result<Tree> contract_tree = parse_yaml(contract_text, path("sla.yaml"));
    if (!contract_tree) FAIL(contract_tree.error().message);
    const Result<rules::Contract> contract = rules::read_contract(*contract_tree);
    if (!contract) FAIL(contract.error().message);
    const Result<Tree> area_tree = parse_yaml(area_text, path("erp.yaml"), {.substitute_environment = false});
    if (!area_tree) FAIL(area_tree.error().message);
    Result<rules::Area> area = rules::read_area(*area_tree);
    if (!area) FAIL(area.error().message);
    std::vector<std::string> said;
    for (const rules::Problem& one :
         rules::check_everything(*contract, {*area}, {.runbooks = folder_, .now = parse_local_time(now).value()})) {
      std::string text = one.where.text() + ": " + (one.weight == rules::Problem::Weight::error ? "error: " : "warning: ") +
                         one.text + " [" + std::string(one.check) + "]";
      for (std::size_t at = text.find(folder_); at != std::string::npos; at = text.find(folder_))
        text.erase(at, folder_.size() + 1);
      said.push_back(text);
    }
    return said;
  }

 private:
  std::string folder_;
};

using Said = std::vector<std::string>;
inline bool contains(const Said& said, std::string_view one) { return std::find(said.begin(), said.end(), one) != said.end(); }

/// What is said when one piece of the contract, or of the area, is another.
inline Said with_contract(std::string_view from, std::string_view to, std::string_view now = "2026-12-01 10:00") {
  return CheckFolder().check(changed(kContract, from, to), std::string(kArea), now);
}
inline Said with_area(std::string_view from, std::string_view to) {
  return CheckFolder().check(std::string(kContract), changed(kArea, from, to));
}

}  // namespace finwatch::test
