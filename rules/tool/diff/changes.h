// Sentences about what changed, built the same way in both languages.
//
//   changes.section({"服务", "Services"});
//   changes.value({"服务 erp 的类别", "the class of the service erp"}, "ordinary", "major");
//                                               // "the class of the service erp: from ordinary to major"
#pragma once

#include <map>
#include <set>

#include "rules/tool/diff/diff.h"

namespace finwatch::rules {

inline Words operator+(const Words& a, const Words& b) { return {a.zh + b.zh, a.en + b.en}; }
/// The same in both languages: an id, a number.
inline Words both(const std::string& text) { return {text, text}; }

class Changes {
 public:
  void section(Words title) { section_ = std::move(title); }
  void say(Words sentence) { found_.push_back({section_, std::move(sentence)}); }
  void added(const Words& what) { say(Words{"新增", "new: "} + what); }
  void removed(const Words& what) { say(Words{"删除", "gone: "} + what); }

  /// Nothing when they are alike; an empty text is "none".
  void value(const Words& what, const Words& before, const Words& after) {
    if (before.zh == after.zh && before.en == after.en) return;
    say(what + Words{"：由 ", ": from "} + or_none(before) + Words{" 改为 ", " to "} + or_none(after));
  }
  void value(const Words& what, const std::string& before, const std::string& after) { value(what, both(before), both(after)); }

  /// Members of two maps by their keys: `one(id, value)` names it, `compare(id, before, after)` looks inside.
  template <class Map, class Name, class Compare>
  void members(const Map& before, const Map& after, Name name, Compare compare) {
    for (const auto& [id, value] : before)
      if (!after.contains(id)) removed(name(id, value));
    for (const auto& [id, value] : after)
      if (const auto old = before.find(id); old == before.end())
        added(name(id, value));
      else
        compare(id, old->second, value);
  }

  std::vector<Change> found() && { return std::move(found_); }

 private:
  static Words or_none(const Words& words) {
    return {words.zh.empty() ? "无" : words.zh, words.en.empty() ? "none" : words.en};
  }

  Words section_;
  std::vector<Change> found_;
};

/// "2h30m"
std::string length_text(nanoseconds time);
/// "a, b"
std::string joined(const std::vector<std::string>& texts);

void compare_promises(const Contract& before, const Contract& after,
                      Changes& changes);  // organisation, calendar, classes, services
void compare_people(const Contract& before, const Contract& after, Changes& changes);  // severities, policies, duties, rotas
void compare_alerts(const Side& before, const Side& after, Changes& changes);          // and thresholds, recordings
void compare_settings(const Tree& before, const Tree& after, Changes& changes);        // channels, scrape, and what is new
void compare_files(const std::vector<File>& before, const std::vector<File>& after, Changes& changes);

}  // namespace finwatch::rules
