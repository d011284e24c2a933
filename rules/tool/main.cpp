// finwatch: the command line. One contract becomes rules, and proof that they fire; incidents are answered from here as well.
#include <cstdio>
#include <span>

#include "conf/words.h"
#include "rules/tool/command/commands.h"
#include "version.h"

namespace {

using namespace finwatch;
using namespace finwatch::rules;

// In the order of the usage.
std::vector<const Command*> commands() {
  std::vector<const Command*> all = {&kCompileCommand,  &kCheckCommand,  &kTestCommand,     &kMutateCommand,
                                     &kCoverageCommand, &kCostCommand,   &kExplainCommand,  &kDiffCommand,
                                     &kImportCommand,   &kReportCommand, &kIncidentsCommand};
  for (const Command& action : incident_actions()) all.push_back(&action);
  all.push_back(&kOnCallCommand);
  return all;
}

std::string usage() {
  constexpr std::size_t kNameWidth = 13;
  std::string text = "finwatch COMMAND [--flag=value …]\n\n";
  for (const Command* command : commands())
    text.append("  ")
        .append(command->name)
        .append(std::string(kNameWidth - command->name.size(), ' '))
        .append(command->about)
        .append("\n");
  return text + "\nfinwatch COMMAND --help shows the flags of a command. finwatch --version says what this is.\n";
}

int run(const Command& command, std::span<const char* const> words) {
  for (const std::string_view word : words)
    if (word == "--help" || word == "-h") {
      std::printf("finwatch %s: %s\n\n%s", command.name.data(), command.about.data(), Flags(command.flags).help().c_str());
      return 0;
    }
  Flags flags(command.flags);
  if (Status status = flags.parse(words, command.operands); !status) {
    complain(status.error());
    return kWrongCommandLine;
  }
  return command.run(flags);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<const char*> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::string_view name = words.empty() ? "--help" : words[0];
  if (name == "--help" || name == "-h" || name == "help") {
    std::fputs(usage().c_str(), stdout);
    return words.empty() ? kWrongCommandLine : 0;
  }
  if (name == "--version") {
    std::printf("finwatch, version %s (revision %s)\n", kVersion, kRevision);
    return 0;
  }
  std::vector<std::string_view> known;
  for (const Command* command : commands()) {
    if (command->name == name) return run(*command, std::span(words).subspan(1));
    known.push_back(command->name);
  }
  std::fprintf(stderr, "finwatch: no command '%s'%s\n%s", words[0], did_you_mean(name, known).c_str(), usage().c_str());
  return kWrongCommandLine;
}
