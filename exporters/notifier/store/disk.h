// Folders and files that are ours alone, and the lock that lets one process write.
//
//   if (Status made = make_private_folder("/var/lib/finwatch/notifier"); !made) return made;
//   Result<FileLock> lock = FileLock::take("/var/lib/finwatch/notifier/journal.db.lock", "host1:19605");
//   FileLock::holder("/var/lib/finwatch/notifier/journal.db.lock");          // "host1:19605", of whoever has it now
#pragma once

#include <string>
#include <string_view>

#include "core/files.h"
#include "core/result.h"

namespace finwatch::notifier {

/// The folder and those above it that are not there: mode 0700, and on disk.
Status make_private_folder(const std::string& path);
/// The folder that a file is in; "." for a name alone.
std::string folder_of(const std::string& file);
/// What was made in a folder survives a power cut only after this.
Status sync_folder(const std::string& path);

/// Of a whole file, by an open file description: it ends with the process however that ends, and is not lost when the process
/// opens and closes the file elsewhere.
class FileLock {
 public:
  /// unavailable when another has it; the message says who.
  static Result<FileLock> take(const std::string& path, std::string_view name);
  /// The name under which it is held; empty when nobody holds it.
  static std::string holder(const std::string& path);

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace finwatch::notifier
