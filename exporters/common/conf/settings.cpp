#include "conf/settings.h"

#include "conf/yaml.h"
#include "core/text.h"

namespace finwatch {

std::string_view section_key(std::string_view flag) {
  const std::size_t name = flag.find('.');
  const std::size_t key = name == std::string_view::npos ? name : flag.find('.', name + 1);
  return key == std::string_view::npos ? flag : flag.substr(key + 1);
}

Result<std::unique_ptr<CollectorSettings>> CollectorSettings::make(const CollectorInfo& info, const Flags& flags,
                                                                   const Tree* section) {
  std::unique_ptr<CollectorSettings> settings(new CollectorSettings(flags, section));
  const Status status = settings->read(info);
  if (!status) return status.error();
  return settings;
}

Status CollectorSettings::read(const CollectorInfo& info) {
  const std::string enable = "collector." + std::string(info.name);
  enabled_ = info.by_default == ByDefault::on && !flags_.boolean("collector.disable-defaults");
  if (section_ != nullptr) {
    MapReader reader(*section_, "collectors." + std::string(info.name));
    // Whoever writes a section for a collector that is off by default wants it, unless the section says otherwise.
    enabled_ = reader.boolean("enabled", true);
    for (const std::string_view key : info.sections) reader.child(key);
    for (const FlagSpec& spec : info.flags) {
      const std::string_view key = section_key(spec.name);
      const Tree* value = reader.child(key);
      if (value == nullptr || value->kind == Tree::Kind::null) continue;
      const std::vector<std::string> texts = reader.texts(key);
      if (spec.kind != FlagKind::list && texts.size() != 1) {
        reader.fail(*value, reader.path_of(key) + ": expected one value");
        continue;
      }
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const Tree& at = value->kind == Tree::Kind::list ? value->items[i] : *value;
        const Status status = check_flag_value(spec.kind, reader.path_of(key), texts[i]);
        if (status) continue;
        // What the environment filled in may be a secret that stands in the wrong place.
        reader.fail(at, at.written.empty()
                            ? status.error().message
                            : reader.path_of(key) + ": what the environment makes of \"" + at.written + "\" does not fit");
      }
      values_[spec.name] = texts;
    }
    if (Status status = reader.finish(); !status) return status;
  }
  if (flags_.given(enable)) enabled_ = flags_.boolean(enable);
  return ok();
}

std::string_view CollectorSettings::text(std::string_view flag) const {
  if (flags_.given(flag)) return flags_.text(flag);
  const auto value = values_.find(flag);
  return value != values_.end() ? std::string_view(value->second.back()) : flags_.text(flag);
}

long long CollectorSettings::integer(std::string_view flag) const { return to_number<long long>(text(flag)).value_or(0); }

std::chrono::nanoseconds CollectorSettings::duration(std::string_view flag) const {
  std::chrono::nanoseconds length{};
  parse_duration(text(flag), length);
  return length;
}

std::span<const std::string> CollectorSettings::list(std::string_view flag) const {
  if (flags_.given(flag)) return flags_.list(flag);
  const auto value = values_.find(flag);
  return value != values_.end() ? std::span<const std::string>(value->second) : flags_.list(flag);
}

}  // namespace finwatch
