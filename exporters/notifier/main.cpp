#include "app.h"
#include "notifier/assembly.h"

int main(int argc, char** argv) {
  finwatch::notifier::Assembler assembler;
  return finwatch::run_program(
      {.name = "finwatch-notifier",
       .summary = "Incidents with the clocks of the SLA, made of Alertmanager's alerts, told by DingTalk, SMS, WeCom, Feishu "
                  "and e-mail.",
       .summary_zh = "把 Alertmanager 的告警变成带 SLA 时钟的事件，并经钉钉、短信、企业微信、飞书与邮件通知到人。",
       .listen_address = "127.0.0.1:19605",
       .collectors = finwatch::notifier::Assembler::collector_infos(),
       .sections = finwatch::notifier::kSetupSections,
       .assemble = [&](const finwatch::Assembly& assembly,
                       const finwatch::Env& env) { return assembler.assemble(assembly, env); },
       .flags = finwatch::notifier::Assembler::flags(),
       .answer_first = finwatch::notifier::Assembler::answer_first,
       .begin = [&] { return assembler.begin(); },
       .routes_begun = [&] { return assembler.routes(); },
       .stop = [&] { assembler.stop(); }},
      argc, argv);
}
