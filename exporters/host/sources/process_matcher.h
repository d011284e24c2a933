// Which group a process belongs to, by the rules an operator wrote. Their form is that of process-exporter's process_names:
//
//   groups:
//     - name: "nc-{{.Matches.server}}"        # default {{.ExeBase}}
//       comm: [java]                          # the kernel's short name, at most 15 bytes
//       exe: [java, /opt/nc/jdk/bin/java]     # the first word of the command line, or the last part of it
//       cmdline: ['-Dnc\.server\.name=(?P<server>\w+)']   # all expressions must match the words joined by blanks
//
// A rule needs at least one of comm, exe and cmdline, and all that it has must agree. The first rule that agrees gives the name.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conf/pattern.h"
#include "core/result.h"
#include "core/tree.h"

namespace finwatch::host {

class ProcessMatcher {
 public:
  /// Reads a list of rules. config, with file:line:column, when something is wrong with one.
  static Result<ProcessMatcher> make(const Tree& groups);

  bool empty() const { return rules_.empty(); }

  /// Whether `comm` alone already says that no rule can agree: then the command line need not be read.
  bool may_match(std::string_view comm) const;

  /// The name of the group, nothing when no rule agrees. `cmdline` is /proc/PID/cmdline: words that each end in a NUL.
  std::optional<std::string> group_of(std::string_view comm, std::string_view cmdline) const;

  /// The names that do not depend on the process, in the order of the rules: these groups exist even without a process.
  std::vector<std::string> fixed_names() const;

 private:
  struct NamePart {
    enum class Kind : unsigned char { text, comm, exe_base, exe_full, match };
    Kind kind = Kind::text;
    std::string text;  // itself, or the name of the match
  };
  struct Rule {
    std::vector<NamePart> name;
    std::set<std::string, std::less<>> comms;
    std::set<std::string, std::less<>> exes;
    std::vector<Pattern> cmdlines;
  };

  static Result<Rule> parse_rule(const Tree& tree);
  static Result<std::vector<NamePart>> parse_name(std::string_view text, const Rule& rule);

  std::vector<Rule> rules_;
};

}  // namespace finwatch::host
