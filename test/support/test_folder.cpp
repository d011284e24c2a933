#include "support/test_folder.h"

namespace finwatch::test {

std::string test_folder(std::string_view below) { return std::string(FINWATCH_TEST_FOLDER "/") + std::string(below); }

}  // namespace finwatch::test
