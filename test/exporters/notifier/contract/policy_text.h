// A notifier.yml as `finwatch compile` writes it, with every key that a contract without providers of its own can have.
#pragma once

#include <string>
#include <string_view>

#include "conf/yaml.h"
#include "notifier/contract/contract.h"
#include "support/catch.h"

namespace finwatch::notifier {

inline constexpr std::string_view kPolicy = R"(# Made by finwatch compile: do not edit.
version: 1
organisation:
  name: {zh: "组", en: "Group"}
  time_zone: "Europe/Berlin"
  languages: ["en", "zh"]
alertmanager:
  says_again_every: 15m
  heartbeat:
    alert: "Watchdog"
    silent_after: 4m
calendar:
  business_hours:
    days: ["sun", "mon", "sat"]
    from: "09:30"
    to: "24:00"
  maintenance:
    - id: "move"
      services: ["books"]
      from: "2026-12-06T22:00"
      to: "2026-12-07T02:00"
    - id: "all"
      services: []
      from: "2026-12-31T23:00"
      to: "2027-01-01T01:00"
classes:
  major:
    name: {zh: "重大故障", en: "Major fault"}
    answer: 30m
    first_diagnosis: 2h
    solve: 1w
severities:
  light:
    name: {zh: "轻微", en: "Light"}
    policy: "by_mail"
    when: "business_hours"
  severe:
    name: {zh: "严重", en: "Severe"}
    policy: "at_once"
    when: "always"
policies:
  at_once:
    - after: 0s
      tell: "chief"
      by: ["email", "dingtalk"]
    - after: 1h30m
      unless: "acknowledged"
      tell: "team"
      by: ["email"]
  by_mail:
    - after: 0s
      tell: "team"
      by: []
      by_alertmanager: ["email"]
    - after: 1d
      tell: "chief"
      by: ["http"]
duties:
  chief:
    name: {zh: "主管", en: "Chief"}
    people: ["li.na"]
  team:
    name: {zh: "组", en: "Team"}
    people: ["li.na", "zhang.wei"]
people:
  li.na:
    name: {zh: "李娜", en: "Li Na"}
    email: "li.na@example.com"
    phone: "13800000003"
    dingtalk: "manager7"
    wecom: "LiNa"
    feishu: "ou_7"
  zhang.wei:
    name: {zh: "张伟", en: "Zhang Wei"}
    email: "zhang.wei@example.com"
services:
  - id: "books"
    name: {zh: "账簿", en: "Books"}
    class: "major"
channels:
  email:
    smarthost: "mail.example.com:587"
    from: "finwatch@example.com"
    user: "finwatch"
    password_file: "/etc/finwatch/mail.password"
    require_tls: true
  dingtalk:
    url_file: "/etc/finwatch/dingtalk.url"
    secret_file: "/etc/finwatch/dingtalk.secret"
    most_per_minute: 20
  http:
    url_file: "/etc/finwatch/gateway.url"
    method: "PUT"
    content_type: "text/plain"
    body: "say ${title}"
    success:
      pointer: "/code"
      equals: "0"
    most_per_minute: 60
)";

inline Result<std::shared_ptr<const Contract>> read_policy(std::string_view text) {
  const Result<Tree> tree = parse_yaml(text, "made/notifier.yml", {.substitute_environment = false});
  if (!tree) return tree.error();
  return read_contract(*tree);
}

inline std::shared_ptr<const Contract> good_policy(std::string_view text) {
  const Result<std::shared_ptr<const Contract>> contract = read_policy(text);
  if (!contract) FAIL(contract.error().message);
  return *contract;
}

inline std::string refusal(std::string_view text) {
  const Result<std::shared_ptr<const Contract>> contract = read_policy(text);
  if (contract) FAIL("was read");
  CHECK(contract.error().code == Errc::config);
  return contract.error().message;
}

}  // namespace finwatch::notifier
