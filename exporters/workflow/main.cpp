#include "app.h"
#include "workflow/assembly.h"

int main(int argc, char** argv) {
  finwatch::workflow::Assembler assembler;
  return finwatch::run_program(
      {.name = "finwatch-workflow",
       .summary =
           "Business transactions of finance software, run as an accountant does, and checks of its books, for Prometheus.",
       .summary_zh = "按会计人员的操作拨测财务系统的业务流程，检查账簿完整性，并提供给 Prometheus。",
       .listen_address = "127.0.0.1:19602",
       .collectors = finwatch::workflow::Assembler::collector_infos(),
       .sections = finwatch::workflow::kSetupSections,
       .assemble = [&](const finwatch::Assembly& assembly,
                       const finwatch::Env& env) { return assembler.assemble(assembly, env); },
       .routes = assembler.routes(),
       .flags = finwatch::workflow::Assembler::flags(),
       .answer = [&](const finwatch::Flags& flags) { return assembler.answer(flags); },
       .begin = [&] { return assembler.begin(); },
       .stop = [&] { assembler.stop(); }},
      argc, argv);
}
