// One incident as the notifier says it, for the tests of those who read it.
#pragma once

#include <string_view>

namespace finwatch::test {

inline constexpr std::string_view kOneIncident = R"({"number":"INC-42","state":"acknowledged","outcome":"open",
"service":"voucher_entry","fault_class":"ordinary","severity":"severe","title":{"zh":"凭证录入失败","en":"Voucher entry fails"},
"where":"erp","alertname":"FlowFailed","area":"workflow","began":"2026-11-27T13:05:09Z","received":"2026-11-27T13:05:40Z",
"acknowledged":"2026-11-27T13:10:09Z","acknowledged_by":"zhang.wei","diagnosed":null,"diagnosis":"","resolved":null,
"verified":null,"closed":null,"assigned":"","reopened":1,"firing":1,"alerts":3,"merged_into":null,"clocks":[
{"clock":"answer","limit_seconds":1800,"used_seconds":300,"deadline":"2026-11-27T13:35:09Z","stopped":"2026-11-27T13:10:09Z",
"paused":false,"level":"quiet"},
{"clock":"solve","limit_seconds":14400,"used_seconds":720,"deadline":"2026-11-27T17:05:09Z","stopped":null,"paused":false,
"level":"quiet"}])";

inline constexpr std::string_view kItsLines = R"(,"alert_list":[{"alertname":"FlowFailed","severity":"severe","firing":true,
"starts":"2026-11-27T13:05:09Z","ended":null,"labels":{"alertname":"FlowFailed","flow":"voucher","target":"erp"}}],
"timeline":[{"at":"2026-11-27T13:05:40Z","kind":"received","actor":"alertmanager","channel":"alertmanager","note":""},
{"at":"2026-11-27T13:05:41Z","kind":"told","actor":"finwatch","channel":"sms","note":"王芳"},
{"at":"2026-11-27T13:10:09Z","kind":"acknowledged","actor":"zhang.wei","channel":"link","note":""}],
"deliveries":[{"id":"D17","channel":"sms","purpose":"page","person":"wang.fang","state":"delivered","attempts":2,
"created":"2026-11-27T13:05:40Z","done":"2026-11-27T13:05:44Z","code":"OK","note":""}])";

}  // namespace finwatch::test
